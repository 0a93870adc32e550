import { existsSync } from "node:fs";
import { ProcTable } from "./proc-table.js";
import type { ProcessTable } from "./process-table.js";
import { PsTable } from "./ps-table.js";

/** The processes of this machine, by whatever way it offers. */
export function processTable(): ProcessTable {
  return existsSync("/proc/self/environ") ? new ProcTable() : new PsTable();
}

export { markVariable, type ProcessTable } from "./process-table.js";
export { reapMarks } from "./reap.js";
export { type CommandRun, type RunBounds, runCommand } from "./run-command.js";
