import type { FailedJob, JobError } from "./pool.js";

/** Runs of one method that ended with the same error. */
export interface FailedRuns {
  /** Method, tasks and seeds: `cma-es+flaky on own/noisy and own/mixed, seeds 1 to 5`. */
  readonly name: string;
  /** Of the first of them: what it is about may differ between runs. */
  readonly error: JobError;
}

/** What failed, each error of a method once, in the order in which it was first met. */
export function failedRuns(failed: readonly FailedJob[]): readonly FailedRuns[] {
  const groups = new Map<string, { method: string; error: JobError; seeds: Map<string, number[]> }>();
  for (const { job, error } of failed) {
    const key = JSON.stringify([job.method, error.message, error.remedy]);
    const group = groups.get(key) ?? { method: job.method, error, seeds: new Map() };
    groups.set(key, group);
    group.seeds.set(job.task, [...(group.seeds.get(job.task) ?? []), job.seed]);
  }
  return [...groups.values()].map(({ method, error, seeds }) => {
    const tasksOf = new Map<string, string[]>();
    for (const [task, own] of seeds) {
      const text = seedsText(own);
      tasksOf.set(text, [...(tasksOf.get(text) ?? []), task]);
    }
    const where = [...tasksOf].map(([text, tasks]) => `${listed(tasks)}, ${text}`).join("; ");
    return { name: `${method} on ${where}`, error };
  });
}

/** For a terminal. */
export function failedRunsText({ name, error: { message, where, remedy } }: FailedRuns): string {
  return [
    `failed: ${name}: ${message}`,
    ...(where === undefined ? [] : [`  where: ${where}`]),
    ...(remedy === undefined ? [] : [`  do: ${remedy}`]),
  ].join("\n");
}

/** `seed 3`, `seeds 1 to 5`, `seeds 1 and 4`. */
function seedsText(seeds: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const seed of seeds.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && seed === range.last + 1) range.last = seed;
    else ranges.push({ first: seed, last: seed });
  }
  const parts = ranges.flatMap(({ first, last }) => {
    if (first === last) return [`${first}`];
    return last === first + 1 ? [`${first}`, `${last}`] : [`${first} to ${last}`];
  });
  return `seed${seeds.length === 1 ? "" : "s"} ${listed(parts)}`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
