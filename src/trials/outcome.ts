import { z } from "zod";

/** Why a trial has no value. Recognised in failure.ts; each is documented in docs/failures.md. */
export const failureKinds = [
  "out_of_memory",
  "timeout",
  "diverged",
  "crashed",
  "metric_missing",
  "invalid_configuration",
  "cancelled",
  "lost",
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** How a trial ended. */
export const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("complete"),
    /** The objective's metric as measured, in the user's direction. Finite. */
    value: z.number(),
  }),
  z.object({
    kind: z.literal("pruned"),
    /** Last intermediate value of the objective's metric. */
    value: z.number(),
    step: z.number(),
    reason: z.string(),
  }),
  z.object({
    kind: z.literal("failed"),
    failure: z.enum(failureKinds),
    /** One sentence for the person: what was seen, for example the line of the log that decided it. */
    message: z.string(),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Whether the configuration caused the failure, so that the optimizer should learn to stay away from it. */
export function causedByConfiguration(failure: FailureKind): boolean {
  switch (failure) {
    case "out_of_memory":
    case "timeout":
    case "diverged":
    case "invalid_configuration":
    case "crashed":
    case "metric_missing":
      return true;
    case "cancelled":
    case "lost":
      return false;
  }
}

/** One reading of one metric while a trial runs. */
export interface Observation {
  readonly metric: string;
  /** Training step or epoch where the script printed one; otherwise counted from 0 for each metric. */
  readonly step: number;
  /** May be NaN or infinite: that is what divergence looks like. */
  readonly value: number;
  /** Seconds since the trial started. */
  readonly seconds: number;
}
