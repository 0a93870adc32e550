import { z } from "zod";
import type { JsonSchema } from "../../llm/model.js";
import type { ProposedParameter, ProposedSpace } from "../../space/importers/index.js";
import { type DefinitionProblem, SearchSpace } from "../../space/index.js";
import type { Parameter } from "../../space/parameter.js";

/*
 * What a model may say about a proposed search space, and how much of it is believed. A model knows what names mean;
 * it does not know what the script does with values it was never run with. So it can describe parameters, give units
 * and move ranges that keep the default, and it can advise against tuning one; it cannot remove or rename any.
 */

export const improvementSchema = z.strictObject({
  parameters: z
    .array(
      z.strictObject({
        name: z.string().describe("Name of a parameter exactly as it was given."),
        description: z.string().nullable().describe("What it means, one short sentence; null to keep what is there."),
        unit: z.string().nullable().describe("Unit of its values; null where it has none or it is known."),
        low: z.number().nullable().describe("Better smallest value; null to keep it. Must not exceed the default."),
        high: z.number().nullable().describe("Better largest value; null to keep it. Must not be below the default."),
        scale: z
          .enum(["linear", "log"])
          .nullable()
          .describe("Better scale; null to keep it. A log scale needs a positive low."),
        leave_out: z.boolean().describe("true to advise the person not to tune it."),
        reason: z.string().describe("Why, one short sentence; the person reads it."),
      }),
    )
    .describe("Only parameters with something to change."),
  task: z
    .string()
    .nullable()
    .describe("What the script trains and on what, one or two sentences; null where that is not clear."),
});
export type Improvement = z.infer<typeof improvementSchema>;

/** For a model's structured output. */
export function improvementJsonSchema(): JsonSchema {
  return z.toJSONSchema(improvementSchema);
}

export interface ImprovedSpace {
  readonly space: ProposedSpace;
  /** What the model said that was not followed, one sentence each. */
  readonly refused: readonly string[];
}

/** The proposal with what can be taken over of a model's answer; every change and refusal is a remark beside it. */
export function improveSpace(proposed: ProposedSpace, improvement: Improvement): ImprovedSpace {
  const refused: string[] = [];
  const changed = new Map<string, ProposedParameter>();
  const known = new Map(proposed.parameters.map((entry) => [entry.parameter.name, entry]));
  for (const wish of improvement.parameters) {
    const entry = changed.get(wish.name) ?? known.get(wish.name);
    if (entry === undefined) {
      refused.push(`there is no parameter ${quote(wish.name)}`);
      continue;
    }
    const remarks = [...(entry.remarks ?? [])];
    const described = describe(entry.parameter, wish);
    const ranged = changeRange(described, wish, remarks, refused);
    const reason = oneLine(wish.reason);
    if (wish.leave_out) remarks.push(`would not tune this${reason === "" ? "" : `: ${reason}`}`);
    else if (described !== entry.parameter && ranged === described && remarks.length === (entry.remarks ?? []).length) {
      remarks.push(`described it${reason === "" ? "" : `: ${reason}`}`);
    }
    changed.set(wish.name, { ...entry, parameter: ranged, ...(remarks.length === 0 ? {} : { remarks }) });
  }
  return {
    space: { ...proposed, parameters: proposed.parameters.map((entry) => changed.get(entry.parameter.name) ?? entry) },
    refused,
  };
}

type Wish = Improvement["parameters"][number];

function describe(parameter: Parameter, wish: Wish): Parameter {
  const description = wish.description === null ? "" : oneLine(wish.description).slice(0, 200);
  const unit = wish.unit === null ? "" : oneLine(wish.unit).slice(0, 40);
  if ((description === "" || description === parameter.description) && (unit === "" || unit === parameter.unit))
    return parameter;
  return { ...parameter, ...(description === "" ? {} : { description }), ...(unit === "" ? {} : { unit }) };
}

function changeRange(parameter: Parameter, wish: Wish, remarks: string[], refused: string[]): Parameter {
  if (wish.low === null && wish.high === null && wish.scale === null) return parameter;
  const reason = oneLine(wish.reason);
  const refuse = (why: string): Parameter => {
    const text = `asked for ${wished(wish)}, refused: ${why}`;
    remarks.push(text);
    refused.push(`${parameter.name}: ${text}`);
    return parameter;
  };
  if (parameter.kind !== "float" && parameter.kind !== "int")
    return refuse(`a ${parameter.kind} parameter has no range`);
  const candidate = withRange(parameter, wish);
  if (candidate.low === parameter.low && candidate.high === parameter.high && candidate.scale === parameter.scale)
    return parameter;
  const problem = problemOf(candidate);
  if (problem !== undefined) return refuse(problem);
  remarks.push(`${rangeText(candidate)} instead of ${rangeText(parameter)}${reason === "" ? "" : `: ${reason}`}`);
  return candidate;
}

/** A grid stays what it is: bounds are moved to its values, inwards. */
function withRange<P extends Extract<Parameter, { kind: "float" | "int" }>>(parameter: P, wish: Wish): P {
  const low = wish.low ?? parameter.low;
  const high = wish.high ?? parameter.high;
  const powersOf = parameter.kind === "int" ? parameter.powersOf : undefined;
  const scale =
    powersOf === undefined && !(parameter.kind === "float" && parameter.step !== undefined)
      ? (wish.scale ?? parameter.scale)
      : parameter.scale;
  if (powersOf !== undefined || parameter.step === undefined) return { ...parameter, low, high, scale };
  const { step } = parameter;
  const stepsBelow = Math.floor((parameter.default - low) / step + 1e-9);
  const stepsAbove = Math.floor((high - parameter.default) / step + 1e-9);
  return {
    ...parameter,
    low: parameter.default - stepsBelow * step,
    high: parameter.default + stepsAbove * step,
    scale,
  };
}

function problemOf(candidate: Parameter): string | undefined {
  // On its own: whether the whole space holds together was settled before and does not change with a range.
  const problem: DefinitionProblem | undefined = SearchSpace.check({
    parameters: [without(candidate)],
    constraints: [],
    derived: [],
  })[0];
  return problem?.message.replace(/\.$/, "");
}

function without(parameter: Parameter): Parameter {
  const { when: _when, ...rest } = parameter;
  return rest;
}

function wished(wish: Wish): string {
  const parts = [
    ...(wish.low === null ? [] : [`low ${wish.low}`]),
    ...(wish.high === null ? [] : [`high ${wish.high}`]),
    ...(wish.scale === null ? [] : [`a ${wish.scale} scale`]),
  ];
  return parts.join(", ");
}

function rangeText(parameter: Extract<Parameter, { kind: "float" | "int" }>): string {
  return `${parameter.low} to ${parameter.high} (${parameter.scale})`;
}

function quote(text: string): string {
  return JSON.stringify(oneLine(text).slice(0, 80));
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
}
