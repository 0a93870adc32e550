import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type Driver from "libsql";
import { AgentTuneError } from "../errors.js";
import { diskError, failureName } from "./sqlite-failure.js";

/** What may be bound. The driver ends the whole process when it is given a boolean. */
export type Bound = number | string | null;
/** One row as it comes from the driver, not yet checked. */
export type Row = Readonly<Record<string, unknown>>;

/** How long a call waits for another process to finish its transaction, in milliseconds. */
const busyTimeout = 10_000;
/** Size of the write-ahead log from which it is copied into the database, in bytes. */
const checkpointSize = 4 * 1024 * 1024;
/** Longest wait of a checkpoint for readers to move on, in milliseconds. */
const checkpointTimeout = 1_000;
/** Commits between two looks at the size of the write-ahead log. */
const commitsBetweenLooks = 16;

const require = createRequire(import.meta.url);

/** Loads the native driver at its first use, so that commands that open no store do not pay for it. */
export function openDriver(file: string, options: { readonly timeout: number }): Driver.Database {
  const Database: typeof Driver = require("libsql");
  return new Database(file, options);
}

/** The same file as a URI, whose query the driver honours where it ignores its own `readonly` option. */
export function readonlyUri(file: string, query: "mode=ro" | "immutable=1"): string {
  return `${pathToFileURL(file).href}?${query}`;
}

/**
 * One connection to one database file: prepared statements kept by their text, transactions, and errors that
 * a person can act on.
 *
 * Checkpoints. The bundled SQLite is older than 3.51.3 and has its WAL-reset race: a commit that restarts the
 * log while another connection is in the middle of a checkpoint can be lost. So no connection checkpoints by
 * itself; a writer does it between transactions, in a mode that holds the write lock from start to end, and
 * readers are opened such that they cannot.
 */
export class SqliteConnection {
  readonly file: string;
  readonly readonly: boolean;
  readonly #database: Driver.Database;
  readonly #statements = new Map<string, Driver.Statement<Bound[]>>();
  #depth = 0;
  /** Set when SQLite has given up a transaction by itself, until that transaction is left. */
  #lost: unknown;
  #commits = 0;
  #checkpointAt = checkpointSize;
  #open = true;
  /** Says what is safe when the disk is full. */
  #kept: (() => string | undefined) | undefined;

  private constructor(database: Driver.Database, file: string, readonly: boolean) {
    this.#database = database;
    this.file = file;
    this.readonly = readonly;
  }

  /** Opens for reading and writing; creates the file where there is none. */
  static writer(file: string): SqliteConnection {
    try {
      const connection = new SqliteConnection(openDriver(file, { timeout: busyTimeout }), file, false);
      connection.#database.exec("PRAGMA wal_autocheckpoint = 0");
      connection.#journalInWal();
      connection.#database.exec("PRAGMA synchronous = FULL");
      connection.#database.exec("PRAGMA foreign_keys = ON");
      // SQLite opens a file that cannot be written as one to read, without a word, until the first change.
      connection.#database.exec("BEGIN IMMEDIATE; ROLLBACK");
      return connection;
    } catch (error) {
      throw diskError(error, file);
    }
  }

  /** Opens an existing file such that nothing done here can change it, its log included. */
  static reader(file: string): SqliteConnection {
    try {
      const connection = new SqliteConnection(
        openDriver(readonlyUri(file, "mode=ro"), { timeout: busyTimeout }),
        file,
        true,
      );
      try {
        connection.get("SELECT count(*) FROM sqlite_master");
        return connection;
      } catch (error) {
        // A log cannot be shared where nothing may be written; where there is none, the file is all there is.
        const code = failureName(AgentTuneError.isInstance(error) ? error.cause : error) ?? "";
        if (!/^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(code) || sizeOf(`${file}-wal`) > 0) throw error;
        connection.close();
      }
      return new SqliteConnection(openDriver(readonlyUri(file, "immutable=1"), { timeout: busyTimeout }), file, true);
    } catch (error) {
      throw diskError(error, file);
    }
  }

  /** Runs a statement that changes rows and returns how many it changed. */
  run(sql: string, ...bound: Bound[]): number {
    return this.#guard(() => this.#statement(sql).run(...bound.map(storable)).changes);
  }

  /** First row or undefined. */
  get(sql: string, ...bound: Bound[]): Row | undefined {
    return this.all(sql, ...bound)[0];
  }

  all(sql: string, ...bound: Bound[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(...bound.map(storable)) as readonly Row[]);
  }

  /** Runs a script of several statements without parameters. */
  script(sql: string): void {
    this.#guard(() => this.#database.exec(sql));
  }

  /**
   * A transaction that is safe from the end of this process but not from the end of the machine: it does not wait
   * for the disk. The next transaction that does takes it along. Inside a transaction it is as safe as that one.
   */
  unsynced<T>(fn: () => T): T {
    if (this.#depth > 0) return this.#nested(fn);
    this.#guard(() => this.#database.exec("PRAGMA synchronous = NORMAL"));
    try {
      return this.transaction(fn);
    } finally {
      this.#guard(() => this.#database.exec("PRAGMA synchronous = FULL"));
    }
  }

  /**
   * All of `fn` or nothing. A transaction inside another joins it: it is committed with the outer one, and when
   * it throws, only its own part is undone. On a readonly connection: one consistent view of the database.
   */
  transaction<T>(fn: () => T): T {
    if (this.#depth > 0) return this.#nested(fn);
    return this.#guard(() => {
      this.#statement(this.readonly ? "BEGIN" : "BEGIN IMMEDIATE").run();
      this.#depth = 1;
      try {
        const result = fn();
        refusePromise(result);
        if (this.#lost !== undefined) throw this.#lost;
        this.#statement("COMMIT").run();
        return result;
      } catch (error) {
        // SQLite has already rolled back after some failures, a full disk among them.
        if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
        throw error;
      } finally {
        this.#depth = 0;
        this.#lost = undefined;
        this.#checkpointWhenDue();
      }
    });
  }

  /** What to say is safe when the disk is full; called after the failed transaction was undone. */
  tellWhatIsKept(kept: () => string | undefined): void {
    this.#kept = kept;
  }

  close(): void {
    if (!this.#open) return;
    if (!this.readonly && this.#depth === 0) this.#checkpoint();
    this.#open = false;
    this.#statements.clear();
    this.#database.close();
  }

  #nested<T>(fn: () => T): T {
    const savepoint = `nested_${this.#depth}`;
    this.script(`SAVEPOINT ${savepoint}`);
    this.#depth += 1;
    try {
      const result = fn();
      refusePromise(result);
      this.script(`RELEASE ${savepoint}`);
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #statement(sql: string): Driver.Statement<Bound[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<Bound[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(call: () => T): T {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      return call();
    } catch (error) {
      if (this.#depth > 0) {
        if (!this.#database.inTransaction) this.#lost = error;
        // Named once, where the transaction ends.
        throw error;
      }
      throw diskError(error, this.file, isFull(error) ? this.#whatIsKept() : undefined);
    }
  }

  #whatIsKept(): string | undefined {
    try {
      return this.#kept?.();
    } catch {
      return undefined;
    }
  }

  /** Waits for others by itself, because SQLite refuses at once while another process makes the same change. */
  #journalInWal(): void {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const mode = this.#database.prepare("PRAGMA journal_mode = WAL").all() as readonly Row[];
        if (mode[0]?.journal_mode === "wal") return;
        throw new AgentTuneError("store_unwritable", {
          message: "This file system does not support the database's write-ahead log.",
          where: this.file,
          remedy: "Keep the studies on a local disk; network file systems are not safe for them.",
        });
      } catch (error) {
        if (!failureName(error)?.startsWith("SQLITE_BUSY") || attempt === 100) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }

  #checkpointWhenDue(): void {
    if (this.readonly) return;
    this.#commits += 1;
    if (this.#commits % commitsBetweenLooks !== 0) return;
    const size = sizeOf(`${this.file}-wal`);
    if (size < this.#checkpointAt) return;
    // A reader that stands still must not cost every following commit the wait for it.
    this.#checkpointAt = this.#checkpoint() ? checkpointSize : size + checkpointSize;
  }

  /** Returns whether the log is empty now. A failed checkpoint loses nothing: the log is still there. */
  #checkpoint(): boolean {
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${checkpointTimeout}`);
      // TRUNCATE, like FULL and RESTART, holds the write lock from start to end; PASSIVE does not.
      const result = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all() as readonly Row[];
      return result[0]?.busy === 0;
    } catch {
      return false;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    }
  }
}

/** The driver cuts text at a NUL when it reads it back. */
function storable(value: Bound): Bound {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}

function refusePromise(result: unknown): void {
  if (typeof result === "object" && result !== null && "then" in result) {
    throw new AgentTuneError("internal", {
      message: "A transaction was given an asynchronous function; it would end before its work is done.",
    });
  }
}

function isFull(error: unknown): boolean {
  const name = failureName(error);
  return name === "SQLITE_FULL" || name === "SQLITE_IOERR_SHMSIZE";
}

/** Bytes in a file; 0 where there is none. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
