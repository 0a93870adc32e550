import type { Configuration, SearchSpace } from "../../src/space/index.js";
import type { Observation } from "../tasks/index.js";

/** A trial that ended, as a method without the product's evidence keeps it. */
export interface PastTrial {
  /** In the order in which trials ended; 0 is the start. */
  readonly number: number;
  readonly configuration: Configuration;
  /** Absent where it failed. */
  readonly value?: number;
  /** Kind of failure; absent where it has a value. */
  readonly failure?: string;
}

/** What a model is shown of a run so far. */
export class TrialHistory {
  private readonly ended: PastTrial[] = [];
  private readonly keys = new Set<string>();

  constructor(private readonly space: SearchSpace) {}

  add(configuration: Configuration, { evaluation }: Observation): void {
    const number = this.ended.length;
    this.keys.add(this.space.key(configuration));
    this.ended.push(
      evaluation.kind === "value"
        ? { number, configuration, value: evaluation.value }
        : { number, configuration, failure: evaluation.failure ?? "failed" },
    );
  }

  get trials(): readonly PastTrial[] {
    return this.ended;
  }

  /** Those with a value. */
  get successes(): readonly (PastTrial & { readonly value: number })[] {
    return this.ended.flatMap((trial) => (trial.value === undefined ? [] : [{ ...trial, value: trial.value }]));
  }

  /** The smallest value so far; of equal ones the first. */
  get incumbent(): (PastTrial & { readonly value: number }) | undefined {
    return this.successes.reduce<(PastTrial & { readonly value: number }) | undefined>(
      (best, trial) => (best === undefined || trial.value < best.value ? trial : best),
      undefined,
    );
  }

  has(configuration: Configuration): boolean {
    return this.keys.has(this.space.key(configuration));
  }
}
