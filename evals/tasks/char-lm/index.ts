import { existsSync } from "node:fs";
import type { SkippedTask, TaskEntry } from "../task.js";
import { charLmTableTask, tableName } from "./char-lm-table.js";
import { tableFile } from "./packed-table.js";

export { type CharLmTable, type CurvePoint, charLmTableTask } from "./char-lm-table.js";

/** The task on the table of examples/char-lm; skipped where the package comes without the table. */
export function charLmTasks(): { tasks: readonly TaskEntry[]; skipped: readonly SkippedTask[] } {
  if (!existsSync(tableFile()))
    return { tasks: [], skipped: [{ name: tableName, reason: "its table is not at hand" }] };
  return { tasks: [{ name: tableName, load: () => charLmTableTask() }], skipped: [] };
}
