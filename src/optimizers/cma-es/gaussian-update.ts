import { at, norm } from "../../math/vector.js";
import { deviationFactors } from "./diagonal-acceleration.js";
import type { Gaussian } from "./gaussian.js";
import { injectionFactor } from "./injection.js";
import type { LateOrigin } from "./origin.js";
import type { StrategyParameters } from "./strategy-parameters.js";

/** One evaluated point of a generation. */
export interface RankedStep {
  /** n coordinates, in the distribution's own (unbounded) coordinates. */
  readonly point: ArrayLike<number>;
  /** True where the present distribution did not sample it. */
  readonly injected: boolean;
  /** Where this distribution sampled it before it moved on; absent for points from elsewhere. */
  readonly origin?: LateOrigin | undefined;
  /** False where the configuration failed and nothing is to be drawn towards it. */
  readonly succeeded: boolean;
}

/** Keeps the denominator of (46) from vanishing at a point that equals the mean. */
const smallestSquaredLength = 1e-8;

/**
 * One update of mean, evolution paths, step size and covariance (arXiv 1604.00772, equations 41 to 47), in place.
 *
 * Departures from the tutorial, each without effect where its cause is absent:
 * - an injected point is clipped and has no negative weight (see injection.ts);
 * - a late point, one of its own that an earlier generation sampled, moves the mean like an injected one, but teaches
 *   the covariance by its step from where it was sampled (see `lateStep`), with a negative weight too;
 * - a failed point with a positive rank counts as the mean itself: it holds back the step instead of attracting it,
 *   and teaches the covariance nothing. With a negative rank it counts like any other, its length normalised (46),
 *   unless more than half of the generation failed: then negative weights on failures would outweigh the few
 *   successes (with failures at random in half of all trials 8 of 14 runs converged with them, 14 of 14 without);
 * - the step size changes by a limited factor.
 *
 * @param ranked as many steps as the population has, best first
 * @param accelerateDiagonal whether single deviations learn faster than the covariance (diagonal-acceleration.ts)
 */
export function updateGaussian(
  gaussian: Gaussian,
  parameters: StrategyParameters,
  ranked: readonly RankedStep[],
  accelerateDiagonal = false,
): void {
  const n = gaussian.dimension;
  const { parents, effectiveParents: mueff, expectedLength } = parameters;
  const { rankOneRate: c1, rankMuRate: cmu, covarianceCumulation: cc, stepSizeCumulation: cs } = parameters;

  const steps = ranked.map(({ point, injected }) => {
    const y = stepFrom(point, gaussian.mean, gaussian.stepSize, gaussian.scale);
    return injected ? clipped(gaussian, y) : measured(gaussian, y);
  });
  // What the covariance learns from: the same but for late points.
  const lessons = ranked.map(({ point, origin }, k) => {
    const step = steps[k] ?? measured(gaussian, new Float64Array(n));
    return origin ? lateStep(gaussian, step, point, origin) : step;
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
  const { largestStepSizeChange: limit } = parameters;
  gaussian.stepSize *= Math.exp(Math.max(-limit, Math.min(limit, change)));
  gaussian.generation += 1;

  // Covariance (45 to 47). The path is stalled (h_sigma = 0) while the step size still grows fast.
  const startUp = Math.sqrt(1 - (1 - cs) ** (2 * (gaussian.generation + 1)));
  const moving = pathLength / startUp < (1.4 + 2 / (n + 1)) * expectedLength;
  const covarianceGain = moving ? Math.sqrt(cc * (2 - cc) * mueff) : 0;
  for (let j = 0; j < n; j++) {
    gaussian.pathC[j] = (1 - cc) * at(gaussian.pathC, j) + covarianceGain * at(meanStep, j);
  }
  const mostlyFailed = ranked.filter(({ succeeded }) => !succeeded).length > ranked.length / 2;
  const learned = lessons.map(({ length, whitened }, k) => {
    const weight = at(parameters.weights, k);
    const step = ranked[k];
    const foreign = step?.injected && !step.origin;
    const unused = weight < 0 ? foreign || (!step?.succeeded && mostlyFailed) : !step?.succeeded;
    return { weight: unused ? 0 : weight, length, whitened, age: step?.origin?.age ?? 0 };
  });
  const weightSum = learned.reduce((sum, { weight }) => sum + weight, 0);
  const weights = learned.map(
    ({ weight, length }) => (weight >= 0 ? weight : (weight * n) / (length * length + smallestSquaredLength)), // (46)
  );
  const factors = accelerateDiagonal && n > 1 ? deviationFactors(gaussian, parameters, learned) : undefined;
  const stalled = moving ? 0 : cc * (2 - cc);
  const kept = 1 + c1 * stalled - c1 - cmu * weightSum;
  const { covariance, pathC } = gaussian;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rankMu = 0;
      for (let k = 0; k < lessons.length; k++) {
        const y = lessons[k]?.y ?? [];
        rankMu += at(weights, k) * at(y, i) * at(y, j);
      }
      const learnedValue = kept * at(covariance, i * n + j) + c1 * at(pathC, i) * at(pathC, j) + cmu * rankMu; // (47)
      const value = factors ? learnedValue * (at(factors, i) * at(factors, j)) : learnedValue;
      covariance[i * n + j] = value;
      covariance[j * n + i] = value;
    }
  }
  gaussian.covarianceChanged();
}

/** A step in units of the step size, with its whitened coordinates C^(-1/2) y and their length. */
interface Step {
  readonly y: Float64Array;
  readonly whitened: Float64Array;
  readonly length: number;
}

function stepFrom(
  point: ArrayLike<number>,
  mean: ArrayLike<number>,
  stepSize: number,
  scale: ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: mean.length }, (_, j) => (at(point, j) - at(mean, j)) / at(scale, j) / stepSize);
}

/** Whether a point is farther from the mean than an injected step may be. */
export function liesOutside(gaussian: Gaussian, point: ArrayLike<number>): boolean {
  const step = stepFrom(point, gaussian.mean, gaussian.stepSize, gaussian.scale);
  return injectionFactor(gaussian.whiten(step)) < 1;
}

function measured(gaussian: Gaussian, y: Float64Array): Step {
  const whitened = gaussian.whiten(y);
  return { y, whitened, length: norm(whitened) };
}

function clipped(gaussian: Gaussian, y: Float64Array): Step {
  const step = measured(gaussian, y);
  const factor = injectionFactor(step.whitened);
  if (factor === 1) return step;
  const shortened = (v: Float64Array) => v.map((value) => factor * value);
  return { y: shortened(y), whitened: shortened(step.whitened), length: factor * step.length };
}

/**
 * What a late point teaches the covariance. Seen from the present mean it lies behind, in the direction that the mean
 * came from, whatever its rank: learned as that step it stretches the covariance along the way that was travelled,
 * and it could not safely have a negative weight. Seen from the mean that it was sampled from it is as good a sample
 * as any, of a distribution that may be out of date. Half-way between the two did best; medians of 31 to 101 seeds in
 * evals/results/asynchronous.json.
 */
function lateStep(gaussian: Gaussian, fromHere: Step, point: ArrayLike<number>, origin: LateOrigin): Step {
  const fromThere = stepFrom(point, origin.mean, origin.stepSize, origin.scale);
  return clipped(
    gaussian,
    fromThere.map((value, j) => (value + at(fromHere.y, j)) / 2),
  );
}
