import { AgentTuneError, ExitCode } from "../errors.js";
import { commandText, type Whereabouts } from "../report/command-text.js";
import { textSummary, writeReport } from "../report/index.js";
import { verdictOf } from "../report/verdict.js";
import type { Store } from "../store/index.js";
import { readStudy } from "../study/reading.js";
import type { Study } from "../study/study.js";
import { type StudyReading, type Summary, summarize } from "../study/summary.js";
import { evidenceByVersion } from "../study/version-evidence.js";
import { reportFailure } from "./failure.js";
import { plainProgress } from "./plain-progress.js";
import { stopOnSignals } from "./stop-on-signals.js";
import { whereabouts } from "./surroundings.js";
import type { Terminal } from "./terminal.js";

export interface CarryOutOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
}

/**
 * Works on a study until it is done or the person stops it, shows progress on standard error, writes the report, and
 * ends with the summary on standard output. Sets the exit code.
 */
export async function carryOut(
  terminal: Terminal,
  study: Study,
  store: Store,
  options: CarryOutOptions,
): Promise<void> {
  const at = whereabouts(terminal, store, study.id);
  const goOn = commandText("resume", { ...at, study: study.id });
  const display = await openDisplay(terminal, study, store, options);
  const stop = stopOnSignals(
    (reason) => {
      study.interrupt(reason);
      return true;
    },
    (text) => display.note(text),
  );
  const unsubscribe = study.subscribe(({ event }) => stop.note(study.id, event));
  try {
    await study.run();
  } catch (error) {
    display.close();
    // What an error advises is meant for the study's own folder.
    if (at.folder !== undefined) terminal.err(`note: from this folder the study goes on with: ${goOn}`);
    throw error;
  } finally {
    unsubscribe();
    stop.release();
    display.close();
    study.close();
  }
  tellOutcome(terminal, store, study.id, options);
  if (stop.requested()) {
    terminal.err(`Interrupted; nothing is lost. Go on with: ${goOn}`);
    terminal.setExitCode(ExitCode.interrupted);
  }
}

/** Writes the report, prints the summary on standard output, and sets the exit code where there is no answer. */
export function tellOutcome(terminal: Terminal, store: Store, id: string, options: CarryOutOptions): void {
  const reading = readStudy(store, id);
  const report = tryReport(store, reading);
  const evidence = evidenceByVersion(reading);
  const summary = summarize(reading, typeof report === "string" ? report : null, evidence);
  const at = whereabouts(terminal, store, id);
  if (options.json) terminal.out(JSON.stringify(summary));
  else terminal.out(textSummary(summary, evidence.now.space, process.stdout.columns, at, evidence.base.space));
  // The answer above is all that standard output gets, so that a program reads one document; the rest is said.
  const failure = typeof report === "string" ? withoutAnswer(summary, at) : report;
  if (failure !== undefined) terminal.setExitCode(reportFailure(terminal, failure, false));
}

/** The path of the report, or why there is none: a full disk must not cost the person the answer itself. */
function tryReport(store: Store, reading: StudyReading): string | AgentTuneError {
  try {
    return writeReport(store, reading);
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
}

/** What a finished study that found nothing ends with. */
function withoutAnswer(summary: Summary, at: Whereabouts): AgentTuneError | undefined {
  const { best, trials, study } = summary;
  if (best !== null || study.status !== "finished") return undefined;
  const allFailed = trials.failed > 0 && trials.complete === 0;
  return new AgentTuneError(allFailed ? "all_trials_failed" : "nothing_completed", {
    message: allFailed
      ? `All ${trials.failed} trials failed.`
      : trials.complete > 0
        ? verdictOf(summary).sentence
        : "The budget was used up before any trial completed.",
    where: `study ${study.id}`,
    remedy: `Look at one with: ${commandText("show 0", at)}`,
  });
}

/** What a person watches while a study runs. */
interface Display {
  /** Something that the person must see now. */
  note(text: string): void;
  close(): void;
}

async function openDisplay(terminal: Terminal, study: Study, store: Store, options: CarryOutOptions): Promise<Display> {
  if (!terminal.interactive || options.plain) {
    return { note: (text) => terminal.err(text), close: plainProgress(terminal, study, store).close };
  }
  const { openRunScreen } = await import("../tui/index.js");
  return openRunScreen(study, store);
}
