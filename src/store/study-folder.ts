import { mkdirSync, rmSync } from "node:fs";
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
