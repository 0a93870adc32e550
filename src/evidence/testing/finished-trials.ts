import type { Configuration } from "../../space/parameter.js";
import type { FailureKind, Fault, Outcome } from "../../trials/outcome.js";
import type { FinishedTrial } from "../finished-trial.js";

/** What a test says of a trial; everything else is what a plain search trial has. */
export type TrialSketch = Partial<Omit<FinishedTrial, "proposal">> & Partial<FinishedTrial["proposal"]>;

/** A finished trial of a configuration, as a test sketches it. */
export function finishedTrial(
  number: number,
  configuration: Configuration,
  outcome: Outcome,
  sketch: TrialSketch = {},
): FinishedTrial {
  const { derived, seed, metrics, seconds, peakMemoryBytes, logTail, ...proposal } = sketch;
  return {
    number,
    proposal: { configuration, origin: "cma-es", purpose: "search", reason: "a test", ...proposal },
    derived: derived ?? {},
    seed: seed ?? number,
    outcome,
    metrics: metrics ?? {},
    ...(seconds === undefined ? {} : { seconds }),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    logTail: logTail ?? [],
  };
}

export function complete(value: number): Outcome {
  return { kind: "complete", value };
}

export function failed(failure: FailureKind, message = "it failed", fault?: Fault): Outcome {
  return { kind: "failed", failure, message, ...(fault === undefined ? {} : { fault }) };
}
