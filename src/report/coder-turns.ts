import { z } from "zod";
import type { EventRecord } from "../store/index.js";

const turnEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("version.refused"),
    attempt: z.number(),
    parent: z.string(),
    summary: z.string(),
    reason: z.string(),
  }),
  z.object({ type: z.literal("coder.failed"), attempt: z.number(), failure: z.string(), message: z.string() }),
  z.object({ type: z.literal("coder.passed"), attempt: z.number(), reason: z.string() }),
]);

/** A turn of the coder, or an edit within one, that gave no version. */
export type FruitlessTurn = z.infer<typeof turnEvent>;

/** All of them as the journal has them, in order. Events of other kinds, and of later formats, are passed over. */
export function fruitlessTurns(events: readonly EventRecord[]): readonly FruitlessTurn[] {
  return events.flatMap(({ data }) => {
    const parsed = turnEvent.safeParse(data);
    return parsed.success ? [parsed.data] : [];
  });
}
