import { z } from "zod";
import { readJson, readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

const schema = z.object({ number: z.number().int() });

/** A code version as it is stored; its meaning belongs to the code room. */
export interface CodeVersionRecord {
  /** 0 for the code as it was given, then in the order in which versions were made. */
  readonly number: number;
  readonly data: unknown;
}

/** Inserts, or replaces what is stored of that version. */
export function putCodeVersion(connection: SqliteConnection, study: string, { number, data }: CodeVersionRecord): void {
  connection.run(
    "INSERT INTO code_versions (study, number, data) VALUES (?, ?, ?) ON CONFLICT (study, number) DO UPDATE SET data = excluded.data",
    study,
    number,
    JSON.stringify(data),
  );
}

/** By number; none in a file that an earlier release wrote and that is only read. */
export function readCodeVersions(connection: SqliteConnection, study: string): readonly CodeVersionRecord[] {
  if (connection.get("SELECT 1 FROM sqlite_master WHERE name = 'code_versions'") === undefined) return [];
  const where = `${connection.file}, study ${study}, code version`;
  return connection
    .all("SELECT number, data FROM code_versions WHERE study = ? ORDER BY number", study)
    .map((row) => ({ ...readRow(schema, row, where), data: readJson(row, "data", where) }));
}
