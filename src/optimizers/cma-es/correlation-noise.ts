import { at } from "../../math/vector.js";
import type { Gaussian } from "./gaussian.js";
import type { StrategyParameters } from "./strategy-parameters.js";

/** A learned correlation between two coordinates of the distribution. */
export interface CoordinateCorrelation {
  readonly i: number;
  readonly j: number;
  readonly r: number;
  readonly timesNoise: number;
}

/**
 * Standard deviation of a correlation in C after that many generations on an objective that has none (measured on
 * the sphere: within 35 %, mostly on the safe side). Each generation adds cmu sum_k w_k y_ki y_kj, of variance
 * cmu^2 sum_k w_k^2, and c1 p_ci p_cj, of variance c1^2; successive paths share all but c_c of themselves, which
 * lengthens the memory of their product by (1 + rho) / (1 - rho) with rho = (1 - c_c)^2. C forgets at the rate
 * c1 + cmu.
 *
 * Selection must carry information for this to hold: where values are nothing but noise, C drifts without a pull
 * back, and after some hundred evaluations correlations of two to three times this size appear by chance.
 */
export function correlationNoise(parameters: StrategyParameters, generations: number): number {
  const { rankOneRate: c1, rankMuRate: cmu, weights, covarianceCumulation: cc } = parameters;
  const rho = (1 - cc) ** 2;
  const added = cmu ** 2 * weights.reduce((sum, w) => sum + w * w, 0) + (c1 ** 2 * (1 + rho)) / (1 - rho);
  const decay = (1 - c1 - cmu) ** 2;
  return Math.sqrt((added * (1 - decay ** generations)) / (1 - decay));
}

/** Correlations that stand out from that noise by at least `threshold`, strongest first. */
export function significantCorrelations(
  gaussian: Gaussian,
  parameters: StrategyParameters,
  threshold: number,
  count: number,
): readonly CoordinateCorrelation[] {
  const noise = correlationNoise(parameters, gaussian.generation);
  if (!(noise > 0)) return [];
  const n = gaussian.dimension;
  const found: CoordinateCorrelation[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const r = at(gaussian.covariance, i * n + j) / (gaussian.spread(i) * gaussian.spread(j));
      const timesNoise = Math.abs(r) / noise;
      if (timesNoise >= threshold) found.push({ i: j, j: i, r: Math.max(-1, Math.min(1, r)), timesNoise });
    }
  }
  return found.sort((a, b) => b.timesNoise - a.timesNoise).slice(0, count);
}
