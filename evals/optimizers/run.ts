import { z } from "zod";
import { deriveSeed } from "../../src/math/random.js";
import { quantile } from "../bench/sample.js";
import type { Observation, Task } from "../tasks/index.js";
import type { Method } from "./method.js";

/** One method on one task with one seed: what there is to do, and the key of what was done. */
export const jobSchema = z.object({
  task: z.string(),
  method: z.string(),
  seed: z.number(),
  trials: z.number(),
});
export type Job = z.infer<typeof jobSchema>;

export const runSchema = jobSchema.extend({
  /**
   * True values of the configuration that would be returned: the one with the smallest value observed so far. Trial
   * 0 is the start. Only changes.
   */
  incumbents: z.array(z.object({ trial: z.number(), value: z.number() })),
  /** Trials that failed. */
  failures: z.number(),
  /** Milliseconds of wall time that the method takes for a trial, asking and telling together. */
  overhead: z.object({ median: z.number(), p95: z.number(), total: z.number() }),
});
export type Run = z.infer<typeof runSchema>;

/**
 * Runs a method on a task as a study would, one trial after the other. All methods start from the same configuration
 * and see the same seed at the same trial.
 */
export async function runJob(job: Job, task: Task, method: Method): Promise<Run> {
  // With the task's name: otherwise the same draws would be lucky on all tasks.
  const session = await method.open(task, deriveSeed(job.seed, job.task, "method"));
  const seedOf = (trial: number) => deriveSeed(job.seed, job.task, "trial", trial);
  const incumbents: { trial: number; value: number }[] = [];
  const spent: number[] = [];
  let observed = Number.POSITIVE_INFINITY;
  let failures = 0;
  const note = (trial: number, configuration: Task["start"], { evaluation }: Observation): void => {
    if (evaluation.kind === "failure") failures += 1;
    else if (evaluation.value < observed) {
      observed = evaluation.value;
      incumbents.push({ trial, value: task.trueValue(configuration) });
    }
  };
  try {
    const first = task.evaluate(task.start, seedOf(0));
    note(0, task.start, first);
    await session.begin(task.start, first);
    session.spent();
    for (let trial = 1; trial < job.trials; trial++) {
      const configuration = await session.ask();
      const observation = task.evaluate(configuration, seedOf(trial));
      note(trial, configuration, observation);
      await session.tell(observation);
      spent.push(session.spent());
    }
  } finally {
    await session.end();
  }
  const overhead = {
    median: quantile(spent, 0.5),
    p95: quantile(spent, 0.95),
    total: spent.reduce((sum, each) => sum + each, 0),
  };
  return { ...job, incumbents, failures, overhead };
}
