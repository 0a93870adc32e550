import { z } from "zod";

/**
 * Who a proposal came from. An optimizer's own candidates carry the optimizer's name (`cma-es`, `random`, ...);
 * `llm` and `rules` are whole configurations of an advisor, `llm-edit` and `rules-edit` its changes to a
 * candidate, `default` and `user` the person's.
 */
export const originSchema = z.string().min(1);
export type Origin = z.infer<typeof originSchema>;

/**
 * Why a trial runs: `search` looks for better configurations; `replicate` runs a known one again on a new seed,
 * to measure noise or to settle who is the incumbent; `gate` runs the best configuration of a code version and that of
 * its parent on one fresh seed, to tell whether the edit is worth keeping; `final` re-evaluates the answer and the
 * default at the end.
 */
export const purposes = ["search", "replicate", "gate", "final"] as const;
export type Purpose = (typeof purposes)[number];

const valueSchema = z.union([z.number(), z.string(), z.boolean()]);

/** A configuration before it runs, with where it came from and why. Stored with its trial, word for word. */
export const proposalSchema = z.object({
  configuration: z.record(z.string(), valueSchema),
  /** Code version that it runs on; absent where the code is not searched. */
  version: z.string().optional(),
  origin: originSchema,
  purpose: z.enum(purposes),
  /** One sentence, from whoever proposed it. */
  reason: z.string(),
  /** The optimizer's candidate this came from, where the optimizer still waits for its result. */
  candidate: z.number().int().optional(),
  /** Number of the trial whose configuration is run again. */
  replicateOf: z.number().int().optional(),
  /**
   * Which pair of the gate it belongs to: the candidate version, and the number of the pair from 1. `sameNumbers`: the
   * parent with the candidate's numbers, to tell the edit's gain from the numbers'.
   */
  pair: z.object({ candidate: z.string(), number: z.number().int(), sameNumbers: z.boolean().optional() }).optional(),
  /** Number of the turn that made it. */
  turn: z.number().int().optional(),
  /** The value that the proposer expects, in the objective's units. */
  expected: z.number().optional(),
  /** Why an advisor's turn ended with the optimizer's candidate all the same. */
  fallback: z.string().optional(),
});
export type Proposal = z.infer<typeof proposalSchema>;
