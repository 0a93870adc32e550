import type { Interval } from "./interval.js";
import { criticalRankSum } from "./signed-rank-distribution.js";

/** Means of all pairs of values, each with itself too, ascending (Walsh 1949). */
export function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let next = 0;
  for (let i = 0; i < values.length; i++) {
    for (let j = i; j < values.length; j++) averages[next++] = (values[i]! + values[j]!) / 2;
  }
  return averages.sort();
}

/**
 * The shift that paired differences show: the median of their Walsh averages, which is the median itself where they
 * are symmetric (Hodges and Lehmann 1963). NaN without values.
 */
export function pseudomedian(values: readonly number[]): number {
  const averages = walshAverages(values);
  const middle = averages.length >> 1;
  return averages.length % 2 === 1
    ? (averages[middle] ?? Number.NaN)
    : ((averages[middle - 1] ?? Number.NaN) + (averages[middle] ?? Number.NaN)) / 2;
}

/**
 * Confidence interval of the pseudomedian: all shifts that the signed-rank test of Wilcoxon does not reject (Hollander
 * and Wolfe 1973, section 3.3). Undefined where so few values could reject none.
 *
 * @param level of the two-sided test, 0.05 for an interval of 95 %
 */
export function pseudomedianInterval(values: readonly number[], level = 0.05): Interval | undefined {
  const beyond = criticalRankSum(values.length, level / 2);
  if (beyond < 0) return undefined;
  const averages = walshAverages(values);
  return {
    low: averages[beyond] ?? Number.NaN,
    high: averages[averages.length - 1 - beyond] ?? Number.NaN,
  };
}
