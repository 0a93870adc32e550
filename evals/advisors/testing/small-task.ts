import { SearchSpace, type SpaceDefinition } from "../../../src/space/index.js";
import type { Task } from "../../tasks/index.js";

export interface SmallTaskOptions {
  /** Configurations of which every run fails; none where absent. */
  readonly fails?: (at: readonly number[]) => boolean;
  readonly optimum?: boolean;
}

/** A bowl with its lowest point at 0.7 of every number and the last of every choice; without noise. */
export function smallTask(definition: SpaceDefinition, options: SmallTaskOptions = {}): Task {
  const space = SearchSpace.from(definition);
  const last = space.categoricalAxes.map(({ choices }) => choices.length - 1);
  const best = space.decode({ numeric: space.numericAxes.map(() => 0.7), categorical: last });
  const optimum = space.repair(best) ?? best;
  const target = space.encode(optimum);
  const trueValue: Task["trueValue"] = (configuration) => {
    const point = space.encode(configuration);
    if (options.fails?.(point.numeric)) return Number.POSITIVE_INFINITY;
    const numbers = point.numeric.reduce((sum, x, i) => sum + (x - target.numeric[i]!) ** 2, 0);
    return numbers + 0.1 * point.categorical.filter((choice, i) => choice !== target.categorical[i]).length;
  };
  return {
    name: "test/bowl",
    space,
    start: space.defaults(),
    trials: 40,
    evaluate: (configuration) => {
      const value = trueValue(configuration);
      return {
        evaluation: Number.isFinite(value)
          ? { kind: "value", value }
          : { kind: "failure", failure: "diverged", severity: 3 },
        measured: {},
      };
    },
    trueValue,
    known: { best: 0, bestOf25: 0.1 },
    card: { text: "A bowl without noise.", metric: "loss", limits: {} },
    ...(options.optimum !== false && { optimum }),
  };
}

const numbers: SpaceDefinition = {
  parameters: Array.from({ length: 4 }, (_, k) => ({
    name: `x${k}`,
    kind: "float",
    low: 0,
    high: 1,
    scale: "linear",
    default: 0.3,
  })),
  constraints: [],
  derived: [],
};

const choices: SpaceDefinition = {
  parameters: [
    { name: "optimizer", kind: "categorical", choices: ["sgd", "adam", "lion"], default: "sgd" },
    { name: "schedule", kind: "categorical", choices: ["constant", "linear", "cosine"], default: "constant" },
    { name: "tied", kind: "boolean", default: true },
  ],
  constraints: [],
  derived: [],
};

/** Each half of the space has parameters of its own. */
const conditional: SpaceDefinition = {
  parameters: [
    { name: "model", kind: "categorical", choices: ["trees", "network"], default: "trees" },
    { name: "depth", kind: "int", low: 1, high: 12, scale: "linear", default: 4, when: "model == 'trees'" },
    { name: "width", kind: "int", low: 8, high: 512, scale: "log", default: 32, when: "model == 'network'" },
    { name: "rate", kind: "float", low: 1e-4, high: 1, scale: "log", default: 0.01 },
  ],
  constraints: [],
  derived: [],
};

/** Most of the box is forbidden. */
const constrained: SpaceDefinition = {
  parameters: [
    { name: "a", kind: "int", low: 1, high: 64, scale: "linear", default: 4 },
    { name: "b", kind: "int", low: 1, high: 64, scale: "linear", default: 4 },
    { name: "c", kind: "float", low: 0, high: 1, scale: "linear", default: 0.1 },
  ],
  constraints: ["a * b <= 64", "a % b == 0"],
  derived: [],
};

/** Four configurations: soon every one has run. */
const tiny: SpaceDefinition = {
  parameters: [
    { name: "tied", kind: "boolean", default: true },
    { name: "depth", kind: "int", low: 1, high: 2, scale: "linear", default: 1 },
  ],
  constraints: [],
  derived: [],
};

/** Spaces of every kind that a study can have, small. */
export const smallSpaces: Readonly<Record<string, SpaceDefinition>> = {
  numbers,
  choices,
  conditional,
  constrained,
  tiny,
};
