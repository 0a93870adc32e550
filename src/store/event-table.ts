import { z } from "zod";
import type { EventRecord, NewEvent } from "./records.js";
import { present, readJson, readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

export interface EventQuery {
  /** Only events with a larger sequence. */
  readonly after?: number;
  /** At most so many, the earliest of them. */
  readonly limit?: number;
  readonly types?: readonly string[];
}

const schema: z.ZodType<EventRecord> = z.object({
  sequence: z.number(),
  at: z.number(),
  type: z.string(),
  trial: z.number().exactOptional(),
  data: z.unknown(),
});

/** Appends in order and returns the events with their sequences. Call inside a transaction. */
export function appendEvents(
  connection: SqliteConnection,
  study: string,
  events: readonly NewEvent[],
): readonly EventRecord[] {
  let sequence = lastSequence(connection, study);
  return events.map((event) => {
    sequence += 1;
    connection.run(
      "INSERT INTO events (study, sequence, at, type, trial, data) VALUES (?, ?, ?, ?, ?, ?)",
      study,
      sequence,
      event.at,
      event.type,
      event.trial ?? null,
      JSON.stringify(event.data) ?? "null",
    );
    return { sequence, ...event };
  });
}

export function readEvents(connection: SqliteConnection, study: string, query: EventQuery): readonly EventRecord[] {
  const types = query.types === undefined ? null : JSON.stringify(query.types);
  const rows = connection.all(
    `SELECT sequence, at, type, trial, data FROM events
     WHERE study = ? AND sequence > ? AND (? IS NULL OR type IN (SELECT value FROM json_each(?)))
     ORDER BY sequence LIMIT ?`,
    study,
    query.after ?? 0,
    types,
    types,
    query.limit ?? -1,
  );
  return rows.map((row) => {
    const where = `${connection.file}, study ${study}, event ${String(row.sequence)}`;
    const names = { sequence: "sequence", at: "at", type: "type", trial: "trial" };
    return readRow(schema, { ...present(row, names), data: readJson(row, "data", where) }, where);
  });
}

/** Sequence of the study's last event; 0 where it has none. */
export function lastSequence(connection: SqliteConnection, study: string): number {
  return Number(connection.get("SELECT max(sequence) AS last FROM events WHERE study = ?", study)?.last ?? 0);
}
