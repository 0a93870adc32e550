import { z } from "zod";

/** What can be set of the random forest. */
export const randomForestSettings = z.strictObject({
  initialTrials: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe(
      "results before the forest is asked, around the start and spread over the space; by the dimension if not given",
    ),
  randomShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      "share of candidates that are drawn uniformly, so that the search cannot get stuck (SMAC interleaves 0.2)",
    ),
  trees: z.int().min(4).max(200).default(24).describe("trees of the forest"),
});
