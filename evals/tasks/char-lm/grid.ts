import {
  type Configuration,
  type FloatParameter,
  type IntParameter,
  type Parameter,
  type ParameterValue,
  SearchSpace,
} from "../../../src/space/index.js";
import type { StudyDefinition } from "../../../src/study/study-file/index.js";

/*
 * Which configurations of examples/char-lm are in the table: seven of its parameters, each on a few levels that the
 * search space can say by itself, so that an optimizer asks for nothing that was not run. The other parameters stay
 * at the defaults of the example's study file.
 *
 * Only the learning rate needs another form. Its levels stand half a decade apart, and a float parameter takes a step
 * on a linear scale alone; so its logarithm is the parameter, and the rate itself a derived quantity beside it.
 */

type IntRange = Omit<IntParameter, "kind" | "name" | "default" | "scale">;

/** Levels of the whole-number parameters. */
const intRanges: ReadonlyMap<string, IntRange> = new Map([
  ["batch_size", { low: 64, high: 128, powersOf: 2 }],
  ["context", { low: 2, high: 6, step: 2 }],
  ["buckets", { low: 4096, high: 262_144, powersOf: 8 }],
  ["width", { low: 8, high: 128, powersOf: 2 }],
  ["depth", { low: 1, high: 2 }],
]);

/** The parameter that stands for the learning rate. */
export const rateExponent = "log10_learning_rate";

/** Parameters of the table under their names in the example; choices are all in it. */
const tuned: readonly string[] = ["learning_rate", "optimizer", ...intRanges.keys()];

/** The space of the table: the example's own definitions, restricted to what was run. */
export function gridSpace({ space }: StudyDefinition): SearchSpace {
  return SearchSpace.from({
    parameters: space.parameters.filter(({ name }) => tuned.includes(name)).map(onGrid),
    // The example's one constraint, on the size of the embedding, holds on all of the grid.
    constraints: [],
    derived: [
      { name: "learning_rate", formula: `10 ** ${rateExponent}` },
      ...space.derived.filter(({ name }) => name !== "learning_rate"),
    ],
  });
}

function onGrid(parameter: Parameter): Parameter {
  if (parameter.kind === "float") return exponentOf(parameter);
  const range = intRanges.get(parameter.name);
  if (parameter.kind !== "int" || range === undefined) return parameter;
  const { low: _low, high: _high, step: _step, powersOf: _powersOf, ...rest } = parameter;
  return { ...rest, ...range };
}

function exponentOf({ description, default: start }: FloatParameter): FloatParameter {
  return {
    kind: "float",
    name: rateExponent,
    scale: "linear",
    low: -3,
    high: 0,
    step: 0.5,
    default: Math.log10(start),
    description: `Logarithm of learning_rate to base 10.${description === undefined ? "" : ` learning_rate: ${description}`}`,
  };
}

/** All configurations of the table in grid order: row-major over the space's parameters, the last one fastest. */
export function gridConfigurations(space: SearchSpace): readonly Configuration[] {
  let rows: readonly Configuration[] = [{}];
  for (const parameter of space.parameters) {
    const levels = levelsOf(space, parameter);
    rows = rows.flatMap((row) => levels.map((level) => ({ ...row, [parameter.name]: level })));
  }
  return rows;
}

/** Values that a parameter can take, ascending, or choices in their order. */
export function levelsOf(space: SearchSpace, parameter: Parameter): readonly ParameterValue[] {
  if (parameter.kind === "categorical") return parameter.choices;
  const grid = space.numericAxes.find(({ name }) => name === parameter.name)?.grid;
  if (grid === undefined) throw new Error(`${parameter.name} has no levels.`);
  return grid.map((coordinate) => space.decodeNumeric(parameter.name, coordinate));
}

/** Learning rate of an exponent as the script was given it: 0.03162, not 0.03162277660168379. */
export function learningRate(exponent: number): number {
  return Number((10 ** exponent).toPrecision(4));
}

/**
 * What the script is given for a configuration of the table: its values under the names of the example, and the
 * defaults of everything else that is active.
 *
 * @throws Error where the configuration is not of the grid
 */
export function scriptConfiguration({ space }: StudyDefinition, configuration: Configuration): Configuration {
  const { [rateExponent]: exponent, ...others } = configuration;
  if (typeof exponent !== "number") throw new Error(`The configuration has no ${rateExponent}.`);
  const defaults = Object.fromEntries(space.parameters.map((parameter) => [parameter.name, parameter.default]));
  const result = SearchSpace.from(space).read({ ...defaults, ...others, learning_rate: learningRate(exponent) });
  if (!result.ok) throw new Error(result.problems.map(({ subject, message }) => `${subject} ${message}`).join("; "));
  return result.configuration;
}
