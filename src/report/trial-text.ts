import { baseVersion, versionOf } from "../code/version.js";
import type { ObservationRecord, TrialRecord } from "../store/index.js";
import type { StudyReading } from "../study/summary.js";
import { evidenceByVersion, type VersionEvidence } from "../study/version-evidence.js";
import { faultOf } from "../trials/outcome.js";
import { formatDuration, formatSize } from "../trials/quantity.js";
import { brailleChart, chartLines } from "./braille-chart.js";
import { configurationTable } from "./configuration-table.js";
import { cut, padEnd, printable, wrap } from "./terminal-text.js";
import { evidenceFormat, purposeAndOrigin } from "./trial-line.js";
import { outcomeText } from "./trials-table.js";
import { counted, valueFormat } from "./value-format.js";

const labelWidth = 11;
const chartRows = 9;

/**
 * One trial in full: who proposed it and why, what came out, its configuration against the default, its metrics, the
 * curve of the objective's metric while it ran, and the end of its log.
 *
 * @param observations of this trial; those of earlier attempts are passed over
 */
export function trialText(
  reading: StudyReading,
  trial: TrialRecord,
  observations: readonly ObservationRecord[],
  width = 80,
): string {
  const evidence = evidenceByVersion(reading);
  const { space } = evidence.of(versionOf(trial.proposal));
  const blocks = [
    headLines(reading, evidence, trial, width),
    configurationTable(space, trial.proposal.configuration, trial.derived, width),
    metricLines(reading, trial, width),
    curveLines(reading, trial, observations, width),
    logLines(trial, width),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function headLines(
  reading: StudyReading,
  evidence: VersionEvidence,
  trial: TrialRecord,
  width: number,
): readonly string[] {
  const { metric } = reading.settings.objective;
  const { proposal, outcome } = trial;
  const format = evidenceFormat(evidence);
  const best = evidence.now.incumbent?.group.first.number === trial.number && proposal.purpose === "search";
  const own = evidence.of(versionOf(proposal));
  const group = own.group(proposal.configuration);
  const estimate = group === undefined ? undefined : own.estimate(group);
  const line = (label: string, text: string): readonly string[] =>
    wrap(text, width - labelWidth).map((part, k) => `${padEnd(k === 0 ? label : "", labelWidth)}${part}`);
  const lines = [`trial ${trial.number} of ${printable(reading.record.name)}${best ? ", the best so far" : ""}`, ""];
  const value = outcome?.kind === "complete" ? `${metric} ` : "";
  lines.push(...line("Outcome", `${value}${outcomeText(trial, format)}`));
  if (outcome?.kind === "failed") {
    lines.push(...line("", printable(outcome.message)));
    lines.push(
      ...line(
        "Fault",
        faultOf(outcome) === "configuration"
          ? "the configuration's"
          : "the environment's: the optimizer does not learn from it",
      ),
    );
  }
  if (outcome?.kind === "pruned") lines.push(...line("", `at step ${outcome.step}: ${printable(outcome.reason)}`));
  if (estimate !== undefined && estimate.runs > 1) {
    lines.push(
      ...line(
        "Estimate",
        `${format(estimate.mean)} ± ${format(estimate.deviation)} from ${counted(estimate.runs, "run")} of this configuration`,
      ),
    );
  }
  lines.push(
    ...line("From", `${purposeAndOrigin(trial)}${proposal.turn === undefined ? "" : `, turn ${proposal.turn}`}`),
  );
  if (reading.head !== undefined) lines.push(...line("Code", codeText(reading, trial)));
  const pair = pairPartner(reading, trial);
  if (pair !== undefined) lines.push(...line("Pair", pair));
  if (proposal.reason !== "") lines.push(...line("Reason", printable(proposal.reason)));
  if (proposal.fallback !== undefined)
    lines.push(...line("Fallback", `the advisor gave no usable answer: ${printable(proposal.fallback)}`));
  if (proposal.expected !== undefined) lines.push(...line("Expected", format(proposal.expected)));
  const used = [
    ...(trial.seconds === undefined ? [] : [formatDuration(trial.seconds)]),
    ...(trial.peakMemoryBytes === undefined ? [] : [`peak memory ${formatSize(trial.peakMemoryBytes)}`]),
    ...(trial.device === undefined ? [] : [`on ${trial.device}`]),
  ];
  if (used.length > 0) lines.push(...line("Took", used.join(", ")));
  if (trial.attempt > 1) lines.push(...line("Attempt", String(trial.attempt)));
  if (trial.exitCode !== undefined && trial.exitCode !== 0) lines.push(...line("Exit code", String(trial.exitCode)));
  if (trial.signal !== undefined) lines.push(...line("Signal", trial.signal));
  lines.push(...line("Seed", String(trial.seed)));
  return lines;
}

/** "v3, kept: warm up longer". */
function codeText({ versions }: StudyReading, { proposal }: TrialRecord): string {
  const id = versionOf(proposal);
  const version = versions.get(id);
  if (version === undefined || id === baseVersion) return `${id}, as it was given`;
  return `${id}, ${version.status}: ${printable(version.summary)}`;
}

/** "2 of v3, against trial 41 on v1": the other runs of its pair, on the same seed. */
function pairPartner({ trials }: StudyReading, { number, proposal }: TrialRecord): string | undefined {
  const { pair } = proposal;
  if (pair === undefined) return undefined;
  const others = trials.filter(
    ({ number: other, proposal: { pair: its } }) =>
      other !== number && its?.candidate === pair.candidate && its.number === pair.number,
  );
  const named = others.map((other) => `trial ${other.number} on ${versionOf(other.proposal)}`);
  return `${pair.number} of ${pair.candidate}${named.length === 0 ? "" : `, against ${named.join(" and ")}`}`;
}

function metricLines(reading: StudyReading, { metrics }: TrialRecord, width: number): readonly string[] {
  const others = Object.entries(metrics).filter(([name]) => name !== reading.settings.objective.metric);
  if (others.length === 0) return [];
  const text = others.map(([name, value]) => `${printable(name)} ${Number(value.toPrecision(5))}`).join(", ");
  return wrap(`${padEnd("Metrics", labelWidth)}${text}`, width);
}

function curveLines(
  reading: StudyReading,
  trial: TrialRecord,
  observations: readonly ObservationRecord[],
  width: number,
): readonly string[] {
  const { metric, direction } = reading.settings.objective;
  const readings = observations.filter((each) => each.attempt === trial.attempt && each.metric === metric);
  const finite = readings.filter(({ value }) => Number.isFinite(value));
  if (finite.length < 2) return [];
  const notFinite = readings.length - finite.length;
  let reached = Number.NEGATIVE_INFINITY;
  // A last reading without a step of its own, as many scripts print it, belongs at the end and not at the start.
  const points = readings.map(({ step, value }) => {
    reached = Math.max(reached, step);
    return { x: reached, y: value };
  });
  const chart = brailleChart({
    width: Math.min(width, 100),
    height: chartRows,
    line: points,
    failures: points.filter(({ y }) => !Number.isFinite(y)).map(({ x }) => x),
    direction,
    format: valueFormat(
      finite.map(({ value }) => value),
      undefined,
    ),
    xLabel: "step",
  });
  return [
    `${metric}, ${counted(readings.length, "reading")}${notFinite === 0 ? "" : `, ${notFinite} not finite (×)`}`,
    ...chartLines(chart),
  ];
}

function logLines({ logTail, logFile }: TrialRecord, width: number): readonly string[] {
  if (logTail.length === 0) return logFile === undefined ? [] : [`Log: ${logFile}, empty`];
  return [
    `Last lines of its log${logFile === undefined ? "" : ` (${logFile} in the study's folder)`}`,
    ...logTail.map((line) => cut(`  ${printable(line)}`, width)),
  ];
}
