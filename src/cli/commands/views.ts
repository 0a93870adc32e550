import { AgentTuneError } from "../../errors.js";
import { writeExchange } from "../../llm/recording.js";
import { commandText } from "../../report/command-text.js";
import { Store, type TrialRecord } from "../../store/index.js";
import { readStudy } from "../../study/reading.js";
import { summarize } from "../../study/summary.js";
import { evidenceByVersion } from "../../study/version-evidence.js";
import type { StudyChoice } from "../choices.js";
import { findStoreFolder, reading, whereabouts } from "../surroundings.js";
import type { Terminal } from "../terminal.js";

/*
 * Each view loads its own part of the report room when it is asked for: status must not wait for the report's.
 */

/** `agent-tune status`: how a study stands, whether or not somebody works on it now. */
export async function status(terminal: Terminal, options: StudyChoice): Promise<void> {
  const { statusText } = await import("../../report/status-text.js");
  reading(terminal, options.directory, (store) => {
    const record = store.findStudy(options.study);
    const study = readStudy(store, record.id);
    const evidence = evidenceByVersion(study);
    const summary = summarize(study, null, evidence);
    const holder = store.holder(record.id);
    const running = study.trials.filter(({ state }) => state === "running").map(({ number }) => number);
    terminal.out(
      options.json
        ? json({
            ...summary,
            controller: holder === undefined ? null : holder,
            running: holder === undefined ? [] : running,
          })
        : statusText(study, summary, holder, { at: whereabouts(terminal, store, record.id), evidence }),
    );
  });
}

/** `agent-tune trials`: all trials of a study. */
export async function trials(terminal: Terminal, options: StudyChoice): Promise<void> {
  if (options.json) {
    reading(terminal, options.directory, (store) => {
      const { id } = store.findStudy(options.study);
      terminal.out(json({ schema: "agent-tune/trials/1", study: id, trials: store.trials(id).map(publicTrial) }));
    });
    return;
  }
  const { trialsTable } = await import("../../report/trials-table.js");
  reading(terminal, options.directory, (store) => {
    terminal.out(trialsTable(readStudy(store, store.findStudy(options.study).id), process.stdout.columns ?? 100));
  });
}

/** `agent-tune best`: the answer, ready to copy. */
export async function best(terminal: Terminal, options: StudyChoice): Promise<void> {
  const { bestText } = await import("../../report/best-text.js");
  reading(terminal, options.directory, (store) => {
    const study = readStudy(store, store.findStudy(options.study).id);
    const summary = summarize(study);
    if (summary.best === null) {
      throw new AgentTuneError("nothing_completed", {
        message:
          summary.trials.complete > 0
            ? "No trial that completed can be the answer, so there is no best configuration."
            : "No trial of this study has completed, so there is no best configuration.",
        where: `study ${study.record.id}`,
        remedy: `See why with: ${commandText("trials", whereabouts(terminal, store, study.record.id))}`,
      });
    }
    const { objective, best: found, gain, noise } = summary;
    terminal.out(
      options.json
        ? json({ schema: "agent-tune/best/1", objective, ...found, gain, noise })
        : bestText(study, summary, undefined, whereabouts(terminal, store, study.record.id)),
    );
  });
}

/** `agent-tune show N`: one trial in full. */
export async function show(terminal: Terminal, number: number, options: StudyChoice): Promise<void> {
  const { trialText } = await import("../../report/trial-text.js");
  reading(terminal, options.directory, (store) => {
    const study = readStudy(store, store.findStudy(options.study).id);
    const trial = store.trial(study.record.id, number);
    const observations = store.observations(study.record.id, number).filter(({ attempt }) => attempt === trial.attempt);
    terminal.out(
      options.json
        ? json({
            schema: "agent-tune/trial/1",
            study: study.record.id,
            ...publicTrial(trial),
            observations: observations.map(({ metric, step, value, seconds }) => ({
              metric,
              step,
              // JSON has no NaN and no infinity: text says which it was.
              value: Number.isFinite(value) ? value : String(value),
              seconds,
            })),
          })
        : trialText(study, trial, observations),
    );
  });
}

/** `agent-tune predict name=value ...`: what the models expect of a configuration that may never have run. */
export async function predict(terminal: Terminal, given: readonly string[], options: StudyChoice): Promise<void> {
  const [{ predictConfiguration }, { predictionText }] = await Promise.all([
    import("../../study/prediction.js"),
    import("../../report/prediction-text.js"),
  ]);
  reading(terminal, options.directory, (store) => {
    const study = readStudy(store, store.findStudy(options.study).id);
    const prediction = predictConfiguration(study, assignments(given));
    terminal.out(options.json ? json(prediction) : predictionText(study, prediction));
  });
}

/** @throws AgentTuneError `usage` for what is not name=value */
function assignments(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf("=");
      if (at > 0) return [each.slice(0, at), each.slice(at + 1)];
      throw new AgentTuneError("usage", {
        message: `"${each}" is not name=value.`,
        remedy: "Give values like: agent-tune predict lr=3e-4 depth=8",
      });
    }),
  );
}

/** `agent-tune report`: writes the report of a study again. */
export async function report(terminal: Terminal, options: StudyChoice): Promise<void> {
  const { writeReport } = await import("../../report/write-report.js");
  const store = Store.open(findStoreFolder(terminal, options.directory));
  try {
    const path = writeReport(store, readStudy(store, store.findStudy(options.study).id));
    terminal.out(options.json ? json({ schema: "agent-tune/report/1", path }) : path);
  } finally {
    store.close();
  }
}

/** `agent-tune recording`: every exchange with the model, one JSON object a line, for `--replay`. */
export function recording(terminal: Terminal, options: StudyChoice): void {
  reading(terminal, options.directory, (store) => {
    for (const exchange of store.exchanges(store.findStudy(options.study).id)) terminal.out(writeExchange(exchange));
  });
}

/** Without the mark, which is how a trial's processes are recognised and nobody else's business. */
function publicTrial({ mark: _, ...trial }: TrialRecord): Omit<TrialRecord, "mark"> {
  return trial;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
