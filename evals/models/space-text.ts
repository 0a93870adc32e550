import { duration, megabytes, short } from "../../src/evidence/numbers.js";
import type { Configuration, Parameter, SearchSpace } from "../../src/space/index.js";
import type { Benchmark } from "../tasks/index.js";

/**
 * What a method that asks a model shows of a problem. Not the product's brief, which these methods are compared with:
 * it may become better without the published methods becoming other ones.
 */

const digits = 4;

/** One line a parameter, constraints and derived quantities behind them. */
export function spaceText(space: SearchSpace): string {
  const lines = space.parameters.map((parameter) => `- ${parameterText(space, parameter)}`);
  for (const constraint of space.constraints) lines.push(`- constraint: ${constraint}`);
  for (const { name, formula, unit } of space.derived) {
    lines.push(`- computed, not to be set: ${name} = ${formula}${unit === undefined ? "" : ` (${unit})`}`);
  }
  return lines.join("\n");
}

function parameterText(space: SearchSpace, parameter: Parameter): string {
  const { name, unit, when, description } = parameter;
  return [
    `${name}: ${domainText(space, parameter)}`,
    ...(unit === undefined ? [] : [`in ${unit}`]),
    ...(when === undefined ? [] : [`only where ${when}`]),
    ...(description === undefined ? [] : [description]),
  ].join("; ");
}

function domainText(space: SearchSpace, parameter: Parameter): string {
  switch (parameter.kind) {
    case "boolean":
      return "true or false";
    case "categorical":
      return `one of ${parameter.choices.map((choice) => space.format(parameter.name, choice, digits)).join(", ")}`;
    case "float":
    case "int": {
      const bound = (value: number): string => space.format(parameter.name, value, digits);
      return [
        `${parameter.kind} in [${bound(parameter.low)}, ${bound(parameter.high)}]`,
        ...(parameter.scale === "log" ? ["log scale"] : []),
        ...(parameter.kind === "int" && parameter.powersOf !== undefined ? [`powers of ${parameter.powersOf}`] : []),
        ...(parameter.step === undefined ? [] : [`steps of ${short(parameter.step, 6)}`]),
      ].join(", ");
    }
  }
}

/** `{"learning_rate": 0.003, "activation": "gelu"}`: the form in which answers are wanted, too. */
export function configurationText(space: SearchSpace, configuration: Configuration): string {
  const entries = Object.entries(configuration).map(([name, value]) => {
    const shown = typeof value === "string" ? JSON.stringify(value) : space.format(name, value, digits);
    return `${JSON.stringify(name)}: ${shown}`;
  });
  return `{${entries.join(", ")}}`;
}

/** Six significant digits: more than any noise leaves. */
export function valueText(value: number): string {
  return short(value, 6);
}

/** `out of memory`. */
export function failureText(failure: string): string {
  return failure.replaceAll("_", " ");
}

/** Limits of one run, or the empty string. */
export function limitsText({ card: { limits } }: Benchmark): string {
  return [
    ...(limits.seconds === undefined ? [] : [`wall time ${duration(limits.seconds)}`]),
    ...(limits.memoryBytes === undefined ? [] : [`memory ${megabytes(limits.memoryBytes)}`]),
  ].join(", ");
}
