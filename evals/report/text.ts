import { printable } from "../../src/report/terminal-text.js";
import type { Analysis } from "../analysis/index.js";
import type { RunConditions } from "./run-conditions.js";
import { statementsOf } from "./statements.js";
import { asText, sectionsOf } from "./tables.js";

/** Columns beyond which a table is for files only. */
const widest = 180;

/** A report for a terminal: what the runs show, then the tables that fit. */
export function renderText(analysis: Analysis, about: RunConditions): string {
  const { sentences, remarks, warnings } = statementsOf(analysis, about);
  const tables = sectionsOf(analysis).map((section) => {
    const text = asText([section]);
    const wide =
      Math.max(
        ...text
          .split("\n")
          .slice(1, 4)
          .map((line) => line.length),
      ) > widest;
    return wide ? `${printable(section.title)}: see the files, the table is wide.` : text;
  });
  return [
    `${printable(about.title)}: ${printable(about.question)}`,
    printable(about.about),
    "",
    ...sentences.map(({ text }) => `- ${printable(text)}.`),
    ...remarks.map((remark) => `- ${printable(remark)}.`),
    ...warnings.map((warning) => `! ${printable(warning)}`),
    "",
    tables.join("\n\n"),
  ].join("\n");
}
