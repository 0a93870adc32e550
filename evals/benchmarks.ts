import { allTasks, type Benchmark, type SkippedTask, taskNamed } from "./tasks/index.js";
import { trainingBenchmark, trainingBenchmarks } from "./training/index.js";

/**
 * Any benchmark by its name.
 *
 * @throws Error where there is none of that name here
 */
export async function benchmarkNamed(name: string, env: NodeJS.ProcessEnv = process.env): Promise<Benchmark> {
  return (await trainingBenchmark(name, env)) ?? taskNamed(name, env);
}

/** Names of all benchmarks that can be listed, and of those that cannot be run here. */
export function benchmarkNames(env: NodeJS.ProcessEnv = process.env): {
  readonly names: readonly string[];
  readonly skipped: readonly SkippedTask[];
} {
  const tasks = allTasks(env);
  const training = trainingBenchmarks(env);
  return {
    names: [...tasks.tasks.map(({ name }) => name), ...training.benchmarks.map(({ name }) => name)],
    skipped: [...tasks.skipped, ...training.skipped],
  };
}
