import { z } from "zod";

/** What calls of language models have taken so far. */
export const modelUsageSchema = z.object({
  calls: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  /** US dollars; null where a price is not known. */
  usd: z.number().nullable(),
  /** Wall time in which an answer was waited for. */
  seconds: z.number(),
});
export type ModelUsage = Readonly<z.infer<typeof modelUsageSchema>>;
