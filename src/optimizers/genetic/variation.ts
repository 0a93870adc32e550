import type { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { CategoricalAxis, EncodedPoint, NumericAxis } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

/** Distribution index of simulated binary crossover: the larger, the closer children stay to their parents. */
const crossoverIndex = 2;

/**
 * A child of two parents. Each numeric coordinate is recombined with probability one half by simulated binary crossover
 * (Deb and Agrawal 1995), in the form that keeps children within the range (Deb and Agrawal 1999); where it is not, and
 * for choices, the child takes it from either parent (uniform crossover, Syswerda 1989).
 */
export function crossover(a: EncodedPoint, b: EncodedPoint, random: RandomStream): EncodedPoint {
  return {
    numeric: a.numeric.map((x, j) => {
      const y = at(b.numeric, j);
      if (random.uniform() < 0.5) return random.uniform() < 0.5 ? x : y;
      return simulatedBinary(x, y, random);
    }),
    categorical: a.categorical.map((choice, i) => (random.uniform() < 0.5 ? choice : at(b.categorical, i))),
  };
}

/** One of the two children of simulated binary crossover on [0, 1]. */
function simulatedBinary(x: number, y: number, random: RandomStream): number {
  const low = Math.min(x, y);
  const high = Math.max(x, y);
  const u = random.uniform();
  const below = random.uniform() < 0.5;
  const gap = high - low;
  if (gap < 1e-14) return x;
  // Room to the end of the range on the side of the child, in gaps.
  const beta = 1 + (2 * (below ? low : 1 - high)) / gap;
  const alpha = 2 - beta ** -(crossoverIndex + 1);
  const spread =
    u <= 1 / alpha ? (u * alpha) ** (1 / (crossoverIndex + 1)) : (1 / (2 - u * alpha)) ** (1 / (crossoverIndex + 1));
  const child = (low + high + (below ? -spread : spread) * gap) / 2;
  return Math.min(1, Math.max(0, child));
}

/**
 * Changes each coordinate with the given probability, and at least one. Numeric coordinates move by a Gaussian step,
 * a value of a grid at least to its neighbour; choices become any other one.
 *
 * @param strength standard deviation as a share of the initial ones
 * @param deviations initial standard deviations of the numeric axes
 */
export function mutate(
  space: SearchSpace,
  point: EncodedPoint,
  probability: number,
  strength: number,
  deviations: ArrayLike<number>,
  random: RandomStream,
): EncodedPoint {
  const n = point.numeric.length;
  const certain = random.integer(n + point.categorical.length);
  const changes = (axis: number) => random.uniform() < probability || axis === certain;
  return {
    numeric: point.numeric.map((x, j) => {
      const axis = space.numericAxes[j];
      if (!changes(j) || !axis) return x;
      return mutateNumeric(axis, x, strength * at(deviations, j), random);
    }),
    categorical: point.categorical.map((choice, i) => {
      const axis = space.categoricalAxes[i];
      return changes(n + i) && axis ? otherChoice(axis, choice, random) : choice;
    }),
  };
}

function mutateNumeric({ grid }: NumericAxis, x: number, deviation: number, random: RandomStream): number {
  // A step that would leave the range is drawn again from the other side of the parent.
  let moved = x + deviation * random.normal();
  if (moved < 0 || moved > 1) moved = 2 * x - moved;
  moved = Math.min(1, Math.max(0, moved));
  if (!grid) return moved;
  const from = nearestIndex(grid, x);
  const to = nearestIndex(grid, moved);
  if (to !== from) return moved;
  const step = from === 0 ? 1 : from === grid.length - 1 ? -1 : random.uniform() < 0.5 ? -1 : 1;
  return at(grid, from + step);
}

function otherChoice({ choices }: CategoricalAxis, choice: number, random: RandomStream): number {
  if (choices.length < 2) return choice;
  return (choice + 1 + random.integer(choices.length - 1)) % choices.length;
}

function nearestIndex(grid: readonly number[], x: number): number {
  let best = 0;
  for (let k = 1; k < grid.length; k++) if (Math.abs(at(grid, k) - x) < Math.abs(at(grid, best) - x)) best = k;
  return best;
}
