import { deriveSeed, RandomStream } from "../../src/math/random.js";
import {
  type CategoricalParameter,
  type Configuration,
  type FloatParameter,
  type IntParameter,
  type Parameter,
  type ParameterValue,
  parseExpression,
  SearchSpace,
} from "../../src/space/index.js";
import { type NumericDomain, numericDomain } from "../../src/space/numeric-domain.js";
import { namesByValue, type Renaming, renamedExpression } from "./renamed-expression.js";
import type { Task } from "./task.js";

/*
 * The same problem without its words. What a language model does better on a task than on its anonymised twin, it
 * does by what names, units and scales mean to it, and not by what it makes of numbers.
 *
 * The optimizers must not see a difference: coordinates stay what they are, in another order.
 */

/** How one parameter stands in the twin. */
interface Disguise {
  readonly parameter: Parameter;
  /** Of the twin, from the original's value. */
  hide(value: ParameterValue): ParameterValue;
  /** Of the original, from the twin's. */
  reveal(value: ParameterValue): ParameterValue;
}

/** A twin, with the way from its configurations to the original's and back. */
export interface AnonymousTask extends Task {
  /** What the original's parameters are called here, by their name there. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The twin's configuration for one of the original's. */
  hide(original: Configuration): Configuration;
  /** The original's configuration for one of the twin's. */
  reveal(configuration: Configuration): Configuration;
}

const prefix = "anon/";

/** The name of the task whose twin has this name; undefined where it is no twin's. */
export function nameWithoutDisguise(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/**
 * The twin `anon/NAME` of a task: parameters are x1, x2, ... in an order of their own, without description or unit;
 * choices are a, b, c, ...; derived quantities are d1, d2, ... Conditions, constraints and formulas say the same with
 * the new names. What numbers give away goes where no expression needs it: floats run from 0 to 1 in the coordinate
 * that optimizers work in, whole numbers are counted from 0. Whole numbers on a logarithmic scale stay what they are:
 * counted, they would have other coordinates. So do numbers in expressions, and choices that are calculated with.
 *
 * Values, failures, costs and everything that is known of the task are the original's.
 */
export function anonymised(task: Task): AnonymousTask {
  const { parameters, constraints, derived } = task.space;
  const random = RandomStream.fromSeed(deriveSeed(1, "anonymised", task.name));
  const shuffled = inRandomOrder(parameters, random);
  const names = new Map([
    ...shuffled.map(({ name }, k) => [name, `x${k + 1}`] as const),
    ...derived.map(({ name }, k) => [name, `d${k + 1}`] as const),
  ]);
  const texts = [
    ...parameters.flatMap(({ when }) => when ?? []),
    ...constraints,
    ...derived.map(({ formula }) => formula),
  ];
  const byValue = new Set(texts.flatMap((text) => [...namesByValue(text)]));
  const mentioned = new Set(texts.flatMap((text) => parseExpression(text).names));

  // Values that must come back as they were, to the last digit.
  const exact = [task.start, ...(task.optimum === undefined ? [] : [task.optimum]), ...(task.pool ?? [])];
  const disguises = new Map(
    shuffled.map((parameter) => {
      const { name } = parameter;
      const renamed = names.get(name) ?? name;
      if (parameter.kind === "boolean") return [name, kept(parameter, renamed)] as const;
      if (parameter.kind === "categorical") {
        return [name, byValue.has(name) ? kept(parameter, renamed) : lettered(parameter, renamed, random)] as const;
      }
      if (mentioned.has(name)) return [name, kept(parameter, renamed)] as const;
      const values = exact.flatMap((configuration) => configuration[name] ?? []);
      return [
        name,
        parameter.kind === "float" ? rescaled(parameter, renamed, values) : counted(parameter, renamed),
      ] as const;
    }),
  );
  const renaming: Renaming = {
    name: (name) => names.get(name) ?? name,
    choice: (name, value) => disguises.get(name)?.hide(value) ?? value,
  };
  const space = SearchSpace.from({
    parameters: shuffled.map(({ name, when }) => ({
      ...requireDisguise(disguises, name).parameter,
      ...(when !== undefined && { when: renamedExpression(when, renaming) }),
    })),
    constraints: constraints.map((text) => renamedExpression(text, renaming)),
    derived: derived.map(({ name, formula }) => ({
      name: renaming.name(name),
      formula: renamedExpression(formula, renaming),
    })),
  });

  const hide = (configuration: Configuration): Configuration =>
    canonical(
      space,
      Object.entries(configuration).map(([name, value]) => [
        renaming.name(name),
        requireDisguise(disguises, name).hide(value),
      ]),
    );
  // A configuration is evaluated, then its true value is asked for.
  const revealed = new WeakMap<Configuration, Configuration>();
  const reveal = (configuration: Configuration): Configuration => {
    const before = revealed.get(configuration);
    if (before !== undefined) return before;
    const found = canonical(
      task.space,
      [...disguises].flatMap(([name, disguise]) => {
        const value = configuration[renaming.name(name)];
        return value === undefined ? [] : [[name, disguise.reveal(value)]];
      }),
    );
    revealed.set(configuration, found);
    return found;
  };

  return {
    name: `${prefix}${task.name}`,
    space,
    start: hide(task.start),
    trials: task.trials,
    evaluate: (configuration, seed) => task.evaluate(reveal(configuration), seed),
    trueValue: (configuration) => task.trueValue(reveal(configuration)),
    get known() {
      return task.known;
    },
    card: {
      text:
        `A tuning problem with ${shuffled.length} parameters of which names, units and scales have been removed. What ` +
        "they mean is not known, nor what the value stands for.",
      metric: "loss",
      limits: {},
    },
    ...(task.optimum !== undefined && { optimum: hide(task.optimum) }),
    ...(task.pool !== undefined && { pool: task.pool.map(hide) }),
    aliases: new Map(shuffled.map(({ name }) => [name, renaming.name(name)])),
    hide,
    reveal,
  };
}

/** Under another name, with the same values. */
function kept(parameter: Parameter, name: string): Disguise {
  const { description: _, unit: __, when: ___, ...bare } = parameter;
  return { parameter: { ...bare, name }, hide: (value) => value, reveal: (value) => value };
}

/** Choices as letters, in an order of their own. */
function lettered({ choices, default: start }: CategoricalParameter, name: string, random: RandomStream): Disguise {
  const ordered = inRandomOrder(choices, random);
  const letters = ordered.map((_, k) => letter(k));
  const hide = (value: ParameterValue) => letters[ordered.indexOf(value)] ?? value;
  return {
    parameter: { kind: "categorical", name, choices: letters, default: hide(start) },
    hide,
    reveal: (value) => ordered[letters.indexOf(String(value))] ?? value,
  };
}

/** a to z, then aa, ab, ... */
function letter(index: number): string {
  const last = String.fromCharCode("a".charCodeAt(0) + (index % 26));
  return index < 26 ? last : `${letter(Math.floor(index / 26) - 1)}${last}`;
}

/**
 * A float in the coordinate of its encoding, 0 to 1, or in as many steps as it has values.
 *
 * @param exact values that are revealed as they are: twelve digits of a coordinate do not hold twelve of the value
 */
function rescaled(parameter: FloatParameter, name: string, exact: readonly ParameterValue[]): Disguise {
  const domain = numericDomain(parameter);
  if (domain.count !== Number.POSITIVE_INFINITY) return stepped(parameter, name, domain);
  const range = { kind: "float", low: 0, high: 1, scale: "linear" } as const;
  const coordinate = numericDomain(range);
  const hide = (value: ParameterValue) => coordinate.snap(domain.encode(Number(value)));
  const known = new Map(exact.map((value) => [hide(value), value]));
  return {
    parameter: { ...range, name, default: hide(parameter.default) },
    hide,
    reveal: (value) => known.get(Number(value)) ?? domain.decode(Number(value)),
  };
}

/** A float with steps, from 0 to 1. */
function stepped(parameter: FloatParameter, name: string, domain: NumericDomain): Disguise {
  const last = domain.count - 1;
  const range = { kind: "float", low: 0, high: 1, scale: "linear", step: 1 / last } as const;
  const hidden = numericDomain(range);
  const { low, step = 1 } = parameter;
  const hide = (value: ParameterValue) => hidden.snap(Math.round((Number(value) - low) / step) / last);
  return {
    parameter: { ...range, name, default: hide(parameter.default) },
    hide,
    reveal: (value) => domain.snap(low + Math.round(Number(value) * last) * step),
  };
}

/** A whole number by its place among the values; one on a logarithmic scale keeps its values. */
function counted(parameter: IntParameter, name: string): Disguise {
  const { powersOf, low, step = 1, scale } = parameter;
  if (powersOf === undefined && scale === "log") return kept(parameter, name);
  const { count, values: powers } = numericDomain(parameter);
  const byStep = powersOf === undefined || powers === undefined;
  const hide = (value: ParameterValue) =>
    byStep ? Math.round((Number(value) - low) / step) : powers.indexOf(Number(value));
  return {
    parameter: { kind: "int", name, low: 0, high: count - 1, scale: "linear", default: hide(parameter.default) },
    hide,
    reveal: (value) => (byStep ? low + Number(value) * step : (powers[Number(value)] ?? value)),
  };
}

/** @throws Error where the values are none of the space's: the twin would not be the same problem */
function canonical(space: SearchSpace, entries: readonly (readonly [string, ParameterValue])[]): Configuration {
  const reading = space.read(Object.fromEntries(entries));
  if (reading.ok) return reading.configuration;
  const [problem] = reading.problems;
  throw new Error(`A configuration and its twin do not agree: ${problem?.subject} ${problem?.message}.`);
}

function requireDisguise(disguises: ReadonlyMap<string, Disguise>, name: string): Disguise {
  const disguise = disguises.get(name);
  if (disguise === undefined) throw new Error(`There is no parameter '${name}' to be renamed.`);
  return disguise;
}

function inRandomOrder<T>(items: readonly T[], random: RandomStream): readonly T[] {
  return items
    .map((item) => ({ item, place: random.uniform() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
