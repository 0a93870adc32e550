import { z } from "zod";
import { configurationSchema, evaluationSchema } from "../optimizer-state.js";
import { originSchema } from "./origin.js";
import { noiseSchema } from "./repetition.js";
import { runSchema } from "./restarts.js";
import { screeningStateSchema } from "./screening.js";
import { searchDistributionStateSchema } from "./search-distribution.js";
import { cmaEsSettings } from "./settings.js";
import { stopSchema, valueHistorySchema } from "./stop.js";

const point = z.object({ numeric: z.array(z.number()), categorical: z.array(z.number()) });

/** The data of a saved CMA-ES; its version is in cma-es.ts. */
export const cmaEsStateSchema = z.object({
  /** Fingerprint of the search space. */
  space: z.number(),
  random: z.array(z.number()),
  settings: cmaEsSettings,
  start: configurationSchema,
  /** Standard deviation of each numeric coordinate that a run starts with, before BIPOP's factor. */
  deviations: z.array(z.number()),
  /** The same of the present run. */
  initialDeviations: z.array(z.number()),
  nextCandidate: z.number(),
  told: z.number(),
  /** Completed updates, restarts included. */
  generation: z.number(),
  run: runSchema,
  noise: noiseSchema,
  populationSize: z.number(),
  initialStepSize: z.number(),
  distribution: searchDistributionStateSchema,
  /** Earlier Gaussians that pending candidates were sampled from, oldest first. */
  origins: z.array(originSchema),
  /** Candidates that were asked for and neither told nor forgotten, in order. */
  pending: z.array(z.object({ id: z.number(), point, configuration: configurationSchema, generation: z.number() })),
  /** Results waiting until there are enough for an update. */
  waiting: z.array(
    z.object({ point, configuration: configurationSchema, evaluation: evaluationSchema, generation: z.number() }),
  ),
  history: valueHistorySchema,
  best: z.object({ configuration: configurationSchema, value: z.number() }).optional(),
  stop: stopSchema.optional(),
  recent: z.array(z.number()),
  /** Present where samples are screened. */
  screening: screeningStateSchema.exactOptional(),
});
export type CmaEsData = z.infer<typeof cmaEsStateSchema>;
