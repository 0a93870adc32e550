import { z } from "zod";

/** Why a trial has no value. Recognised in failure.ts; each is documented in docs/failures.md. */
export const failureKinds = [
  "out_of_memory",
  "timeout",
  "diverged",
  "crashed",
  "metric_missing",
  "invalid_configuration",
  "tampered",
  "cancelled",
  "lost",
] as const;
export type FailureKind = (typeof failureKinds)[number];

/**
 * What a failure says about the configuration. `configuration`: the values did it, stay away from them.
 * `environment`: the machine, the installation or the command did it, the same values may well succeed.
 */
export const faults = ["configuration", "environment"] as const;
export type Fault = (typeof faults)[number];

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
    /** Where it differs from what the kind says by itself (see {@link faultOf}): a crash because the disk is full. */
    fault: z.enum(faults).optional(),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;
export type FailedOutcome = Extract<Outcome, { kind: "failed" }>;

const usualFault: Readonly<Record<FailureKind, Fault>> = {
  out_of_memory: "configuration",
  timeout: "configuration",
  diverged: "configuration",
  crashed: "configuration",
  metric_missing: "configuration",
  invalid_configuration: "configuration",
  tampered: "configuration",
  cancelled: "environment",
  lost: "environment",
};

/** Who is to blame for a failure: what the outcome says, otherwise what its kind usually means. */
export function faultOf(outcome: FailedOutcome): Fault {
  return outcome.fault ?? usualFault[outcome.failure];
}

/** Whether the configuration caused the failure, so that the optimizer should learn to stay away from it. */
export function causedByConfiguration(outcome: Outcome): boolean {
  return outcome.kind === "failed" && faultOf(outcome) === "configuration";
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
