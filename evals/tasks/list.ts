/**
 * Lists the tasks, what they start from, and which are skipped for want of data.
 *
 *   npm run build && node dist/evals/tasks/list.js
 */
import { plainTable } from "../bench/plain-table.js";
import { allTasks } from "./index.js";
import { normalisedRegret } from "./task.js";

const { tasks, skipped } = allTasks();
const rows = tasks.map((entry) => {
  const task = entry.load();
  const start = normalisedRegret(task.known, task.trueValue(task.start));
  return [task.name, task.space.parameters.length, task.trials, start.toFixed(3)];
});
process.stdout.write(`${plainTable(["task", "parameters", "trials", "regret of the start"], rows)}\n`);
for (const { name, reason } of skipped) process.stdout.write(`skipped: ${name} (${reason})\n`);
