import type { Advisor } from "../../src/centaur/advisor.js";
import type { ModelUsage } from "../methods/model-usage.js";
import type { Benchmark } from "../tasks/index.js";

/** What an advisor is opened for: one run. */
export interface AdvisorContext {
  readonly task: Benchmark;
  /** The method's whole name, for recordings. */
  readonly method: string;
  /** Of the advisor; differs between tasks and runs. */
  readonly seed: number;
  /** The run's own, as it was asked for: 1, 2, ...; for recordings. */
  readonly runSeed: number;
}

/** A stand-in whose settings are known to be usable, before it is known what it is to advise on. */
export interface ConfiguredStandIn {
  /** Whether it can be opened only for tasks whose optimum is known; absent: no. */
  readonly needsOptimum?: boolean;
  open(context: AdvisorContext): Advisor;
}

export interface OpenedAdvisor {
  readonly advisor: Advisor;
  /** Absent where no model is asked. */
  usage?(): ModelUsage;
  close(): void;
}
