import { at, norm } from "../../math/vector.js";
import type { Gaussian } from "./gaussian.js";
import { injectionFactor } from "./injection.js";
import type { StrategyParameters } from "./strategy-parameters.js";

/** One evaluated point of a generation. */
export interface RankedStep {
  /** n coordinates, in the distribution's own (unbounded) coordinates. */
  readonly point: ArrayLike<number>;
  /** True where the present distribution did not sample it. */
  readonly injected: boolean;
  /** False where the configuration failed: nothing is drawn towards it. */
  readonly succeeded: boolean;
}

/** Largest change of ln(stepSize) in one generation. */
const largestStepSizeChange = 1;

/** Keeps the denominator of (46) from vanishing at a point that equals the mean. */
const smallestSquaredLength = 1e-8;

/**
 * One update of mean, evolution paths, step size and covariance (arXiv 1604.00772, equations 41 to 47), in place.
 *
 * Departures from the tutorial, each without effect where its cause is absent:
 * - an injected point is clipped and has no negative weight (see injection.ts);
 * - a failed point with a positive rank counts as the mean itself: it holds back the step instead of attracting it,
 *   and teaches the covariance nothing. With a negative rank it counts like any other, its length normalised (46),
 *   unless more than half of the generation failed: then negative weights on failures would outweigh the few
 *   successes (with failures at random in half of all trials 8 of 14 runs converged with them, 14 of 14 without);
 * - the step size changes by a factor of at most e.
 *
 * @param ranked as many steps as the population has, best first
 */
export function updateGaussian(
  gaussian: Gaussian,
  parameters: StrategyParameters,
  ranked: readonly RankedStep[],
): void {
  const n = gaussian.dimension;
  const { parents, effectiveParents: mueff, expectedLength } = parameters;
  const { rankOneRate: c1, rankMuRate: cmu, covarianceCumulation: cc, stepSizeCumulation: cs } = parameters;

  const steps = ranked.map(({ point, injected }) => {
    const y = Float64Array.from(
      { length: n },
      (_, j) => (at(point, j) - at(gaussian.mean, j)) / at(gaussian.scale, j) / gaussian.stepSize,
    );
    const whitened = gaussian.whiten(y);
    const factor = injected ? injectionFactor(whitened) : 1;
    return { y: factor === 1 ? y : y.map((value) => factor * value), length: factor * norm(whitened) };
  });

  // Mean (41, 42)
  const meanStep = new Float64Array(n);
  for (let k = 0; k < parents; k++) {
    if (!ranked[k]?.succeeded) continue;
    const weight = at(parameters.weights, k);
    const y = steps[k]?.y ?? [];
    for (let j = 0; j < n; j++) meanStep[j] = at(meanStep, j) + weight * at(y, j);
  }
  const whitenedMeanStep = gaussian.whiten(meanStep);
  for (let j = 0; j < n; j++) gaussian.mean[j] = at(gaussian.mean, j) + gaussian.stepSize * at(meanStep, j);

  // Step size (43, 44)
  const sigmaGain = Math.sqrt(cs * (2 - cs) * mueff);
  for (let j = 0; j < n; j++) {
    gaussian.pathSigma[j] = (1 - cs) * at(gaussian.pathSigma, j) + sigmaGain * at(whitenedMeanStep, j);
  }
  const pathLength = norm(gaussian.pathSigma);
  const change = (cs / parameters.stepSizeDamping) * (pathLength / expectedLength - 1);
  gaussian.stepSize *= Math.exp(Math.max(-largestStepSizeChange, Math.min(largestStepSizeChange, change)));
  gaussian.generation += 1;

  // Covariance (45 to 47). The path is stalled (h_sigma = 0) while the step size still grows fast.
  const startUp = Math.sqrt(1 - (1 - cs) ** (2 * (gaussian.generation + 1)));
  const moving = pathLength / startUp < (1.4 + 2 / (n + 1)) * expectedLength;
  const covarianceGain = moving ? Math.sqrt(cc * (2 - cc) * mueff) : 0;
  for (let j = 0; j < n; j++) {
    gaussian.pathC[j] = (1 - cc) * at(gaussian.pathC, j) + covarianceGain * at(meanStep, j);
  }
  const mostlyFailed = ranked.filter(({ succeeded }) => !succeeded).length > ranked.length / 2;
  let weightSum = 0;
  const weights = steps.map(({ length }, k) => {
    const weight = at(parameters.weights, k);
    const step = ranked[k];
    const unused = weight < 0 ? step?.injected || (!step?.succeeded && mostlyFailed) : !step?.succeeded;
    if (unused) return 0;
    weightSum += weight;
    return weight >= 0 ? weight : (weight * n) / (length * length + smallestSquaredLength); // (46)
  });
  const stalled = moving ? 0 : cc * (2 - cc);
  const kept = 1 + c1 * stalled - c1 - cmu * weightSum;
  const { covariance, pathC } = gaussian;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rankMu = 0;
      for (let k = 0; k < steps.length; k++) {
        const y = steps[k]?.y ?? [];
        rankMu += at(weights, k) * at(y, i) * at(y, j);
      }
      const value = kept * at(covariance, i * n + j) + c1 * at(pathC, i) * at(pathC, j) + cmu * rankMu; // (47)
      covariance[i * n + j] = value;
      covariance[j * n + i] = value;
    }
  }
  gaussian.covarianceChanged();
}
