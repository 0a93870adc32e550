import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Driver from "libsql";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { openDriver, readonlyUri } from "./sqlite-connection.js";
import { diskError, failureName } from "./sqlite-failure.js";

/** Who works on a study. */
export interface HolderIdentity {
  readonly pid: number;
  readonly host: string;
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
}

/** The right to work on a study; ends with `release` or with the process, however that ends. */
export interface StudyHold {
  /** Gives the study free. A second call does nothing. */
  release(): void;
}

const identitySchema: z.ZodType<HolderIdentity> = z.object({ pid: z.number(), host: z.string(), since: z.number() });

/**
 * A look by another process at who holds the study takes the lock for a moment; a controller that starts right
 * then waits this long, in milliseconds, before it believes that the study is held.
 */
const patience = 300;

/**
 * Takes a study for this process. The lock is an exclusive transaction, held open, on a database of its own:
 * the kernel ends it together with the process, so that kill -9 leaves nothing to clean up. Who holds it is
 * written next to it for people to read; that file proves nothing and may be left over.
 *
 * @throws AgentTuneError `study_held` naming the holder
 */
export function holdStudy(folder: string, study: string, holder: HolderIdentity): StudyHold {
  const lock = join(folder, "controller.lock");
  const identity = join(folder, "controller.json");
  let database: Driver.Database | undefined;
  try {
    database = openDriver(lock, { timeout: patience });
    database.exec("BEGIN EXCLUSIVE");
    // Whole at once, so that nobody reads half of it.
    const draft = `${identity}.${holder.pid}`;
    writeFileSync(draft, `${JSON.stringify(holder)}\n`);
    renameSync(draft, identity);
  } catch (error) {
    database?.close();
    if (failureName(error)?.startsWith("SQLITE_BUSY")) throw held(lock, study, readIdentity(identity));
    throw diskError(error, lock);
  }
  const open = database;
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      open.exec("ROLLBACK");
      open.close();
    },
  };
}

/** Who works on the study at this moment; undefined where nobody does, "unknown" where that cannot be read. */
export function readHolder(folder: string): HolderIdentity | "unknown" | undefined {
  const lock = join(folder, "controller.lock");
  if (!existsSync(lock)) return undefined;
  let database: Driver.Database | undefined;
  try {
    database = openDriver(readonlyUri(lock, "mode=ro"), { timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_master").all();
    return undefined;
  } catch (error) {
    if (failureName(error)?.startsWith("SQLITE_BUSY"))
      return readIdentity(join(folder, "controller.json")) ?? "unknown";
    throw diskError(error, lock);
  } finally {
    database?.close();
  }
}

function readIdentity(file: string): HolderIdentity | undefined {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // Only words for a message depend on it.
    return undefined;
  }
}

function held(lock: string, study: string, holder: HolderIdentity | undefined): AgentTuneError {
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()}`;
  return new AgentTuneError("study_held", {
    message: `Study ${study} is being worked on by ${who}.`,
    where: lock,
    remedy: "Wait for it or stop it (Ctrl-C in its terminal); `agent-tune status` can look at the study meanwhile.",
  });
}
