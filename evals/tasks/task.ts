import type { Evaluation, Measured } from "../../src/optimizers/optimizer.js";
import type { Configuration, SearchSpace } from "../../src/space/index.js";

/** One trial's end, as a study would tell it. */
export interface Observation {
  readonly evaluation: Evaluation;
  readonly measured: Measured;
}

/** One tuning problem with known answers, which any method can be run on. Values are minimised. */
export interface Benchmark {
  /** Family and name, such as `own/ellipsoid`. */
  readonly name: string;
  readonly space: SearchSpace;
  /** The configuration in use before tuning: trial 0 of every method. It never fails. */
  readonly start: Configuration;
  /** Budget in trials, the start included. */
  readonly trials: number;
  /**
   * One run.
   *
   * @param seed of the run: the same configuration and seed, the same observation
   */
  evaluate(configuration: Configuration, seed: number): Observation | Promise<Observation>;
  /** Mean over seeds of runs that succeed; Infinity where every run of the configuration fails. */
  trueValue(configuration: Configuration): number | Promise<number>;
  /** Where true values stand between good and poor. */
  readonly known: KnownValues;
  /** What an advisor may be told; what parameters mean and their units stand in the space. */
  readonly card: TaskCard;
  /** A configuration with the best known true value, for advisors that are told the answer; absent where unknown. */
  readonly optimum?: Configuration;
  /**
   * The only configurations that can be run, where the task is a candidate set: rows that were recorded, without a
   * value for anything between them. See `candidate-set.ts` for how an optimizer works on one.
   */
  readonly pool?: readonly Configuration[];
}

/** A benchmark that is a pure function of its arguments, so that every method meets the same problem at no cost. */
export interface Task extends Benchmark {
  evaluate(configuration: Configuration, seed: number): Observation;
  trueValue(configuration: Configuration): number;
}

/** What the person with the problem would say about it, in the words of a study file. */
export interface TaskCard {
  /** The task in plain words: what is trained on what, what is measured. Never where the optimum lies. */
  readonly text: string;
  /** Name of the value, which is minimised. */
  readonly metric: string;
  readonly limits: { readonly seconds?: number; readonly memoryBytes?: number };
}

/** Measured once, by `calibrate.ts`, and kept in `measured-values.ts`, unless the task can work them out itself. */
export interface KnownValues {
  /** Smallest true value that is known. */
  readonly best: number;
  /**
   * Median true value of the best of 25 random configurations: the unit of regret. A task whose random values span
   * orders of magnitude then weighs as much as any other.
   */
  readonly bestOf25: number;
  /**
   * Where true values span orders of magnitude: the gap to the best value that counts as solved. Regret is then the
   * logarithm of the gap, from 0 there to 1 at the best of 25 random configurations.
   */
  readonly precision?: number;
}

/** A task that is made when it is first needed: some read megabytes. */
export interface TaskEntry {
  readonly name: string;
  load(): Task;
}

/** A task that cannot be had here. */
export interface SkippedTask {
  readonly name: string;
  readonly reason: string;
}

/**
 * Share of the way from the best known value (0) to the best of 25 random configurations (1); below 0 never. A share
 * of the decades between them where a precision is known.
 */
export function normalisedRegret({ best, bestOf25, precision }: KnownValues, trueValue: number): number {
  if (precision === undefined) return Math.max(0, (trueValue - best) / (bestOf25 - best));
  const decades = (value: number): number => Math.log10(Math.max(value - best, precision) / precision);
  return decades(trueValue) / decades(bestOf25);
}

/** Value below which the best of 25 draws from the given values lies with probability one half. */
export function medianOfBestOf25(values: readonly number[]): number {
  const share = 1 - 0.5 ** (1 / 25);
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? Number.NaN;
}

/** Trials for `parameters` parameters: ceil(20 + 40 sqrt(d)), as in the YAHPO Gym and CARP-S benchmarks, at most 200. */
export function trialBudget(parameters: number): number {
  return Math.min(200, Math.ceil(20 + 40 * Math.sqrt(parameters)));
}
