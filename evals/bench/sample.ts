/** Sorted ascending; the input stays as it is. */
function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** Value below which the given share of the sample lies, between the two nearest (Hyndman and Fan's type 7). */
export function quantile(values: readonly number[], share: number): number {
  const ordered = sorted(values);
  const position = (ordered.length - 1) * share;
  const below = ordered[Math.floor(position)];
  const above = ordered[Math.ceil(position)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** To so many decimals, as a number: results are read by people. */
export function rounded(value: number, decimals = 2): number {
  return Number(value.toFixed(decimals));
}
