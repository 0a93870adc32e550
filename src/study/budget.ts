import type { Budget } from "./settings.js";
import type { FinishReason } from "./study-events.js";

export interface Use {
  /** Trials of the search that are finished, running or queued. */
  readonly trials: number;
  readonly seconds: number;
  /** Failures at the end of the finished trials, with nothing complete after them. */
  readonly failuresInARow: number;
}

export interface Stop {
  readonly reason: FinishReason;
  readonly detail: string;
}

/** Whether the search must not start another trial, and why. */
export function budgetStop(budget: Budget, use: Use): Stop | undefined {
  if (budget.trials !== undefined && use.trials >= budget.trials) {
    return { reason: "trials_used", detail: `all ${budget.trials} trials of the budget are used` };
  }
  if (budget.seconds !== undefined && use.seconds >= budget.seconds) {
    return { reason: "time_used", detail: `the time of the budget (${Math.round(budget.seconds)} s) is used` };
  }
  if (budget.failuresInARow !== undefined && use.failuresInARow >= budget.failuresInARow) {
    return { reason: "failures_in_a_row", detail: `${use.failuresInARow} trials failed one after the other` };
  }
  return undefined;
}

/**
 * Seconds until the search ends, from what its trials took: the median of the last ten, over the slots that work at
 * once, plus the final re-evaluation. Undefined until a trial has finished.
 *
 * @param durations seconds of finished trials, oldest first
 * @param finalRuns trials that the final re-evaluation will take
 */
export function secondsLeft(
  budget: Budget,
  use: Use,
  durations: readonly number[],
  slots: number,
  finalRuns: number,
): number | undefined {
  const recent = durations.slice(-10).sort((a, b) => a - b);
  const median = recent[Math.floor(recent.length / 2)];
  if (median === undefined) return undefined;
  const byTrials =
    budget.trials === undefined
      ? Number.POSITIVE_INFINITY
      : Math.ceil(Math.max(0, budget.trials - use.trials) / slots) * median;
  const byTime = budget.seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, budget.seconds - use.seconds);
  const search = Math.min(byTrials, byTime);
  if (!Number.isFinite(search)) return undefined;
  return search + Math.ceil(finalRuns / slots) * median;
}
