import { z } from "zod";
import { dependences } from "./groups.js";

/** What can be set. Defaults were measured on functions of 5 to 14 parameters with 50 to 200 results. */
export const tpeSettingsSchema = z.strictObject({
  dependence: z
    .enum(dependences)
    .default("joint")
    .describe(
      "Which parameters are modelled together: joint, all of them; grouped, those that are always active together; independent, each on its own.",
    ),
  startup: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe("Results before the model is used; until then candidates are spread around the start and the range."),
  candidates: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe(
      "Draws from the density of good results, of which the most promising is proposed; at most 8 for each parameter, and 2 where groups of them are modelled apart.",
    ),
  gamma: z
    .number()
    .gt(0)
    .max(100)
    .default(0.1)
    .describe("Good results: this share of those that succeeded, or this multiple of the root of their number."),
  gammaRule: z.enum(["linear", "sqrt"]).default("linear").describe("What gamma is multiplied with."),
  mostGood: z.number().int().min(1).max(1000).default(25).describe("Good results at most."),
  priorWeight: z
    .number()
    .gt(0)
    .max(1000)
    .default(1)
    .describe("Weight of the uniform component, against 1 of a result."),
  constantLiar: z
    .boolean()
    .default(true)
    .describe("Whether candidates under way count as bad results, so that parallel ones keep apart."),
});

export type TpeSettings = z.infer<typeof tpeSettingsSchema>;
