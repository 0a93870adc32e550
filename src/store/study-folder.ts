import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentTuneError } from "../errors.js";
import { diskError } from "./sqlite-failure.js";

/** Folder of one study: `<root>/studies/<id>`. Created where it is missing. */
export function studyFolder(root: string, study: string): string {
  // The id becomes a folder's name; nothing that leads elsewhere may pass.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(study)) {
    throw new AgentTuneError("internal", { message: `"${study}" cannot be a study's id.`, where: root });
  }
  return created(join(root, "studies", study));
}

/** Folder of one attempt: `<study>/trials/0007/attempt-1`. Created where it is missing. */
export function attemptFolder(root: string, study: string, number: number, attempt: number): string {
  return created(attemptPath(root, study, number, attempt));
}

/** The same folder, emptied of what an attempt that never started may have left. */
export function emptyAttemptFolder(root: string, study: string, number: number, attempt: number): string {
  const folder = attemptPath(root, study, number, attempt);
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, folder);
  }
  return created(folder);
}

/**
 * Writes a whole file into the study's folder, or leaves what was there: a temporary file, made durable, takes the
 * name in one step.
 *
 * @returns its absolute path where `root` is absolute
 * @throws AgentTuneError `store_full`, `store_unwritable`
 */
export function writeStudyFile(root: string, study: string, name: string, text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new AgentTuneError("internal", { message: `"${name}" cannot be a file of a study.`, where: root });
  }
  const folder = studyFolder(root, study);
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeDurably(temporary, text);
    renameSync(temporary, path);
    syncFolder(folder);
    return path;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw diskError(error, path);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w");
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a rename in the folder durable. */
function syncFolder(folder: string): void {
  // Windows cannot open a folder as a file; there the file system orders the rename itself.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function attemptPath(root: string, study: string, number: number, attempt: number): string {
  return join(studyFolder(root, study), "trials", String(number).padStart(4, "0"), `attempt-${attempt}`);
}

function created(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (error) {
    throw diskError(error, folder);
  }
}
