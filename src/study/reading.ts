import type { Store } from "../store/index.js";
import { storedSettings } from "./stored-definition.js";
import type { StudyReading } from "./summary.js";

/** Everything stored of a study as one consistent view, for summaries and reports. */
export function readStudy(store: Store, id: string): StudyReading {
  return store.transaction(() => {
    const record = store.study(id);
    return {
      record,
      settings: storedSettings(record),
      trials: store.trials(id),
      events: store.events(id),
      snapshot: store.snapshot(id),
      spend: store.spendTotals(id),
    };
  });
}
