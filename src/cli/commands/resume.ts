import { resolve } from "node:path";
import { z } from "zod";
import { Store } from "../../store/index.js";
import { resumeFromFile, studyFileChanged } from "../../study/session.js";
import { carryOut, tellOutcome } from "../carry-out.js";
import type { ResumeChoice } from "../program.js";
import { findStoreFolder, surroundingsOf } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** `agent-tune resume`: goes on with an interrupted study. */
export async function resume(terminal: Terminal, options: ResumeChoice): Promise<void> {
  const replay = options.replay === undefined ? undefined : resolve(terminal.cwd, options.replay);
  const store = Store.open(findStoreFolder(terminal, options.directory));
  try {
    const record = store.findStudy(options.study);
    if (record.status === "finished") {
      terminal.err(`note: study ${record.name} (${record.id}) is finished already.`);
      tellOutcome(terminal, store, record.id, options);
      return;
    }
    if (studyFileChanged(record)) {
      terminal.err(
        "note: the study file has changed since this study began; it goes on with what it began with. A new study takes the new file: agent-tune run",
      );
    }
    const before = lastAdvisor(store, record.id);
    const study = await resumeFromFile(surroundingsOf(terminal, store, replay), record);
    if (before !== undefined && before !== study.advisor) {
      terminal.err(
        `note: until now this study was advised by ${before ?? "nobody"}, from here on by ${study.advisor ?? "nobody"}: the keys in the environment have changed.`,
      );
    }
    await carryOut(terminal, study, store, options);
  } finally {
    store.close();
  }
}

/** Who advised when the study was last worked on; undefined where it never was. */
function lastAdvisor(store: Store, id: string): string | null | undefined {
  const started = store.events(id, { types: ["study.started"] }).at(-1);
  const parsed = z.object({ advisor: z.string().nullable() }).safeParse(started?.data);
  return parsed.success ? parsed.data.advisor : undefined;
}
