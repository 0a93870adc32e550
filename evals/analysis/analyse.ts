import type { Run } from "../protocol/run.js";
import { mean } from "../statistics/index.js";
import { type Analysis, analysisVersion } from "./analysis.js";
import { areasOf, overallCurves, taskCurves } from "./anytime-curves.js";
import { Cells, type ComparedTask } from "./cells.js";
import { contrastsOf } from "./contrasts.js";
import { effortsOf } from "./efforts.js";
import { overallSentence, standOf } from "./standing.js";

export interface AnalysisOptions {
  readonly tasks: readonly ComparedTask[];
  readonly methods: readonly string[];
  /** The method that each other one is compared with. */
  readonly reference: string;
  /** Pairs that were chosen before any run. */
  readonly contrasts?: readonly (readonly [string, string])[];
  /** Trials after which methods are compared, besides the end. */
  readonly checkpoints: readonly number[];
  /** Of each bootstrap; 2000 where absent. */
  readonly resamples?: number;
}

/**
 * What runs show. Every method must have a run on every task, and all methods with the same seeds.
 *
 * Tasks are what is compared over, as seeds of one task are no independent evidence about another (Demsar 2006): a task
 * counts once, by the mean over its seeds of the normalised regret of what would be returned.
 *
 * @throws RangeError where a method was not run on a task, or a contrast names a method that is not compared
 */
export function analyse(runs: readonly Run[], options: AnalysisOptions): Analysis {
  const { tasks, methods, reference, contrasts = [], checkpoints, resamples = 2000 } = options;
  for (const method of contrasts.flat()) {
    if (!methods.includes(method)) throw new RangeError(`The contrast with ${method} needs runs of it.`);
  }
  const cells = new Cells(runs, tasks, methods);
  /** Means over seeds, rounded so that equal ones are ties. */
  const scores = (method: string, after: number | "end"): readonly number[] =>
    cells.column(method).map((cell) => Number(mean(cell.after(after)).toPrecision(12)));
  const standAfter = (after: number | "end") => {
    const columns = methods.map((method) => scores(method, after));
    return standOf(
      after,
      tasks.map((_, t) => columns.map((column) => column[t] ?? Number.NaN)),
      methods,
      resamples,
    );
  };
  const end = standAfter("end");
  const atEnd = (method: string) => scores(method, "end");
  const others = methods.includes(reference) ? methods.filter((method) => method !== reference) : [];
  const duels = others.map((other) => [reference, other] as const);
  return {
    version: analysisVersion,
    methods: [...methods],
    reference,
    budget: cells.budget,
    stands: [...checkpoints.map(standAfter), end],
    overall: overallSentence(end, tasks.length),
    contrasts: [...contrastsOf(contrasts, cells, atEnd, resamples)],
    duels: [...contrastsOf(duels, cells, atEnd, resamples)],
    curves: {
      trials: cells.budget === "trials" ? overallCurves(cells, "trials", resamples) : null,
      time: cells.timed || cells.budget === "time" ? overallCurves(cells, "time", resamples) : null,
    },
    areas: areasOf(cells, resamples),
    efforts: effortsOf(cells),
    tasks: tasks.map((task) => ({
      task: task.task,
      trials: task.trials,
      seeds: Math.max(...methods.map((method) => cells.of(task, method).runs.length)),
      scores: methods.map((method) => ({ method, ...meanAndError(cells.of(task, method).after("end")) })),
      curves: taskCurves(cells, task, resamples),
    })),
    beaten: tasks.flatMap(({ task, known }) => {
      const values = runs.filter((run) => run.task === task).flatMap(({ incumbents }) => incumbents);
      const value = Math.min(...values.map((each) => each.value));
      return value < known.best - 1e-9 * Math.abs(known.best) ? [{ task, value, best: known.best }] : [];
    }),
  };
}

function meanAndError(values: readonly number[]): { readonly regret: number; readonly error: number | null } {
  const regret = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - regret) ** 2, 0);
  return { regret, error: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1) / values.length) };
}
