import { constants } from "node:os";
import { nearestName } from "../space/nearest-name.js";
import { type FailureRule, failureRules, wrappers } from "./failure-rules.js";
import type { FailureKind, Fault, Outcome } from "./outcome.js";

/** Why the executor ended a trial before it ended by itself. The first reason counts. */
export type StopCause =
  | { readonly kind: "cancelled"; readonly reason: string }
  | { readonly kind: "pruned"; readonly reason: string }
  | { readonly kind: "diverged"; readonly reason: string }
  /** The configuration cannot be passed to the command. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** `limit` and `used` are written with their units. */
  | { readonly kind: "time"; readonly limit: string }
  | { readonly kind: "memory"; readonly limit: string; readonly used: string }
  /** It wrote more than it may; with units. */
  | { readonly kind: "disk"; readonly limit: string; readonly used: string }
  | { readonly kind: "processes"; readonly limit: number; readonly used: number };

/** Everything that the end of a trial is judged by. */
export interface Evidence {
  readonly stop?: StopCause | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** Last lines of the log, clean of control characters. */
  readonly log: readonly string[];
  readonly objective: string;
  /** The objective's value as it counts: absent where it was never read, not finite where training diverged. */
  readonly value?: number | undefined;
  /** Last finite intermediate value of the objective, for a pruned trial. */
  readonly lastObjective?: { readonly value: number; readonly step: number } | undefined;
  /** Names of all metrics that were read. */
  readonly metrics: readonly string[];
  /** A metric other than the objective whose last reading was not finite, with that reading. */
  readonly notFinite?: string | undefined;
  /** An address space limit was set, under which programs die in more ways. */
  readonly addressSpaceLimit?: boolean | undefined;
}

/**
 * How a trial ended. In this order, the first that applies:
 *
 * 1. what the executor did: cancelled, pruned, not startable, memory limit, time limit, diverged readings;
 * 2. exit code 0 with a finite objective: complete; with one that is not finite: diverged;
 * 3. the line of the log that decides, read from the end: see `failureRules`. Where the log ends with a traceback,
 *    only it and what follows counts, so that an earlier error that the program survived is not blamed;
 * 4. readings that ceased to be finite before the end: diverged;
 * 5. a signal or exit code: SIGKILL from elsewhere is most likely the kernel out of memory, SIGTERM and the like
 *    mean that somebody else ended it (lost), others a crash;
 * 6. exit code 0 without the objective: metric_missing; anything else: crashed, with the exception's line.
 */
export function classify(evidence: Evidence): Outcome {
  return (
    stoppedOutcome(evidence) ??
    finishedOutcome(evidence) ??
    loggedOutcome(evidence) ??
    notFiniteOutcome(evidence) ??
    signalledOutcome(evidence) ??
    (evidence.exitCode === 0 ? missingMetric(evidence) : crashed(evidence))
  );
}

/**
 * A run that changed what scores it, or code that no run may change. Its result counts for nothing, whatever it was.
 *
 * @param paths what was changed; at least one
 */
export function tamperedOutcome(paths: readonly string[]): Outcome {
  const named = paths.slice(0, 5).join(", ");
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : "";
  return failed("tampered", `The run changed ${named}${more}, which no run may change.`);
}

function stoppedOutcome(evidence: Evidence): Outcome | undefined {
  const { stop, log } = evidence;
  switch (stop?.kind) {
    case undefined:
      return undefined;
    case "cancelled":
      return failed("cancelled", `Cancelled: ${stop.reason}.`);
    case "diverged":
      return failed("diverged", `Training diverged: ${stop.reason}.`);
    case "invalid":
      return failed("invalid_configuration", stop.reason);
    case "memory":
      return failed("out_of_memory", `It used ${stop.used} of memory, more than the limit of ${stop.limit}.`);
    case "disk":
      return failed("crashed", `It wrote ${stop.used}, more than the limit of ${stop.limit}.`);
    case "processes":
      return failed("crashed", `It had ${stop.used} processes at once, more than the limit of ${stop.limit}.`);
    case "time": {
      const hint = decidingLine(log);
      const also = hint === undefined ? "" : ` Its log says ${quote(hint.line)}.`;
      return failed("timeout", `It ran longer than the limit of ${stop.limit}.${also}`);
    }
    case "pruned": {
      const last = evidence.lastObjective;
      return last === undefined
        ? failed("metric_missing", `It was to be pruned (${stop.reason}) before it reported ${evidence.objective}.`)
        : { kind: "pruned", value: last.value, step: last.step, reason: stop.reason };
    }
  }
}

function finishedOutcome({ exitCode, signal, value, objective }: Evidence): Outcome | undefined {
  if (exitCode !== 0 || signal !== undefined || value === undefined) return undefined;
  return Number.isFinite(value)
    ? { kind: "complete", value }
    : failed("diverged", `The objective ${objective} ended as ${value}.`);
}

function loggedOutcome({ log, exitCode, addressSpaceLimit }: Evidence): Outcome | undefined {
  const found = decidingLine(log);
  // A program that ends well may have warned of anything on the way; only what hides a missing value counts.
  if (exitCode === 0 && found?.rule.fault === "environment") return undefined;
  if (found === undefined) {
    const thread =
      addressSpaceLimit === true ? log.find((line) => /can't start new thread|pthread_create/.test(line)) : undefined;
    return thread === undefined
      ? undefined
      : failed("out_of_memory", `Under the address space limit, threads could not start: ${quote(thread)}.`);
  }
  const { rule, line } = found;
  return failed(rule.failure, `${capitalised(rule.says)}: ${quote(line)}.`, rule.fault);
}

function notFiniteOutcome({ value, objective, notFinite }: Evidence): Outcome | undefined {
  if (value !== undefined && !Number.isFinite(value)) {
    return failed("diverged", `Training diverged: ${objective} was ${value} when it ended.`);
  }
  return notFinite === undefined ? undefined : failed("diverged", `Training diverged: ${notFinite} when it ended.`);
}

/** Ended from outside, by a person or a scheduler, not by what it did itself. */
const endedFromOutside = new Set(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGSTOP", "SIGUSR1", "SIGUSR2"]);

function signalledOutcome(evidence: Evidence): Outcome | undefined {
  const signal = evidence.signal ?? signalOfExitCode(evidence.exitCode);
  if (signal === undefined) return undefined;
  if (signal === "SIGKILL") {
    return failed(
      "out_of_memory",
      "It was killed by SIGKILL that agent-tune did not send, probably by the kernel for its memory.",
    );
  }
  if (signal === "SIGXCPU")
    return failed("timeout", "It was ended by SIGXCPU: its limit of processor time was reached.");
  if (signal === "SIGXFSZ")
    return failed("crashed", "It was ended by SIGXFSZ: a file grew beyond the system's limit.", "environment");
  if (endedFromOutside.has(signal)) {
    return failed("lost", `It was ended by ${signal} that agent-tune did not send.`);
  }
  return failed("crashed", `It was ended by ${signal}${after(evidence.log)}.`);
}

/** A shell reports a child that died of signal n as exit code 128 + n. */
function signalOfExitCode(exitCode: number | undefined): string | undefined {
  if (exitCode === undefined || exitCode <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}

function missingMetric({ objective, metrics }: Evidence): Outcome {
  if (metrics.length === 0) {
    return failed("metric_missing", `It ended well but reported no metric, so there is no ${objective}.`);
  }
  const near =
    nearestName(objective, metrics) ??
    metrics.find((name) => name.includes(objective) || (name.length > 2 && objective.includes(name)));
  const seen =
    metrics.length > 12 ? `${metrics.slice(0, 12).join(", ")} and ${metrics.length - 12} more` : metrics.join(", ");
  const hint = near === undefined ? "" : `, the nearest is ${near}`;
  return failed("metric_missing", `It ended well but did not report ${objective}; seen were ${seen}${hint}.`);
}

function crashed(evidence: Evidence): Outcome {
  const code = evidence.exitCode;
  const how = code === undefined ? "It failed" : `It ended with exit code ${code}`;
  if (code === 127) return failed("crashed", `A command was not found${after(evidence.log)}.`, "environment");
  if (code === 126) return failed("crashed", `A command could not be executed${after(evidence.log)}.`, "environment");
  return failed("crashed", `${how}${after(evidence.log)}.`);
}

/** Where no traceback marks what the end of the program wrote, this many last lines are taken for it. */
const linesWithoutTraceback = 30;

interface Deciding {
  readonly rule: FailureRule;
  readonly line: string;
}

/** The line that decides, the last one first, within the part of the log that the end of the program wrote. */
function decidingLine(log: readonly string[]): Deciding | undefined {
  const exception = finalException(log);
  const own = exception !== undefined && !wrappers.test(exception.line);
  const wrapped = log.some((line) => wrappers.test(line));
  const from = own ? exception.from : wrapped ? 0 : Math.max(0, log.length - linesWithoutTraceback);
  for (let i = log.length - 1; i >= from; i--) {
    const line = (log[i] ?? "").trim();
    // Source lines that a traceback quotes are indented and only name what went wrong by accident.
    if (own && i < exception.at && /^\s/.test(log[i] ?? "")) continue;
    const rule = failureRules.find(({ pattern, except }) => pattern.test(line) && except?.test(line) !== true);
    if (rule !== undefined) return { rule, line };
  }
  return undefined;
}

interface FinalException {
  /** Index of the line that begins the traceback, or the first of a chain of them. */
  readonly from: number;
  /** Index of the exception's own line. */
  readonly at: number;
  readonly line: string;
}

const tracebackStart = /^(?:\S*\s*)?Traceback \(most recent call last\):/;
const exceptionLine = /^(?:\[\S+\]:?\s*)?[A-Za-z_][\w.]*(?::|$)/;
const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;

function finalException(log: readonly string[]): FinalException | undefined {
  let from = log.findLastIndex((line) => tracebackStart.test(line));
  if (from === -1) return undefined;
  const at = log.findIndex((line, index) => index > from && /^\S/.test(line) && exceptionLine.test(line));
  if (at === -1) return undefined;
  for (;;) {
    const before = log.findLastIndex((line, index) => index < from && line.trim() !== "");
    if (before === -1 || !chained.test(log[before] ?? "")) break;
    const earlier = log.findLastIndex((line, index) => index < before && tracebackStart.test(line));
    if (earlier === -1) break;
    from = earlier;
  }
  return { from, at, line: (log[at] ?? "").trim() };
}

/** `: "ValueError: bad width"`, from the exception's line or the last line that is not empty. */
function after(log: readonly string[]): string {
  const line = finalException(log)?.line ?? log.findLast((text) => text.trim() !== "");
  return line === undefined ? " and wrote nothing" : `: ${quote(line)}`;
}

function quote(line: string): string {
  const text = line.trim().replace(/[.\s]+$/, "");
  return `"${text.length > 240 ? `${text.slice(0, 239)}…` : text}"`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function failed(failure: FailureKind, message: string, fault?: Fault): Outcome {
  const usual = failure === "cancelled" || failure === "lost" ? "environment" : "configuration";
  return fault === undefined || fault === usual
    ? { kind: "failed", failure, message }
    : { kind: "failed", failure, message, fault };
}
