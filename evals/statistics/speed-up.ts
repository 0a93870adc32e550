import { type Step, valueAt } from "./anytime.js";
import { bootstrapMedian } from "./bootstrap.js";
import type { Interval } from "./interval.js";
import { ratioAtMost } from "./non-inferiority.js";
import { quantile } from "./sample.js";

/**
 * How many times the effort of `first` it takes `second` to get as far, on their mean courses: above 1, the first is
 * faster. As far as the one that ends worse gets in the end, so that both reach it and nothing is censored; the other's
 * lead beyond that point does not count. Where neither gets anywhere it is 1.
 *
 * A mean of few seeds moves in leaps, and the faster one leaps past the level: what lies between the middle of where the
 * value before held and the leap itself is interpolated. On simulated courses of 5 and more seeds that differ in nothing
 * but speed, the median of this is the true factor (1, 2 or 3) to within a tenth, where courses fall steadily; where they
 * fall in few large leaps, twice as fast is measured as 1.7 to 1.85 times.
 *
 * @param end of the budget, in the unit of `at`
 * @param grain smallest difference of effort: 1 for trials, 0 for time
 */
export function effortRatio(first: readonly Step[], second: readonly Step[], end: number, grain = 1): number {
  const level = Math.max(valueAt(first, end), valueAt(second, end));
  return effortTo(level, second, end, grain) / effortTo(level, first, end, grain);
}

/** Effort at which a course of leaps, smoothed, is as good as `level` for the first time; NaN where it never is. */
function effortTo(level: number, steps: readonly Step[], end: number, grain: number): number {
  // Means of equal values in another order differ in the last digit.
  const tolerance = 1e-12 * Math.abs(level);
  const held = steps.filter(({ at }) => at <= end);
  const middle = (k: number): number => {
    const { at } = held[k]!;
    return (at + Math.max(at, k + 1 < held.length ? held[k + 1]!.at - grain : end)) / 2;
  };
  const reached = held.findIndex(({ value }) => value <= level + tolerance);
  if (reached < 0) return Number.NaN;
  const before = held[reached - 1];
  // Who does not get past the start needs half the budget for it at least.
  if (before === undefined) return middle(reached);
  const { at, value } = held[reached]!;
  const share = (before.value - level) / (before.value - value);
  const from = middle(reached - 1);
  return from + Math.min(1, share) * (at - from);
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
