import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { type Job, type Run, runSchema } from "./run.js";

const jobErrorSchema = z.object({
  message: z.string(),
  /** What it is about, and what can be done: where a person can do something. */
  where: z.string().optional(),
  remedy: z.string().optional(),
});
export type JobError = z.infer<typeof jobErrorSchema>;

export interface FailedJob {
  readonly job: Job;
  readonly error: JobError;
}

const replySchema = z.union([z.object({ run: runSchema }), z.object({ error: jobErrorSchema })]);
/** What a worker answers to a job. */
export type Reply = z.infer<typeof replySchema>;

/**
 * Does all jobs in so many processes; each takes the next job when it is done with one.
 *
 * @param onRun called for each finished job, in any order, with the seconds that it took
 * @param worker the program of each process, see worker.ts
 * @returns jobs that ended with an error
 */
export async function doJobs(
  jobs: readonly Job[],
  processes: number,
  onRun: (run: Run, seconds: number) => void,
  worker: string = join(import.meta.dirname, "worker.js"),
): Promise<readonly FailedJob[]> {
  const queue = [...jobs];
  const failed: FailedJob[] = [];
  async function work(): Promise<void> {
    let child: ChildProcess | undefined;
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      child ??= fork(worker, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const began = performance.now();
      const reply = await ask(child, job);
      if ("run" in reply) onRun(reply.run, (performance.now() - began) / 1000);
      else {
        failed.push({ job, error: reply.error });
        // Whatever state the error left behind ends here.
        if (child.connected) child.disconnect();
        child = undefined;
      }
    }
    child?.disconnect();
  }
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, work));
  return failed;
}

function ask(child: ChildProcess, job: Job): Promise<Reply> {
  return new Promise((resolve) => {
    const ended = (code: number | null): void => resolve({ error: { message: `The process ended with ${code}.` } });
    child.once("exit", ended);
    child.once("message", (message: unknown) => {
      child.off("exit", ended);
      const reply = replySchema.safeParse(message);
      resolve(reply.success ? reply.data : { error: { message: "The process answered nothing that is a run." } });
    });
    child.send(job);
  });
}
