import { classify } from "../trials/failure.js";
import { type FailureKind, failureKinds, faults, type Observation, type Outcome } from "../trials/outcome.js";
import { isObject, type Params } from "./json-rpc.js";
import {
  checkNames,
  readList,
  readMeasurement,
  readNumber,
  readObject,
  readOneOf,
  readText,
  readWhole,
  readWithin,
} from "./read-params.js";
import { invalidParams } from "./rpc-error.js";

/** The end of one trial, as a client tells it. */
export interface ToldTrial {
  /** Number of a trial that was asked for, or a configuration that was not. */
  readonly of: { readonly trial: number } | { readonly configuration: Params };
  readonly outcome: Outcome;
  /** In the order they were reported. */
  readonly observations: readonly Observation[];
  /** Last finite reading of each metric besides the objective. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Duration in seconds. */
  readonly seconds?: number;
  /** Duration or price in any unit that stays the same within a study; the optimizer prefers it to `seconds`. */
  readonly cost?: number;
  readonly peakMemoryBytes?: number;
  /** Share of the trial that was done, in [0, 1]. */
  readonly progress?: number;
  /** Last lines of its log. */
  readonly log: readonly string[];
}

/** Everything that can be said of a result. */
export const resultFields = [
  "trial",
  "configuration",
  "value",
  "failure",
  "fault",
  "message",
  "pruned",
  "step",
  "log",
  "observations",
  "metrics",
  "seconds",
  "cost",
  "peakMemoryBytes",
  "progress",
] as const;

/** Lines of a log that are looked at, and those that are kept, as for a trial that runs a command. */
const readLines = 200;
const keptLines = 40;
/** Characters of a line that are kept. */
const lineLength = 2000;

const positive = { low: Number.MIN_VALUE, high: Number.MAX_VALUE, says: "positive" } as const;

/**
 * Reads one result.
 *
 * @param around names that may stand beside it, as `study` does in a call that tells one result
 * @throws RpcError
 */
export function readToldTrial(params: Params, where: string, metric: string, around: readonly string[]): ToldTrial {
  checkNames(params, [...around, ...resultFields], where);
  const trial = readWhole(params, "trial", where, 0);
  const { configuration } = params;
  if ((trial === undefined) === (configuration === undefined)) {
    throw invalidParams(
      where,
      "says either trial or configuration",
      "Tell the number that ask gave, or the configuration of a trial that was not asked for.",
    );
  }
  const observations = readObservations(params, where, metric);
  const metrics = readMetrics(params, where);
  for (const { metric: name, value } of observations) if (Number.isFinite(value)) metrics[name] = value;
  const log = readLog(params, where);
  const outcome = readOutcome(params, where, metric, observations, log);
  if (outcome.kind === "complete") metrics[metric] = outcome.value;
  const seconds = readWithin(params, "seconds", where, { low: 0, high: Number.MAX_VALUE, says: "0 or more" });
  const cost = readWithin(params, "cost", where, positive);
  const peakMemoryBytes = readWithin(params, "peakMemoryBytes", where, positive);
  const progress = readWithin(params, "progress", where, { low: 0, high: 1, says: "between 0 and 1" });
  return {
    of: trial === undefined ? { configuration: readObject(configuration, `${where}.configuration`) } : { trial },
    outcome,
    observations,
    metrics,
    ...(seconds === undefined ? {} : { seconds }),
    ...(cost === undefined ? {} : { cost }),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(progress === undefined ? {} : { progress }),
    log: log.slice(-keptLines).map((line) => (line.length > lineLength ? `${line.slice(0, lineLength)}…` : line)),
  };
}

function readOutcome(
  params: Params,
  where: string,
  metric: string,
  observations: readonly Observation[],
  log: readonly string[],
): Outcome {
  const failure = readOneOf(params, "failure", where, failureKinds);
  const fault = readOneOf(params, "fault", where, faults);
  const message = readText(params, "message", where);
  const pruned = readPruned(params, where);
  if (failure !== undefined) {
    if (params["value"] !== undefined || pruned) {
      throw invalidParams(`${where}.failure`, "a failed trial has no value and was not pruned");
    }
    return failed(failure, message ?? "Told by the client.", fault);
  }
  if (fault !== undefined) throw invalidParams(`${where}.fault`, "belongs to a failure");
  const value = params["value"] === undefined ? undefined : readMeasurement(params["value"], `${where}.value`);
  if (value !== undefined && !Number.isFinite(value)) {
    return failed("diverged", `The objective ${metric} ended as ${value}.`);
  }
  if (pruned) {
    const reason = message ?? "the client";
    const last = observations.findLast((each) => each.metric === metric && Number.isFinite(each.value));
    const reached = value ?? last?.value;
    if (reached === undefined) {
      return failed("metric_missing", `It was pruned (${reason}) before it reported ${metric}.`);
    }
    return { kind: "pruned", value: reached, step: readNumber(params, "step", where) ?? last?.step ?? 0, reason };
  }
  if (value !== undefined) return { kind: "complete", value };
  // Judged like the log of a command: the same words mean the same failure, whoever ran the trial.
  if (log.length > 0) return classify({ log, objective: metric, metrics: [] });
  throw invalidParams(
    where,
    "says neither value nor failure",
    "Tell the value; or the kind of failure; or the end of the log, from which the kind is told.",
  );
}

function readPruned(params: Params, where: string): boolean {
  const { pruned = false, step } = params;
  if (typeof pruned !== "boolean") throw invalidParams(`${where}.pruned`, "is neither true nor false");
  if (step !== undefined && !pruned) throw invalidParams(`${where}.step`, "belongs to a pruned trial");
  return pruned;
}

function readLog(params: Params, where: string): readonly string[] {
  const lines = (readList(params, "log", where) ?? []).slice(-readLines);
  return lines.map((line, index) => {
    if (typeof line !== "string") throw invalidParams(`${where}.log[${index}]`, "is not a text");
    return line;
  });
}

function readObservations(params: Params, where: string, metric: string): readonly Observation[] {
  const list = readList(params, "observations", where) ?? [];
  return list.map((each, index): Observation => {
    const here = `${where}.observations[${index}]`;
    if (!isObject(each)) throw invalidParams(here, "is not an object");
    checkNames(each, ["step", "value", "metric", "seconds"], here);
    return {
      metric: readText(each, "metric", here) ?? metric,
      step: readNumber(each, "step", here) ?? index,
      value: readMeasurement(each["value"], `${here}.value`),
      seconds: readWithin(each, "seconds", here, { low: 0, high: Number.MAX_VALUE, says: "0 or more" }) ?? 0,
    };
  });
}

/** Those that are not finite are left out, as for a trial that runs a command. */
function readMetrics(params: Params, where: string): Record<string, number> {
  const metrics: Record<string, number> = {};
  if (params["metrics"] === undefined) return metrics;
  for (const [name, value] of Object.entries(readObject(params["metrics"], `${where}.metrics`))) {
    const number = readMeasurement(value, `${where}.metrics.${name}`);
    if (Number.isFinite(number)) metrics[name] = number;
  }
  return metrics;
}

function failed(failure: FailureKind, message: string, fault?: (typeof faults)[number]): Outcome {
  return { kind: "failed", failure, message, ...(fault === undefined ? {} : { fault }) };
}
