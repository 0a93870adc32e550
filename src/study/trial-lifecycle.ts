import { AgentTuneError } from "../errors.js";
import type { FinishedTrial } from "../evidence/index.js";
import type { TrialRecord } from "../store/index.js";
import type { Proposal } from "../trials/proposal.js";
import type { TrialEnd } from "../trials/trial-run.js";

/** A proposal as a trial in the queue. */
export function queuedTrial(
  proposal: Proposal,
  trial: Pick<TrialRecord, "number" | "seed" | "derived" | "mark" | "queuedAt">,
): TrialRecord {
  return { ...trial, proposal, state: "queued", attempt: 1, metrics: {}, logTail: [] };
}

/** The same trial as a new attempt in the queue, with a mark of its own and nothing left of the attempt before. */
export function nextAttempt(trial: TrialRecord, mark: string): TrialRecord {
  const { number, proposal, derived, seed, queuedAt } = trial;
  return { ...queuedTrial(proposal, { number, derived, seed, queuedAt, mark }), attempt: trial.attempt + 1 };
}

/** A running trial that has ended. `logFile` relative to the study's folder. */
export function endedTrial(trial: TrialRecord, end: TrialEnd, at: number, logFile: string | undefined): TrialRecord {
  const { outcome, metrics, seconds, peakMemoryBytes, exitCode, signal, logTail, sandbox } = end;
  return {
    ...trial,
    state: "finished",
    finishedAt: at,
    outcome,
    metrics: { ...metrics },
    seconds,
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(logFile === undefined ? {} : { logFile }),
    logTail: [...logTail],
  };
}

/** A stored trial as what judgement is built on. */
export function finishedTrial(trial: TrialRecord): FinishedTrial {
  const { outcome } = trial;
  if (outcome === undefined) {
    throw new AgentTuneError("internal", { message: `Trial ${trial.number} is finished but has no outcome.` });
  }
  return { ...trial, outcome };
}
