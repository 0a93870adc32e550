import { markdownText } from "../../src/report/markdown-text.js";
import { printable } from "../../src/report/terminal-text.js";
import { counted } from "../../src/report/value-format.js";
import {
  type Analysis,
  type Contrast,
  type Effort,
  type MethodStand,
  pText,
  regretText,
  type Stand,
  timesText,
  timesUp,
} from "../analysis/index.js";
import { plainTable } from "../bench/plain-table.js";
import { plannedOf } from "./statements.js";

/** What there is to say about a comparison, as tables that a terminal, Markdown and HTML can all show. */
export interface Section {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  /** Cells to be noticed, by row: positions in it. */
  readonly best?: readonly (readonly number[])[];
}

export function asText(sections: readonly Section[]): string {
  return sections
    .map(({ title, header, rows, notes }) =>
      [
        printable(title),
        "",
        plainTable(
          header.map(printable),
          rows.map((row) => row.map(printable)),
        ),
        ...notes.map(printable),
      ].join("\n"),
    )
    .join("\n\n");
}

/** What cells hold is shown word for word: names come from outside. */
export function asMarkdown(sections: readonly Section[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return sections
    .map(({ title, header, rows, notes, best }) =>
      [
        `## ${markdownText(title)}`,
        "",
        line(header.map(markdownText)),
        line(header.map((_, k) => (k === 0 ? "---" : "---:"))),
        ...rows.map((row, r) =>
          line(row.map((cell, k) => (best?.[r]?.includes(k) ? `**${markdownText(cell)}**` : markdownText(cell)))),
        ),
        ...notes.flatMap((note) => ["", markdownText(note)]),
      ].join("\n"),
    )
    .join("\n\n");
}

/** All tables of a report, in its order. */
export function sectionsOf(analysis: Analysis): readonly Section[] {
  const exploratory = analysis.contrasts.length > 0 && analysis.duels.length > 0;
  return [
    contrastTable(analysis, plannedOf(analysis), exploratory ? "Planned contrasts" : duelTitle(analysis)),
    ...(exploratory
      ? [
          contrastTable(analysis, analysis.duels, `${duelTitle(analysis)} (not planned)`, [
            "Corrected for themselves only. A difference found here is worth a contrast in the next evaluation.",
          ]),
        ]
      : []),
    standing(analysis),
    ranks(analysis),
    findings(analysis),
    costs(analysis),
    byTask(analysis),
  ].filter(({ rows }) => rows.length > 0);
}

export const titleOf = ({ after }: Stand): string => (after === "end" ? "at the end" : `after ${after}`);

/** Methods, best mean rank first. */
export function byRank({ stands }: Analysis): readonly string[] {
  const end = stands.at(-1)?.methods ?? [];
  return [...end].sort((a, b) => a.meanRank - b.meanRank).map(({ method }) => method);
}

const duelTitle = ({ reference }: Analysis): string => `${reference} against each other method`;

function cellOf(stand: Stand | undefined, method: string, show: (of: MethodStand) => string): string {
  const found = stand?.methods.find((each) => each.method === method);
  return found ? show(found) : "-";
}

const between = (interval: { low: number; high: number } | null, show: (value: number) => string): string =>
  interval ? `${show(interval.low)} to ${show(interval.high)}` : "-";

function contrastTable(
  analysis: Analysis,
  contrasts: readonly Contrast[],
  title: string,
  notes: readonly string[] = [],
): Section {
  const timed = contrasts.some(({ timeSpeedUp }) => timeSpeedUp !== null);
  return {
    title,
    header: [
      "A against B",
      "A better on",
      "worse",
      "equal",
      "p",
      "corrected",
      "speed-up",
      "95 %",
      "A needs at most",
      ...(timed ? ["speed-up in time"] : []),
      "could have shown",
    ],
    rows: contrasts.map((contrast) => {
      const { a, b, wins, losses, ties, p, adjusted, speedUp, timeSpeedUp, detectable } = contrast;
      return [
        `${a} / ${b}`,
        String(wins),
        String(losses),
        String(ties),
        pText(p),
        pText(adjusted),
        timesText(speedUp.median),
        between(speedUp.interval, timesText),
        speedUp.atMost === null ? "-" : timesUp(speedUp.atMost),
        ...(timed ? [timeSpeedUp === null ? "-" : timesText(timeSpeedUp.median)] : []),
        detectable.ratio === null ? "nothing" : timesUp(detectable.ratio),
      ];
    }),
    notes: [
      `p: Wilcoxon's signed-rank test over tasks, of mean regrets at the end; corrected for ${counted(contrasts.length, "contrast")} by Holm's method.`,
      `Speed-up: how many times the ${analysis.budget} of A it takes B to get as far as the worse of both gets in the end; median over tasks. A needs at most so many times the ${analysis.budget} of B (one-sided, 95 % for all together). Could have shown: the smallest true speed-up that would have been found with 80 %, after correction.`,
      ...notes,
    ],
  };
}

function standing(analysis: Analysis): Section {
  const { stands, areas } = analysis;
  const end = stands.at(-1);
  const units = (["trials", "time"] as const).filter((unit) => areas.some((area) => area[unit] !== null));
  return {
    title: "Normalised regret",
    header: [
      "method",
      ...stands.map(titleOf),
      "95 % interval",
      "median task",
      ...units.map((unit) => `all along, by ${unit}`),
    ],
    rows: byRank(analysis).map((method) => [
      method,
      ...stands.map((stand) => cellOf(stand, method, ({ regret }) => regretText(regret))),
      cellOf(end, method, ({ interval }) => between(interval, regretText)),
      cellOf(end, method, ({ medianRegret }) => regretText(medianRegret)),
      ...units.map((unit) => {
        const area = areas.find((each) => each.method === method)?.[unit];
        return area ? regretText(area.regret) : "-";
      }),
    ]),
    notes: [
      "Mean over tasks of means over seeds. 0: best known value; 1: the best of 25 random configurations. All along: mean over the whole budget instead of its end.",
    ],
  };
}

function ranks(analysis: Analysis): Section {
  const { stands } = analysis;
  return {
    title: "Mean rank over tasks",
    header: ["method", ...stands.map(titleOf)],
    rows: byRank(analysis).map((method) => [
      method,
      ...stands.map((stand) => cellOf(stand, method, ({ meanRank }) => meanRank.toFixed(2))),
    ]),
    notes: stands.flatMap((stand) => {
      const test = stand.friedman;
      if (!test) return [];
      const { f, p } = test.imanDavenport;
      const groups = test.indistinguishable.map((group) => group.join(", "));
      return [
        `${titleOf(stand)}: Friedman chi-squared ${test.chiSquared.toFixed(1)}, p ${pText(test.p)}; Iman-Davenport F ${f === null ? "infinite" : f.toFixed(1)}, p ${pText(p)}; critical difference ${test.criticalDifference.toFixed(2)}; not told apart: ${groups.join(" / ") || "none"}`,
      ];
    }),
  };
}

const percent = (part: number, whole: number): string => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

/** Who proposed, who failed, and who found what is returned. */
function findings({ efforts }: Analysis): Section {
  return {
    title: "Who proposed, failed and found",
    header: ["method", "origin", "of the trials", "failed", "of the improvements", "of the final incumbents"],
    rows: efforts.flatMap(({ method, trials, runs, origins }) => {
      const improvements = origins.reduce((sum, each) => sum + each.improvements, 0);
      // Everyone starts with the default: it is worth a line where it is what is left.
      const told = origins.filter(({ origin, finals }) => origin !== "default" || finals > 0);
      return told.map((each) => [
        method,
        each.origin,
        percent(each.trials, trials),
        percent(each.failures, each.trials),
        percent(each.improvements, improvements),
        percent(each.finals, runs),
      ]);
    }),
    notes: ["A final incumbent from the default: no trial was better than the start."],
  };
}

function costs({ efforts }: Analysis): Section {
  const models = efforts.some(({ usage }) => usage !== null);
  const random = efforts.some(({ toRandom }) => toRandom !== null);
  return {
    title: "What a method costs",
    header: [
      "method",
      "ms per trial",
      "p95",
      "s per run",
      "trials failed",
      ...(random ? ["effort to random's end", "reached on"] : []),
      ...(models ? ["calls per run", "tokens in", "tokens out", "model s", "USD per run", "USD in all"] : []),
    ],
    rows: efforts.map((effort) => [
      effort.method,
      effort.overhead.median.toFixed(2),
      effort.overhead.p95.toFixed(2),
      (effort.overhead.run / 1000).toFixed(2),
      percent(effort.failures, effort.trials),
      ...(random ? toRandomCells(effort) : []),
      ...(models ? usageCells(effort) : []),
    ]),
    notes: [
      "Wall time of asking and telling, without calls of models: median over runs, and mean of whole runs.",
      ...(random
        ? ["Effort until the final regret of random search is reached, as a share of what that takes: median task."]
        : []),
      ...(models ? ["Calls, tokens, model seconds and USD are for each run."] : []),
    ],
  };
}

function toRandomCells({ toRandom }: Effort): readonly string[] {
  if (toRandom === null) return ["-", "-"];
  const { share, reached } = toRandom;
  return [share === null ? "never" : `${(100 * share).toFixed(0)} %`, counted(reached, "task")];
}

function usageCells({ usage, runs }: Effort): readonly string[] {
  if (usage === null) return ["-", "-", "-", "-", "-", "-"];
  const { calls, inputTokens, outputTokens, seconds, usd } = usage;
  return [
    (calls / runs).toFixed(1),
    (inputTokens / runs).toFixed(0),
    (outputTokens / runs).toFixed(0),
    (seconds / runs).toFixed(1),
    usd === null ? "unknown" : (usd / runs).toFixed(4),
    usd === null ? "unknown" : usd.toFixed(2),
  ];
}

function byTask(analysis: Analysis): Section {
  const methods = byRank(analysis);
  const rows = analysis.tasks.map(({ task, trials, scores }) => {
    const regrets = methods.map((method) => scores.find((score) => score.method === method)?.regret ?? Number.NaN);
    const least = Math.min(...regrets);
    return {
      cells: [task, String(trials), ...regrets.map(regretText)],
      // What reads alike is alike.
      best: regrets.flatMap((regret, k) => (regretText(regret) === regretText(least) ? [k + 2] : [])),
    };
  });
  return {
    title: "Normalised regret at the end, by task",
    header: ["task", "trials", ...methods],
    rows: rows.map(({ cells }) => cells),
    best: rows.map(({ best }) => best),
    notes: ["Mean over seeds."],
  };
}
