import { resolve } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../../errors.js";
import { commandText } from "../../report/command-text.js";
import { Store } from "../../store/index.js";
import { resumeFromFile, studyFileChanged } from "../../study/session.js";
import { carryOut, tellOutcome } from "../carry-out.js";
import type { ResumeChoice } from "../choices.js";
import { findStoreFolder, surroundingsOf, whereabouts } from "../surroundings.js";
import type { Terminal } from "../terminal.js";
import { overridesOf } from "./run.js";

/** `agent-tune resume`: goes on with a study that was interrupted, or that is given more to go on with. */
export async function resume(terminal: Terminal, options: ResumeChoice): Promise<void> {
  const replay = options.replay === undefined ? undefined : resolve(terminal.cwd, options.replay);
  refuseStudyFile(options);
  const said = overridesOf(options);
  const store = Store.open(findStoreFolder(terminal, options.directory));
  try {
    const record = store.findStudy(options.study);
    const nothingToDo = (why: string): void => {
      const more = commandText("resume", { ...whereabouts(terminal, store, record.id), study: record.id });
      terminal.err(
        `note: study ${record.name} (${record.id}) is finished already${why}. To search on, give it more: ${more} --trials N`,
      );
      tellOutcome(terminal, store, record.id, options);
    };
    if (record.status === "finished" && Object.keys(said).length === 0) {
      nothingToDo("");
      return;
    }
    if (studyFileChanged(record)) {
      terminal.err(
        "note: the study file has changed since this study began; it goes on with what it began with. A new study takes the new file: agent-tune run",
      );
    }
    const before = lastAdvisor(store, record.id);
    const study = await resumeFromFile(surroundingsOf(terminal, store, replay), record, said);
    const { over } = study;
    if (over !== undefined) {
      study.close();
      nothingToDo(`, and what was said gives it no room: ${over.detail}`);
      return;
    }
    if (said.model === undefined && before !== undefined && before !== study.advisor) {
      terminal.err(
        `note: until now this study was advised by ${before ?? "nobody"}, from here on by ${study.advisor ?? "nobody"}: the keys in the environment have changed.`,
      );
    }
    await carryOut(terminal, study, store, options);
  } finally {
    store.close();
  }
}

/** @throws AgentTuneError `study_changed`: a study goes on with the file that it began with */
function refuseStudyFile({ config }: ResumeChoice): void {
  if (config === undefined) return;
  throw new AgentTuneError("study_changed", {
    message: "A study goes on with the study file that it began with, as it was then.",
    where: `--config ${config}`,
    remedy: `Resume it without --config, or start another study: agent-tune run --config ${config}.`,
  });
}

/** Who advised when the study was last worked on; undefined where it never was. */
function lastAdvisor(store: Store, id: string): string | null | undefined {
  const started = store.events(id, { types: ["study.started"] }).at(-1);
  const parsed = z.object({ advisor: z.string().nullable() }).safeParse(started?.data);
  return parsed.success ? parsed.data.advisor : undefined;
}
