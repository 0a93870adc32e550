import { AgentTuneError } from "../errors.js";
import type { DefinitionProblem } from "./definition-problem.js";
import { dependencyOrder } from "./dependency-order.js";
import {
  type Expression,
  inferType,
  numberType,
  parseExpression,
  truthType,
  typeOfValues,
  type ValueType,
} from "./expression/index.js";
import { didYouMean } from "./nearest-name.js";
import { countValues, nearestValues, numericDomain } from "./numeric-domain.js";
import type {
  CategoricalParameter,
  FloatParameter,
  IntParameter,
  Parameter,
  ParameterValue,
  SpaceDefinition,
} from "./parameter.js";

const validName = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*$/;
const reservedWords = new Set([
  "and",
  "or",
  "not",
  "in",
  "if",
  "else",
  "true",
  "false",
  "True",
  "False",
  "None",
  "null",
]);

/** Beyond this, twelve digits do not survive the way to an encoded coordinate and back. */
const LARGEST_FLOAT = 1e100;
/** Smallest width of a range, and smallest step, relative to the size of the values. */
const FINEST = 1e-9;

/**
 * Everything that is wrong with a definition, all at once; empty where a space can be made of it. Whether the
 * default configuration satisfies the constraints is checked when it has been made.
 */
export function checkDefinition(definition: SpaceDefinition): readonly DefinitionProblem[] {
  const found: DefinitionProblem[] = [];
  if (definition.parameters.length === 0) {
    found.push({
      code: "space_invalid",
      path: ["parameters"],
      subject: "parameters",
      message: "there are none, so there is nothing to tune.",
      remedy: "Declare at least one, for example 'lr: {type: float, low: 1e-5, high: 1e-1, scale: log}'.",
    });
  }
  checkNames(definition, found);
  for (const parameter of definition.parameters) {
    const report: Report = (key, message, remedy) => {
      found.push({
        code: "space_invalid",
        path: ["parameters", parameter.name, key],
        subject: `parameter '${parameter.name}'`,
        message,
        remedy,
      });
    };
    if (parameter.kind === "float" || parameter.kind === "int") checkNumeric(parameter, report);
    else if (parameter.kind === "categorical") checkCategorical(parameter, report);
  }
  checkExpressions(definition, found);
  return found;
}

/** @param key of the parameter in a study file */
type Report = (key: string, message: string, remedy: string) => void;

function checkNames({ parameters, derived }: SpaceDefinition, found: DefinitionProblem[]): void {
  const taken = new Map<string, string>();
  const check = (group: "parameters" | "derived", name: string): void => {
    const subject = group === "parameters" ? `parameter '${name}'` : `derived quantity '${name}'`;
    const report = (message: string, remedy: string): void => {
      found.push({ code: "space_invalid", path: [group, name], subject, message, remedy });
    };
    if (!validName.test(name)) {
      report(
        "this is not a name.",
        "Use letters, digits and _, not starting with a digit; parts may be joined by dots, as in optimizer.lr.",
      );
    } else if (reservedWords.has(name) || name in Object.prototype) {
      report("this name has a meaning of its own in expressions.", `Choose another, for example '${name}_value'.`);
    }
    const owner = taken.get(name);
    if (owner !== undefined) report(`the name is already that of a ${owner}.`, "Give each its own name.");
    taken.set(name, group === "parameters" ? "parameter" : "derived quantity");
  };
  for (const { name } of parameters) check("parameters", name);
  for (const { name } of derived) check("derived", name);
}

function checkNumeric(parameter: FloatParameter | IntParameter, report: Report): void {
  if (!checkBounds(parameter, report)) return;
  const gridSound = checkGrid(parameter, report);
  const { default: start, low, high } = parameter;
  if (!Number.isFinite(start)) {
    report("default", `the default ${start} is not a finite number.`, `Choose one between ${low} and ${high}.`);
  } else if (start < low || start > high) {
    report(
      "default",
      `the default ${start} lies outside ${low} to ${high}.`,
      `Choose a default in the range, or widen the range so that it contains ${start}.`,
    );
  } else if (parameter.kind === "int" && !Number.isInteger(start)) {
    report("default", `the default ${start} is not a whole number.`, `Use ${Math.round(start)}, or 'type: float'.`);
  } else if (gridSound) checkDefaultOnGrid(parameter, report);
}

/** @returns whether the bounds are good enough to look at the rest */
function checkBounds(parameter: FloatParameter | IntParameter, report: Report): boolean {
  const { low, high, kind, scale } = parameter;
  let sound = true;
  const refuse: Report = (key, message, remedy) => {
    sound = false;
    report(key, message, remedy);
  };
  const bounds = [["low", low] as const, ["high", high] as const];
  for (const [key, bound] of bounds) {
    if (!Number.isFinite(bound))
      refuse(key, `${key} is ${bound}.`, "Give a finite number: the optimizer needs a range.");
    else if (kind === "int" && !Number.isInteger(bound)) {
      refuse(key, `${key} is ${bound}, which is not a whole number.`, `Use ${Math.round(bound)}, or 'type: float'.`);
    } else if (kind === "int" && !Number.isSafeInteger(bound)) {
      refuse(
        key,
        `${key} is ${bound}, which is too large to count exactly.`,
        "Stay within 9007199254740991 (2^53 - 1).",
      );
    } else if (Math.abs(bound) > LARGEST_FLOAT) {
      refuse(key, `${key} is ${bound}.`, `Stay within ${LARGEST_FLOAT}.`);
    }
  }
  if (!sound) return false;
  if (low === high) {
    refuse("high", `low and high are both ${low}.`, `Widen the range, or write ${low} into the training command.`);
  } else if (low > high) refuse("low", `low ${low} is above high ${high}.`, "Swap them.");
  else if (high - low < FINEST * Math.max(Math.abs(low), Math.abs(high))) {
    refuse("high", `the range ${low} to ${high} is too narrow for twelve digits.`, "Widen it, or tune the difference.");
  }
  const powers = kind === "int" && parameter.powersOf !== undefined;
  if (scale === "log" && !powers && low <= 0) {
    refuse(
      "low",
      `low is ${low}, and a log scale has no zero and nothing below it.`,
      `Use a positive low such as ${high > 0 ? Number((high / 1e4).toPrecision(1)) : 1e-6}, or 'scale: linear'.`,
    );
  } else if (scale === "log" && kind === "float" && low < 1 / LARGEST_FLOAT) {
    refuse("low", `low is ${low}.`, `Use at least ${1 / LARGEST_FLOAT} on a log scale.`);
  }
  return sound;
}

/** @returns whether the values of the parameter can be listed */
function checkGrid(parameter: FloatParameter | IntParameter, report: Report): boolean {
  const { low, high, step, kind } = parameter;
  const base = kind === "int" ? parameter.powersOf : undefined;
  let sound = true;
  const refuse: Report = (key, message, remedy) => {
    sound = false;
    report(key, message, remedy);
  };
  if (base !== undefined && step !== undefined) {
    refuse("step", "step and powers_of exclude each other.", "Remove one of them.");
  }
  if (base !== undefined) {
    if (!Number.isSafeInteger(base) || base < 2) {
      refuse("powers_of", `powers_of is ${base}.`, "Use a whole number of at least 2.");
    } else if (countValues(parameter) < 2) {
      const count = countValues(parameter);
      refuse(
        "powers_of",
        `there ${count === 0 ? "is no power" : "is only one power"} of ${base} between ${low} and ${high}.`,
        "Widen the range, or remove powers_of.",
      );
    }
    return sound;
  }
  if (step === undefined) return sound;
  if (!Number.isFinite(step) || step <= 0) refuse("step", `step is ${step}.`, "Use a positive number, or remove it.");
  else if (kind === "int" && !Number.isInteger(step)) {
    refuse("step", `step is ${step}, which is not a whole number.`, "Use a whole number, or 'type: float'.");
  } else if (step > (high - low) * (1 + FINEST)) {
    refuse("step", `step ${step} is larger than the range ${low} to ${high}.`, `Use at most ${high - low}.`);
  } else if (step < FINEST * Math.max(Math.abs(low), Math.abs(high))) {
    refuse("step", `step ${step} is too small for twelve digits.`, "Remove it: without it every value is possible.");
  }
  if (kind === "float" && parameter.scale === "log") {
    refuse("step", "a float with a step cannot have a log scale.", "Use 'scale: linear', or remove the step.");
  }
  return sound;
}

function checkDefaultOnGrid(parameter: FloatParameter | IntParameter, report: Report): void {
  const { default: start } = parameter;
  const snapped = numericDomain(parameter).snap(start);
  if (Math.abs(snapped - start) <= FINEST * Math.abs(start)) return;
  const near = nearestValues(parameter, start);
  const rule =
    parameter.kind === "int" && parameter.powersOf !== undefined
      ? `is not a power of ${parameter.powersOf}`
      : parameter.step === undefined
        ? "is too small to be told apart from others in so wide a range"
        : `is not ${parameter.low} plus a multiple of ${parameter.step}`;
  report(
    "default",
    `the default ${start} ${rule}.`,
    `The nearest ${near.length > 1 ? "values are" : "value is"} ${near.join(" and ")}.`,
  );
}

function checkCategorical({ choices, default: start }: CategoricalParameter, report: Report): void {
  if (choices.length < 2) {
    report(
      "choices",
      choices.length === 0 ? "there are no choices." : `there is only the choice ${JSON.stringify(choices[0])}.`,
      "Give at least two, or write the value into the training command.",
    );
  }
  const seen = new Map<string, ParameterValue>();
  for (const choice of choices) {
    if (typeof choice === "number" && !Number.isFinite(choice)) {
      report("choices", `the choice ${choice} is not a finite number.`, "Use a finite number or a text.");
    }
    const same = seen.get(String(choice));
    if (same === choice) report("choices", `the choice ${JSON.stringify(choice)} is there twice.`, "Remove one.");
    else if (same !== undefined) {
      report(
        "choices",
        `the choices ${JSON.stringify(same)} and ${JSON.stringify(choice)} look the same to a training command.`,
        "Remove one of them.",
      );
    }
    seen.set(String(choice), choice);
  }
  if (choices.length > 0 && !choices.includes(start)) {
    report(
      "default",
      `the default ${JSON.stringify(start)} is not among the choices${didYouMean(String(start), choices.map(String), ".")}`,
      `Choose one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}.`,
    );
  }
}

function checkExpressions({ parameters, constraints, derived }: SpaceDefinition, found: DefinitionProblem[]): void {
  const parameterTypes = new Map(parameters.map((parameter) => [parameter.name, typeOfParameter(parameter)]));
  const derivedNames = new Set(derived.map(({ name }) => name));

  const conditions = new Map<string, Expression>();
  for (const { name, when } of parameters) {
    if (when === undefined) continue;
    const place = { path: ["parameters", name, "when"], subject: `parameter '${name}', when` };
    const condition = parseAt(when, place, found);
    if (condition === undefined) continue;
    conditions.set(name, condition);
    const quantity = condition.names.find((other) => derivedNames.has(other) && !parameterTypes.has(other));
    if (quantity === undefined) requireType(condition, parameterTypes, truthType, place, found);
    else {
      found.push({
        ...place,
        code: "expression_invalid",
        message: `'${quantity}' is a derived quantity, and a condition can only use parameters.`,
        remedy: `Write out its formula instead of '${quantity}'.`,
      });
    }
  }
  reportCircle(
    parameters.map(({ name }) => name),
    conditions,
    "when",
    found,
  );

  const types = new Map<string, ValueType>(parameterTypes);
  const formulas = new Map<string, Expression>();
  const placeOf = (name: string): Place => ({
    path: ["derived", name, "formula"],
    subject: `derived quantity '${name}'`,
  });
  for (const { name, formula } of derived) {
    const parsed = parseAt(formula, placeOf(name), found);
    if (parsed !== undefined) formulas.set(name, parsed);
    // Until its own formula has been looked at, so that a fault in one does not show up in all that use it.
    if (!types.has(name)) types.set(name, numberType);
  }
  for (const name of reportCircle([...derivedNames], formulas, "formula", found)) {
    const formula = formulas.get(name);
    const type = formula === undefined ? undefined : requireType(formula, types, numberType, placeOf(name), found);
    if (type !== undefined && !parameterTypes.has(name)) types.set(name, type);
  }

  constraints.forEach((text, k) => {
    const place = { path: ["constraints", k], subject: `constraint ${k + 1}` };
    const constraint = parseAt(text, place, found);
    if (constraint !== undefined) requireType(constraint, types, truthType, place, found);
  });
}

type Place = Pick<DefinitionProblem, "path" | "subject">;

function typeOfParameter(parameter: Parameter): ValueType {
  switch (parameter.kind) {
    case "float":
    case "int":
      return numberType;
    case "boolean":
      return truthType;
    case "categorical":
      return typeOfValues(parameter.choices);
  }
}

function parseAt(text: string, place: Place, found: DefinitionProblem[]): Expression | undefined {
  return collect(place, found, () => parseExpression(text));
}

/** @returns the type, or undefined where there was something to report */
function requireType(
  expression: Expression,
  types: ReadonlyMap<string, ValueType>,
  wanted: ValueType,
  place: Place,
  found: DefinitionProblem[],
): ValueType | undefined {
  const type = collect(place, found, () => inferType(expression, types));
  if (type === undefined || !(type.text || (wanted === truthType && type.number))) return type;
  const [is, want] = wanted === truthType ? ["is not a condition", "true or false"] : ["is a text", "a number"];
  found.push({
    ...place,
    code: "expression_invalid",
    message: `'${expression.text}' ${is}.`,
    remedy: `Write an expression whose value is ${want}${wanted === truthType ? ", for example 'depth > 2'" : ""}.`,
  });
  return undefined;
}

function collect<T>(place: Place, found: DefinitionProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!AgentTuneError.isInstance(error) || error.code !== "expression_invalid") throw error;
    const { message, remedy } = error;
    found.push({ ...place, code: "expression_invalid", message, ...(remedy === undefined ? {} : { remedy }) });
    return undefined;
  }
}

/** @returns the names in an order in which each comes after those it uses; in the given order where none exists */
function reportCircle(
  names: readonly string[],
  expressions: ReadonlyMap<string, Expression>,
  kind: "when" | "formula",
  found: DefinitionProblem[],
): readonly string[] {
  const result = dependencyOrder(names, (name) => expressions.get(name)?.names ?? []);
  if (result.ok) return result.order;
  const [first = ""] = result.circle;
  found.push({
    code: "space_invalid",
    path: kind === "when" ? ["parameters", first, "when"] : ["derived", first, "formula"],
    subject: kind === "when" ? `parameter '${first}', when` : `derived quantity '${first}'`,
    message: `this goes in a circle: ${result.circle.join(" -> ")}.`,
    remedy: kind === "when" ? "Remove one of these conditions." : "Write one of these formulas with parameters only.",
  });
  return names;
}
