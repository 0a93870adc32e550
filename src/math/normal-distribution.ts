/**
 * The standard normal distribution function and its inverse, to close to double precision over the whole
 * range, tails included.
 *
 * The quantile of the chi-squared distribution with one degree of freedom, which the margin of CMA-ES is
 * stated in, needs no function of its own: sqrt(chi2Quantile(1 - 2 p)) = -normalQuantile(p) for p < 1/2.
 */

const sqrtPi = Math.sqrt(Math.PI);
const sqrt2Pi = Math.sqrt(2 * Math.PI);

/** Complementary error function for x >= 0, relative error below 1e-12. */
function erfcOfPositive(x: number): number {
  if (x < 2) {
    // erf(x) = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) / (2k+1)!!  (Abramowitz and Stegun 7.1.6): no cancellation
    let term = x;
    let sum = x;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return 1 - (2 / sqrtPi) * Math.exp(-x * x) * sum;
  }
  // Continued fraction (Abramowitz and Stegun 7.1.14), evaluated from the far end: 60 levels suffice for x >= 2.
  let tail = 0;
  for (let k = 60; k >= 1; k--) tail = k / 2 / (x + tail);
  return Math.exp(-x * x) / (sqrtPi * (x + tail));
}

/** P(Z <= x) for standard normal Z. */
export function normalCdf(x: number): number {
  const half = erfcOfPositive(Math.abs(x) / Math.SQRT2) / 2;
  return x <= 0 ? half : 1 - half;
}

/** The x with P(Z <= x) = p; -Infinity at 0 and Infinity at 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (!(p > 0)) return p === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  // Abramowitz and Stegun 26.2.23, absolute error below 4.5e-4, then Halley's method.
  const t = Math.sqrt(-2 * Math.log(p));
  let x = ((0.010328 * t + 0.802853) * t + 2.515517) / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1) - t;
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(x) - p) * sqrt2Pi * Math.exp((x * x) / 2);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}
