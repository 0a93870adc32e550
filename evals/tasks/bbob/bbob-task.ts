import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import {
  type Configuration,
  definitionFromFields,
  type ParameterValue,
  parameterSchema,
  SearchSpace,
} from "../../../src/space/index.js";
import { type KnownValues, type Task, type TaskCard, type TaskEntry, trialBudget } from "../task.js";
import { bbobFunction, bbobProblem } from "./bbob-function.js";
import { type Variable, type Variant, variablesOf, variants } from "./variable.js";

/** One function, dimension and instance of the suite, as it is or with discrete variables. */
export interface BbobTask {
  /** 1 to 24. */
  readonly function: number;
  /** 2 to 40. */
  readonly dimension: number;
  readonly instance: number;
  /** `continuous` where absent. */
  readonly variant?: Variant;
}

/** Gaps to the optimum are told apart down to this share of the best of 25 random configurations: see {@link bbobTask}. */
const solved = 1e-4;

/** Random configurations from which the unit of regret is taken. */
const draws = 2000;

/** `bbob/f8-d5-i1`, `bbob/f8-d5-i1-mixed`. */
function bbobName({ function: id, dimension, instance, variant = "continuous" }: BbobTask): string {
  return `bbob/f${id}-d${dimension}-i${instance}${variant === "continuous" ? "" : `-${variant}`}`;
}

/** The task of that name; undefined where the name is none, or names a function that does not exist. */
export function bbobTaskNamed(name: string): TaskEntry | undefined {
  const parts = /^bbob\/f(\d+)-d(\d+)-i(\d+)(?:-(\w+))?$/.exec(name);
  if (parts === null) return undefined;
  const [id, dimension, instance] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const variant = variants.find((each) => each === (parts[4] ?? "continuous"));
  if (variant === undefined || bbobProblem(id, dimension, instance) !== undefined) return undefined;
  const entry = bbobTask({ function: id, dimension, instance, variant });
  return entry.name === name ? entry : undefined;
}

/**
 * A task of the suite.
 *
 * Values, told and true, are f(x) - f_opt: the additive constant of the suite says nothing about x. They are at least
 * 0, and 0 at the optimum, in every variant. What is told is not transformed, so that an optimizer meets the scales
 * that the function has: up to 1e8 and more on the ill-conditioned ones.
 *
 * What is reached spans many orders of magnitude. As differences, regrets of two good methods are both 0 on the smooth
 * functions, and the mean over seeds says how the worst run went. COCO sets its targets evenly on the logarithm of the
 * gap (Hansen, Auger, Ros, Mersmann, Tušar and Brockhoff 2021), and CARP-S also looks at normalised costs on a
 * logarithmic scale (Benjamins et al. 2025, arXiv 2506.06143). So true values stay the gaps that they are, and `known`
 * says down to which precision regret can be measured in decades: 1 at the best of 25 random configurations, 0 where
 * the gap is a ten-thousandth of theirs.
 *
 * COCO's smallest target, 1e-8, is meant for budgets a thousand times as large; for small ones it takes targets that
 * can be reached. Down to 1e-8, CMA-ES and TPE differ by 0.65 in regret on f1 and by 0.004 on f15 (D = 5, 110 trials,
 * 3 seeds): few smooth functions would decide every comparison.
 *
 * @throws RangeError for a function, dimension or instance that does not exist
 */
export function bbobTask(definition: BbobTask): TaskEntry {
  const problem = bbobProblem(definition.function, definition.dimension, definition.instance);
  if (problem !== undefined) throw new RangeError(problem);
  const name = bbobName(definition);
  return { name, load: () => makeTask(name, definition) };
}

/** What is known of a task of the suite: the best value exactly, the unit from 2000 draws. */
export interface BbobKnownValues extends KnownValues {
  readonly best: 0;
  /** Gap that counts as solved; the logarithm of gaps is taken down to it. */
  readonly precision: number;
}

function makeTask(name: string, definition: BbobTask): Task & { readonly known: BbobKnownValues } {
  const { function: id, dimension, instance, variant = "continuous" } = definition;
  const f = bbobFunction(id, dimension, instance);
  const stream = (purpose: string) => RandomStream.fromSeed(deriveSeed(instance, "bbob", id, dimension, purpose));
  const variables = variablesOf(variant, f.xopt, stream("labels"));
  const trueValue = (configuration: Configuration) =>
    f.gap(variables.map(({ name: parameter, coordinate }) => coordinate(configuration[parameter])));

  const unit = bestOf25(variables, trueValue, stream("known"));
  const known = { best: 0, bestOf25: unit, precision: solved * unit } as const;
  const space = spaceOf(
    variables,
    startOf(variables, (drawn) => trueValue(drawn) >= unit, stream("start")),
  );

  return {
    name,
    space,
    start: space.defaults(),
    trials: trialBudget(dimension),
    evaluate: (configuration) => ({ evaluation: { kind: "value", value: trueValue(configuration) }, measured: {} }),
    trueValue,
    known,
    card: card(dimension, variant),
    optimum: optimumOf(space, variables),
  };
}

/** @param start of tuning: what the parameters are now, which is their default */
function spaceOf(variables: readonly Variable[], start: Configuration): SearchSpace {
  const parameters = variables.map(({ name, field }) => [
    name,
    parameterSchema.parse({ ...field, default: start[name] }),
  ]);
  return SearchSpace.from(definitionFromFields({ parameters: Object.fromEntries(parameters) }));
}

function drawFrom(variables: readonly Variable[], random: RandomStream): Configuration {
  return Object.fromEntries(variables.map(({ name, draw }) => [name, draw(random)]));
}

/** Median true value of the best of 25 random configurations, from a share of many. */
function bestOf25(variables: readonly Variable[], trueValue: Task["trueValue"], random: RandomStream): number {
  const ascending = Float64Array.from({ length: draws }, () => trueValue(drawFrom(variables, random))).sort();
  // A value below which the best of 25 lies with probability one half.
  return ascending[Math.floor((1 - 0.5 ** (1 / 25)) * draws)] ?? Number.NaN;
}

/** A random configuration that leaves something to tune. The centre would favour methods that look there. */
function startOf(
  variables: readonly Variable[],
  leavesSomething: (drawn: Configuration) => boolean,
  random: RandomStream,
): Configuration {
  for (;;) {
    // To six decimals, as a person would write it; a default of many digits near 0 is not told apart in a wide range.
    const drawn = Object.fromEntries(
      Object.entries(drawFrom(variables, random)).map(([name, value]) => [
        name,
        typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value,
      ]),
    );
    if (leavesSomething(drawn)) return drawn;
  }
}

function optimumOf(space: SearchSpace, variables: readonly Variable[]): Configuration {
  const values: Record<string, ParameterValue> = {};
  for (const { name, optimum } of variables) values[name] = optimum;
  const reading = space.read(values);
  if (!reading.ok) throw new Error(reading.problems.map(({ subject, message }) => `${subject} ${message}`).join("; "));
  return reading.configuration;
}

/** Says what the parameters say already, and that there is no more to know. */
function card(dimension: number, variant: Variant): TaskCard {
  const kinds = {
    continuous: "all of them real numbers",
    mixed: "real and whole numbers",
    categorical: "real numbers, whole numbers and choices whose labels are in no order",
  };
  return {
    text:
      `A numerical test function of ${dimension} parameters without meaning, ${kinds[variant]}: their names only count ` +
      "them. It is computed exactly and without noise, and it takes the same time everywhere. Nothing is known about " +
      "its shape: it may be smooth or rugged, and parameters may act each on its own or together.",
    metric: "value",
    limits: {},
  };
}
