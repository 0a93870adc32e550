import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { type TrialRecord, trialSchema } from "./records.js";
import { present, readJson, readRow } from "./row.js";
import type { Bound, Row, SqliteConnection } from "./sqlite-connection.js";

const columns = {
  number: "number",
  state: "state",
  attempt: "attempt",
  mark: "mark",
  seed: "seed",
  queued_at: "queuedAt",
  started_at: "startedAt",
  finished_at: "finishedAt",
  seconds: "seconds",
  peak_memory_bytes: "peakMemoryBytes",
  exit_code: "exitCode",
  signal: "signal",
  device: "device",
  log_file: "logFile",
  sandbox: "sandbox",
};

const written = [
  "state",
  "attempt",
  "mark",
  "seed",
  "proposal",
  "derived",
  "queued_at",
  "started_at",
  "finished_at",
  "outcome",
  "metrics",
  "seconds",
  "peak_memory_bytes",
  "exit_code",
  "signal",
  "device",
  "log_tail",
  "log_file",
  "sandbox",
];
const insert = `INSERT INTO trials (${written.join(", ")}, study, number)
  VALUES (${written.map(() => "?").join(", ")}, ?, ?)`;
const update = `UPDATE trials SET ${written.map((column) => `${column} = ?`).join(", ")} WHERE study = ? AND number = ?`;

export function insertTrial(connection: SqliteConnection, study: string, trial: TrialRecord): void {
  connection.run(insert, ...values(trial, study), study, trial.number);
}

/** Replaces everything that is stored of the trial. */
export function updateTrial(connection: SqliteConnection, study: string, trial: TrialRecord): void {
  const changed = connection.run(update, ...values(trial, study), study, trial.number);
  if (changed === 0) throw unknownTrial(study, trial.number);
}

/** @throws AgentTuneError `trial_unknown` */
export function readTrial(connection: SqliteConnection, study: string, number: number): TrialRecord {
  const row = connection.get("SELECT * FROM trials WHERE study = ? AND number = ?", study, number);
  if (row === undefined) throw unknownTrial(study, number);
  return trialFrom(connection, row);
}

/** All trials by number. */
export function readTrials(connection: SqliteConnection, study: string): readonly TrialRecord[] {
  const rows = connection.all("SELECT * FROM trials WHERE study = ? ORDER BY number", study);
  return rows.map((row) => trialFrom(connection, row));
}

function values(trial: TrialRecord, study: string): readonly Bound[] {
  const checked = trialSchema.safeParse(trial);
  const consistent = (trial.state === "finished") === (trial.outcome !== undefined);
  if (!checked.success || !consistent) {
    // A value that is not a number would be stored as null and make the study unreadable.
    throw new AgentTuneError("internal", {
      message: `Trial ${trial.number} cannot be stored: ${
        checked.success ? "an outcome belongs to finished trials, and to all of them" : z.prettifyError(checked.error)
      }`,
      where: `study ${study}`,
    });
  }
  return [
    trial.state,
    trial.attempt,
    trial.mark,
    trial.seed,
    JSON.stringify(trial.proposal),
    JSON.stringify(trial.derived),
    trial.queuedAt,
    trial.startedAt ?? null,
    trial.finishedAt ?? null,
    trial.outcome === undefined ? null : JSON.stringify(trial.outcome),
    JSON.stringify(trial.metrics),
    trial.seconds ?? null,
    trial.peakMemoryBytes ?? null,
    trial.exitCode ?? null,
    trial.signal ?? null,
    trial.device ?? null,
    JSON.stringify(trial.logTail),
    trial.logFile ?? null,
    trial.sandbox ?? null,
  ];
}

function trialFrom(connection: SqliteConnection, row: Row): TrialRecord {
  const where = `${connection.file}, study ${String(row.study)}, trial ${String(row.number)}`;
  const record = {
    ...present(row, columns),
    proposal: readJson(row, "proposal", where),
    derived: readJson(row, "derived", where),
    metrics: readJson(row, "metrics", where),
    logTail: readJson(row, "log_tail", where),
    ...(row.outcome === null ? {} : { outcome: readJson(row, "outcome", where) }),
  };
  return readRow(trialSchema, record, where);
}

function unknownTrial(study: string, number: number): AgentTuneError {
  return new AgentTuneError("trial_unknown", {
    message: `There is no trial ${number} in study ${study}.`,
    where: `study ${study}`,
    remedy: "List the trials there are with `agent-tune trials`.",
  });
}
