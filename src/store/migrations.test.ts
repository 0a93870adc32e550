import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AgentTuneError } from "../errors.js";
import { migrate, migrations, readSchemaVersion, schemaVersion } from "./migrations.js";
import { openDriver, SqliteConnection } from "./sqlite-connection.js";
import { Store } from "./store.js";

const schema1 = readFileSync(new URL("./fixtures/schema-1.sql", import.meta.url), "utf8");

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-migrations-"));
  file = join(folder, "agent-tune.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(sql: string): void {
  const database = openDriver(file, { timeout: 1_000 });
  database.exec(sql);
  database.close();
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

/** Every table with its columns, which is what statements depend on; spacing and comments are not. */
function shape(connection: SqliteConnection): unknown {
  return connection.all(
    `SELECT t.name AS "table", c.name AS "column", c.type, c."notnull", c.pk, t.strict, t.wr
     FROM pragma_table_list() t, pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'
     ORDER BY t.name, c.cid`,
  );
}

it.each([{ readonly: false }, { readonly: true }])("a file of schema 1 is read, with %o", (options) => {
  write(schema1);
  const store = Store.open(folder, options);
  const id = store.findStudy("char-lm").id;
  expect(store.trials(id).map((trial) => [trial.number, trial.state, trial.attempt])).toEqual([
    [0, "finished", 1],
    [1, "running", 2],
  ]);
  expect(store.trial(id, 0).outcome).toEqual({ kind: "complete", value: 1.5 });
  expect(store.observations(id, 0).map((observation) => observation.value)).toEqual([Number.NaN, 1.25]);
  expect(store.snapshot(id)).toEqual({ version: 1, text: '{"turn":2}', generation: 2 });
  expect(store.unsettledReservations(id)).toHaveLength(1);
  expect(store.check()).toEqual([]);
  store.close();
});

it("every fixture leads to the same tables as a new file", () => {
  write(schema1);
  const old = SqliteConnection.writer(file);
  migrate(old, 0);
  const fresh = SqliteConnection.writer(join(folder, "fresh.db"));
  migrate(fresh, 0);
  expect(shape(old)).toEqual(shape(fresh));
  expect(readSchemaVersion(old)).toBe(schemaVersion);
  old.close();
  fresh.close();
});

it("each step is recorded once, however often the file is opened", () => {
  Store.open(folder, { create: true, now: 5 }).close();
  Store.open(folder, { create: true, now: 6 }).close();
  const connection = SqliteConnection.reader(file);
  expect(connection.all("SELECT * FROM migrations")).toEqual(
    migrations.map(({ name }, index) => ({ version: index + 1, name, applied_at: 5 })),
  );
  connection.close();
});

it("a schema of a newer release is refused and left as it is", () => {
  write(schema1);
  write("PRAGMA user_version = 99");
  const before = readFileSync(file);
  for (const options of [{ create: true }, { readonly: true }]) {
    expect(codeOf(() => Store.open(folder, options))).toBe("store_too_new");
  }
  expect(readSchemaVersionOfCopy()).toBe(99);
  expect(before.length).toBe(readFileSync(file).length);
});

it("another program's database is not taken over", () => {
  write("CREATE TABLE bookmarks (url TEXT)");
  for (const options of [{ create: true }, { readonly: true }]) {
    expect(codeOf(() => Store.open(folder, options))).toBe("store_damaged");
  }
});

it("an empty file, left by a process that was ended while it created the store, becomes a store", () => {
  write("PRAGMA journal_mode = WAL");
  const reader = Store.open(folder, { readonly: true });
  expect(reader.studies()).toEqual([]);
  reader.close();
});

it("a step that fails leaves the schema before it whole", () => {
  const connection = SqliteConnection.writer(file);
  connection.script("CREATE VIEW exchanges AS SELECT 1; PRAGMA application_id = 1096045902");
  expect(() => migrate(connection, 0)).toThrow();
  expect(connection.all("SELECT name FROM sqlite_master")).toEqual([{ name: "exchanges" }]);
  expect(connection.get("PRAGMA user_version")?.user_version).toBe(0);
  connection.close();
});

function readSchemaVersionOfCopy(): unknown {
  const copy = join(folder, "copy");
  mkdirSync(copy);
  copyFileSync(file, join(copy, "agent-tune.db"));
  const database = openDriver(join(copy, "agent-tune.db"), { timeout: 0 });
  const [row] = database.prepare("SELECT user_version FROM pragma_user_version").all() as { user_version: number }[];
  database.close();
  return row?.user_version;
}
