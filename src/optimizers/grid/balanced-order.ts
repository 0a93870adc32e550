import { deriveSeed, RandomStream } from "../../math/random.js";

/**
 * The points of a full factorial design in an order whose beginnings cover it, without ever listing them.
 *
 * A counter with one digit for each axis, the axis with most levels counting fastest, runs through the design; the
 * level of axis j is digit j plus a combination of the faster digits, modulo its number of levels. That is a unit
 * triangular map, so that every point occurs exactly once. All axes follow the fastest digit, so that every full turn
 * of it is balanced: each axis shows all of its levels, equally often up to one. With the binomial coefficients of
 * Faure's sequence (Faure 1982) as the combination, a prime number n of levels on each of at most n axes makes the
 * first n^t points an orthogonal array of strength t (Bush 1952): all combinations of levels on any t axes, once each.
 * Axes beyond
 * that differ from each other in all of their coefficients together. Which level comes first on an axis is a seeded permutation.
 */
export class BalancedOrder {
  /** Axes, the one with most levels first. */
  private readonly axes: readonly number[];
  /** Row j: coefficients of the faster digits for the level of `axes[j]`. */
  private readonly coefficients: readonly Int32Array[];
  private readonly permutations: readonly Int32Array[];

  /** @param counts number of levels of each axis, at least 1 */
  constructor(
    private readonly counts: readonly number[],
    seed: number,
  ) {
    this.axes = counts.map((_, axis) => axis).sort((a, b) => this.count(b) - this.count(a));
    this.coefficients = this.axes.map((axis, j) =>
      combination(j, this.count(axis), counts.length, deriveSeed(seed, "row", axis)),
    );
    this.permutations = this.axes.map((axis) => permutation(this.count(axis), deriveSeed(seed, "levels", axis)));
  }

  /** The first position: all digits zero. */
  start(): number[] {
    return this.counts.map(() => 0);
  }

  /**
   * Moves on to the next position, in place.
   *
   * @returns false where there is none: the position is the first one again
   */
  advance(digits: number[]): boolean {
    for (let j = 0; j < this.axes.length; j++) {
      const digit = (digits[j] ?? 0) + 1;
      if (digit < this.count(this.axes[j] ?? 0)) {
        digits[j] = digit;
        return true;
      }
      digits[j] = 0;
    }
    return false;
  }

  /** Index of the level of each axis at a position. */
  levels(digits: readonly number[]): Int32Array {
    let used = digits.length;
    while (used > 0 && digits[used - 1] === 0) used--;
    const levels = new Int32Array(this.counts.length);
    this.axes.forEach((axis, j) => {
      const count = this.count(axis);
      const row = this.coefficients[j]!;
      let sum = digits[j]! % count;
      for (let k = 0; k < Math.min(j, used); k++) sum = (sum + row[k]! * digits[k]!) % count;
      levels[axis] = this.permutations[j]![sum]!;
    });
    return levels;
  }

  private count(axis: number): number {
    return this.counts[axis] ?? 1;
  }
}

/**
 * Coefficients of digits 0 to j - 1 for row j, modulo n. The first n rows are those of Pascal's triangle. Later ones
 * begin like the row n before them and add the digits of j / n in base n, so that no two rows are the same; what is
 * left of them is random.
 *
 * @param rows how many there are in all
 */
function combination(j: number, n: number, rows: number, seed: number): Int32Array {
  const row = new Int32Array(j);
  // Pascal's triangle row by row, each from its end so that the row before is still there.
  const binomial = new Int32Array(Math.min(j, n) + 1);
  binomial[0] = 1 % n;
  for (let i = 1; i <= j % n; i++) for (let k = i; k > 0; k--) binomial[k] = (binomial[k]! + binomial[k - 1]!) % n;
  row.set(binomial.subarray(0, Math.min(j, binomial.length)));
  if (j < n || n === 1) return row;
  const random = RandomStream.fromSeed(seed);
  for (let k = 2, period = n; k < j; k++, period *= n) {
    row[k] = period < rows ? (row[k]! + Math.floor(j / period)) % n : random.integer(n);
  }
  return row;
}

/** A random permutation of 0 to n - 1 (Fisher and Yates 1938). */
function permutation(n: number, seed: number): Int32Array {
  const random = RandomStream.fromSeed(seed);
  const order = Int32Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const other = random.integer(k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}
