/** The metric that is tuned and which way is better. */
export interface Objective {
  readonly metric: string;
  readonly direction: "minimize" | "maximize";
  /** Expressions over metrics that a configuration must satisfy to be an answer; none where absent. */
  readonly constraints?: readonly string[];
}

/** A value as something to minimise: optimizers, evidence and credit only ever compare losses. */
export function toLoss(objective: Objective, value: number): number {
  return objective.direction === "minimize" ? value : -value;
}

/** The inverse of {@link toLoss}. */
export function fromLoss(objective: Objective, loss: number): number {
  return objective.direction === "minimize" ? loss : -loss;
}
