import type { Evidence, FinishedTrial } from "../../evidence/index.js";
import { duration, megabytes, objectiveValue, short } from "../../evidence/numbers.js";
import type { Observation } from "../../trials/outcome.js";
import { configurationLine } from "./configuration-line.js";
import { oneLine, quoteUntrusted } from "./quote.js";

const shownReadings = 12;

/**
 * One trial in full: configuration, outcome, metrics, memory, time, who proposed it and why, and the objective while
 * it ran. Its log is for the caller to quote.
 */
export function trialLines(evidence: Evidence, trial: FinishedTrial, curve: readonly Observation[]): string[] {
  const { space } = evidence;
  const { proposal, outcome } = trial;
  const lines = [
    `trial ${trial.number}, from ${proposal.origin}, ${proposal.purpose}: ${oneLine(proposal.reason, 400)}`,
    `configuration: ${configurationLine(space, proposal.configuration)}`,
    outcome.kind === "failed"
      ? `failed: ${outcome.failure}, ${quoteUntrusted(outcome.message)}`
      : `${evidence.objective.metric}: ${objectiveValue(outcome.value, evidence.noise?.deviation)}`,
    ...Object.entries(trial.derived).map(([name, value]) => `${name}: ${short(value)}`),
    ...Object.entries(trial.metrics)
      .filter(([name]) => name !== evidence.objective.metric)
      .slice(0, 20)
      // Names come out of the log as well.
      .map(([name, value]) => `${quoteUntrusted(name)}: ${short(value, 4)}`),
  ];
  const broken = evidence.violated(trial);
  if (broken !== undefined) lines.push(`breaks ${broken}`);
  const group = evidence.group(proposal.configuration);
  if (group !== undefined && group.trials.length > 1) {
    lines.push(`all runs of this configuration: ${group.trials.map((each) => each.number).join(", ")}`);
  }
  if (trial.seconds !== undefined) lines.push(`time: ${duration(trial.seconds)}`);
  if (trial.peakMemoryBytes !== undefined) lines.push(`peak memory: ${megabytes(trial.peakMemoryBytes)}`);
  const readings = curveLine(evidence, curve);
  if (readings !== "") lines.push(`${evidence.objective.metric} while it ran (step: value): ${readings}`);
  return lines;
}

/** The objective's readings, evenly thinned out, first and last among them. */
function curveLine(evidence: Evidence, curve: readonly Observation[]): string {
  const readings = curve.filter(({ metric }) => metric === evidence.objective.metric);
  if (readings.length < 2) return "";
  const shown = Math.min(shownReadings, readings.length);
  return Array.from({ length: shown }, (_, k) => readings[Math.round((k * (readings.length - 1)) / (shown - 1))]!)
    .map(({ step, value }) => `${step}: ${short(value, 4)}`)
    .join(", ");
}
