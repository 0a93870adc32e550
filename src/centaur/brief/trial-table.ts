import type { Evidence, FinishedTrial, Group } from "../../evidence/index.js";
import type { Configuration } from "../../space/parameter.js";
import { duration, megabytes, objectiveValue, short } from "../../evidence/numbers.js";

/** How many rows of each kind a table shows. */
export const tableRows = { best: 10, recent: 8 } as const;

/**
 * The trials as a compact table: the best configurations by estimated true value, then the most recent ones. One row
 * a configuration, not a run; columns are the parameters in the space's order, derived quantities behind them.
 */
export function trialTable(evidence: Evidence): string {
  const { space } = evidence;
  const ranked = rankGroups(evidence);
  const best = ranked.slice(0, tableRows.best);
  const shown = new Set(best);
  const recent = [...evidence.trials]
    .reverse()
    .map((trial) => evidence.group(trial.proposal.configuration)!)
    .filter((group) => {
      if (shown.has(group)) return false;
      shown.add(group);
      return true;
    })
    .slice(0, tableRows.recent);
  const derived = space.derived.map((quantity) => quantity.name);
  const header = [
    "trial",
    evidence.objective.metric,
    "from",
    ...space.parameters.map((parameter) => parameter.name),
    ...derived,
    "peak memory",
    "time",
  ].join(" | ");
  const lines = [header, "best by estimated true value:", ...best.map((group) => row(evidence, group, derived))];
  if (recent.length > 0) lines.push("most recent others:", ...recent.map((group) => row(evidence, group, derived)));
  return lines.join("\n");
}

/** Configurations with at least one complete run, best estimate first; ties go to the earlier one. */
export function rankGroups(evidence: Evidence): readonly Group[] {
  return evidence.groups
    .flatMap((group) => {
      const estimate = evidence.estimate(group);
      return estimate === undefined ? [] : [{ group, mean: estimate.mean }];
    })
    .sort((a, b) => (evidence.better(a.mean, b.mean) ? -1 : evidence.better(b.mean, a.mean) ? 1 : 0))
    .map(({ group }) => group);
}

function row(evidence: Evidence, group: Group, derived: readonly string[]): string {
  const last = group.trials[group.trials.length - 1]!;
  return [
    group.trials.length === 1 ? String(group.first.number) : `${group.first.number} (${group.trials.length} runs)`,
    result(evidence, group),
    group.first.proposal.origin,
    ...values(evidence, group.configuration),
    ...derived.map((name) => (group.first.derived[name] === undefined ? "-" : short(group.first.derived[name]))),
    last.peakMemoryBytes === undefined ? "-" : megabytes(last.peakMemoryBytes),
    last.seconds === undefined ? "-" : duration(last.seconds),
  ].join(" | ");
}

function values(evidence: Evidence, configuration: Configuration): readonly string[] {
  return evidence.space.parameters.map(({ name }) => {
    const value = configuration[name];
    return value === undefined ? "-" : evidence.space.format(name, value);
  });
}

function result(evidence: Evidence, group: Group): string {
  const estimate = evidence.estimate(group);
  if (estimate === undefined) return describeFailure(group.trials[group.trials.length - 1]!);
  const value = objectiveValue(estimate.mean, evidence.noise?.deviation);
  return group.failures > 0 ? `${value} (failed ${group.failures} of ${group.trials.length})` : value;
}

export function describeFailure(trial: FinishedTrial): string {
  return trial.outcome.kind === "failed" ? trial.outcome.failure : trial.outcome.kind;
}
