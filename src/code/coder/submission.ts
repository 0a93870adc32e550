import { z } from "zod";
import { oneLine } from "../../centaur/brief/quote.js";
import type { JsonSchema } from "../../llm/model.js";
import { type ParameterFields, parameterSchema } from "../../space/definition-schema.js";
import type { Edit, EditProblem } from "../edits/index.js";
import type { EditSubmission } from "./coder.js";

/** Characters that are kept of a summary, a hypothesis and the reason for trying nothing. */
const summaryLimit = 160;
const hypothesisLimit = 600;
const mostEdits = 40;
/** Problems that are named in one refusal; a submission that is wrong throughout needs no longer list. */
const namedProblems = 12;

const path = z.string().min(1).describe("Relative path of the file, with /.");

const editSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("replace"),
    path,
    search: z.string().describe("Lines of the file exactly as they stand, without line numbers; must occur once."),
    replace: z.string().describe("What stands there instead."),
  }),
  z.strictObject({
    kind: z.literal("function"),
    path,
    name: z.string().min(1).describe("Function or class to replace as a whole; a method as Class.method."),
    text: z.string().describe("The whole new definition, with its decorators."),
  }),
  z.strictObject({
    kind: z.literal("file"),
    path,
    text: z.string().describe("The whole new text of the file; nothing may be left out."),
  }),
  z.strictObject({ kind: z.literal("delete"), path }),
]) satisfies z.ZodType<Edit>;

const draftFields = {
  parent: z.string().describe("Id of the version that the edits apply to, for example v0."),
  edits: z
    .array(editSchema)
    .min(1)
    .max(mostEdits)
    .describe("Applied in order, each to the result of the one before. Prefer small replace edits."),
};

/** Edits of one version: what `check` and `try_out` take. */
export const draftSchema = z.strictObject(draftFields);

const choice = z.union([z.string(), z.number(), z.boolean()]);

/** Flat, because models fill in flat objects more reliably; which keys belong to which type is checked after it. */
const declaredSchema = z.strictObject({
  name: z.string().min(1),
  type: z.enum(["float", "int", "categorical", "boolean"]),
  low: z.number().nullish(),
  high: z.number().nullish(),
  scale: z.enum(["linear", "log"]).nullish().describe("log where factors matter rather than differences."),
  choices: z.array(choice).nullish().describe("Of a categorical."),
  default: choice.describe("The value that makes the code behave as you wrote it."),
  meaning: z.string().min(1).describe("What it means, for the optimizer's and your own later turns; with its unit."),
});

export const submissionSchema = z.strictObject({
  ...draftFields,
  summary: z.string().min(1).describe("One line: what is changed."),
  hypothesis: z.string().min(1).describe("Why it should help, in one or two sentences that a colleague can check."),
  expected: z
    .number()
    .nullish()
    .describe("Improvement that you honestly expect, in the objective's units, positive is better; null if unknown."),
  declares: z
    .array(declaredSchema)
    .max(16)
    .default([])
    .describe("Numbers and choices of the new code that the optimizer shall tune."),
  removes: z.array(z.string()).default([]).describe("Names of parameters that the new code no longer uses."),
});

export const nothingSchema = z.strictObject({
  reason: z.string().min(1).describe("Why no edit is worth a run now."),
});

/** JSON Schema of what a tool takes, as providers want it. */
export function toolInput(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}

export type ReadSubmission =
  | { readonly ok: true; readonly submission: EditSubmission }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Parses the input of `submit`.
 *
 * @param input from outside, nothing assumed
 */
export function readSubmission(input: unknown): ReadSubmission {
  const parsed = submissionSchema.safeParse(withoutJsonText(input));
  if (!parsed.success) return { ok: false, problems: shapeProblems(parsed.error) };
  const { parent, edits, summary, hypothesis, expected, declares, removes } = parsed.data;
  const problems: string[] = [];
  const declared: Record<string, ParameterFields> = {};
  for (const parameter of declares) {
    const fields = readDeclared(parameter);
    if (typeof fields === "string") problems.push(`declared parameter ${parameter.name}: ${fields}`);
    else if (Object.hasOwn(declared, parameter.name)) problems.push(`${parameter.name} is declared twice`);
    else declared[parameter.name] = fields;
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    submission: {
      kind: "edit",
      parent,
      edits,
      summary: oneLine(summary, summaryLimit),
      hypothesis: oneLine(hypothesis, hypothesisLimit),
      ...(expected === null || expected === undefined ? {} : { expected }),
      declares: declared,
      removes: [...new Set(removes)],
    },
  };
}

/** Why nothing is tried, as one line. */
export function readNothing(input: unknown): string | undefined {
  const parsed = nothingSchema.safeParse(input);
  return parsed.success ? oneLine(parsed.data.reason, hypothesisLimit) : undefined;
}

/** Problems of a submission as lines of a list, the number of the edit from 1 as the coder counts. */
export function problemLines(problems: readonly (string | EditProblem)[]): string {
  const lines = problems
    .slice(0, namedProblems)
    .map((problem) =>
      typeof problem === "string"
        ? `- ${problem}`
        : `- edit ${problem.edit + 1}, ${problem.path} (${problem.kind}): ${problem.message}`,
    );
  if (problems.length > namedProblems) lines.push(`- and ${problems.length - namedProblems} more`);
  return lines.join("\n");
}

/** What does not fit a schema, one sentence each. */
export function shapeProblems(error: z.ZodError): readonly string[] {
  return error.issues
    .slice(0, namedProblems)
    .map(({ path, message }) => (path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`));
}

/** The declaration as a parameter of a search space, or what is wrong with it. */
function readDeclared({ name: _, meaning, ...rest }: z.infer<typeof declaredSchema>): ParameterFields | string {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  const parsed = parameterSchema.safeParse({ ...given, description: oneLine(meaning, hypothesisLimit) });
  return parsed.success ? parsed.data : shapeProblems(parsed.error).join("; ");
}

/** Some models write a list within the arguments as JSON text of its own. */
export function withoutJsonText(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]: [string, unknown]) => {
      if (!["edits", "declares", "removes"].includes(key) || typeof value !== "string") return [key, value];
      try {
        return [key, JSON.parse(value)];
      } catch {
        return [key, value];
      }
    }),
  );
}
