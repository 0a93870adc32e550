import { z } from "zod";
import { type ModelServer, type Script, type SeenRequest, startModelServer } from "../src/llm/testing/model-server.js";

/** What the coder answers within one turn, in order; the last answer is repeated. */
export type CoderTurn = readonly Script[];

/** The input of the tool `submit`, as a model writes it. */
export interface Submitted {
  readonly parent?: string;
  readonly edits: readonly unknown[];
  readonly summary: string;
  readonly hypothesis?: string;
  readonly expected?: number | null;
  readonly declares?: readonly unknown[];
  readonly removes?: readonly string[];
}

export function submit({ parent = "v0", hypothesis = "It may help.", ...rest }: Submitted): Script {
  return callOf("submit", { parent, hypothesis, expected: null, declares: [], removes: [], ...rest });
}

export function callOf(name: string, input: unknown): Script {
  return { toolCalls: [{ name, input }] };
}

export const nothing: Script = callOf("nothing_to_try", { reason: "There are no more ideas." });

const bodySchema = z.looseObject({
  tools: z.array(z.looseObject({})).optional(),
  input: z.array(z.looseObject({})).optional(),
  messages: z.array(z.looseObject({})).optional(),
});

/** Text, or a list of parts of which some are text. */
const partsSchema = z.union([
  z.string().transform((text) => [text]),
  z
    .array(z.looseObject({ text: z.string().optional() }))
    .transform((parts) => parts.flatMap(({ text }) => (text === undefined ? [] : [text]))),
]);

/** Whether a request is a turn of the coder; all others are the advisor's. */
export function isCoders({ body }: SeenRequest): boolean {
  return JSON.stringify(body["tools"] ?? []).includes('"nothing_to_try"');
}

/**
 * Which turn of the coder a request belongs to, from 0, read from the request itself: so many versions and refused
 * submissions it tells of. Turns that passed leave nothing to count, so a script has them at its end only.
 */
export function turnOf({ body }: SeenRequest): number {
  const text = textOf(body);
  const versions = [...text.matchAll(/(?<!\w)v(\d+) (?:from|rejected|failed|held|kept)\b/g)].map(([, id]) =>
    Number(id),
  );
  const refused = text.split("## Submissions that were refused before they ran")[1]?.split("\n## ")[0] ?? "";
  return Math.max(0, ...versions) + [...refused.matchAll(/^- on v\d+, /gm)].length;
}

/** The brief of the turn: what the coder is told before it calls any tool. */
function textOf(body: SeenRequest["body"]): string {
  const { input, messages } = bodySchema.parse(body);
  return (input ?? messages ?? [])
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => partsSchema.parse(content))
    .join("\n");
}

/** How often the coder has called a tool in this turn already. */
function step({ body }: SeenRequest): number {
  const { input, messages } = bodySchema.parse(body);
  return (input ?? messages ?? []).filter(({ role, type }) => role === "assistant" || type === "function_call").length;
}

const accepted: Script = {
  output: {
    decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }],
    note: null,
  },
};

/**
 * A server whose coder plays a script, by what a request says: a study that is cut off and asks again hears the same
 * again. Where the script has ended, nothing is left to try. The advisor accepts whatever the optimizer proposes.
 */
export function startCoderServer(turns: readonly CoderTurn[]): Promise<ModelServer> {
  return startModelServer((request) => {
    if (!isCoders(request)) return accepted;
    const turn = turns[turnOf(request)] ?? [nothing];
    return turn[Math.min(step(request), turn.length - 1)] ?? nothing;
  });
}
