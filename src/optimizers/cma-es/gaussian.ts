import type { RandomStream } from "../../math/random.js";
import { type SymmetricEigen, symmetricEigen } from "../../math/symmetric-eigen.js";
import { at } from "../../math/vector.js";

/**
 * The Gaussian part of the search distribution: N(mean, stepSize^2 A C A) with a diagonal scale A that only the
 * margin of discrete coordinates moves away from one. All matrices are row-major n x n.
 */
export class Gaussian {
  /** Completed updates; enters the start-up correction of the evolution path. */
  generation = 0;
  readonly pathSigma: Float64Array;
  readonly pathC: Float64Array;
  readonly scale: Float64Array;
  private decomposition: SymmetricEigen | undefined;

  /**
   * @param mean n coordinates; kept and changed in place
   * @param covariance C, row-major; kept and changed in place
   */
  constructor(
    readonly mean: Float64Array,
    public stepSize: number,
    readonly covariance: Float64Array,
  ) {
    const n = mean.length;
    this.pathSigma = new Float64Array(n);
    this.pathC = new Float64Array(n);
    this.scale = new Float64Array(n).fill(1);
  }

  get dimension(): number {
    return this.mean.length;
  }

  /** sqrt(C_jj). */
  spread(j: number): number {
    return Math.sqrt(at(this.covariance, j * this.dimension + j));
  }

  /** Standard deviation of coordinate j, scale included. */
  deviation(j: number): number {
    return this.stepSize * at(this.scale, j) * this.spread(j);
  }

  /** One sample of N(mean, (stretch stepSize)^2 A C A). */
  sample(random: RandomStream, stretch = 1): Float64Array {
    const n = this.dimension;
    const { values, vectors } = this.eigen();
    const stretched = Float64Array.from({ length: n }, (_, k) => Math.sqrt(at(values, k)) * random.normal());
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let y = 0;
      for (let k = 0; k < n; k++) y += at(vectors, i * n + k) * at(stretched, k);
      x[i] = at(this.mean, i) + stretch * this.stepSize * at(this.scale, i) * y;
    }
    return x;
  }

  /** C^(-1/2) y = B D^-1 B^T y. */
  whiten(y: ArrayLike<number>): Float64Array {
    const n = this.dimension;
    const { values, vectors } = this.eigen();
    const rotated = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += at(vectors, i * n + k) * at(y, i);
      rotated[k] = sum / Math.sqrt(at(values, k));
    }
    const whitened = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += at(vectors, i * n + k) * at(rotated, k);
      whitened[i] = sum;
    }
    return whitened;
  }

  /**
   * Eigendecomposition of C, computed when first needed after a change. Depends on C alone, so that a restored
   * distribution decomposes to the same numbers. Where rounding has made C singular, C is replaced by the
   * repaired product.
   */
  eigen(): SymmetricEigen {
    if (this.decomposition) return this.decomposition;
    const n = this.dimension;
    const decomposition = symmetricEigen(this.covariance, n);
    if (decomposition.raised) {
      const { values, vectors } = decomposition;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += at(vectors, i * n + k) * at(values, k) * at(vectors, j * n + k);
          this.covariance[i * n + j] = sum;
        }
      }
      // Decomposed again so that the numbers are those that a restored copy of C gives.
      this.decomposition = { ...symmetricEigen(this.covariance, n), raised: false };
    } else this.decomposition = decomposition;
    return this.decomposition;
  }

  /** To be called after every change of C. */
  covarianceChanged(): void {
    this.decomposition = undefined;
  }

  /** Ratio of the largest to the smallest eigenvalue of C. */
  condition(): number {
    const { values } = this.eigen();
    return at(values, values.length - 1) / at(values, 0);
  }

  /**
   * Principal axis k, the shortest first: its standard deviation, and the largest change that a step of that length
   * along it makes in any one coordinate.
   */
  axis(k: number): { readonly length: number; readonly reach: number } {
    const n = this.dimension;
    const { values, vectors } = this.eigen();
    const length = this.stepSize * Math.sqrt(at(values, k));
    let reach = 0;
    for (let i = 0; i < n; i++) reach = Math.max(reach, Math.abs(at(vectors, i * n + k) * at(this.scale, i) * length));
    return { length, reach };
  }

  /**
   * The same distribution with another step size: what the step size loses, C and its path gain. The update is
   * invariant to it.
   */
  renormalise(stepSize: number): void {
    const factor = this.stepSize / stepSize;
    for (let i = 0; i < this.covariance.length; i++) this.covariance[i] = at(this.covariance, i) * factor ** 2;
    for (let j = 0; j < this.dimension; j++) this.pathC[j] = at(this.pathC, j) * factor;
    this.stepSize = stepSize;
    this.covarianceChanged();
  }

  /**
   * Shrinks single coordinates of C so that no standard deviation exceeds its limit: on a plateau the step size
   * follows a random walk, and in a box nothing is gained by samples that are folded many times.
   */
  limitDeviations(limits: readonly number[]): void {
    const n = this.dimension;
    const factors = limits.map((limit, j) => Math.min(1, limit / this.deviation(j)));
    if (factors.every((factor) => factor === 1)) return;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        this.covariance[i * n + j] = at(this.covariance, i * n + j) * (at(factors, i) * at(factors, j));
      }
      this.pathC[i] = at(this.pathC, i) * at(factors, i);
    }
    this.covarianceChanged();
  }
}
