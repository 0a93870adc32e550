import { z } from "zod";
import { baseVersion, type CodeVersion, codeVersionSchema } from "../code/version.js";
import { AgentTuneError } from "../errors.js";
import type { Store } from "../store/index.js";
import { readSnapshot } from "./snapshot.js";
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
  "version.decided",
  "version.refused",
  "coder.failed",
  "coder.passed",
] as const satisfies readonly StudyEvent["type"][];

/**
 * What is stored of a study as one consistent view, for summaries and reports.
 *
 * @throws AgentTuneError `study_unknown`, `state_invalid`
 */
export function readStudy(store: Store, id: string): StudyReading {
  return store.transaction(() => {
    const record = store.study(id);
    const settings = storedSettings(record);
    const snapshot = store.snapshot(id);
    return {
      record,
      settings,
      trials: store.trials(id),
      events: store.events(id, { types: shownEvents }),
      snapshot,
      spend: store.spendTotals(id),
      versions: storedVersions(store, id),
      head: settings.code === undefined ? undefined : storedHead(snapshot),
    };
  });
}

function storedVersions(store: Store, id: string): ReadonlyMap<string, CodeVersion> {
  return new Map(
    store.codeVersions(id).map(({ number, data }) => {
      const parsed = codeVersionSchema.safeParse(data);
      if (parsed.success) return [parsed.data.id, parsed.data];
      throw new AgentTuneError("state_invalid", {
        message: `Code version v${number} cannot be read: ${z.prettifyError(parsed.error)}`,
        where: `study ${id}`,
        remedy: "Use the agent-tune that wrote it, or run agent-tune doctor.",
      });
    }),
  );
}

function storedHead(snapshot: StudyReading["snapshot"]): string {
  const state = snapshot === undefined ? undefined : readSnapshot(snapshot.version, snapshot.text);
  return state?.code?.head ?? baseVersion;
}
