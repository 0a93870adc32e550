import type { Evaluation, Measured } from "../../src/optimizers/optimizer.js";
import type { Configuration, SearchSpace } from "../../src/space/index.js";

/** One trial's end, as a study would tell it. */
export interface Observation {
  readonly evaluation: Evaluation;
  readonly measured: Measured;
}

/**
 * One tuning problem with known answers. Everything is a pure function of its arguments, so that every method meets
 * the same problem, and values are minimised.
 */
export interface Task {
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
  evaluate(configuration: Configuration, seed: number): Observation;
  /** Mean over seeds of runs that succeed; Infinity where every run of the configuration fails. */
  trueValue(configuration: Configuration): number;
  /** Where true values stand between good and poor. */
  readonly known: KnownValues;
}

/** Measured once, by `calibrate.ts`, and kept in `known-values.ts`. */
export interface KnownValues {
  /** Smallest true value that is known. */
  readonly best: number;
  /**
   * Median true value of the best of 25 random configurations: the unit of regret. A task whose random values span
   * orders of magnitude then weighs as much as any other.
   */
  readonly bestOf25: number;
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

/** Share of the way from the best known value (0) to the best of 25 random configurations (1); below 0 never. */
export function normalisedRegret({ best, bestOf25 }: KnownValues, trueValue: number): number {
  return Math.max(0, (trueValue - best) / (bestOf25 - best));
}

/** Trials for `parameters` parameters: ceil(20 + 40 sqrt(d)), as in the YAHPO Gym and CARP-S benchmarks, at most 200. */
export function trialBudget(parameters: number): number {
  return Math.min(200, Math.ceil(20 + 40 * Math.sqrt(parameters)));
}
