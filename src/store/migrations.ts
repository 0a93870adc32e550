import { AgentTuneError } from "../errors.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { damaged } from "./sqlite-failure.js";

/** Marks the file as agent-tune's: "ATUN". */
const applicationId = 0x4154_554e;

/** One step of the schema. Released steps are never changed: files written with them exist. */
interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The schema's version is the number of steps; `PRAGMA user_version` holds it. */
export const migrations: readonly Migration[] = [
  {
    name: "first schema",
    sql: `
      CREATE TABLE studies (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_at REAL NOT NULL,
        seed REAL NOT NULL,
        definition TEXT NOT NULL,
        definition_hash TEXT NOT NULL,
        status TEXT NOT NULL,
        finished_reason TEXT
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE trials (
        study TEXT NOT NULL REFERENCES studies (id),
        number INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished')),
        attempt INTEGER NOT NULL,
        mark TEXT NOT NULL,
        seed REAL NOT NULL,
        proposal TEXT NOT NULL,
        derived TEXT NOT NULL,
        queued_at REAL NOT NULL,
        started_at REAL,
        finished_at REAL,
        outcome TEXT,
        metrics TEXT NOT NULL,
        seconds REAL,
        peak_memory_bytes REAL,
        exit_code INTEGER,
        signal TEXT,
        device TEXT,
        log_tail TEXT NOT NULL,
        log_file TEXT,
        sandbox TEXT,
        PRIMARY KEY (study, number),
        CHECK ((state = 'finished') = (outcome IS NOT NULL))
      ) STRICT;

      CREATE TABLE events (
        study TEXT NOT NULL REFERENCES studies (id),
        sequence INTEGER NOT NULL,
        at REAL NOT NULL,
        type TEXT NOT NULL,
        trial INTEGER,
        data TEXT NOT NULL,
        PRIMARY KEY (study, sequence)
      ) STRICT;

      -- A value that is not a number is NULL; infinities are stored as they are.
      CREATE TABLE observations (
        study TEXT NOT NULL,
        trial INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        metric TEXT NOT NULL,
        step REAL NOT NULL,
        value REAL,
        seconds REAL NOT NULL,
        PRIMARY KEY (study, trial, attempt, position),
        FOREIGN KEY (study, trial) REFERENCES trials (study, number)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE snapshots (
        study TEXT NOT NULL REFERENCES studies (id),
        generation INTEGER NOT NULL,
        version INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (study, generation)
      ) STRICT;

      CREATE TABLE exchanges (
        study TEXT NOT NULL REFERENCES studies (id),
        sequence INTEGER NOT NULL,
        key TEXT NOT NULL,
        exchange TEXT NOT NULL,
        PRIMARY KEY (study, sequence)
      ) STRICT;

      CREATE TABLE reservations (
        study TEXT NOT NULL REFERENCES studies (id),
        id TEXT NOT NULL,
        position INTEGER NOT NULL,
        tokens REAL NOT NULL,
        cost REAL,
        at REAL NOT NULL,
        settled INTEGER NOT NULL DEFAULT 0,
        settled_tokens REAL,
        settled_cost REAL,
        settled_at REAL,
        PRIMARY KEY (study, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX reservations_unsettled ON reservations (study) WHERE settled = 0;
    `,
  },
  {
    name: "code versions",
    sql: `
      CREATE TABLE code_versions (
        study TEXT NOT NULL REFERENCES studies (id),
        number INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (study, number)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];

/** Version of the schema that this release writes. */
export const schemaVersion = migrations.length;

/**
 * Version of the schema in the file; 0 for an empty file.
 *
 * @throws AgentTuneError `store_too_new`, or `store_damaged` where the file is another program's
 */
export function readSchemaVersion(connection: SqliteConnection): number {
  const version = pragmaNumber(connection, "user_version");
  const tables = connection.all("SELECT name FROM sqlite_master").length;
  if (tables > 0 && pragmaNumber(connection, "application_id") !== applicationId) {
    throw damaged("it is a database of another program", connection.file);
  }
  if (version > schemaVersion) {
    throw new AgentTuneError("store_too_new", {
      message: `The studies were written by a newer agent-tune (schema ${version}; this one knows ${schemaVersion}).`,
      where: connection.file,
      remedy: "Update agent-tune, or work in another folder.",
    });
  }
  return tables === 0 ? 0 : version;
}

/**
 * Brings the schema up to this release's, each step with its record in one transaction; a crash in between
 * leaves the older schema whole.
 *
 * @param now milliseconds since the epoch, for the record
 */
export function migrate(connection: SqliteConnection, now: number): void {
  if (readSchemaVersion(connection) === schemaVersion) return;
  connection.transaction(() => {
    // Again under the write lock: another process may have done it meanwhile.
    const from = readSchemaVersion(connection);
    if (from === 0) {
      connection.script(`PRAGMA application_id = ${applicationId}`);
      connection.script(
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL) STRICT",
      );
    }
    for (const [index, migration] of migrations.entries()) {
      const version = index + 1;
      if (version <= from) continue;
      connection.script(migration.sql);
      connection.run(
        "INSERT INTO migrations (version, name, applied_at) VALUES (?, ?, ?)",
        version,
        migration.name,
        now,
      );
      connection.script(`PRAGMA user_version = ${version}`);
    }
  });
}

function pragmaNumber(connection: SqliteConnection, name: "user_version" | "application_id"): number {
  const value = connection.get(`PRAGMA ${name}`)?.[name];
  if (typeof value !== "number") throw damaged(`no ${name}`, connection.file);
  return value;
}
