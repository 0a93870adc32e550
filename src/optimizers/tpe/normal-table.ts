import { normalCdf } from "../../math/normal-distribution.js";

/** Beyond, the distribution function is 0 or 1 within the error of the table. */
const reach = 8;
const perUnit = 64;
const cells = 2 * reach * perUnit;

const values = Float64Array.from({ length: cells + 1 }, (_, k) => normalCdf(k / perUnit - reach));
/** Slopes, times the width of a cell. */
const slopes = Float64Array.from({ length: cells + 1 }, (_, k) => {
  const x = k / perUnit - reach;
  return Math.exp(-0.5 * x * x) / (Math.sqrt(2 * Math.PI) * perUnit);
});

/**
 * P(Z <= x) for standard normal Z by cubic Hermite interpolation, absolute error below 1e-9: an estimator needs
 * thousands of these for every candidate, and its mixtures have a component that keeps every mass far above that.
 */
export function tabulatedNormalCdf(x: number): number {
  if (x <= -reach) return 0;
  if (x >= reach) return 1;
  const at = (x + reach) * perUnit;
  const k = Math.floor(at);
  const t = at - k;
  const s = 1 - t;
  return (
    s * s * ((1 + 2 * t) * values[k]! + t * slopes[k]!) + t * t * ((1 + 2 * s) * values[k + 1]! - s * slopes[k + 1]!)
  );
}
