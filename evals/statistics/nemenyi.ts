import { studentizedRangeQuantile } from "./studentized-range.js";

/**
 * Difference of mean ranks at which two of several methods differ at the 5 % level, whichever pair it is (Nemenyi
 * 1963; Demsar 2006).
 *
 * @throws RangeError for fewer than 2 methods
 */
export function criticalDifference(methods: number, tasks: number): number {
  if (!(methods >= 2)) throw new RangeError(`There is no critical difference of ${methods} methods.`);
  const quantile = studentizedRangeQuantile(0.95, methods) / Math.SQRT2;
  return quantile * Math.sqrt((methods * (methods + 1)) / (6 * tasks));
}

/**
 * The bars of a critical-difference diagram: largest sets of methods, each as ascending ranks' indices, whose mean
 * ranks lie within the critical difference; those of one method are left out.
 */
export function indistinguishable(meanRanks: readonly number[], difference: number): readonly (readonly number[])[] {
  const order = meanRanks.map((_, k) => k).sort((a, b) => meanRanks[a]! - meanRanks[b]!);
  const groups: (readonly number[])[] = [];
  let reached = 0;
  for (let first = 0; first < order.length; first++) {
    let end = first;
    while (end < order.length && meanRanks[order[end]!]! - meanRanks[order[first]!]! < difference) end++;
    if (end > reached && end - first > 1) groups.push(order.slice(first, end));
    reached = Math.max(reached, end);
  }
  return groups;
}
