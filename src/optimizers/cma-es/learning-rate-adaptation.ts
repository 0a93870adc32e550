import { z } from "zod";
import { symmetricEigen } from "../../math/symmetric-eigen.js";
import { at, norm } from "../../math/vector.js";
import type { Gaussian } from "./gaussian.js";

/** Signal-to-noise ratio that is aimed at (alpha), and how fast a learning rate may move towards it (gamma). */
const targetSignalToNoise = 1.4;
const fastestChange = 0.1;
/** Smoothing of the moving averages of mean and covariance updates (beta_m, beta_Sigma). */
const meanSmoothing = 0.1;
const covarianceSmoothing = 0.03;

const trackerStateSchema = z.object({ average: z.array(z.number()), squared: z.number(), rate: z.number() });

/** A saved learning-rate adaptation. */
export const learningRatesSchema = z.object({ mean: trackerStateSchema, covariance: trackerStateSchema });
export type LearningRatesState = z.infer<typeof learningRatesSchema>;

/** Estimates the signal-to-noise ratio of one parameter's updates and derives its learning rate. */
class RateTracker {
  /** E: moving average of the update in local coordinates. */
  private readonly average: Float64Array;
  /** V: moving average of its squared length. */
  private squared: number;
  /** eta, in (0, 1]. */
  rate: number;

  constructor(
    size: number,
    private readonly smoothing: number,
    state?: z.infer<typeof trackerStateSchema>,
  ) {
    this.average = state ? Float64Array.from(state.average) : new Float64Array(size);
    this.squared = state?.squared ?? 0;
    this.rate = state?.rate ?? 1;
  }

  /** @param update in coordinates in which the distribution before it was a standard normal */
  adapt(update: Float64Array): void {
    const beta = this.smoothing;
    for (let k = 0; k < update.length; k++) this.average[k] = (1 - beta) * at(this.average, k) + beta * at(update, k);
    this.squared = (1 - beta) * this.squared + beta * norm(update) ** 2;
    const signal = norm(this.average) ** 2;
    const noise = this.squared - signal;
    // Updates that never differed are all signal.
    const ratio = noise > 0 ? (signal - (beta / (2 - beta)) * this.squared) / noise : Number.POSITIVE_INFINITY;
    const excess = Math.max(-1, Math.min(1, ratio / (targetSignalToNoise * this.rate) - 1));
    this.rate = Math.min(1, this.rate * Math.exp(Math.min(fastestChange * this.rate, beta) * excess));
  }

  state(): z.infer<typeof trackerStateSchema> {
    return { average: Array.from(this.average), squared: this.squared, rate: this.rate };
  }
}

/**
 * Learning-rate adaptation (LRA-CMA-ES, Nomura, Akimoto and Ono, arXiv 2304.03473): keeps a constant
 * signal-to-noise ratio in the updates of mean and covariance by taking only a part of each, which lets the default
 * population cope with noise and with many local optima, at the price of more evaluations where there are none.
 */
export class LearningRateAdaptation {
  private readonly meanRate: RateTracker;
  private readonly covarianceRate: RateTracker;

  constructor(dimension: number, state?: LearningRatesState) {
    this.meanRate = new RateTracker(dimension, meanSmoothing, state?.mean);
    this.covarianceRate = new RateTracker(dimension ** 2, covarianceSmoothing, state?.covariance);
  }

  state(): LearningRatesState {
    return { mean: this.meanRate.state(), covariance: this.covarianceRate.state() };
  }

  /** Runs one update of the distribution and then takes back what the learning rates do not allow. */
  around(gaussian: Gaussian, update: () => void): void {
    const n = gaussian.dimension;
    const oldMean = gaussian.mean.slice();
    const oldSigma = gaussian.covariance.map((c) => c * gaussian.stepSize ** 2);
    const oldStepSize = gaussian.stepSize;
    // Row j of Sigma^(-1/2) before the update; the matrix is symmetric.
    const root = Array.from({ length: n }, (_, j) => {
      const unit = new Float64Array(n);
      unit[j] = 1 / oldStepSize;
      return gaussian.whiten(unit);
    });
    update();

    const meanChange = gaussian.mean.map((value, j) => value - at(oldMean, j));
    const sigmaChange = gaussian.covariance.map((c, entry) => c * gaussian.stepSize ** 2 - at(oldSigma, entry));
    const rateBefore = this.meanRate.rate;
    this.meanRate.adapt(Float64Array.from(root, (row) => dot(row, meanChange)));
    this.covarianceRate.adapt(local(root, sigmaChange));

    for (let j = 0; j < n; j++) gaussian.mean[j] = at(oldMean, j) + this.meanRate.rate * at(meanChange, j);
    const sigma = oldSigma.map((value, entry) => value + this.covarianceRate.rate * at(sigmaChange, entry));
    // Sigma = stepSize^2 C with det C = 1, and the step size in keeping with the new learning rate of the mean.
    const { values } = symmetricEigen(sigma, n);
    const stepSize = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / (2 * n));
    for (let entry = 0; entry < n * n; entry++) gaussian.covariance[entry] = at(sigma, entry) / stepSize ** 2;
    gaussian.stepSize = (stepSize * rateBefore) / this.meanRate.rate;
    gaussian.covarianceChanged();
  }
}

/** R change R / sqrt(2), row-major. */
function local(root: readonly Float64Array[], change: Float64Array): Float64Array {
  const n = root.length;
  const half = root.map((row) =>
    Float64Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += at(row, k) * at(change, k * n + j);
      return sum;
    }),
  );
  return Float64Array.from(
    { length: n * n },
    (_, entry) => dot(half[Math.floor(entry / n)] ?? [], root[entry % n] ?? []) / Math.SQRT2,
  );
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += at(a, k) * at(b, k);
  return sum;
}
