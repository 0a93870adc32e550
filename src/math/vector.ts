/** Operations on vectors and row-major square matrices of numbers. */

/** Euclidean length. */
export function norm(v: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += at(v, i) ** 2;
  return Math.sqrt(sum);
}

/** Entry i of v. Indices come from loops over a known length; a missing entry becomes NaN and is caught there. */
export function at(v: ArrayLike<number>, i: number): number {
  return v[i] ?? Number.NaN;
}

/** Median of at least one value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
