import { versionOf } from "../code/version.js";
import type { TrialRecord } from "../store/index.js";
import type { StudyReading } from "../study/summary.js";
import { evidenceByVersion, type VersionEvidence } from "../study/version-evidence.js";
import { formatDuration, formatSize } from "../trials/quantity.js";
import { wrap } from "./terminal-text.js";
import { type Column, textTable } from "./text-table.js";
import { evidenceFormat, purposeAndOrigin } from "./trial-line.js";
import { type ValueFormat, valueFormat } from "./value-format.js";

/**
 * All trials as aligned columns within `width` columns. Where that is too narrow, memory, time and the last
 * parameters are left out and named below.
 */
export function trialsTable(reading: StudyReading, width: number): string {
  const { trials, settings } = reading;
  if (trials.length === 0) return "No trial yet.";
  const evidence = evidenceByVersion(reading);
  const best = evidence.now.incumbent?.group.first.number;
  const several = reading.versions.size > 1;
  const format = evidence.trials.length === 0 ? valueFormat([], undefined) : evidenceFormat(evidence);
  const { parameters, derived } = columnNames(evidence, trials);
  const columns: readonly Column[] = [
    { title: "trial", align: "right" },
    { title: "", most: 1 },
    { title: settings.objective.metric, align: "right", most: 24 },
    ...(several ? [{ title: "code" }] : []),
    { title: "from", most: 18 },
    ...parameters.map((title, k): Column => ({ title, align: "right", keep: 1000 - k, most: 20 })),
    ...derived.map((title, k): Column => ({ title, align: "right", keep: 500 - k, most: 20 })),
    { title: "time", align: "right", keep: 2000 },
    { title: "memory", align: "right", keep: 100 },
    { title: "seed", align: "right", keep: 50 },
  ];
  const rows = trials.map((trial) => [
    String(trial.number),
    trial.number === best ? "*" : "",
    outcomeText(trial, format),
    ...(several ? [versionOf(trial.proposal)] : []),
    purposeAndOrigin(trial),
    ...parameters.map((name) => {
      const value = trial.proposal.configuration[name];
      return value === undefined ? "-" : evidence.of(versionOf(trial.proposal)).space.format(name, value);
    }),
    ...derived.map((name) => {
      const value = trial.derived[name];
      return value === undefined ? "-" : String(Number(value.toPrecision(4)));
    }),
    trial.seconds === undefined ? "" : formatDuration(trial.seconds),
    trial.peakMemoryBytes === undefined ? "" : formatSize(trial.peakMemoryBytes),
    String(trial.seed),
  ]);
  const used = columns.map((_, k) => rows.some((row) => row[k] !== ""));
  const { lines, dropped } = textTable(
    columns.filter((_, k) => used[k]),
    rows.map((row) => row.filter((_, k) => used[k])),
    width,
  );
  const notes = [
    ...(best === undefined ? [] : ["* best so far, by estimated true value"]),
    ...(dropped.length === 0 ? [] : [`no room for: ${dropped.join(", ")}; a wider terminal or --json shows all`]),
  ];
  return [...lines, ...(notes.length === 0 ? [] : ["", ...notes.flatMap((note) => wrap(note, width))])].join("\n");
}

/** Parameters and derived quantities of all versions that these trials ran on, in the order in which they came up. */
export function columnNames(
  evidence: VersionEvidence,
  trials: readonly TrialRecord[],
): { readonly parameters: readonly string[]; readonly derived: readonly string[] } {
  const versions = [...new Set(trials.map(({ proposal }) => versionOf(proposal)))];
  const spaces = versions.map((version) => evidence.of(version).space);
  const names = (of: (space: (typeof spaces)[number]) => readonly { readonly name: string }[]): readonly string[] => [
    ...new Set(spaces.flatMap((space) => of(space).map(({ name }) => name))),
  ];
  return { parameters: names((space) => space.parameters), derived: names((space) => space.derived) };
}

/** What came out of a trial, short: its value, the kind of its failure, or its state. */
export function outcomeText({ outcome, state }: TrialRecord, format: ValueFormat): string {
  if (outcome === undefined) return state;
  switch (outcome.kind) {
    case "complete":
      return format(outcome.value);
    case "pruned":
      return `pruned at ${format(outcome.value)}`;
    case "failed":
      return outcome.failure;
  }
}
