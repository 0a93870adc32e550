import { z } from "zod";
import { codeSettingsSchema } from "../code/settings.js";
import type { SpaceDefinition } from "../space/parameter.js";

const bound = z.number().positive().exactOptional();

/**
 * What the study loop needs to know, whichever door the study came in by. How a trial is run is the executor's
 * affair, how a model is called the advisor's; neither is in here. Stored with the study, hence a schema.
 */
export const studySettingsSchema = z.object({
  name: z.string().min(1),
  /** The task in the user's words, for the advisor. */
  task: z.string().exactOptional(),
  /** Checked by `SearchSpace.from`, which says what is wrong with it. */
  space: z.custom<SpaceDefinition>((value) => typeof value === "object" && value !== null),
  objective: z.object({
    metric: z.string().min(1),
    direction: z.enum(["minimize", "maximize"]),
    /** The search ends when the incumbent's estimated true value is this good. */
    target: z.number().exactOptional(),
    /** Expressions over metrics that a configuration must satisfy to be an answer. */
    constraints: z.array(z.string()),
  }),
  /** What one trial may use, for the brief; the executor enforces it. */
  limits: z.object({ seconds: bound, memoryBytes: bound }),
  /** At least one of trials and seconds is set. */
  budget: z.object({
    /** Trials of the search, repeats included; the final re-evaluation comes on top. */
    trials: z.number().int().positive().exactOptional(),
    /** Wall time of the search while a controller works on it, in seconds. */
    seconds: bound,
    /** US dollars for model calls. When it is used up the search goes on without the advisor. */
    cost: z.number().nonnegative().exactOptional(),
    /** Tokens for model calls, likewise. */
    tokens: z.number().nonnegative().exactOptional(),
    /** Trials that fail one after the other before the study gives up. */
    failuresInARow: z.number().int().positive().exactOptional(),
  }),
  seed: z.number().int(),
  optimizer: z.string(),
  /** Id or name of an earlier study whose results shape the optimizer's start. */
  warmStart: z.string().exactOptional(),
  share: z.union([z.literal("adaptive"), z.number().min(0).max(1)]),
  review: z.enum(["trial", "generation"]),
  noise: z.object({
    /** `auto` decides by evidence, `off` never repeats. */
    replicates: z.enum(["auto", "off"]),
    /** Fresh seeds on which the answer and the default are run at the end; 0 leaves the re-evaluation out. */
    finalSeeds: z.number().int().nonnegative(),
  }),
  /** Training code as part of the search; absent where no code is edited. */
  code: codeSettingsSchema.exactOptional(),
});
export type StudySettings = z.infer<typeof studySettingsSchema>;
export type Budget = StudySettings["budget"];
