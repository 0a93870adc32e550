import type { Benchmark } from "../tasks/index.js";

/** What an advisor is opened for: one run. */
export interface AdvisorContext {
  readonly task: Benchmark;
  /** The method's whole name, for recordings. */
  readonly method: string;
  readonly seed: number;
}
