import { z } from "zod";
import { parseOptimizerChoice } from "../../../src/optimizers/optimizer-choice.js";
import { readSettings } from "../../../src/optimizers/settings.js";

export const publishedCentaurName = "published-centaur";

/**
 * What can be repaired of the published system, one fault each; the defaults are the system as published. Numbers are
 * those of the list of faults in docs/decisions/centaur-published-faults.md.
 */
export const publishedSwitches = z.strictObject({
  start: z
    .enum(["centre", "default"])
    .default("centre")
    .describe("Fault 5: the search begins at the centre of the box, or at the configuration in use."),
  tellDefault: z
    .boolean()
    .default(false)
    .describe("Fault 6: whether CMA-ES learns the result of trial 0, the configuration in use."),
  encoding: z
    .enum(["raw", "told"])
    .default("raw")
    .describe(
      "Fault 8: powers are whole numbers on a log scale that are snapped after CMA-ES was asked, and constraints are " +
        "repaired then, and CMA-ES learns the values before both (raw); or powers are exponents, and CMA-ES learns what " +
        "ran (told).",
    ),
  integers: z
    .enum(["round", "margin"])
    .default("round")
    .describe("Fault 10: discrete values are rounded and learned as rounded, or CMA-ES keeps a margin for them."),
  categoricals: z
    .enum(["uniform", "learned"])
    .default("uniform")
    .describe("Fault 11: choices are drawn uniformly for ever, or by probabilities that are learned (CatCMA)."),
  failures: z
    .enum(["penalty", "ranked"])
    .default("penalty")
    .describe("Fault 13: a failure is the value 100, or ranks below every value by its severity."),
  injection: z
    .enum(["unclipped", "clipped"])
    .default("unclipped")
    .describe(
      "Fault 7: an advisor's configuration is learned as if CMA-ES had sampled it, or as an injected point: clipped, " +
        "never with a negative weight.",
    ),
  fallback: z
    .enum(["phantom", "candidate"])
    .default("phantom")
    .describe(
      "Fault 15: where the advisor fails, CMA-ES learns that its pending point has the value 100, without a run, and " +
        "the turn comes again; or the pending point runs.",
    ),
  answers: z
    .enum(["coerced", "strict"])
    .default("coerced")
    .describe("Fault 12: an answer is clamped, cut off and filled up with defaults, or read strictly."),
  quota: z
    .enum(["period", "exact"])
    .default("period")
    .describe("Fault 22: every round(1 / share)-th trial is the advisor's, or exactly that share of them."),
  first: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe("The first trial for which the advisor may be asked; the one in use is trial 0."),
  shown: z
    .enum(["sample", "distribution"])
    .default("sample")
    .describe(
      "Faults 1 to 3: the advisor sees one sample and the step size, or also mean and interval of each parameter, " +
        "correlations that stand out, and probabilities of choices.",
    ),
});
export type PublishedSwitches = z.infer<typeof publishedSwitches>;

/**
 * @param choice such as `published-centaur:start=default,encoding=told`
 * @throws AgentTuneError `usage` for switches that there are not
 */
export function readSwitches(choice: string): PublishedSwitches {
  return readSettings(publishedSwitches, publishedCentaurName, parseOptimizerChoice(choice).settings);
}
