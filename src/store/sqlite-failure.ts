import { AgentTuneError } from "../errors.js";

/** SQLite's name of what went wrong (`SQLITE_FULL`), Node's (`EACCES`), or undefined where `error` is neither. */
export function failureName(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const name: unknown = "code" in error ? error.code : undefined;
  if (typeof name === "string" && name !== "") return name;
  // The driver reports a file that it cannot open as text that ends with SQLite's numeric code.
  return /: 14"?\)$/.test(error.message) ? "SQLITE_CANTOPEN" : undefined;
}

/**
 * Turns what SQLite or the file system reports into an error that a person can act on. Errors that are not
 * about the disk come back unchanged.
 *
 * @param where file the failed call was about
 * @param kept what is safe, one clause for the message of a full disk
 */
export function diskError(error: unknown, where: string, kept?: string): unknown {
  if (AgentTuneError.isInstance(error)) return error;
  const name = failureName(error);
  if (name === undefined) return error;
  const detail = error instanceof Error ? error.message : String(error);

  if (name === "SQLITE_FULL" || name === "SQLITE_IOERR_SHMSIZE" || name === "ENOSPC" || name === "EDQUOT") {
    return new AgentTuneError("store_full", {
      message: `The disk is full, so the study cannot be saved; ${kept ?? "nothing that was saved before is lost"}.`,
      where,
      remedy: "Free some space on this disk and run `agent-tune resume`.",
      cause: error,
    });
  }
  if (name.startsWith("SQLITE_NOTADB") || name.startsWith("SQLITE_CORRUPT")) {
    return damaged(detail, where, error);
  }
  if (name.startsWith("SQLITE_BUSY") || name.startsWith("SQLITE_LOCKED")) {
    return new AgentTuneError("store_unwritable", {
      message: "Another program keeps the studies' database locked.",
      where,
      remedy: "End the program that has the file open (a database browser, a backup, a stopped process) and try again.",
      cause: error,
    });
  }
  if (
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)/.test(name) ||
    /^(EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EEXIST|EISDIR|EIO|ENAMETOOLONG|ELOOP)$/.test(name)
  ) {
    return new AgentTuneError("store_unwritable", {
      message: `The studies' folder cannot be read or written (${detail}).`,
      where,
      remedy: "Check who owns the folder, its permissions and whether the disk is mounted read-only, then try again.",
      cause: error,
    });
  }
  return error;
}

/** The database is not what was written. Nothing is repaired or replaced without the person. */
export function damaged(detail: string, where: string, cause?: unknown): AgentTuneError {
  return new AgentTuneError("store_damaged", {
    message: `The studies' database is damaged (${detail}). It was left exactly as it is.`,
    where,
    remedy:
      "Keep a copy of the file together with its -wal and -shm files, then put a backup in its place " +
      "(docs/store.md) or move the folder away to start afresh.",
    cause,
  });
}
