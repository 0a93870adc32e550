import { escaped } from "../../src/report/study-svg.js";
import type { Section } from "../report/tables.js";
import { answersChart, armColour, courseChart } from "./charts.js";
import type { Evaluation } from "./document.js";
import { aboutEvaluation, costSentences, evaluationSections, protocolText } from "./sections.js";

/** One page that needs nothing else: no network, light and dark, readable on a telephone and on paper. */
export function evaluationHtml(evaluation: Evaluation, command: string): string {
  const { study, contrasts, notes, arms } = evaluation;
  const legend = arms.map(({ arm }, k) => `<li><i style="background:${armColour(k)}">${k + 1}</i>${escaped(arm)}</li>`);
  const figure = (picture: string | undefined, caption: string): string =>
    picture === undefined ? "" : `<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Evaluation of ${escaped(study)}</title><style>${style}</style></head><body><main>`,
    `<h1>Evaluation of ${escaped(study)}</h1>`,
    `<p class="about">${escaped(aboutEvaluation(evaluation))}</p>`,
    ...contrasts.map(({ sentence, verdict }) => `<p class="answer ${verdict}">${escaped(sentence)}</p>`),
    ...costSentences(evaluation).map((each) => `<p class="answer">${escaped(each)}</p>`),
    ...(notes.length === 0 ? [] : ["<h2>To know</h2>", list(notes)]),
    `<h2>Pictures</h2><ul class="legend">${legend.join("")}</ul>`,
    figure(answersChart(evaluation), "Answer of each study. Lines join studies with the same seed."),
    figure(courseChart(evaluation), "Best so far by estimated true value. Thin: studies; thick: means over seeds."),
    ...evaluationSections(evaluation).map(table),
    "<h2>Protocol</h2>",
    `<p>${escaped(protocolText(evaluation))}</p><pre>${escaped(command)}</pre>`,
    "</main></body></html>",
    "",
  ].join("\n");
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
}

function table({ title, header, rows, notes }: Section): string {
  const head = `<tr>${header.map((cell) => `<th>${escaped(cell)}</th>`).join("")}</tr>`;
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("");
  return [
    `<h2>${escaped(title)}</h2>`,
    `<div class="wide"><table><thead>${head}</thead><tbody>${body}</tbody></table></div>`,
    ...notes.map((note) => `<p class="note">${escaped(note)}</p>`),
  ].join("");
}

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#59636e;--line:#d1d9e0;--box:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9198a1;--line:#3d444d;--box:#161b22}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
.about,.note,figcaption{color:var(--soft)}.note,figcaption{font-size:.85rem}
.answer{background:var(--box);border-left:4px solid var(--soft);padding:.7rem 1rem;margin:.6rem 0;overflow-wrap:anywhere}
.answer.better{border-color:#009e73}.answer.worse{border-color:#d55e00}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600}
figure{margin:1rem 0;overflow-x:auto}svg{width:100%;min-width:32rem;height:auto;font:12px system-ui,sans-serif}svg text{fill:var(--soft)}
.grid{stroke:var(--line)}path{fill:none}.study{stroke-width:1;opacity:.45}.mean{stroke-width:3}.pair{stroke:var(--soft);opacity:.5}
svg text.letter{fill:#fff;font-weight:600;font-size:10px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;font-size:.9rem}.legend li{overflow-wrap:anywhere}
.legend i{display:inline-block;width:1.3em;border-radius:1em;margin-right:.4em;color:#fff;font:600 .8em/1.3em system-ui;text-align:center}
pre{background:var(--box);padding:.7rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{.wide{overflow:visible}th,td{white-space:normal}}
`;
