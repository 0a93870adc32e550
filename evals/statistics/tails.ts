import { incompleteBeta, upperIncompleteGamma } from "../../src/math/special-functions.js";

/** Tails of the chi-squared and F distributions, to about 1e-12. */

/** P(X >= x) for X with a chi-squared distribution. */
export function chiSquaredTail(x: number, degreesOfFreedom: number): number {
  return upperIncompleteGamma(degreesOfFreedom / 2, x / 2);
}

/** P(X >= x) for X with an F distribution of d1 and d2 degrees of freedom. */
export function fTail(x: number, d1: number, d2: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  return incompleteBeta(d2 / (d2 + d1 * x), d2 / 2, d1 / 2);
}
