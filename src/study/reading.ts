import type { Store } from "../store/index.js";
import { storedSettings } from "./stored-definition.js";
import type { StudyEvent } from "./study-events.js";
import type { StudyReading } from "./summary.js";

/** Events that summaries and reports are made from; there are many others, which nobody has to wait for. */
const shownEvents = [
  "study.started",
  "study.changed",
  "trial.finished",
  "incumbent.changed",
  "advice.received",
  "advice.failed",
] as const satisfies readonly StudyEvent["type"][];

/** What is stored of a study as one consistent view, for summaries and reports. */
export function readStudy(store: Store, id: string): StudyReading {
  return store.transaction(() => {
    const record = store.study(id);
    return {
      record,
      settings: storedSettings(record),
      trials: store.trials(id),
      events: store.events(id, { types: shownEvents }),
      snapshot: store.snapshot(id),
      spend: store.spendTotals(id),
    };
  });
}
