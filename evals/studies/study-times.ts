import type { StudySettings } from "../../src/study/settings.js";
import type { StudyJob } from "./plan.js";

/** What is known of one study's pace. */
export interface Pace {
  /** Trials that had ended before it was worked on now. */
  readonly before: number;
  /** Trials that have ended since. */
  readonly trials: number;
  /** Wall time since, waiting for answers of models included. */
  readonly seconds: number;
}

/** How long the rest of an evaluation will take, from how long trials of each arm have taken. */
export class StudyTimes {
  private readonly known = new Map<string, Pace & { readonly arm: string }>();

  constructor(
    private readonly settings: Pick<StudySettings, "budget" | "noise">,
    private readonly workers: number,
  ) {}

  note({ id, arm }: StudyJob, pace: Pace): void {
    this.known.set(id, { ...pace, arm: arm.name });
  }

  /** Seconds; undefined while nothing is known. An arm of which nothing is known takes as long as the others. */
  left(unfinished: readonly StudyJob[]): number | undefined {
    const all = secondsPerTrial([...this.known.values()]);
    if (all === undefined) return undefined;
    const { budget, noise } = this.settings;
    // The answer and the default are run again at the end.
    const finals = 2 * noise.finalSeeds;
    const trials = budget.trials === undefined ? Number.POSITIVE_INFINITY : budget.trials + finals;
    let total = 0;
    for (const { id, arm } of unfinished) {
      const pace = this.known.get(id);
      const each = secondsPerTrial([...this.known.values()].filter((known) => known.arm === arm.name)) ?? all;
      const byTrials = Math.max(0, trials - (pace?.before ?? 0) - (pace?.trials ?? 0)) * each;
      const byTime = Math.max(0, (budget.seconds ?? Number.POSITIVE_INFINITY) - (pace?.seconds ?? 0)) + finals * each;
      total += Math.min(byTrials, byTime);
    }
    return total / Math.max(1, Math.min(this.workers, unfinished.length));
  }
}

function secondsPerTrial(paces: readonly Pace[]): number | undefined {
  const trials = paces.reduce((sum, pace) => sum + pace.trials, 0);
  return trials === 0 ? undefined : paces.reduce((sum, pace) => sum + pace.seconds, 0) / trials;
}
