import { z } from "zod";
import { restartPolicySchema } from "./restarts.js";

const screeningMeaning =
  "Whether a model of all results chooses among many samples of the distribution, in spaces of at most 60 parameters. " +
  "Needs far fewer trials; asking takes milliseconds instead of microseconds.";

/** What can be set of the CMA-ES optimizers. */
export const cmaEsSettings = z.strictObject({
  restarts: restartPolicySchema
    .default("ipop")
    .describe(
      "What follows when a stop rule holds: a run with twice the population (ipop), that or a short one with a small " +
        "population and a small step in turns (bipop), or nothing (none).",
    ),
  around: z
    .enum(["best", "uniform"])
    .default("best")
    .describe("Where a restart begins: at the best configuration so far, or at one drawn uniformly."),
  tolx: z
    .number()
    .min(1e-9)
    .max(0.01)
    .default(1e-5)
    .describe("A run ends when no parameter varies by more than this share of its range."),
  noise: z
    .enum(["none", "reevaluate"])
    .default("none")
    .describe(
      "Whether one configuration of each generation is run twice, and the population grows while the two disagree on " +
        "its rank (reevaluate). Worth its trials where repeated runs differ as much as configurations do.",
    ),
  screening: z.boolean().default(true).describe(screeningMeaning),
});

/** Those of `lra-cma-es`, which is for thousands of trials: more than a model learns from. */
export const lraCmaEsSettings = cmaEsSettings.extend({
  screening: z.boolean().default(false).describe(screeningMeaning),
});

export type CmaEsSettings = z.infer<typeof cmaEsSettings>;
