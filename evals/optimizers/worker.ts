/** A process that does one job at a time: receives a job, answers with the run or with what went wrong. */
import { allTasks, type Task } from "../tasks/index.js";
import type { Method } from "./method.js";
import { isOptunaMethod, optunaMethod, pythonVariable } from "./optuna-method.js";
import { ownMethod } from "./own-method.js";
import { jobSchema, type Run, runJob } from "./run.js";

export type Reply = { readonly run: Run } | { readonly error: string };

const { tasks } = allTasks();
const loaded = new Map<string, Task>();
const methods = new Map<string, Method>();

function taskNamed(name: string): Task {
  const task = loaded.get(name) ?? tasks.find((entry) => entry.name === name)?.load();
  if (task === undefined) throw new Error(`There is no task named ${name}.`);
  loaded.set(name, task);
  return task;
}

function methodNamed(name: string): Method {
  const method =
    methods.get(name) ??
    (isOptunaMethod(name) ? optunaMethod(name, process.env[pythonVariable] ?? "python3") : ownMethod(name));
  methods.set(name, method);
  return method;
}

async function answer(message: unknown): Promise<Reply> {
  try {
    const job = jobSchema.parse(message);
    return { run: await runJob(job, taskNamed(job.task), methodNamed(job.method)) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on("message", (message) => {
  void answer(message).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => {
  for (const method of methods.values()) method.close();
  process.exit();
});
