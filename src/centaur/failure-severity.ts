import type { Evidence, FinishedTrial } from "../evidence/index.js";

/**
 * Orders failures among themselves for the optimizer, larger is worse: a run that was merely too slow is nearer to
 * success than one that ran out of memory, and that one nearer than one whose numbers exploded or which never ran.
 * Only what repeats exactly enters; measured times and memory would make a resumed study rank differently.
 */
export function failureSeverity(trial: Pick<FinishedTrial, "outcome">): number {
  // It ran, but breaks a constraint on metrics: the mildest failure.
  if (trial.outcome.kind !== "failed") return 0;
  switch (trial.outcome.failure) {
    case "timeout":
      return 1;
    case "out_of_memory":
      return 2;
    case "diverged":
      return 3;
    case "metric_missing":
    case "crashed":
      return 4;
    case "invalid_configuration":
    case "tampered":
      return 5;
    case "cancelled":
    case "lost":
      return 0;
  }
}

/**
 * The kind of a failure, for models that learn what causes each; a broken constraint on metrics is one of its own.
 * Undefined for a trial that can be an answer.
 */
export function failureName(evidence: Evidence, trial: FinishedTrial): string | undefined {
  return trial.outcome.kind === "failed" ? trial.outcome.failure : evidence.violated(trial);
}
