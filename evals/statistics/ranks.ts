/** Ranks from 1 for the smallest; equal values share the mean of their ranks. */
export function averageRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, k) => k).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (let k = first; k < end; k++) ranks[order[k]!] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}

/** Sum of t^3 - t over all groups of t equal values: what ties take from the variance of rank statistics. */
export function tieTerm(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
}
