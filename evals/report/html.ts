import type { Analysis, AnytimeCurve, EffortUnit } from "../analysis/index.js";
import { criticalDifferenceDiagram, criticalDifferenceList } from "./figures/critical-difference.js";
import { curveChart } from "./figures/curve-chart.js";
import { type MethodStyle, methodStyles } from "./figures/method-style.js";
import { hatching, originBar, originColour } from "./figures/origin-bars.js";
import { speedUpChart } from "./figures/speed-up-chart.js";
import { type Child, element, type Markup } from "./markup.js";
import { breakable, figure, legend, page, protocolList, type Statement, statementList, table } from "./page.js";
import { protocolOf } from "./protocol.js";
import type { RunConditions } from "./run-conditions.js";
import { plannedOf, statementsOf } from "./statements.js";
import { byRank, sectionsOf } from "./tables.js";

type Styles = ReadonlyMap<string, MethodStyle>;

/** A report as one file of HTML that needs no other and no network. */
export function renderHtml(analysis: Analysis, about: RunConditions): string {
  const ordered = byRank(analysis);
  const styles = methodStyles(ordered, analysis.reference);
  return page(
    `${about.title}: ${about.question}`,
    element("h1", {}, about.title),
    element("p", { class: "question" }, about.question),
    element("p", { class: "soft" }, `${about.about}.`),
    statements(analysis, about),
    ...speedUps(analysis),
    ...rankDiagram(analysis),
    ...courses(analysis, ordered, styles),
    ...multiples(analysis, ordered, styles),
    ...origins(analysis),
    element("h2", {}, "Tables"),
    ...sectionsOf(analysis).flatMap(table),
    element("h2", {}, "How this came to be"),
    protocolList(protocolOf(analysis, about)),
  );
}

function statements(analysis: Analysis, about: RunConditions): Markup {
  const { sentences, remarks, warnings } = statementsOf(analysis, about);
  return statementList([
    ...sentences.map(
      ({ text, verdict }): Statement =>
        verdict === "better" || verdict === "worse" ? { text: `${text}.`, kind: "shown" } : { text: `${text}.` },
    ),
    ...remarks.map((remark) => ({ text: `${remark}.` })),
    ...warnings.map((text): Statement => ({ text, kind: "warning" })),
  ]);
}

function speedUps(analysis: Analysis): readonly Markup[] {
  const contrasts = plannedOf(analysis);
  const [wide, narrow] = [speedUpChart(contrasts, 1000), speedUpChart(contrasts, 350)];
  if (wide === undefined || narrow === undefined) return [];
  return [
    element("h2", {}, "How much faster"),
    figure(
      `Speed-up by ${analysis.budget}: median over tasks with its 95 % interval; blue where the difference in final regret was shown. Grey: effects that these runs could not have been relied on to show.`,
      wide,
      narrow,
    ),
  ];
}

function rankDiagram({ stands }: Analysis): readonly Markup[] {
  const end = stands.at(-1);
  const wide = end && criticalDifferenceDiagram(end);
  const narrow = end && criticalDifferenceList(end);
  if (!wide || !narrow) return [];
  return [
    element("h2", {}, "Mean rank at the end"),
    figure(
      "Methods under one bar cannot be told apart (Nemenyi's test at 5 %; Demsar 2006). Rank 1 is best.",
      wide,
      narrow,
    ),
  ];
}

/** Methods whose bands can be told apart in one drawing. */
const mostBands = 6;

function courses({ curves, reference }: Analysis, ordered: readonly string[], styles: Styles): readonly Markup[] {
  const few = ordered.length <= mostBands;
  const banded = new Set(few ? ordered : [reference, ...ordered.filter((method) => method !== reference).slice(0, 2)]);
  return (["trials", "time"] as const).flatMap((unit) => {
    const own = curves[unit];
    if (own === null) return [];
    const chart = (width: number, height: number, nameLength: number): Markup =>
      curveChart({
        curves: inOrder(own, ordered),
        styles,
        width,
        height,
        nameLength,
        label: `Mean normalised regret by share of the budget in ${unit}, for ${own.length} methods`,
        xTitle: shareOf(unit),
        banded,
      });
    const room = 14 * own.length + 60;
    return [
      element("h2", {}, unit === "trials" ? "Regret over trials" : "Regret over simulated time"),
      figure(
        `Mean normalised regret over tasks (0: best known; 1: the best of 25 random configurations), with pointwise 95 % intervals over tasks${few ? "" : " of the reference and the two best others"}.`,
        chart(1000, Math.max(400, room), 34),
        chart(350, Math.max(300, room), 17),
      ),
    ];
  });
}

function multiples({ tasks, budget }: Analysis, ordered: readonly string[], styles: Styles): readonly Markup[] {
  const banded = tasks.some(({ curves }) => curves.some(({ low }) => low !== null));
  return [
    element("h2", {}, "Regret by task"),
    legend(ordered.map((method) => ({ mark: swatch(styles.get(method)), name: method }))),
    element(
      "div",
      { class: "multiples" },
      ...tasks.map(({ task, trials, curves }) =>
        element(
          "figure",
          {},
          element("figcaption", {}, task),
          curveChart({
            curves: inOrder(curves, ordered),
            styles,
            width: 240,
            height: 150,
            nameLength: 0,
            label: `Mean normalised regret on ${task} by share of the budget of ${trials} trials`,
          }),
        ),
      ),
    ),
    element(
      "p",
      { class: "note" },
      `Mean over seeds, by ${shareOf(budget)}${banded ? "; bands: pointwise 95 % over seeds" : ""}. Scales differ.`,
    ),
  ];
}

function origins({ efforts }: Analysis): readonly Markup[] {
  const bars = efforts.filter((effort) => effort.origins.length > 0);
  if (bars.length === 0) return [];
  const all = [...new Set(bars.flatMap((effort) => effort.origins.map(({ origin }) => origin)))];
  // Optimizers share a colour: their rows say which one it is.
  const byColour = new Map<string, string[]>();
  for (const origin of all) {
    const colour = originColour({ origin });
    byColour.set(colour, [...(byColour.get(colour) ?? []), origin]);
  }
  return [
    element("h2", {}, "Who proposed, and who found it"),
    hatching(),
    legend([
      ...[...byColour].map(([colour, names]) => ({
        mark: patch(colour),
        name: names.length > 3 ? "the optimizer" : names.join(", "),
      })),
      { mark: patch("var(--muted)", true), name: "failed" },
    ]),
    element(
      "div",
      { class: "origins" },
      element("span", { class: "head corner" }, "method"),
      ...["trials", "improvements", "final incumbents"].map((head) => element("span", { class: "head" }, head)),
      ...bars.flatMap((effort) => [
        element("span", { class: "name" }, ...breakable(effort.method)),
        originBar(effort, "trials"),
        originBar(effort, "improvements"),
        originBar(effort, "finals"),
      ]),
    ),
    element("p", { class: "note" }, "Shares of origins. Grey: the default, where no trial was better than the start."),
  ];
}

function swatch(style: MethodStyle | undefined): Child {
  if (style === undefined) return null;
  return element(
    "svg",
    { width: 26, height: 8, "aria-hidden": "true" },
    element("line", {
      x1: 0,
      x2: 26,
      y1: 4,
      y2: 4,
      stroke: style.colour,
      "stroke-width": style.width,
      "stroke-dasharray": style.dash,
    }),
  );
}

function patch(colour: string, hatched = false): Markup {
  return element(
    "svg",
    { width: 14, height: 14, "aria-hidden": "true" },
    element("rect", { width: 14, height: 14, fill: colour }),
    hatched ? element("rect", { width: 14, height: 14, fill: "url(#failed)" }) : null,
  );
}

const shareOf = (unit: EffortUnit): string => (unit === "trials" ? "share of the trials" : "share of the time");

function inOrder(curves: readonly AnytimeCurve[], ordered: readonly string[]): readonly AnytimeCurve[] {
  return [...curves].sort((a, b) => ordered.indexOf(a.method) - ordered.indexOf(b.method));
}
