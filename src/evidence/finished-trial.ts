import type { Outcome } from "../trials/outcome.js";
import type { Proposal } from "../trials/proposal.js";

/** What judgement is built on: a trial that has ended. A stored trial is one of these. */
export interface FinishedTrial {
  readonly number: number;
  readonly proposal: Proposal;
  readonly derived: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly outcome: Outcome;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds?: number | undefined;
  readonly peakMemoryBytes?: number | undefined;
  readonly logTail: readonly string[];
}
