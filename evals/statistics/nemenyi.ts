/** Quantiles at 0.95 of the studentized range over the square root of 2, for 2 to 20 methods, infinite freedom. */
const quantiles = [
  1.959964, 2.343701, 2.569032, 2.727774, 2.849705, 2.94832, 3.030878, 3.10173, 3.163684, 3.218654, 3.268004, 3.312739,
  3.353618, 3.39123, 3.426041, 3.458425, 3.488685, 3.517073, 3.543799,
];

/**
 * Difference of mean ranks at which two of several methods differ at the 5 % level, whichever pair it is (Nemenyi
 * 1963; Demsar 2006).
 *
 * @throws RangeError for fewer than 2 or more than 20 methods
 */
export function criticalDifference(methods: number, tasks: number): number {
  const quantile = quantiles[methods - 2];
  if (quantile === undefined) throw new RangeError(`The critical difference of ${methods} methods is not tabulated.`);
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
