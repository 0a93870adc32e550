import { z } from "zod";
import type { EventRecord } from "../store/index.js";

export const adviceSchema = z.object({
  turns: z.number().int().describe("Turns in which it was asked."),
  failed: z.number().int().describe("Turns that brought no answer: the optimizer's candidates ran instead."),
  failures: z.record(z.string(), z.number().int()).describe("These by kind of failure."),
});
/** How one advisor answered. */
export type Advice = z.infer<typeof adviceSchema>;

/** Types of the events that this is counted from. */
export const adviceEvents = ["study.started", "advice.received", "advice.failed"] as const;

const adviceEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("study.started"), advisor: z.string().nullable() }),
  z.object({ type: z.literal("advice.received") }),
  z.object({ type: z.literal("advice.failed"), failure: z.string() }),
]);

/**
 * How each advisor of a study answered, by its name; only those that were asked. A study that is resumed may have
 * another than before.
 *
 * @param events by sequence
 */
export function adviceByAdvisor(events: readonly EventRecord[]): Readonly<Record<string, Advice>> {
  const byAdvisor: Record<string, Advice> = {};
  let advisor = "unknown";
  for (const { data } of events) {
    const parsed = adviceEvent.safeParse(data);
    if (!parsed.success) continue;
    if (parsed.data.type === "study.started") {
      advisor = parsed.data.advisor ?? advisor;
      continue;
    }
    byAdvisor[advisor] ??= { turns: 0, failed: 0, failures: {} };
    const advice = byAdvisor[advisor]!;
    advice.turns++;
    if (parsed.data.type === "advice.failed") {
      const { failure } = parsed.data;
      advice.failed++;
      advice.failures[failure] = (advice.failures[failure] ?? 0) + 1;
    }
  }
  return byAdvisor;
}
