import { deriveSeed } from "../../../math/random.js";
import { type Configuration, SearchSpace } from "../../../space/index.js";
import type { Evaluation, OptimizerFactory, OptimizerSettings } from "../../optimizer.js";

/** Value of a configuration in the problem of one seed; undefined for a failure. */
export type Objective = (space: SearchSpace, configuration: Configuration, seed: number) => number | undefined;

/** Six parameters of five kinds with a default that is good and not best. */
export const mixedSpace = SearchSpace.from({
  parameters: [
    { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
    { kind: "float", name: "decay", low: 0, high: 1, scale: "linear", default: 0.1 },
    { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
    { kind: "int", name: "width", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
    { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu", "tanh"], default: "gelu" },
    { kind: "boolean", name: "bias", default: false },
  ],
  constraints: [],
  derived: [],
});

/** A valley in the numbers, two of which interact, and losses for wrong choices; the optimum, near 0, differs by seed. */
export const mixedObjective: Objective = (space, configuration, seed) => {
  const { numeric, categorical } = space.encode(configuration);
  const centers = space.encode(space.defaults()).numeric;
  const [lr = 0, decay = 0, depth = 0, width = 0] = numeric.map((x, j) => {
    const shift = 0.6 * (deriveSeed(seed, "optimum", j) / 2 ** 32 - 0.5);
    return x - (centers[j] ?? 0) - shift;
  });
  const [activation = 0, bias = 0] = categorical;
  const choice = [0, 0.3, 0.15, 0.5][(activation + seed) % 4] ?? 0;
  return (
    5 * lr ** 2 + 2 * decay ** 2 + depth ** 2 + 3 * (width + 0.5 * lr) ** 2 + choice + (bias === seed % 2 ? 0 : 0.2)
  );
};

/**
 * The best value that an optimizer finds, with the start told first as the user's own trial; Infinity where nothing
 * succeeds.
 */
export function bestFound(
  factory: OptimizerFactory,
  space: SearchSpace,
  objective: Objective,
  seed: number,
  trials: number,
  settings?: OptimizerSettings,
): number {
  const start = space.defaults();
  const optimizer = factory.create(space, { seed, start, ...(settings && { settings }) });
  let best = Number.POSITIVE_INFINITY;
  const evaluate = (configuration: Configuration): Evaluation => {
    const value = objective(space, configuration, seed);
    if (value === undefined) return { kind: "failure", severity: 1 };
    best = Math.min(best, value);
    return { kind: "value", value };
  };
  optimizer.tell({ configuration: start, evaluation: evaluate(start) });
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    optimizer.tell({ candidate: id, configuration, evaluation: evaluate(configuration) });
  }
  return best;
}

/** In how many of the seeds 0, 1, ... the first of two optimizers finds a better value; ties count half. */
export function wins(ofFirst: readonly number[], ofSecond: readonly number[]): number {
  return ofFirst.reduce((sum, value, k) => {
    const other = ofSecond[k] ?? Number.NaN;
    return sum + (value < other ? 1 : value === other ? 0.5 : 0);
  }, 0);
}

/** Fewest wins of 21 that luck alone reaches in less than one of a thousand comparisons (sign test). */
export const convincingWins = 18;
export const comparisonSeeds: readonly number[] = Array.from({ length: 21 }, (_, seed) => seed);

/** Six numbers, for `failingStart`. */
export const failingSpace = SearchSpace.from({
  parameters: Array.from({ length: 6 }, (_, i) => ({
    kind: "float" as const,
    name: `x${i}`,
    low: 0,
    high: 1,
    scale: "linear" as const,
    default: 0.3,
  })),
  constraints: [],
  derived: [],
});

/** Fails wherever the first number is below 0.8, as it is at the start: a fifth of the space is left. */
export const failingStart: Objective = (space, configuration) => {
  const { numeric } = space.encode(configuration);
  const [first = 0, ...rest] = numeric;
  return first < 0.8 ? undefined : rest.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
};
