import { element, type Markup } from "../report/markup.js";
import { figure, legend, page, protocolList, type Statement, statementList, table } from "../report/page.js";
import { answersChart, armMark, armStyles, courseChart } from "./charts.js";
import type { Evaluation } from "./document.js";
import { aboutEvaluation, costSentences, evaluationSections, protocolText } from "./sections.js";

/** One page that needs nothing else: no network, light and dark, readable on a telephone and on paper. */
export function evaluationHtml(evaluation: Evaluation, command: string): string {
  const { study, contrasts, notes } = evaluation;
  const title = `Evaluation of ${study}`;
  return page(
    title,
    element("h1", {}, title),
    element("p", { class: "soft" }, aboutEvaluation(evaluation)),
    statementList([
      ...contrasts.map(
        ({ sentence: text, verdict }): Statement => (verdict === "undecided" ? { text } : { text, kind: "shown" }),
      ),
      ...costSentences(evaluation).map((text) => ({ text })),
      ...notes.map((text): Statement => ({ text, kind: "warning" })),
    ]),
    element("h2", {}, "Pictures"),
    legend(armStyles(evaluation).map((style) => ({ mark: armMark(style), name: style.arm }))),
    ...drawn("Answer of each study. Lines join studies with the same seed.", (width) =>
      answersChart(evaluation, width),
    ),
    ...drawn("Best so far by estimated true value. Thin: studies; thick: means over seeds.", (width) =>
      courseChart(evaluation, width),
    ),
    element("h2", {}, "Tables"),
    ...evaluationSections(evaluation).flatMap(table),
    element("h2", {}, "How this came to be"),
    protocolList([
      { name: "Run again with", text: command, code: true },
      { name: "Protocol", text: protocolText(evaluation) },
    ]),
  );
}

/** A figure for wide screens and for narrow ones; nothing where there is nothing to draw. */
function drawn(caption: string, chart: (width: number) => Markup | undefined): readonly Markup[] {
  const [wide, narrow] = [chart(1000), chart(350)];
  return wide === undefined || narrow === undefined ? [] : [figure(caption, wide, narrow)];
}
