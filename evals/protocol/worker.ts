/** A process that does one job at a time: receives a job, answers with the run or with what went wrong. */

import { AgentTuneError } from "../../src/errors.js";
import { benchmarkNamed } from "../benchmarks.js";
import { type Method, methodNamed } from "../methods/index.js";
import type { Benchmark } from "../tasks/index.js";
import type { JobError, Reply } from "./pool.js";
import { jobSchema, runJob } from "./run.js";

const loaded = new Map<string, Benchmark>();
const methods = new Map<string, Method>();

async function taskOf(name: string): Promise<Benchmark> {
  const task = loaded.get(name) ?? (await benchmarkNamed(name));
  loaded.set(name, task);
  return task;
}

function methodOf(name: string): Method {
  const method = methods.get(name) ?? methodNamed(name);
  methods.set(name, method);
  return method;
}

async function answer(message: unknown): Promise<Reply> {
  try {
    const job = jobSchema.parse(message);
    return { run: await runJob(job, await taskOf(job.task), methodOf(job.method)) };
  } catch (error) {
    return { error: jobError(error) };
  }
}

/** Of what nobody foresaw also where it came from. */
function jobError(error: unknown): JobError {
  if (!AgentTuneError.isInstance(error)) {
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { message, where, remedy } = error;
  return { message, ...(where !== undefined && { where }), ...(remedy !== undefined && { remedy }) };
}

process.on("message", (message) => {
  void answer(message).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => {
  for (const method of methods.values()) method.close();
  process.exit();
});
