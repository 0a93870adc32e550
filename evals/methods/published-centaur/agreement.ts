import { runJob } from "../../protocol/run.js";
import { quantile } from "../../statistics/index.js";
import type { Benchmark } from "../../tasks/index.js";
import type { Method } from "../method.js";
import { rankSum } from "./rank-sum.js";

/** What two methods reach on one task after some trials, over seeds that have nothing in common but their numbers. */
export interface Agreement {
  readonly task: string;
  readonly trials: number;
  /** True values of the incumbents. */
  readonly medians: readonly [number, number];
  /** Difference of the medians as a share of the interquartile range of all values. */
  readonly apart: number;
  /** Two-sided p of the rank-sum test. */
  readonly p: number;
}

/** Runs both methods over the seeds and compares them half-way and at the end. */
export async function agreement(
  task: Benchmark,
  methods: readonly [Method, Method],
  { seeds, trials }: { readonly seeds: number; readonly trials: number },
): Promise<readonly Agreement[]> {
  const marks = [Math.floor(trials / 2), trials];
  const reached = await Promise.all(methods.map((method) => valuesAt(marks, task, method, { seeds, trials })));
  return marks.map((mark, k) => {
    const [first = [], second = []] = reached.map((byMark) => byMark[k] ?? []);
    const all = [...first, ...second];
    const medians = [quantile(first, 0.5), quantile(second, 0.5)] as const;
    return {
      task: task.name,
      trials: mark,
      medians,
      apart: Math.abs(medians[0] - medians[1]) / (quantile(all, 0.75) - quantile(all, 0.25)),
      p: rankSum(first, second),
    };
  });
}

/** For each number of trials, the true values after it, one a seed. */
async function valuesAt(
  marks: readonly number[],
  task: Benchmark,
  method: Method,
  { seeds, trials }: { readonly seeds: number; readonly trials: number },
): Promise<readonly (readonly number[])[]> {
  const values = marks.map((): number[] => []);
  for (let seed = 1; seed <= seeds; seed++) {
    const { incumbents } = await runJob({ task: task.name, method: method.name, seed, trials }, task, method);
    marks.forEach((mark, k) => {
      values[k]?.push(incumbents.findLast(({ trial }) => trial < mark)?.value ?? Number.NaN);
    });
  }
  return values;
}
