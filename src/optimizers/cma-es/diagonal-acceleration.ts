import { symmetricEigen } from "../../math/symmetric-eigen.js";
import { at } from "../../math/vector.js";
import type { Gaussian } from "./gaussian.js";
import type { StrategyParameters } from "./strategy-parameters.js";

/** A point of the generation as the covariance learns from it. */
export interface WeightedStep {
  /** C^(-1/2) y; standard normal where the generation tells nothing. */
  readonly whitened: ArrayLike<number>;
  /** Recombination weight by rank, before (46); 0 where the point is not learned from. */
  readonly weight: number;
  /** Length of `whitened`. */
  readonly length: number;
  /** Updates between the sample and its result. */
  readonly age: number;
}

/** Up to this square root of the condition of the correlations the acceleration is not held back. */
const undampedAxisRatio = 2;

/** Largest change of ln(deviation) of one coordinate in one generation. */
const largestChange = 1;

const smallestSquaredLength = 1e-8;

/**
 * Factors for the standard deviations of the single coordinates, from one generation: the variances along the axes
 * are n numbers and can be learned some (n + 2) / 3 times faster than all n (n + 1) / 2 entries of the covariance
 * (dd-CMA-ES, Akimoto and Hansen 2020, arXiv 1905.05885). The more the coordinates are correlated, the less it means
 * to scale single ones, and the factors are damped. Of the paper's two terms only the one over the generation is
 * taken: its evolution path needs more generations to fill than a short study has, and gained nothing. Late results
 * count less with age: what they say has been learned from others since, and a fast learner overshoots.
 *
 * Measured in evals/results/diagonal-acceleration.json.
 *
 * @param gaussian before the update that the steps belong to
 */
export function deviationFactors(
  gaussian: Gaussian,
  parameters: StrategyParameters,
  steps: readonly WeightedStep[],
): Float64Array {
  const n = gaussian.dimension;
  const rate = rankMuRateOfDiagonal(parameters);
  const damping = Math.max(1, Math.sqrt(conditionOfCorrelations(gaussian)) - undampedAxisRatio + 1);
  const factors = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let change = 0;
    for (const { whitened, weight, length, age } of steps) {
      const normalisation = weight >= 0 ? 1 : n / (length * length + smallestSquaredLength); // (46)
      change += (weight / Math.sqrt(1 + age)) * (at(whitened, j) ** 2 * normalisation - 1);
    }
    const exponent = (rate * change) / (2 * damping);
    factors[j] = Math.exp(Math.max(-largestChange, Math.min(largestChange, exponent)));
  }
  return factors;
}

/** c_mu of a covariance of n free parameters (arXiv 1905.05885, section 3.3). */
function rankMuRateOfDiagonal({ dimension: n, effectiveParents: mueff, populationSize }: StrategyParameters): number {
  const rankOneRate = 1 / (4 * (n + 1) ** 0.75 + mueff / 2);
  const samples = mueff + 1 / mueff - 2 + (0.5 * populationSize) / (populationSize + 5);
  return Math.min(samples * rankOneRate, 1 - rankOneRate);
}

/** Condition of the correlation matrix that belongs to C. */
function conditionOfCorrelations(gaussian: Gaussian): number {
  const n = gaussian.dimension;
  const spreads = Float64Array.from({ length: n }, (_, j) => gaussian.spread(j));
  const correlations = gaussian.covariance.map(
    (entry, k) => entry / (at(spreads, Math.floor(k / n)) * at(spreads, k % n)),
  );
  const { values } = symmetricEigen(correlations, n);
  return at(values, n - 1) / at(values, 0);
}
