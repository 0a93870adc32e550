import type { TrialRecord } from "../store/index.js";
import type { Observation } from "../trials/outcome.js";
import type { Change, Keeper } from "./ask-tell-study.js";

/** Keeps a study as long as the process lives: the study itself holds its trials, this only their curves. */
export class MemoryKeeper implements Keeper {
  readonly journals = false;
  private readonly curves = new Map<number, readonly Observation[]>();

  keep({ observed }: Change): void {
    for (const { trial, observations } of observed) this.curves.set(trial.number, observations);
  }

  observations({ number }: TrialRecord): readonly Observation[] {
    return this.curves.get(number) ?? [];
  }

  close(): void {
    this.curves.clear();
  }
}
