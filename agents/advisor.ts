import type { AgentDefinition } from "./agent-definition.js";

/**
 * The language model's side of Centaur. Run by src/centaur/model-advisor.ts; its answer is the structured advice of
 * src/centaur/advice.ts, whose schema depends on the search space.
 */
export const advisor = {
  id: "advisor",
  role: "decides the optimizer's candidates: proposes, edits, accepts or vetoes them",
  prompt: "advisor",
  tools: ["predict", "sample", "trial", "compare", "sensitivities"],
  limits: { requests: 6, outputTokens: 8_000, seconds: 120 },
} as const satisfies AgentDefinition<string>;

export type AdvisorTool = (typeof advisor.tools)[number];
