import { z } from "zod";
import type { EventRecord } from "../store/index.js";

const received = z.object({
  type: z.literal("advice.received"),
  turn: z.number(),
  advisor: z.string(),
  decisions: z.array(z.object({ candidate: z.number(), action: z.string(), reason: z.string() })),
  note: z.string().optional(),
});
const failed = z.object({
  type: z.literal("advice.failed"),
  turn: z.number(),
  failure: z.string(),
  message: z.string(),
});
const turnEvent = z.discriminatedUnion("type", [received, failed]);

/** One turn of the advisor as the journal has it. */
export type AdvisorTurn = z.infer<typeof turnEvent>;

/** Every turn in which the advisor was asked, in order. Events of other kinds, and of later formats, are passed over. */
export function advisorTurns(events: readonly EventRecord[]): readonly AdvisorTurn[] {
  return events.flatMap(({ data }) => {
    const parsed = turnEvent.safeParse(data);
    return parsed.success ? [parsed.data] : [];
  });
}
