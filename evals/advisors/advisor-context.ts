import type { Advisor } from "../../src/centaur/advisor.js";
import type { ModelUsage } from "../methods/method.js";
import type { Benchmark } from "../tasks/index.js";

/** What an advisor is opened for: one run. */
export interface AdvisorContext {
  readonly task: Benchmark;
  /** The method's whole name, for recordings. */
  readonly method: string;
  readonly seed: number;
}

export interface OpenedAdvisor {
  readonly advisor: Advisor;
  /** Absent where no model is asked. */
  usage?(): ModelUsage;
  close(): void;
}
