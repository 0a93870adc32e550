import { z } from "zod";
import type { Observation } from "../trials/outcome.js";
import type { ObservationRecord } from "./records.js";
import { readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

const schema: z.ZodType<ObservationRecord> = z.object({
  trial: z.number(),
  attempt: z.number(),
  index: z.number(),
  metric: z.string(),
  step: z.number(),
  // Infinite is as good a reading as any; SQLite has no value that is not a number and keeps NULL for it.
  value: z.preprocess(
    (value) => value ?? Number.NaN,
    z.custom<number>((value) => typeof value === "number"),
  ),
  seconds: z.number(),
});

/** Call inside a transaction. */
export function appendObservations(
  connection: SqliteConnection,
  study: string,
  trial: number,
  attempt: number,
  observations: readonly Observation[],
): void {
  const last = connection.get(
    "SELECT max(position) AS last FROM observations WHERE study = ? AND trial = ? AND attempt = ?",
    study,
    trial,
    attempt,
  );
  let position = Number(last?.last ?? -1);
  for (const observation of observations) {
    position += 1;
    connection.run(
      `INSERT INTO observations (study, trial, attempt, position, metric, step, value, seconds)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      study,
      trial,
      attempt,
      position,
      observation.metric,
      observation.step,
      Number.isNaN(observation.value) ? null : observation.value,
      observation.seconds,
    );
  }
}

/** All readings of a trial in the order they came, earlier attempts first. */
export function readObservations(
  connection: SqliteConnection,
  study: string,
  trial: number,
): readonly ObservationRecord[] {
  const rows = connection.all(
    `SELECT trial, attempt, position AS "index", metric, step, value, seconds FROM observations
     WHERE study = ? AND trial = ? ORDER BY attempt, position`,
    study,
    trial,
  );
  const where = `${connection.file}, study ${study}, observations of trial ${trial}`;
  return rows.map((row) => readRow(schema, row, where));
}
