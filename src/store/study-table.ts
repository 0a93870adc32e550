import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { type StudyRecord, studyStatuses } from "./records.js";
import { present, readJson, readRow } from "./row.js";
import type { Row, SqliteConnection } from "./sqlite-connection.js";

const columns = {
  id: "id",
  name: "name",
  created_at: "createdAt",
  seed: "seed",
  definition_hash: "definitionHash",
  status: "status",
  finished_reason: "finishedReason",
};

const schema: z.ZodType<StudyRecord> = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.number(),
  seed: z.number(),
  definition: z.unknown(),
  definitionHash: z.string(),
  status: z.enum(studyStatuses),
  finishedReason: z.string().exactOptional(),
});

export function insertStudy(connection: SqliteConnection, study: StudyRecord): void {
  if (connection.get("SELECT id FROM studies WHERE id = ?", study.id) !== undefined) {
    throw new AgentTuneError("study_exists", {
      message: `There is a study ${study.id} already.`,
      where: connection.file,
      remedy: "Go on with it by `agent-tune resume`, or give the new study another id.",
    });
  }
  connection.run(
    `INSERT INTO studies (id, name, created_at, seed, definition, definition_hash, status, finished_reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    study.id,
    study.name,
    study.createdAt,
    study.seed,
    JSON.stringify(study.definition) ?? "null",
    study.definitionHash,
    study.status,
    study.finishedReason ?? null,
  );
}

export function updateStudy(connection: SqliteConnection, study: StudyRecord): void {
  const changed = connection.run(
    `UPDATE studies SET name = ?, seed = ?, definition = ?, definition_hash = ?, status = ?, finished_reason = ?
     WHERE id = ?`,
    study.name,
    study.seed,
    JSON.stringify(study.definition) ?? "null",
    study.definitionHash,
    study.status,
    study.finishedReason ?? null,
    study.id,
  );
  if (changed === 0) throw unknownStudy(connection, study.id);
}

/** @throws AgentTuneError `study_unknown` */
export function readStudy(connection: SqliteConnection, id: string): StudyRecord {
  const row = connection.get("SELECT * FROM studies WHERE id = ?", id);
  if (row === undefined) throw unknownStudy(connection, id);
  return studyFrom(connection, row);
}

/** All studies, oldest first. */
export function readStudies(connection: SqliteConnection): readonly StudyRecord[] {
  const rows = connection.all("SELECT * FROM studies ORDER BY created_at, id");
  return rows.map((row) => studyFrom(connection, row));
}

/**
 * The study that a person means: by id, by name (the newest of that name), by the beginning of an id that only
 * one has, or, with nothing said, the newest of all.
 *
 * @throws AgentTuneError `study_unknown` with the studies there are
 */
export function findStudy(connection: SqliteConnection, nameOrId?: string): StudyRecord {
  const newestFirst = [...readStudies(connection)].reverse();
  if (nameOrId === undefined) {
    const [newest] = newestFirst;
    if (newest === undefined) throw unknownStudy(connection, undefined);
    return newest;
  }
  const exact =
    newestFirst.find((study) => study.id === nameOrId) ?? newestFirst.find((study) => study.name === nameOrId);
  if (exact !== undefined) return exact;
  const [only, ...others] = newestFirst.filter((study) => nameOrId !== "" && study.id.startsWith(nameOrId));
  if (only === undefined || others.length > 0) throw unknownStudy(connection, nameOrId);
  return only;
}

function unknownStudy(connection: SqliteConnection, asked: string | undefined): AgentTuneError {
  const known = connection.all("SELECT id, name FROM studies ORDER BY created_at DESC, id DESC LIMIT 6");
  if (known.length === 0) {
    return new AgentTuneError("study_unknown", {
      message: "There are no studies here yet.",
      where: connection.file,
      remedy: "Start one with `agent-tune run`.",
    });
  }
  const names = known.slice(0, 5).map((row) => `${String(row.name)} (${String(row.id)})`);
  return new AgentTuneError("study_unknown", {
    message: `There is no study ${asked ?? ""}.`,
    where: connection.file,
    remedy: `Name one of the studies there are: ${names.join(", ")}${known.length > 5 ? ", ..." : ""}.`,
  });
}

function studyFrom(connection: SqliteConnection, row: Row): StudyRecord {
  const where = `${connection.file}, study ${String(row.id)}`;
  return readRow(schema, { ...present(row, columns), definition: readJson(row, "definition", where) }, where);
}
