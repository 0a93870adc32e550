import type { Run } from "../protocol/run.js";

/** A question, and the runs that answer it. */
export interface Suite {
  readonly name: string;
  /** The question, in one sentence. */
  readonly question: string;
  /** Names of benchmarks; one that ends with a slash means all of that family. */
  readonly tasks: readonly string[];
  /** Names of methods; `MODEL` stands for the model that is named with `--model`. */
  readonly methods: readonly string[];
  /** Short names of methods for reports, where their own are long. */
  readonly labels?: ReadonlyMap<string, string>;
  /** The method that every other one is compared with. */
  readonly reference: string;
  /** Pairs that the suite was made to compare, decided before any run; all pairs with the reference where absent. */
  readonly contrasts?: readonly (readonly [string, string])[];
  readonly seeds: number;
  /** Most trials of a run; a task's own budget where that is smaller. */
  readonly trials: number;
  /** What the suite promises of the runs; a broken promise fails the evaluation. */
  readonly promises?: readonly Promised[];
}

/** Something that must hold, as a person would say it, and how runs show it. */
export interface Promised {
  readonly claim: string;
  /** Undefined where the runs keep it, otherwise what they show instead. Only runs that are there are judged. */
  broken(runs: PromiseRuns): string | undefined;
}

/** Runs of one suite, by method and task. */
export interface PromiseRuns {
  /** All methods that ran. */
  readonly methods: readonly string[];
  /** Normalised regret at the end, one number a seed; empty where nothing ran. */
  regrets(method: string, task: string): readonly number[];
  runs(method: string, task: string): readonly Run[];
  /** How many times the trials of `first` it takes `second`, median over tasks; undefined unless both were compared. */
  speedUp(first: string, second: string): number | undefined;
}

/** What stands for the model that is named on the command line. */
export const modelPlace = "MODEL";
