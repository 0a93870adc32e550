import { z } from "zod";
import type { SnapshotRecord } from "./records.js";
import { readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

const schema: z.ZodType<SnapshotRecord> = z.object({ version: z.number(), text: z.string(), generation: z.number() });

/** Snapshots that are kept: the last one, and the one before it to look at when something is wrong. */
const kept = 2;

/** Call inside a transaction. */
export function saveSnapshot(connection: SqliteConnection, study: string, version: number, text: string): void {
  const last = connection.get("SELECT max(generation) AS last FROM snapshots WHERE study = ?", study);
  const generation = Number(last?.last ?? 0) + 1;
  connection.run(
    "INSERT INTO snapshots (study, generation, version, text) VALUES (?, ?, ?, ?)",
    study,
    generation,
    version,
    text,
  );
  connection.run("DELETE FROM snapshots WHERE study = ? AND generation <= ?", study, generation - kept);
}

/** Latest first; none, one or two. */
export function readSnapshots(connection: SqliteConnection, study: string): readonly SnapshotRecord[] {
  const rows = connection.all(
    "SELECT version, text, generation FROM snapshots WHERE study = ? ORDER BY generation DESC",
    study,
  );
  return rows.map((row) => readRow(schema, row, `${connection.file}, study ${study}, snapshot`));
}
