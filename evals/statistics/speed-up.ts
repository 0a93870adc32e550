import { quantile } from "../bench/sample.js";
import { effortToReach, type Step, valueAt } from "./anytime.js";
import { bootstrapMedian } from "./bootstrap.js";
import type { Interval } from "./interval.js";
import { ratioAtMost } from "./non-inferiority.js";

/**
 * How many times the effort of `first` it takes `second` to get as far, on their mean courses: above 1, the first is
 * faster. As far as the one that ends worse gets in the end, so that both reach it and nothing is censored; the other's
 * lead beyond that point does not count. Where neither gets anywhere it is 1.
 *
 * Careful: a mean of few seeds moves in leaps, and the faster one leaps past the level. Twice as fast is then measured as
 * 1.6 times with 5 seeds and as 1.8 times with 20.
 *
 * @param end of the budget, in the unit of `at`
 */
export function effortRatio(first: readonly Step[], second: readonly Step[], end: number): number {
  const level = Math.max(valueAt(first, end), valueAt(second, end));
  // Means of equal values in another order differ in the last digit.
  const reached = level + 1e-12 * Math.abs(level);
  const own = effortToReach(first, reached);
  const other = effortToReach(second, reached);
  return own === undefined || other === undefined ? Number.NaN : other / own;
}

export interface SpeedUp {
  /** Over tasks, of the ratios of effort; above 1, the first is faster. */
  readonly median: number;
  /** 95 %, over tasks; absent below 2 of them. */
  readonly interval?: Interval;
  /** One-sided: the first needs at most so many times the effort of the second; absent for too few tasks. */
  readonly atMost?: number;
}

/**
 * @param ratios of {@link effortRatio}, one for each task
 * @param level of the one-sided limit: 0.05 for 95 %, smaller where several limits are to hold together
 */
export function speedUp(ratios: readonly number[], level = 0.05): SpeedUp {
  // Of logarithms, so that twice and half as fast weigh the same.
  const logs = ratios.map(Math.log);
  const interval = bootstrapMedian(logs);
  const atMost = ratioAtMost(
    ratios.map((ratio) => 1 / ratio),
    level,
  );
  return {
    median: Math.exp(quantile(logs, 0.5)),
    ...(interval && { interval: { low: Math.exp(interval.low), high: Math.exp(interval.high) } }),
    ...(atMost !== undefined && { atMost }),
  };
}
