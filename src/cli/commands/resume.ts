import { resolve } from "node:path";
import { Store } from "../../store/index.js";
import { resumeFromFile, studyFileChanged } from "../../study/session.js";
import { carryOut } from "../carry-out.js";
import type { ResumeChoice } from "../program.js";
import { findStoreFolder, surroundingsOf } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/** `agent-tune resume`: goes on with an interrupted study. */
export async function resume(terminal: Terminal, options: ResumeChoice): Promise<void> {
  const replay = options.replay === undefined ? undefined : resolve(terminal.cwd, options.replay);
  const store = Store.open(findStoreFolder(terminal, options.directory));
  try {
    const record = store.findStudy(options.study);
    if (record.status === "finished") terminal.err(`note: study ${record.name} (${record.id}) is finished already.`);
    else if (studyFileChanged(record)) {
      terminal.err(
        "note: the study file has changed since this study began; it goes on with what it began with. A new study takes the new file: agent-tune run",
      );
    }
    await carryOut(terminal, await resumeFromFile(surroundingsOf(terminal, store, replay), record), store, options);
  } finally {
    store.close();
  }
}
