import { z } from "zod";
import type { JsonSchema } from "../llm/model.js";
import type { Configuration, Parameter } from "../space/parameter.js";
import type { ConfigurationProblem, SearchSpace } from "../space/search-space.js";
import { oneLine } from "./brief/quote.js";

/**
 * The structured answer of an advisor, the same for one candidate and for a whole generation: at most one decision
 * for each candidate shown, and a note for its own later turns.
 */
export interface Advice {
  readonly decisions: readonly Decision[];
  readonly note?: string;
}

interface Judged {
  /** Index of the candidate that this is about, as shown in the brief: 1 for the first. */
  readonly candidate: number;
  readonly reason: string;
}

export type Decision =
  /** Run this configuration instead; the candidate keeps its place for a later turn. */
  | (Judged & { readonly action: "propose"; readonly configuration: Configuration; readonly expected?: number })
  /** Run the candidate with some parameters changed. */
  | (Judged & { readonly action: "edit"; readonly configuration: Configuration; readonly expected?: number })
  | (Judged & { readonly action: "accept"; readonly expected?: number })
  /** Do not run this candidate; the optimizer draws another. */
  | (Judged & { readonly action: "veto" });

/** What is wrong with an answer, in sentences that go back to the advisor for its one repair turn. */
export class AdviceProblems extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "AdviceProblems";
  }
}

const wireDecision = z.object({
  candidate: z.number().int(),
  action: z.enum(["propose", "edit", "accept", "veto"]),
  values: z.record(z.string(), z.unknown()).nullish(),
  reason: z.string(),
  expected: z.number().nullish(),
});
const wireAdvice = z.object({
  decisions: z.array(wireDecision).min(1),
  note: z.string().nullish(),
});

/** Characters that are kept of a note and of a reason. */
export const noteLimit = 400;
const reasonLimit = 400;
/** Problems that are named in one refusal; an answer that is wrong throughout needs no longer list. */
const namedProblems = 20;

/**
 * JSON Schema of the answer for one space. Every parameter is a nullable key, since providers' strict modes want all
 * keys present: null means "inactive" in a proposal and "keep the candidate's value" in an edit.
 */
export function adviceJsonSchema(space: SearchSpace): JsonSchema {
  const values: Record<string, unknown> = {};
  for (const parameter of space.parameters) values[parameter.name] = valueSchema(parameter);
  const names = space.parameters.map((parameter) => parameter.name);
  return {
    type: "object",
    additionalProperties: false,
    required: ["decisions", "note"],
    properties: {
      decisions: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["candidate", "action", "values", "reason", "expected"],
          properties: {
            candidate: { type: "integer", description: "Which candidate this decides, 1 for the first one shown." },
            action: { type: "string", enum: ["propose", "edit", "accept", "veto"] },
            values: {
              description:
                "propose: a value for every active parameter. edit: the parameters to change, null for those to keep. accept and veto: null.",
              anyOf: [
                { type: "object", additionalProperties: false, required: names, properties: values },
                { type: "null" },
              ],
            },
            reason: { type: "string", description: "Why, in one or two sentences." },
            expected: {
              description:
                "The objective's value that you expect of this run, in its own units; null if you cannot say.",
              anyOf: [{ type: "number" }, { type: "null" }],
            },
          },
        },
      },
      note: {
        description: "What you want to remember in your later turns, or null. At most two sentences.",
        anyOf: [{ type: "string" }, { type: "null" }],
      },
    },
  };
}

/** JSON Schema of a value of one parameter, or null. */
export function valueSchema(parameter: Parameter): JsonSchema {
  switch (parameter.kind) {
    case "float":
      return { anyOf: [{ type: "number" }, { type: "null" }] };
    case "int":
      return { anyOf: [{ type: "integer" }, { type: "null" }] };
    case "boolean":
      return { anyOf: [{ type: "boolean" }, { type: "null" }] };
    case "categorical": {
      const types = [...new Set(parameter.choices.map((choice) => typeof choice))];
      return {
        anyOf: [...types.map((type) => ({ type, enum: choicesOf(parameter.choices, type) })), { type: "null" }],
      };
    }
  }
}

function choicesOf(choices: readonly unknown[], type: string): readonly unknown[] {
  return choices.filter((choice) => typeof choice === type);
}

/**
 * Parses an answer and turns it into canonical configurations. A proposal or an edit that is the candidate itself is
 * read as accepting it.
 *
 * @param answer parsed JSON from outside, nothing assumed
 * @param candidates the configurations that were shown, in order
 * @param changes how many proposals and edits this turn allows
 * @throws AdviceProblems with everything that is wrong
 */
export function readAdvice(
  answer: unknown,
  space: SearchSpace,
  candidates: readonly Configuration[],
  changes: number,
): Advice {
  const parsed = wireAdvice.safeParse(answer);
  if (!parsed.success) {
    throw new AdviceProblems(
      parsed.error.issues
        .slice(0, namedProblems)
        .map((issue) => `${issue.path.join(".") || "the answer"}: ${issue.message}`),
    );
  }
  const problems: string[] = [];
  const decisions: Decision[] = [];
  const decided = new Set<number>();
  let changed = 0;
  for (const wire of parsed.data.decisions) {
    const candidate = candidates[wire.candidate - 1];
    if (candidate === undefined) {
      problems.push(
        `candidate ${wire.candidate} does not exist; there ${candidates.length === 1 ? "is only candidate 1" : `are candidates 1 to ${candidates.length}`}`,
      );
      continue;
    }
    if (decided.has(wire.candidate)) {
      problems.push(`candidate ${wire.candidate} is decided twice`);
      continue;
    }
    decided.add(wire.candidate);
    const judged = { candidate: wire.candidate, reason: oneLine(wire.reason, reasonLimit) };
    const expected =
      typeof wire.expected === "number" && Number.isFinite(wire.expected) ? { expected: wire.expected } : {};
    switch (wire.action) {
      case "accept":
        decisions.push({ ...judged, action: "accept", ...expected });
        break;
      case "veto":
        decisions.push({ ...judged, action: "veto" });
        break;
      case "propose":
      case "edit": {
        const given = withoutNulls(wire.values ?? {});
        if (wire.action === "propose" && Object.keys(given).length === 0) {
          problems.push(`candidate ${wire.candidate}: a proposal needs a value for every active parameter`);
          break;
        }
        // An edit may switch a parameter on that the candidate does not have: it then starts at its default.
        const values = wire.action === "edit" ? { ...declaredDefaults(space), ...candidate, ...given } : given;
        const read = space.read(values);
        if (!read.ok) {
          changed++;
          problems.push(...read.problems.map((problem) => `candidate ${wire.candidate}: ${problemSentence(problem)}`));
        } else if (space.key(read.configuration) === space.key(candidate)) {
          decisions.push({ ...judged, action: "accept", ...expected });
        } else {
          changed++;
          decisions.push({ ...judged, action: wire.action, configuration: read.configuration, ...expected });
        }
        break;
      }
    }
  }
  if (changed > changes) {
    problems.push(
      `${changed} proposals and edits, but this turn allows ${changes}: accept or veto the other candidates`,
    );
  }
  if (problems.length > 0) throw new AdviceProblems(problems.slice(0, namedProblems));
  const note = oneLine(parsed.data.note ?? "", noteLimit);
  return { decisions, ...(note === "" ? {} : { note }) };
}

/** "lr is missing", "width <= 512 does not hold where width = 600". */
export function problemSentence({ subject, message }: ConfigurationProblem): string {
  return `${subject} ${message}`;
}

function declaredDefaults(space: SearchSpace): Record<string, unknown> {
  return Object.fromEntries(space.parameters.map((parameter) => [parameter.name, parameter.default]));
}

function withoutNulls(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}
