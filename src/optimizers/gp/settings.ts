import { z } from "zod";

export const gpSettingsSchema = z.strictObject({
  initialTrials: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe("trials before the model takes over; by default 4 and one for every eight parameters, 8 at most"),
  exploration: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe("share of the proposals that are searched for in the whole space and not in the trust region"),
});
export type GpSettings = z.infer<typeof gpSettingsSchema>;
