import { z } from "zod";
import { candidateSchema, noTries, triesSchema } from "../../code/gate/index.js";
import { movesSchema, noMoves } from "../../code/moves/index.js";
import { baseVersion } from "../../code/version.js";
import type { SpaceDefinition } from "../../space/parameter.js";

const configurationSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

/** One side of the pairs: which configuration of a version runs, and where it was found. */
const contenderSchema = z.object({ configuration: configurationSchema, origin: z.string(), trial: z.number().int() });
export type Contender = z.infer<typeof contenderSchema>;

/** The version that is being tried. */
export const tryingSchema = z.object({
  version: z.string(),
  parent: z.string(),
  plan: candidateSchema,
  /** Number of the first trial that could be queued after it was made. */
  since: z.number().int(),
  /** Fixed with the first pair, so that all pairs compare the same two configurations. */
  contenders: z.object({ candidate: contenderSchema, parent: contenderSchema }).exactOptional(),
  /** Pairs that were queued, those included that the environment ended. */
  queuedPairs: z.number().int(),
});
export type Trying = z.infer<typeof tryingSchema>;

/** The search of numbers for one version: see `Track`. */
const trackSchema = z.object({
  space: z.custom<SpaceDefinition>((value) => typeof value === "object" && value !== null),
  optimizer: z.object({ kind: z.string(), version: z.number().int(), data: z.unknown() }),
  centaur: z.unknown(),
});

/** What the code side of a study saves with every durable point. The versions themselves have a table. */
export const codeStateSchema = z.object({
  /** The version that the study would answer with: the latest that was kept. */
  head: z.string(),
  /** Turns of the coder so far; the next has this number. */
  attempts: z.number().int(),
  /** Turns in a row that gave no version that could be tried. */
  fruitless: z.number().int(),
  /** Search trials since the coder was last asked. */
  sinceAsked: z.number().int(),
  moves: movesSchema,
  tries: triesSchema,
  /** Seeds of pairs that were used, over all versions: none is used twice. */
  gateSeeds: z.number().int(),
  trying: tryingSchema.exactOptional(),
  /** Of all versions that are searched but the first. */
  tracks: z.record(z.string(), trackSchema),
});
export type CodeState = z.infer<typeof codeStateSchema>;

export const initialCodeState: CodeState = {
  head: baseVersion,
  attempts: 0,
  fruitless: 0,
  sinceAsked: 0,
  moves: noMoves,
  tries: noTries,
  gateSeeds: 0,
  tracks: {},
};
