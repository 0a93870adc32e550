import type { AgentDefinition } from "./agent-definition.js";

/**
 * The language model that edits training code. Run by src/code/coder/model-coder.ts; a turn ends in a call of `submit`
 * or `nothing_to_try`, whose input is read by src/code/coder/submission.ts.
 */
export const coder = {
  id: "coder",
  role: "proposes edits of the training code, as candidates for the next version",
  prompt: "coder",
  tools: [
    "list_files",
    "read_file",
    "search",
    "versions",
    "diff_of",
    "trials",
    "trial",
    "check",
    "try_out",
    "submit",
    "nothing_to_try",
  ],
  limits: { requests: 20, outputTokens: 24_000, seconds: 900, toolCalls: 40, toolCharacters: 160_000 },
} as const satisfies AgentDefinition<string>;

export type CoderTool = (typeof coder.tools)[number];
