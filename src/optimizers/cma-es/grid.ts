import { at } from "../../math/vector.js";

/** The values a discrete coordinate can take, ascending, at least two; thresholds lie half-way between neighbours. */
export interface Grid {
  readonly values: Float64Array;
  readonly thresholds: Float64Array;
}

export function gridOf(positions: readonly number[]): Grid {
  const values = Float64Array.from(positions);
  return {
    values,
    thresholds: Float64Array.from({ length: values.length - 1 }, (_, i) => (at(values, i) + at(values, i + 1)) / 2),
  };
}

/** Index of the grid value that x belongs to; on a threshold, the lower one. */
export function cellOf(grid: Grid, x: number): number {
  let low = 0;
  let high = grid.thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(grid.thresholds, middle) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The grid value that x belongs to. */
export function snap(grid: Grid, x: number): number {
  return at(grid.values, cellOf(grid, x));
}
