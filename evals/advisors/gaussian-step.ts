import type { RandomStream } from "../../src/math/random.js";
import type { Configuration, SearchSpace } from "../../src/space/index.js";

/** How far a step goes. */
export interface StepSize {
  /** Standard deviation along every number, in encoded units: its whole range is 1. */
  readonly spread: number;
  /** Probability that a category becomes another one, each of them alike. */
  readonly otherCategory: number;
}

/**
 * A Gaussian step from a configuration: every number moves, mirrored at the borders of its range, and some categories
 * change. Parameters that a change of category switches on start near their defaults.
 *
 * @returns undefined where no configuration near the step satisfies the constraints
 */
export function gaussianStep(
  space: SearchSpace,
  from: Configuration,
  { spread, otherCategory }: StepSize,
  random: RandomStream,
): Configuration | undefined {
  const point = space.encode(from);
  const numeric = point.numeric.map((value) => mirror(value + spread * random.normal()));
  const categorical = point.categorical.map((choice, axis) => {
    const others = space.categoricalAxes[axis]!.choices.length - 1;
    // Both drawn in any case, so that a larger probability changes this category and not the whole step.
    const changes = random.uniform() < otherCategory;
    const other = random.integer(Math.max(1, others));
    return changes && others > 0 ? (choice + 1 + other) % (others + 1) : choice;
  });
  return space.repair(space.decode({ numeric, categorical }));
}

/** Back into [0, 1]. */
function mirror(x: number): number {
  const wrapped = Math.abs(x) % 2;
  return wrapped > 1 ? 2 - wrapped : wrapped;
}

/** Steps in one turn at most. */
const steps = 64;
/** Where a step led to what is known, the next one goes a little further: the fiftieth a thousand times as far. */
const growth = 1.15;
const smallest: StepSize = { spread: 0.01, otherCategory: 0.02 };

/**
 * Steps from a configuration, wider and wider, so that there is a new one also where small steps round to nothing. A
 * first step of size 0 is the configuration itself.
 */
export function* widerSteps(
  space: SearchSpace,
  from: Configuration,
  first: StepSize,
  random: RandomStream,
): Generator<Configuration> {
  for (let k = 0; k < steps; k++) {
    const size =
      k === 0
        ? first
        : {
            spread: Math.max(first.spread, smallest.spread) * growth ** k,
            otherCategory: Math.min(0.5, Math.max(first.otherCategory, smallest.otherCategory) * growth ** k),
          };
    const there = size.spread === 0 && size.otherCategory === 0;
    const configuration = there ? from : gaussianStep(space, from, size, random);
    if (configuration !== undefined) yield configuration;
  }
}

/** Uniform draws from the space. */
export function* uniformDraws(space: SearchSpace, random: RandomStream): Generator<Configuration> {
  for (let k = 0; k < steps; k++) yield space.sample(random);
}
