import { z } from "zod";
import type { RefusedSubmission } from "../../code/coder/index.js";
import type { EventRecord } from "../../store/index.js";

const refusedSchema = z.object({
  type: z.literal("version.refused"),
  attempt: z.number().int(),
  parent: z.string(),
  summary: z.string(),
  reason: z.string(),
  reintroduced: z.object({ lines: z.number(), of: z.number(), versions: z.array(z.string()) }).exactOptional(),
});

/** Submissions of earlier turns that were refused, from the study's journal, oldest first. */
export function refusedSubmissions(events: readonly EventRecord[]): readonly RefusedSubmission[] {
  return events.flatMap(({ data }) => {
    const parsed = refusedSchema.safeParse(data);
    if (!parsed.success) return [];
    const { type: _, ...refused } = parsed.data;
    return [refused];
  });
}
