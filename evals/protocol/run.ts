import { z } from "zod";
import { deriveSeed } from "../../src/math/random.js";
import { matchToPool } from "../methods/candidate-set-session.js";
import type { Method, Proposed } from "../methods/method.js";
import { modelUsageSchema } from "../methods/model-usage.js";
import { quantile } from "../statistics/sample.js";
import { nameWithoutDisguise } from "../tasks/anonymised.js";
import type { Benchmark, Observation } from "../tasks/index.js";

/** One method on one task with one seed: what there is to do, and the key of what was done. */
export const jobSchema = z.object({
  task: z.string(),
  method: z.string(),
  seed: z.number(),
  /** Most trials, the start included. */
  trials: z.number(),
  /** Simulated time after which no trial starts, in the task's unit of cost; absent: as long as the trials last. */
  time: z.number().optional(),
  /** Trials at once, each as long as its cost; 1 where absent. */
  workers: z.number().optional(),
});
export type Job = z.infer<typeof jobSchema>;

const tallySchema = z.object({
  trials: z.number(),
  failures: z.number(),
  /** How often a trial of this origin became the incumbent. */
  incumbents: z.number(),
});

export const runSchema = jobSchema.extend({
  /**
   * What would be returned: the configuration with the smallest value observed so far, by its true value. Trials are
   * counted in the order in which they end; 0 is the start. Only changes.
   */
  incumbents: z.array(
    z.object({
      trial: z.number(),
      /** Simulated time at which the trial ended, in the task's unit of cost. */
      time: z.number(),
      value: z.number(),
      origin: z.string(),
    }),
  ),
  /** Trials that ended, and the simulated time of the last. */
  done: z.object({ trials: z.number(), time: z.number() }),
  origins: z.record(z.string(), tallySchema),
  /** Each trial in the order in which trials ended: position of its origin in `origins`, observed value or failure. */
  trace: z.array(z.tuple([z.number(), z.union([z.number(), z.string()])])),
  /** Milliseconds of wall time that the method takes for a trial, asking and telling together. */
  overhead: z.object({ median: z.number(), p95: z.number(), total: z.number() }),
  /** Calls of models; absent where there were none. */
  usage: modelUsageSchema.optional(),
});
export type Run = z.infer<typeof runSchema>;

/** Trials of a run that failed. */
export function failuresOf({ origins }: Pick<Run, "origins">): number {
  return Object.values(origins).reduce((sum, { failures }) => sum + failures, 0);
}

interface Running {
  readonly proposed: Proposed;
  readonly observation: Observation;
  readonly ends: number;
}

/**
 * Runs a method on a task as a study would, in simulated time. All methods start from the same configuration and see
 * the same seed at the same trial.
 */
export async function runJob(job: Job, task: Benchmark, method: Method): Promise<Run> {
  // A candidate set has no more trials than rows.
  const trials = Math.min(job.trials, task.pool?.length ?? job.trials);
  const { workers = 1, time = Number.POSITIVE_INFINITY } = job;
  // With the task's name: otherwise the same draws would be lucky on all tasks. A twin has those of its original.
  const name = nameWithoutDisguise(job.task) ?? job.task;
  const seed = deriveSeed(job.seed, name, "method");
  const opened = await method.open({ task, seed, runSeed: job.seed, trials, workers });
  const session = task.pool === undefined ? opened : matchToPool(opened, task);
  const seedOf = (trial: number) => deriveSeed(job.seed, name, "trial", trial);
  const record = new RunRecord(task);
  const spent: number[] = [];
  try {
    const first = await task.evaluate(task.start, seedOf(0));
    let clock = first.measured.cost ?? 1;
    await record.note({ configuration: task.start, origin: "default" }, first, clock);
    await session.begin(task.start, first);
    session.spent();
    const running: Running[] = [];
    for (let started = 1; ; ) {
      while (running.length < workers && started < trials && clock < time) {
        const proposed = await session.ask();
        const observation = await task.evaluate(proposed.configuration, seedOf(started));
        running.push({ proposed, observation, ends: clock + (observation.measured.cost ?? 1) });
        started += 1;
      }
      // The one that ends first; of two that end together the one that started first.
      const next = running.reduce<Running | undefined>(
        (a, b) => (a === undefined || b.ends < a.ends ? b : a),
        undefined,
      );
      if (next === undefined) break;
      running.splice(running.indexOf(next), 1);
      clock = next.ends;
      await record.note(next.proposed, next.observation, clock);
      await session.tell(next.proposed, next.observation);
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
  const usage = session.usage?.();
  return { ...job, ...record.result(), overhead, ...(usage !== undefined && { usage }) };
}

/** What has happened in a run so far. */
class RunRecord {
  private readonly incumbents: Run["incumbents"] = [];
  private readonly origins = new Map<string, { trials: number; failures: number; incumbents: number }>();
  private readonly trace: Run["trace"] = [];
  private observed = Number.POSITIVE_INFINITY;
  private time = 0;

  constructor(private readonly task: Benchmark) {}

  async note({ configuration, origin }: Proposed, { evaluation }: Observation, time: number): Promise<void> {
    const tally = this.origins.get(origin) ?? { trials: 0, failures: 0, incumbents: 0 };
    this.origins.set(origin, tally);
    tally.trials += 1;
    if (evaluation.kind === "failure") tally.failures += 1;
    else if (evaluation.value < this.observed) {
      this.observed = evaluation.value;
      tally.incumbents += 1;
      const value = await this.task.trueValue(configuration);
      this.incumbents.push({ trial: this.trace.length, time, value, origin });
    }
    const shown = evaluation.kind === "failure" ? (evaluation.failure ?? "failed") : evaluation.value;
    this.trace.push([[...this.origins.keys()].indexOf(origin), shown]);
    this.time = time;
  }

  result(): Pick<Run, "incumbents" | "done" | "origins" | "trace"> {
    return {
      incumbents: this.incumbents,
      done: { trials: this.trace.length, time: this.time },
      origins: Object.fromEntries(this.origins),
      trace: this.trace,
    };
  }
}
