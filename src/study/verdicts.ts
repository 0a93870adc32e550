import { AgentTuneError } from "../errors.js";
import type { FinishedTrial } from "../evidence/index.js";
import { causedByConfiguration } from "../trials/outcome.js";
import type { TrialEnd } from "../trials/trial-run.js";
import type { StudyEvent } from "./study-events.js";

/** Trials that fail through the environment, one after the other, before the study says that something is broken. */
const environmentFailuresInARow = 3;

/**
 * The end of the first trial, failed where it did not report a metric that a constraint is about: without it no
 * configuration could ever be the answer.
 *
 * @param missing names of those metrics
 */
export function withMetrics(end: TrialEnd, missing: readonly string[]): TrialEnd {
  if (end.outcome.kind !== "complete" || missing.length === 0) return end;
  const seen = Object.keys(end.metrics).join(", ");
  const message = `It ended well but did not report ${missing.join(", ")}, which objective.constraints needs; seen were ${seen}.`;
  return { ...end, outcome: { kind: "failed", failure: "metric_missing", message } };
}

/**
 * A first trial that fails by itself: the command does not work, and going on would only waste time. A default that
 * is merely too large, too slow or unstable is no such failure: the search may well find one that is not.
 *
 * @param log where its log is, for the message
 * @param unmeasured metrics of constraints for which {@link withMetrics} made it fail
 */
export function verdictOfFirstTrial(
  trial: FinishedTrial,
  metric: string,
  log: string | undefined,
  unmeasured: readonly string[] = [],
): AgentTuneError | undefined {
  if (trial.outcome.kind !== "failed") return undefined;
  const wanted = unmeasured.length === 0 ? metric : unmeasured.join(", ");
  const { failure, message } = trial.outcome;
  const ownFault = failure === "out_of_memory" || failure === "timeout" || failure === "diverged";
  if (ownFault && causedByConfiguration(trial.outcome)) return undefined;
  return new AgentTuneError("all_trials_failed", {
    message: `The command does not work with the default configuration (${failure}): ${message}`,
    where: log === undefined ? "trial 0" : `trial 0, log: ${log}`,
    remedy:
      failure === "metric_missing"
        ? `Make the command print ${wanted} and run agent-tune resume, or correct ${unmeasured.length === 0 ? "objective.metric" : "objective.constraints"} in the study file and run agent-tune run.`
        : "Make the command run by hand with its defaults, then run agent-tune resume; after a change of the study file, agent-tune run.",
  });
}

/**
 * A model that lets nobody in at its first call: the name or the key is wrong, and a night of trials without the
 * advisor that was asked for is not what the person wants. Once it has answered, it may fail as it likes.
 *
 * @param events of the turn that called it
 */
export function verdictOfFirstCall(events: readonly StudyEvent[], advisor: string): AgentTuneError | undefined {
  const failed = events.find((event) => event.type === "advice.failed");
  switch (failed?.failure) {
    case "auth":
      return new AgentTuneError("credentials_refused", {
        message: `The key for ${advisor} was refused: ${failed.message}`,
        where: advisor,
        remedy:
          "Set the right key in the environment, check it with agent-tune doctor --online, then run agent-tune resume.",
      });
    case "unknown_model":
      return new AgentTuneError("model_unknown", {
        message: `There is no model ${advisor}: ${failed.message}`,
        where: advisor,
        remedy: "Check the name with agent-tune doctor --online --model NAME, then run agent-tune resume --model NAME.",
      });
    default:
      return undefined;
  }
}

/**
 * Trial after trial that fails for a reason outside its configuration: a full disk, a missing module, a dead driver.
 *
 * @param trials in the order in which they finished
 */
export function verdictOfEnvironment(trials: readonly FinishedTrial[]): AgentTuneError | undefined {
  const latest = trials.slice(-environmentFailuresInARow);
  const last = latest.at(-1);
  const broken =
    latest.length === environmentFailuresInARow &&
    latest.every(({ outcome }) => outcome.kind === "failed" && !causedByConfiguration(outcome));
  if (!broken || last?.outcome.kind !== "failed") return undefined;
  return new AgentTuneError("all_trials_failed", {
    message: `${environmentFailuresInARow} trials in a row failed for a reason that is not in their configuration: ${last.outcome.message}`,
    where: `trial ${last.number}`,
    remedy: "Mend the cause, then run agent-tune resume.",
  });
}
