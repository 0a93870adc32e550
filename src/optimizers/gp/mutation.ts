import type { RandomStream } from "../../math/random.js";
import type { EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

/** A box of encoded coordinates; choices are free. */
export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export const wholeSpace = (space: SearchSpace): Box => ({
  low: space.numericAxes.map(() => 0),
  high: space.numericAxes.map(() => 1),
});

/** Mirrors a coordinate back between two walls. */
export function reflect(x: number, low: number, high: number): number {
  const width = high - low;
  if (!(width > 0)) return low;
  const folded = Math.abs(x - low) % (2 * width);
  return low + (folded > width ? 2 * width - folded : folded);
}

/** Uniform in the box, choices too. */
export function uniformPoint(space: SearchSpace, box: Box, random: RandomStream): EncodedPoint {
  return {
    numeric: box.low.map((low, j) => low + (box.high[j]! - low) * random.uniform()),
    categorical: space.categoricalAxes.map(({ choices }) => random.integer(choices.length)),
  };
}

/**
 * A neighbour: some parameters drawn at random, at least one, are moved by a Gaussian, or to another choice.
 *
 * @param scales of the axes, `reach` the standard deviation in these
 * @param share of the parameters that moves, on average
 */
export function mutated(
  space: SearchSpace,
  from: EncodedPoint,
  box: Box,
  scales: readonly number[],
  reach: number,
  share: number,
  random: RandomStream,
): EncodedPoint {
  const numeric = [...from.numeric];
  const categorical = [...from.categorical];
  const parameters = numeric.length + categorical.length;
  const certain = random.integer(parameters);
  for (let p = 0; p < parameters; p++) {
    if (p !== certain && random.uniform() >= share) continue;
    if (p < numeric.length) moveNumeric(space, numeric, p, reach * scales[p]!, box, random);
    else categorical[p - numeric.length] = otherChoice(space, categorical, p - numeric.length, random);
  }
  return { numeric, categorical };
}

/** Each parameter from either parent. */
export function crossed(a: EncodedPoint, b: EncodedPoint, random: RandomStream): EncodedPoint {
  return {
    numeric: a.numeric.map((x, j) => (random.uniform() < 0.5 ? x : b.numeric[j]!)),
    categorical: a.categorical.map((choice, k) => (random.uniform() < 0.5 ? choice : b.categorical[k]!)),
  };
}

function moveNumeric(
  space: SearchSpace,
  numeric: number[],
  j: number,
  deviation: number,
  box: Box,
  random: RandomStream,
): void {
  const x = numeric[j]!;
  const step = deviation * random.normal();
  const moved = reflect(x + step, Math.min(box.low[j]!, x), Math.max(box.high[j]!, x));
  const grid = space.numericAxes[j]?.grid;
  if (grid === undefined || grid.length < 2) {
    numeric[j] = moved;
    return;
  }
  // A move shorter than half a step of the grid would be none.
  const at = nearestIndex(grid, x);
  const to = nearestIndex(grid, moved);
  numeric[j] = grid[to !== at ? to : at === 0 ? 1 : at === grid.length - 1 ? at - 1 : step > 0 ? at + 1 : at - 1]!;
}

export function otherChoice(
  space: SearchSpace,
  categorical: readonly number[],
  k: number,
  random: RandomStream,
): number {
  const count = space.categoricalAxes[k]?.choices.length ?? 1;
  const choice = categorical[k]!;
  return count < 2 ? choice : (choice + 1 + random.integer(count - 1)) % count;
}

/** Index of the nearest of ascending numbers. */
export function nearestIndex(ascending: readonly number[], x: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - ascending[low - 1]! < ascending[low]! - x ? low - 1 : low;
}
