import { plainTable } from "../bench/plain-table.js";
import type { Comparison, MethodStand, Stand } from "./comparison.js";

/** What there is to say about a comparison, as tables that a terminal and Markdown can both show. */
export interface Section {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export function sectionsOf(comparison: Comparison): readonly Section[] {
  return [standing(comparison), ranks(comparison), duels(comparison), effort(comparison), byTask(comparison)];
}

export function asText(sections: readonly Section[]): string {
  return sections
    .map(({ title, header, rows, notes }) => [title, "", plainTable(header, rows), ...notes].join("\n"))
    .join("\n\n");
}

export function asMarkdown(sections: readonly Section[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return sections
    .map(({ title, header, rows, notes }) =>
      [
        `## ${title}`,
        "",
        line(header),
        line(header.map((_, k) => (k === 0 ? "---" : "---:"))),
        ...rows.map(line),
        ...notes.flatMap((note) => ["", note]),
      ].join("\n"),
    )
    .join("\n\n");
}

const titleOf = ({ after }: Stand): string => (after === "end" ? "at the end" : `after ${after}`);

function small(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
}

function byRankAtEnd({ stands }: Comparison): readonly string[] {
  const end = stands.at(-1)?.methods ?? [];
  return [...end].sort((a, b) => a.meanRank - b.meanRank).map(({ method }) => method);
}

function cellOf(stand: Stand, method: string, show: (of: MethodStand) => string): string {
  const found = stand.methods.find((each) => each.method === method);
  return found ? show(found) : "-";
}

function standing(comparison: Comparison): Section {
  const { stands } = comparison;
  const end = stands.at(-1);
  return {
    title: "Normalised regret",
    header: ["method", ...stands.map(titleOf), "95 % interval", "median task"],
    rows: byRankAtEnd(comparison).map((method) => [
      method,
      ...stands.map((stand) => cellOf(stand, method, ({ regret }) => small(regret))),
      ...(end
        ? [
            cellOf(end, method, ({ interval }) => `${small(interval.low)} to ${small(interval.high)}`),
            cellOf(end, method, ({ medianRegret }) => small(medianRegret)),
          ]
        : []),
    ]),
    notes: ["Mean over tasks of means over seeds. 0: best known value; 1: the best of 25 random configurations."],
  };
}

function ranks(comparison: Comparison): Section {
  const { stands } = comparison;
  return {
    title: "Mean rank over tasks",
    header: ["method", ...stands.map(titleOf)],
    rows: byRankAtEnd(comparison).map((method) => [
      method,
      ...stands.map((stand) => cellOf(stand, method, ({ meanRank }) => meanRank.toFixed(2))),
    ]),
    notes: stands.flatMap((stand) => {
      const test = stand.friedman;
      if (!test) return [];
      const { f, p } = test.imanDavenport;
      const tested = `${titleOf(stand)}: Friedman chi-squared ${test.chiSquared.toFixed(1)}, p ${small(test.p)}; Iman-Davenport F ${f.toFixed(1)}, p ${small(p)}`;
      const groups = (test.indistinguishable ?? []).map((group) => group.join(", "));
      return [
        test.criticalDifference === undefined
          ? tested
          : `${tested}; critical difference ${test.criticalDifference.toFixed(2)}; not told apart: ${groups.join(" / ") || "none"}`,
      ];
    }),
  };
}

function duels({ chosen, duels: all }: Comparison): Section {
  return {
    title: `${chosen} against each other method, at the end`,
    header: ["other", "better on", "worse on", "equal on", "p (Wilcoxon)", "adjusted (Holm)"],
    rows: all.map(({ other, wins, losses, ties, p, adjusted }) => [
      other,
      String(wins),
      String(losses),
      String(ties),
      small(p),
      small(adjusted),
    ]),
    notes: [],
  };
}

function effort({ efforts }: Comparison): Section {
  return {
    title: "What a trial costs the method, and trials until random search's final value",
    header: ["method", "ms per trial", "p95", "trials failed", "trials to random's end"],
    rows: efforts.map(({ method, overhead, failures, toRandom }) => [
      method,
      overhead.median.toFixed(2),
      overhead.p95.toFixed(2),
      `${(100 * failures).toFixed(1)} %`,
      toRandom === undefined ? "-" : Number.isFinite(toRandom) ? `${(100 * toRandom).toFixed(0)} %` : "never",
    ]),
    notes: ["Wall time of asking and telling, median over runs. The last column is the median task."],
  };
}

function byTask(comparison: Comparison): Section {
  const methods = byRankAtEnd(comparison);
  return {
    title: "Normalised regret at the end, by task",
    header: ["task", "trials", ...methods],
    rows: comparison.tasks.map(({ task, trials, scores }) => [
      task,
      String(trials),
      ...methods.map((method) => small(scores[method]?.regret ?? Number.NaN)),
    ]),
    notes: comparison.beaten.map(
      ({ task, value, best }) => `Best known value of ${task} beaten: ${value} instead of ${best}; calibrate it again.`,
    ),
  };
}
