import type { RandomStream } from "../../math/random.js";
import { at, norm } from "../../math/vector.js";

/** The coordinate says nothing, for example because the parameter was inactive: no gradient from it. */
export const noChoice = -1;

/** What the adaptive natural gradient carries from one generation to the next. */
export interface NaturalGradientState {
  /** Accumulated normalised gradient, one entry for each free probability. */
  path: Float64Array;
  /** Expected squared length of the path under no signal. */
  pathWeight: number;
  /** Delta: the reciprocal of the trust region. */
  caution: number;
  /** delta: the trust region that the next update uses. */
  trustRegion: number;
}

/** Target of the signal-to-noise ratio of the gradient (alpha). */
const signalToNoise = 1.5;

/**
 * Independent categorical distributions, updated along the natural gradient with an adaptive trust region (ASNG,
 * Akimoto et al., ICML 2019) and kept away from zero by a margin, as in CatCMA (arXiv 2405.09962) and CatCMA with
 * margin (arXiv 2504.07884).
 */
export class CategoricalDistributions {
  readonly gradient: NaturalGradientState;

  /**
   * @param probabilities one row for each coordinate, each summing to one; kept and changed in place
   * @param margins smallest probability of a choice, for each coordinate
   * @param smallestGradient added to the gradient's length when it is normalised
   */
  constructor(
    readonly probabilities: Float64Array[],
    readonly margins: readonly number[],
    private readonly smallestGradient = 1e-8,
  ) {
    const free = probabilities.reduce((sum, row) => sum + row.length - 1, 0);
    this.gradient = { path: new Float64Array(free), pathWeight: 0, caution: 1, trustRegion: 1 };
  }

  sample(random: RandomStream): number[] {
    return this.probabilities.map((row) => random.index(row));
  }

  /**
   * @param choices for each parent, best first, one choice index for each coordinate, or `noChoice`
   * @param weights positive recombination weights of the parents
   */
  update(choices: readonly (readonly number[])[], weights: readonly number[]): void {
    const gradients = this.probabilities.map((row, i) => {
      const gradient = new Float64Array(row.length);
      choices.forEach((chosen, rank) => {
        const choice = at(chosen, i);
        if (choice === noChoice) return;
        for (let k = 0; k < row.length; k++) {
          gradient[k] = at(gradient, k) + at(weights, rank) * ((k === choice ? 1 : 0) - at(row, k));
        }
      });
      return gradient;
    });
    const scaled = this.throughFisherRoot(gradients);
    const length = norm(scaled);
    // All parents agree with a distribution that already says so, or none has an opinion: nothing to learn.
    if (length > 0) {
      const step = this.gradient.trustRegion / (length + this.smallestGradient);
      this.probabilities.forEach((row, i) => {
        for (let k = 0; k < row.length; k++) row[k] = at(row, k) + step * at(gradients[i] ?? [], k);
      });
      this.adaptTrustRegion(scaled, length);
    }
    this.keepMargins();
  }

  /** Raises every probability to its margin and takes the excess from the others in proportion to their spare part. */
  keepMargins(): void {
    this.probabilities.forEach((row, i) => {
      const margin = at(this.margins, i);
      let sum = 0;
      for (let k = 0; k < row.length; k++) {
        row[k] = Math.max(at(row, k), margin);
        sum += at(row, k);
      }
      const spare = sum - margin * row.length;
      let total = 0;
      for (let k = 0; k < row.length; k++) {
        if (spare > 0) row[k] = at(row, k) - ((sum - 1) * (at(row, k) - margin)) / spare;
        total += at(row, k);
      }
      for (let k = 0; k < row.length; k++) row[k] = at(row, k) / total;
    });
  }

  /** The gradient times the square root of the Fisher matrix, in the free probabilities (Akimoto et al., appendix B). */
  private throughFisherRoot(gradients: readonly Float64Array[]): Float64Array {
    const scaled = new Float64Array(this.gradient.path.length);
    let entry = 0;
    this.probabilities.forEach((row, i) => {
      const gradient = gradients[i] ?? [];
      const free = row.length - 1;
      const dependent = at(row, free);
      let sum = 0;
      for (let k = 0; k < free; k++) sum += at(gradient, k);
      for (let k = 0; k < free; k++) {
        const root = Math.sqrt(at(row, k));
        scaled[entry++] = at(gradient, k) / root + (root * sum) / (dependent + Math.sqrt(dependent));
      }
    });
    return scaled;
  }

  private adaptTrustRegion(scaled: Float64Array, length: number): void {
    const { gradient } = this;
    const { path } = gradient;
    gradient.trustRegion = 1 / gradient.caution;
    // At most 1: a larger one would make the path's weights negative.
    const beta = Math.min(1, gradient.trustRegion / Math.sqrt(path.length));
    const gain = Math.sqrt(beta * (2 - beta)) / length;
    for (let k = 0; k < path.length; k++) path[k] = (1 - beta) * at(path, k) + gain * at(scaled, k);
    gradient.pathWeight = (1 - beta) ** 2 * gradient.pathWeight + beta * (2 - beta);
    gradient.caution *= Math.exp(beta * (gradient.pathWeight - norm(path) ** 2 / signalToNoise));
  }
}
