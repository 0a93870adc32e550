import { z } from "zod";
import { configurationSchema, evaluationSchema } from "../optimizer-state.js";
import { searchDistributionStateSchema } from "./search-distribution.js";

const point = z.object({ numeric: z.array(z.number()), categorical: z.array(z.number()) });

/** The data of a saved CMA-ES; its version is in cma-es.ts. */
export const cmaEsStateSchema = z.object({
  /** Fingerprint of the search space. */
  space: z.number(),
  random: z.array(z.number()),
  start: configurationSchema,
  /** Initial standard deviation of each numeric coordinate. */
  deviations: z.array(z.number()),
  nextCandidate: z.number(),
  told: z.number(),
  /** Completed updates, restarts included. */
  generation: z.number(),
  restarts: z.number(),
  populationSize: z.number(),
  initialStepSize: z.number(),
  distribution: searchDistributionStateSchema,
  /** Candidates that were asked for and neither told nor forgotten, in order. */
  pending: z.array(z.object({ id: z.number(), point, configuration: configurationSchema, generation: z.number() })),
  /** Results waiting until there are enough for an update. */
  waiting: z.array(z.object({ point, evaluation: evaluationSchema, generation: z.number() })),
  history: z.object({ best: z.array(z.number()), median: z.array(z.number()) }),
  best: z.object({ configuration: configurationSchema, value: z.number() }).optional(),
  stop: z.object({ reason: z.enum(["tolfun", "tolx", "condition", "stagnation"]), detail: z.string() }).optional(),
  recent: z.array(z.number()),
});
export type CmaEsData = z.infer<typeof cmaEsStateSchema>;
