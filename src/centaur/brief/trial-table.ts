import type { Evidence, FinishedTrial, Group } from "../../evidence/index.js";
import { duration, megabytes, objectiveValue, short } from "../../evidence/numbers.js";
import { shownMetrics } from "./shown-metrics.js";

/** How many rows of each kind a table shows. */
export const tableRows = { best: 8, recent: 6 } as const;

/** One column: its heading and what it says of a configuration. */
interface Column {
  readonly heading: string;
  readonly cell: (group: Group) => string;
}

/**
 * The trials as a compact table: the best configurations by estimated true value, then the most recent others. One
 * row a configuration, not a run; columns are the parameters in the space's order, behind them derived quantities
 * and what the runs reported.
 */
export function trialTable(evidence: Evidence, withDerived = true): string {
  const best = evidence.ranked(tableRows.best);
  const recent = recentGroups(evidence, new Set(best));
  const columns = columnsOf(evidence, [...best, ...recent], withDerived);
  const row = (group: Group): string => columns.map(({ cell }) => cell(group)).join(" | ");
  const lines = [columns.map(({ heading }) => heading).join(" | ")];
  if (best.length > 0) lines.push("best by estimated true value:", ...best.map(row));
  if (recent.length > 0) lines.push(best.length > 0 ? "most recent others:" : "most recent:", ...recent.map(row));
  return lines.join("\n");
}

function recentGroups(evidence: Evidence, besides: ReadonlySet<Group>): readonly Group[] {
  const found = new Set<Group>();
  for (let i = evidence.trials.length - 1; i >= 0 && found.size < tableRows.recent; i--) {
    const group = evidence.group(evidence.trials[i]!.proposal.configuration);
    if (group !== undefined && !besides.has(group)) found.add(group);
  }
  return [...found];
}

function columnsOf(evidence: Evidence, groups: readonly Group[], withDerived: boolean): readonly Column[] {
  const { space, objective } = evidence;
  const last = ({ trials }: Group): FinishedTrial => trials[trials.length - 1]!;
  const number = (value: number | undefined, show: (value: number) => string = short): string =>
    value === undefined ? "-" : show(value);
  return [
    {
      heading: "trial",
      cell: ({ first, trials }) =>
        trials.length === 1 ? `${first.number}` : `${first.number} (${trials.length} runs)`,
    },
    { heading: objective.metric, cell: (group) => result(evidence, group) },
    { heading: "from", cell: ({ first }) => first.proposal.origin },
    ...space.parameters.map(
      ({ name }): Column => ({
        heading: name,
        cell: ({ configuration }) => {
          const value = configuration[name];
          return value === undefined ? "-" : space.format(name, value);
        },
      }),
    ),
    ...(withDerived ? space.derived : []).map(
      ({ name }): Column => ({
        heading: name,
        cell: ({ first }) => number(first.derived[name]),
      }),
    ),
    ...shownMetrics(objective, groups.map(last)).map(
      (name): Column => ({
        heading: name,
        cell: (group) => number(last(group).metrics[name]),
      }),
    ),
    { heading: "peak memory", cell: (group) => number(last(group).peakMemoryBytes, megabytes) },
    { heading: "time", cell: (group) => number(last(group).seconds, duration) },
  ];
}

function result(evidence: Evidence, group: Group): string {
  const last = group.trials[group.trials.length - 1]!;
  const estimate = evidence.estimate(group);
  if (estimate === undefined) return last.outcome.kind === "failed" ? last.outcome.failure : last.outcome.kind;
  const value = objectiveValue(estimate.mean, evidence.noise?.deviation);
  const broken = group.trials.map((trial) => evidence.violated(trial)).find((constraint) => constraint !== undefined);
  if (broken !== undefined) return `${value} (breaks ${broken})`;
  return group.failures > 0 ? `${value} (failed ${group.failures} of ${group.judged})` : value;
}
