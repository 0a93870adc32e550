import { norm } from "../../math/vector.js";

/**
 * Injection of points that the current distribution did not sample (Hansen 2011, arXiv 1110.4181). Two rules make
 * it safe, and neither does alone: the step is clipped, which bounds the step size, and it never gets a negative
 * weight, which saves the covariance from being shrunk along directions in which nothing was sampled.
 */

/** Longest Mahalanobis length that an injected step may have in n dimensions. */
export function longestInjection(n: number): number {
  return Math.sqrt(n) + (2 * n) / (n + 2);
}

/**
 * How much an injected step must be shortened.
 *
 * @param whitened the step C^(-1/2) (x - mean) / stepSize
 * @returns a factor in (0, 1]
 */
export function injectionFactor(whitened: ArrayLike<number>): number {
  const length = norm(whitened);
  const longest = longestInjection(whitened.length);
  return length > longest ? longest / length : 1;
}
