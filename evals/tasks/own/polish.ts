import type { RandomStream } from "../../../src/math/random.js";
import type { Configuration } from "../../../src/space/index.js";
import type { Task } from "../task.js";

/** A configuration and its true value. */
export interface Found {
  readonly configuration: Configuration;
  readonly value: number;
}

/** Linear map from standard normal numbers to steps, one row for each continuous coordinate. */
type StepShape = readonly (readonly number[])[];

/** Share of a value that does not count: less than an analysis needs to call the best known value beaten. */
export const precision = 1e-10;
/** Steps in the continuous coordinates for each neighbour on the grids, and when none of those is better. */
const brief = 500;
const thorough = 6000;
/** Rounds that are followed by another only where they gained something. */
const mostRounds = 60;
/** Values on a grid that are passed at once. */
const strides = Array.from({ length: 11 }, (_, power) => 2 ** power).flatMap((stride) => [-stride, stride]);

/**
 * From a configuration near an optimum to the optimum itself, to ten digits of its value: the continuous coordinates by
 * an evolution strategy, again for every neighbour on the grids and among the choices, until none is better. For tasks
 * that cost next to nothing.
 */
export function polish(task: Task, start: Configuration, random: RandomStream): Found {
  const axes = continuousAxes(task);
  let shape: StepShape = axes.map((i) => axes.map((j) => (i === j ? 1 : 0)));
  let best: Found = { configuration: start, value: task.trueValue(start) };
  const settle = (found: Found): boolean => {
    const gained = best.value - found.value > precision * Math.abs(best.value);
    if (found.value < best.value) best = found;
    return gained;
  };
  for (let round = 0, gained = true; gained && round < mostRounds; round++) {
    const found = descendContinuously(task, best.configuration, shape, thorough, random);
    gained = settle(found);
    // Beside an optimum a valley runs the same way: a neighbour need not learn that again.
    shape = found.shape;
    for (const neighbour of neighbours(task, best.configuration)) {
      gained = settle(descendContinuously(task, neighbour, shape, brief, random)) || gained;
    }
  }
  return { configuration: best.configuration, value: best.value };
}

/** Positions of the axes that have every value of their range. */
function continuousAxes({ space }: Task): readonly number[] {
  const continuous = new Set(
    space.parameters.flatMap((each) => (each.kind === "float" && each.step === undefined ? [each.name] : [])),
  );
  return space.numericAxes.flatMap(({ name }, k) => (continuous.has(name) ? [k] : []));
}

/** One coordinate on a grid moved by a power of two, or one choice changed; the others as they are. */
function neighbours(task: Task, configuration: Configuration): readonly Configuration[] {
  const { space } = task;
  const { numeric, categorical } = space.encode(configuration);
  const continuous = continuousAxes(task);
  const moved = space.numericAxes.flatMap(({ name, grid }, k) => {
    if (continuous.includes(k)) return [];
    const at = grid === undefined ? Number(configuration[name]) : nearest(grid, numeric[k] ?? 0);
    return strides.flatMap((stride) => {
      // A range of whole numbers that is too long for a grid has them next to each other.
      const u =
        grid === undefined ? space.encode({ ...configuration, [name]: at + stride }).numeric[k] : grid[at + stride];
      return u === undefined ? [] : [{ numeric: numeric.with(k, u), categorical }];
    });
  });
  const changed = space.categoricalAxes.flatMap(({ choices }, k) =>
    choices.flatMap((_, choice) =>
      choice === categorical[k] ? [] : [{ numeric, categorical: categorical.with(k, choice) }],
    ),
  );
  return [...moved, ...changed].flatMap((point) => {
    const neighbour = space.repair(space.decode(point));
    return neighbour === undefined ? [] : [neighbour];
  });
}

function nearest(grid: ArrayLike<number>, u: number): number {
  let at = 0;
  for (let k = 1; k < grid.length; k++) if (Math.abs(grid[k]! - u) < Math.abs(grid[at]! - u)) at = k;
  return at;
}

/**
 * The (1+1)-CMA-ES (Igel, Suttorp and Hansen 2006, "A computational efficient covariance matrix update and a (1+1)-CMA
 * for evolution strategies") over the continuous coordinates, its constants as there; grids and choices stay.
 */
function descendContinuously(
  task: Task,
  start: Configuration,
  from: StepShape,
  steps: number,
  random: RandomStream,
): Found & { readonly shape: StepShape } {
  const { space } = task;
  const { numeric, categorical } = space.encode(start);
  const axes = continuousAxes(task);
  const n = axes.length;
  let best: Found = { configuration: start, value: task.trueValue(start) };
  let point = numeric;
  let size = 0.02;
  let success = 2 / 11;
  let shape = from;
  const damping = 1 + n / 2;
  const learning = 2 / (n ** 2 + 6);
  for (let step = 0; n > 0 && step < steps && size > 1e-13; step++) {
    const z = axes.map(() => random.normal());
    const moves = shape.map((row) => row.reduce((sum, entry, j) => sum + entry * z[j]!, 0));
    const to = [...point];
    for (const [i, axis] of axes.entries()) to[axis] = Math.min(1, Math.max(0, point[axis]! + size * moves[i]!));
    const configuration = space.repair(space.decode({ numeric: to, categorical }));
    const value = configuration === undefined ? Number.POSITIVE_INFINITY : task.trueValue(configuration);
    const better = configuration !== undefined && value < best.value;
    success = (11 * success + (better ? 1 : 0)) / 12;
    size *= Math.exp((success - (2 / 11) * ((1 - success) / (1 - 2 / 11))) / damping);
    if (!better) continue;
    best = { configuration, value };
    point = to;
    if (success >= 0.44) continue;
    // A <- sqrt(1 - c) A + b (A z) z', so that A A' becomes (1 - c) A A' + c (A z)(A z)'.
    const length = z.reduce((sum, entry) => sum + entry ** 2, 0);
    const shrunk = Math.sqrt(1 - learning);
    const along = (shrunk / length) * (Math.sqrt(1 + (learning * length) / (1 - learning)) - 1);
    shape = shape.map((row, i) => row.map((entry, j) => shrunk * entry + along * moves[i]! * z[j]!));
  }
  return { ...best, shape };
}
