import { z } from "zod";
import { type Advice, AdviceProblems } from "../../../src/centaur/advice.js";
import type { Configuration, Parameter, ParameterValue, SearchSpace } from "../../../src/space/index.js";

const answerSchema = z.object({
  decisions: z
    .array(
      z.object({
        action: z.enum(["propose", "edit", "accept", "veto"]),
        values: z.record(z.string(), z.unknown()).nullish(),
        reason: z.string().catch(""),
      }),
    )
    .min(1),
});

/**
 * Reads an advisor's answer as the published system reads a model's: numbers are converted as Python's `float` and
 * `int` do and clamped to the bounds, what is missing takes the value in use, and what cannot be converted loses the
 * whole answer. Three things are not as published, since there is nothing they could be: an answer that accepts or
 * vetoes leaves the candidate as it is, an edit keeps the candidate's other values, and a choice that is not on the
 * list, which was written into the training code, leaves the candidate's.
 *
 * @param answer parsed JSON from outside
 * @param candidate what CMA-ES drew
 * @param inUse what missing values are taken from
 * @returns at most one decision; its configuration has a value for every parameter, clamped but on no grid
 * @throws AdviceProblems where the published system would have thrown
 */
export function coercedAnswer(
  answer: unknown,
  space: SearchSpace,
  candidate: Configuration,
  inUse: Configuration,
): Advice {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw new AdviceProblems([z.prettifyError(parsed.error)]);
  const [decision] = parsed.data.decisions;
  const { action, values: given, reason } = decision ?? { action: "accept", values: undefined, reason: "" };
  if (action === "accept" || action === "veto") return { decisions: [{ candidate: 1, action: "accept", reason }] };
  const values: Record<string, ParameterValue> = {};
  for (const parameter of space.parameters) {
    const { name } = parameter;
    const kept = (action === "edit" ? candidate[name] : inUse[name]) ?? parameter.default;
    const value = given?.[name];
    values[name] = value === undefined || value === null ? kept : coerced(parameter, value, candidate[name] ?? kept);
  }
  return { decisions: [{ candidate: 1, action, reason, configuration: values }] };
}

function coerced(parameter: Parameter, value: unknown, pending: ParameterValue): ParameterValue {
  switch (parameter.kind) {
    case "categorical":
      return parameter.choices.find((choice) => choice === value) ?? pending;
    case "boolean":
      return typeof value === "boolean" ? value : pending;
    case "float":
      return clamped(converted(parameter.name, value), parameter);
    case "int": {
      const number = converted(parameter.name, value);
      const whole = typeof value === "string" ? number : Math.trunc(number);
      if (!Number.isInteger(whole)) throw notANumber(parameter.name, value);
      return clamped(whole, parameter);
    }
  }
}

function converted(name: string, value: unknown): number {
  if (typeof value === "number" || typeof value === "boolean") return Number(value);
  if (typeof value !== "string") throw notANumber(name, value);
  const text = value.trim();
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  const number = /^[+-]?inf(inity)?$/i.test(text) ? Number(`${text.replace(/inf.*/i, "")}Infinity`) : Number(text);
  if (text === "" || Number.isNaN(number)) throw notANumber(name, value);
  return number;
}

/** Not a number becomes the upper bound: `min(high, nan)` in Python is `high`. */
function clamped(value: number, { low, high }: { readonly low: number; readonly high: number }): number {
  return Number.isNaN(value) ? high : Math.max(low, Math.min(high, value));
}

function notANumber(name: string, value: unknown): AdviceProblems {
  return new AdviceProblems([`${name}: ${JSON.stringify(value)} cannot be converted to its type`]);
}
