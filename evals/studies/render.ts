import { wrap } from "../../src/report/terminal-text.js";
import { plainTable } from "../bench/plain-table.js";
import { asMarkdown } from "../report/tables.js";
import type { Evaluation } from "./document.js";
import { aboutEvaluation, costSentences, evaluationSections, protocolText } from "./sections.js";

/** Columns of prose where nobody says how many there are. */
const usualColumns = 100;

/**
 * The answer as a person reads it on a terminal: what can be said, then the figures.
 *
 * @param columns of the terminal; tables may be wider
 */
export function evaluationText(evaluation: Evaluation, columns = usualColumns): string {
  const { contrasts, notes } = evaluation;
  const prose = (text: string): string => wrap(text, columns).join("\n");
  return [
    prose(aboutEvaluation(evaluation)),
    ...[...contrasts.map(({ sentence }) => sentence), ...costSentences(evaluation)].map(prose),
    ...evaluationSections(evaluation).map((section) =>
      [section.title, "", plainTable(section.header, section.rows), ...section.notes.map(prose)].join("\n"),
    ),
    ...(notes.length === 0 ? [] : [["To know", "", ...notes.map((note) => prose(`- ${note}`))].join("\n")]),
  ].join("\n\n");
}

/** @param command what was typed */
export function evaluationMarkdown(evaluation: Evaluation, command: string): string {
  const { contrasts, notes, study } = evaluation;
  return `${[
    `# Evaluation of ${study}`,
    aboutEvaluation(evaluation),
    [...contrasts.map(({ sentence }) => sentence), ...costSentences(evaluation)].map((each) => `- ${each}`).join("\n"),
    ...(notes.length === 0 ? [] : [["## To know", "", ...notes.map((note) => `- ${note}`)].join("\n")]),
    asMarkdown(evaluationSections(evaluation)),
    "## Protocol",
    protocolText(evaluation),
    ["```sh", command, "```"].join("\n"),
  ].join("\n\n")}\n`;
}
