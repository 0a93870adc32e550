import { mean, quantile } from "../bench/sample.js";
import {
  bootstrapMean,
  criticalDifference,
  curve,
  type Friedman,
  friedman,
  holm,
  type Interval,
  indistinguishable,
  meanCurve,
  trialsToReach,
  valueAfter,
  wilcoxon,
} from "../statistics/index.js";
import { type KnownValues, normalisedRegret } from "../tasks/index.js";
import type { Run } from "./run.js";

/** All methods after so many trials. */
export interface Stand {
  /** Trials, or `end` for the whole budget of each task. */
  readonly after: number | "end";
  readonly methods: readonly MethodStand[];
  /** Over mean regrets on tasks; absent with fewer than two methods or tasks. */
  readonly friedman?: Omit<Friedman, "meanRanks"> & {
    /** Nemenyi's, at the 5 % level; absent beyond 20 methods. */
    readonly criticalDifference?: number;
    /** Names of methods that cannot be told apart. */
    readonly indistinguishable?: readonly (readonly string[])[];
  };
}

export interface MethodStand {
  readonly method: string;
  /** Mean over tasks of the mean over seeds of normalised regret. */
  readonly regret: number;
  /** 95 %, over tasks. */
  readonly interval: Interval;
  /** Median over tasks: a few tasks cannot decide it. */
  readonly medianRegret: number;
  readonly meanRank: number;
}

/** The chosen method against one other, over tasks, at the end. */
export interface Duel {
  readonly other: string;
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Wilcoxon's signed-rank test, and adjusted for all duels by Holm's method. */
  readonly p: number;
  readonly adjusted: number;
}

export interface Effort {
  readonly method: string;
  /** Share of trials that failed. */
  readonly failures: number;
  /** Milliseconds for a trial, asking and telling: median over runs of the medians and of the 95th percentiles. */
  readonly overhead: { readonly median: number; readonly p95: number };
  /** Median over tasks of trials until the mean curve is as good as random search's at its end, as a share of those. */
  readonly toRandom?: number;
}

/** Mean normalised regret over tasks at equal shares of each task's budget: 1/20, 2/20, ... of its trials. */
export interface AnytimeCurve {
  readonly method: string;
  readonly regrets: readonly number[];
}

const curvePoints = 20;

export interface TaskScores {
  readonly task: string;
  readonly trials: number;
  /** Mean over seeds of normalised regret, and its standard error, by method, at the end. */
  readonly scores: Readonly<Record<string, { readonly regret: number; readonly error: number }>>;
}

export interface Comparison {
  readonly stands: readonly Stand[];
  readonly chosen: string;
  readonly duels: readonly Duel[];
  readonly efforts: readonly Effort[];
  readonly curves: readonly AnytimeCurve[];
  readonly tasks: readonly TaskScores[];
  /** True values below the best that was known: the task should be calibrated again. */
  readonly beaten: readonly { readonly task: string; readonly value: number; readonly best: number }[];
}

interface ComparedTask {
  readonly task: string;
  readonly trials: number;
  readonly known: KnownValues;
}

/**
 * Compares methods on tasks. Every method must have a run for every task and seed.
 *
 * @param checkpoints trials after which methods are compared, besides the end
 * @param chosen the method that is compared with each other
 */
export function compare(
  runs: readonly Run[],
  tasks: readonly ComparedTask[],
  methods: readonly string[],
  options: { readonly checkpoints: readonly number[]; readonly chosen: string },
): Comparison {
  const byCell = new Map<string, Run[]>();
  const cellKey = (task: string, method: string) => `${method} on ${task}`;
  for (const run of runs) {
    const key = cellKey(run.task, run.method);
    const cell = byCell.get(key);
    if (cell) cell.push(run);
    else byCell.set(key, [run]);
  }
  const cell = (task: string, method: string): readonly Run[] => byCell.get(cellKey(task, method)) ?? [];
  const regrets = ({ task, known }: ComparedTask, method: string, after: number): readonly number[] =>
    cell(task, method).map((run) => normalisedRegret(known, valueAfter(run.incumbents, after)));
  /** Means over seeds, rounded so that equal ones are ties. */
  const scoresAfter = (after: number | "end"): readonly (readonly number[])[] =>
    tasks.map((task) =>
      methods.map((method) =>
        Number(mean(regrets(task, method, after === "end" ? task.trials : after)).toPrecision(12)),
      ),
    );

  const stands = [...options.checkpoints, "end" as const].map((after) => standOf(after, scoresAfter(after), methods));
  const atEnd = scoresAfter("end");
  return {
    stands,
    chosen: options.chosen,
    duels: duelsOf(atEnd, methods, options.chosen),
    efforts: effortsOf(tasks, methods, cell),
    curves: methods.map((method) => ({
      method,
      regrets: Array.from({ length: curvePoints }, (_, k) =>
        mean(tasks.map((task) => mean(regrets(task, method, Math.ceil((task.trials * (k + 1)) / curvePoints))))),
      ),
    })),
    tasks: tasks.map((task) => ({
      task: task.task,
      trials: task.trials,
      scores: Object.fromEntries(
        methods.map((method) => {
          const values = regrets(task, method, task.trials);
          const regret = mean(values);
          const variance =
            values.reduce((sum, value) => sum + (value - regret) ** 2, 0) / Math.max(1, values.length - 1);
          return [method, { regret, error: Math.sqrt(variance / values.length) }];
        }),
      ),
    })),
    beaten: tasks.flatMap(({ task, known }) => {
      const value = Math.min(
        ...methods.flatMap((method) => cell(task, method).flatMap((run) => run.incumbents.map((each) => each.value))),
      );
      return value < known.best - 1e-9 * Math.abs(known.best) ? [{ task, value, best: known.best }] : [];
    }),
  };
}

function standOf(after: Stand["after"], scores: readonly (readonly number[])[], methods: readonly string[]): Stand {
  const test = friedman(scores);
  const { meanRanks, ...statistics } = test;
  const compared = methods.length >= 2 && scores.length >= 2;
  const difference = compared && methods.length <= 20 ? criticalDifference(methods.length, scores.length) : undefined;
  return {
    after,
    methods: methods.map((method, k) => {
      const column = scores.map((row) => row[k] ?? Number.NaN);
      return {
        method,
        regret: mean(column),
        interval: bootstrapMean(column),
        medianRegret: quantile(column, 0.5),
        meanRank: meanRanks[k] ?? Number.NaN,
      };
    }),
    ...(compared && {
      friedman: {
        ...statistics,
        ...(difference !== undefined && {
          criticalDifference: difference,
          indistinguishable: indistinguishable(meanRanks, difference).map((group) =>
            group.map((at) => methods[at] ?? ""),
          ),
        }),
      },
    }),
  };
}

function duelsOf(scores: readonly (readonly number[])[], methods: readonly string[], chosen: string): readonly Duel[] {
  const column = (method: string) => scores.map((row) => row[methods.indexOf(method)] ?? Number.NaN);
  if (!methods.includes(chosen)) return [];
  const own = column(chosen);
  const others = methods.filter((method) => method !== chosen);
  const tests = others.map((method) => wilcoxon(own, column(method)).p);
  const adjusted = holm(tests);
  return others.map((other, k) => {
    const theirs = column(other);
    return {
      other,
      wins: own.filter((value, t) => value < theirs[t]!).length,
      losses: own.filter((value, t) => value > theirs[t]!).length,
      ties: own.filter((value, t) => value === theirs[t]).length,
      p: tests[k] ?? Number.NaN,
      adjusted: adjusted[k] ?? Number.NaN,
    };
  });
}

function effortsOf(
  tasks: readonly ComparedTask[],
  methods: readonly string[],
  cell: (task: string, method: string) => readonly Run[],
): readonly Effort[] {
  const meanCurveOf = ({ task, trials, known }: ComparedTask, method: string): readonly number[] => {
    const curves = cell(task, method).map((run) =>
      curve(run.incumbents, trials).map((value) => normalisedRegret(known, value)),
    );
    return meanCurve(curves);
  };
  const random = methods.includes("random")
    ? tasks.map((task) => {
        const values = meanCurveOf(task, "random");
        const level = values.at(-1) ?? 0;
        return { level, trials: trialsToReach(values, level) ?? task.trials };
      })
    : undefined;
  return methods.map((method) => {
    const runs = tasks.flatMap(({ task }) => cell(task, method));
    const shares = random?.map(({ level, trials }, k) => {
      const task = tasks[k];
      const reached = task && trialsToReach(meanCurveOf(task, method), level);
      return reached === undefined ? Number.POSITIVE_INFINITY : reached / trials;
    });
    return {
      method,
      failures: runs.reduce((sum, run) => sum + run.failures, 0) / runs.reduce((sum, run) => sum + run.trials, 0),
      overhead: {
        median: quantile(
          runs.map((run) => run.overhead.median),
          0.5,
        ),
        p95: quantile(
          runs.map((run) => run.overhead.p95),
          0.5,
        ),
      },
      ...(shares && { toRandom: quantile(shares, 0.5) }),
    };
  });
}
