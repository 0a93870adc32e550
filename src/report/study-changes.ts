import { z } from "zod";
import type { EventRecord } from "../store/index.js";
import { changeableSettings } from "../study/changed-definition.js";

const value = z.union([z.number(), z.string(), z.null()]);
const changed = z.object({
  type: z.literal("study.changed"),
  changes: z.array(z.object({ setting: z.enum(changeableSettings), from: value, to: value })),
});

/** What a person has changed about a study at one time. */
export interface StudyChanges {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Trials that had finished by then. */
  readonly finished: number;
  readonly changes: z.infer<typeof changed>["changes"];
}

/** Every change of a study's settings since it began, in order. */
export function studyChanges(events: readonly EventRecord[]): readonly StudyChanges[] {
  const finished = new Set<number>();
  return events.flatMap(({ at, type, trial, data }) => {
    if (type === "trial.finished" && trial !== undefined) finished.add(trial);
    const parsed = changed.safeParse(data);
    return parsed.success ? [{ at, finished: finished.size, changes: parsed.data.changes }] : [];
  });
}
