import { shownOrigin, versionOf } from "../code/version.js";
import type { Evidence } from "../evidence/index.js";
import type { TrialRecord } from "../store/index.js";
import type { Study } from "../study/study.js";
import { formatDuration, formatSize } from "../trials/quantity.js";
import { cut, padEnd, padStart, printable } from "./terminal-text.js";
import { type ValueFormat, valueFormat } from "./value-format.js";

/** What a line says about the study around its trial. */
export type LineContext = Pick<Study, "evidence" | "progress" | "settings" | "versions">;

/** Longest message of a failure in a line. */
const messageWidth = 70;

/**
 * One line for a trial that has ended, for logs: how far the study is, who proposed it, what came out, what it took,
 * whether it is the new incumbent, the best so far and the time left.
 */
export function trialLine(study: LineContext, trial: TrialRecord): string | undefined {
  const { outcome } = trial;
  if (outcome === undefined) return undefined;
  const { evidence, progress, settings, versions } = study;
  const several = versions.length > 1;
  const format = evidenceFormat(evidence);
  const result =
    outcome.kind === "complete"
      ? `${settings.objective.metric} ${format(outcome.value)}`
      : outcome.kind === "pruned"
        ? `pruned at step ${outcome.step}, ${format(outcome.value)}`
        : `failed: ${outcome.failure}`;
  const used = [
    trial.seconds === undefined ? undefined : formatDuration(trial.seconds),
    trial.peakMemoryBytes === undefined ? undefined : formatSize(trial.peakMemoryBytes),
  ].filter((part) => part !== undefined);
  const parts = [
    `${place(study, trial)} ${padEnd(`trial ${trial.number}`, 9)} ${padEnd(versionAndOrigin(trial, several), several ? 18 : 15)} ${padEnd(result, 18)}`,
    ...(used.length === 0 ? [] : [padStart(used.join(", "), 14)]),
  ];
  const { incumbent } = evidence;
  const broken = evidence.violated({ ...trial, outcome });
  if (outcome.kind === "failed") parts.push(cut(printable(outcome.message), messageWidth));
  else if (broken !== undefined) parts.push(cut(printable(`breaks ${broken}`), messageWidth));
  else if (trial.proposal.purpose === "search" && incumbent?.group.first.number === trial.number) {
    parts.push(trial.number === 0 ? "* start" : "* new best");
  }
  const rest = [
    ...(incumbent === undefined || incumbent.group.first.number === trial.number || progress.phase !== "search"
      ? []
      : [`best ${format(incumbent.estimate.mean)} (trial ${incumbent.group.first.number})`]),
    ...(progress.secondsLeft === undefined || progress.phase === "done" || progress.secondsLeft < 1
      ? []
      : [`about ${formatDuration(roughly(progress.secondsLeft))} left`]),
  ];
  if (rest.length > 0) parts.push(`| ${rest.join(", ")}`);
  return parts.join("  ").trimEnd();
}

function place({ progress }: LineContext, trial: TrialRecord): string {
  if (trial.proposal.purpose === "final") return "[final]";
  const { trials, trialsFinished } = progress;
  if (trials === undefined) return `[${trialsFinished}]`;
  return `[${padStart(String(trialsFinished), String(trials).length)}/${trials}]`;
}

/** "cma-es", "repeat of 12", "final run of 12", "pair 2 of v3"; the first run of a version is its "check run". */
export function purposeAndOrigin({ proposal }: Pick<TrialRecord, "proposal">): string {
  const { purpose, pair, replicateOf } = proposal;
  if (purpose === "search") return shownOrigin(proposal);
  if (pair !== undefined) return `pair ${pair.number} of ${pair.candidate}`;
  const kind = { final: "final run", gate: "paired run", replicate: "repeat" }[purpose];
  return replicateOf === undefined ? kind : `${kind} of ${replicateOf}`;
}

/** The same with the code version in front, where there are several. */
export function versionAndOrigin(trial: Pick<TrialRecord, "proposal">, several: boolean): string {
  return several ? `${padEnd(versionOf(trial.proposal), 3)} ${purposeAndOrigin(trial)}` : purposeAndOrigin(trial);
}

/** Format for the values of a running or stored study. */
export function evidenceFormat(evidence: Pick<Evidence, "trials" | "noise">): ValueFormat {
  return valueFormat(
    evidence.trials.flatMap(({ outcome }) => (outcome.kind === "failed" ? [] : [outcome.value])),
    evidence.noise,
  );
}

/** An estimate does not know its seconds: two significant digits from a minute on. */
export function roughly(seconds: number): number {
  if (seconds < 60) return Math.round(seconds);
  if (seconds < 600) return Math.round(seconds / 10) * 10;
  if (seconds < 7200) return Math.round(seconds / 60) * 60;
  return Math.round(seconds / 1800) * 1800;
}
