import { normalQuantile } from "../../math/normal-distribution.js";

/** Share of new results that an interval of a prediction is to contain. */
export const INTERVAL_COVERAGE = 0.8;

/** Half width of the central interval of a normal distribution, in standard deviations. */
export const INTERVAL_DEVIATIONS = normalQuantile(0.5 + INTERVAL_COVERAGE / 2);

/**
 * How many held-out residuals weigh as much as the model's own belief in its spread. To call a model too sure takes
 * less than to call it too modest, since the first misleads whoever reads its intervals.
 */
const RESIDUALS_TO_WIDEN = 6;
const RESIDUALS_TO_NARROW = 60;
const NARROWEST = 0.6;
const WIDEST = 4;

/**
 * By what a model's predictive standard deviation must be multiplied for {@link INTERVAL_COVERAGE} of the
 * held-out results to fall inside its central interval: the split-conformal quantile of the absolute standardised
 * residuals (Vovk et al. 2005) over what it is for a normal distribution, drawn towards 1 where residuals are few.
 *
 * @param residuals |value - mean| / deviation of results that were held out
 */
export function spreadFactor(residuals: ArrayLike<number>): number {
  const n = residuals.length;
  if (n < 2) return 1;
  const sorted = Float64Array.from(residuals).sort();
  const rank = Math.min(n, Math.ceil((n + 1) * INTERVAL_COVERAGE));
  const observed = Math.min(WIDEST, Math.max(NARROWEST, sorted[rank - 1]! / INTERVAL_DEVIATIONS));
  const doubt = observed > 1 ? RESIDUALS_TO_WIDEN : RESIDUALS_TO_NARROW;
  return observed ** (n / (n + doubt));
}
