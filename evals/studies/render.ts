import { markdownText } from "../../src/report/markdown-text.js";
import { printable, wrap } from "../../src/report/terminal-text.js";
import { asMarkdown, asText } from "../report/tables.js";
import type { Evaluation } from "./document.js";
import { aboutEvaluation, costSentences, evaluationSections, protocolText } from "./sections.js";

/**
 * The answer as a person reads it on a terminal: what can be said, then the figures.
 *
 * @param columns of the terminal, for prose; tables may be wider
 */
export function evaluationText(evaluation: Evaluation, columns = Number.POSITIVE_INFINITY): string {
  const { contrasts, notes } = evaluation;
  const prose = (text: string): string => wrap(printable(text), columns).join("\n");
  return [
    prose(aboutEvaluation(evaluation)),
    ...[...contrasts.map(({ sentence }) => sentence), ...costSentences(evaluation)].map(prose),
    ...evaluationSections(evaluation).map((section) =>
      [asText([{ ...section, notes: [] }]), ...section.notes.map(prose)].join("\n"),
    ),
    ...(notes.length === 0 ? [] : [["To know", "", ...notes.map((note) => prose(`- ${note}`))].join("\n")]),
  ].join("\n\n");
}

/** @param command what was typed */
export function evaluationMarkdown(evaluation: Evaluation, command: string): string {
  const { contrasts, notes, study } = evaluation;
  return `${[
    `# Evaluation of ${markdownText(study)}`,
    markdownText(aboutEvaluation(evaluation)),
    [...contrasts.map(({ sentence }) => sentence), ...costSentences(evaluation)]
      .map((each) => `- ${markdownText(each)}`)
      .join("\n"),
    ...(notes.length === 0 ? [] : [["## To know", "", ...notes.map((note) => `- ${markdownText(note)}`)].join("\n")]),
    asMarkdown(evaluationSections(evaluation)),
    "## Protocol",
    markdownText(protocolText(evaluation)),
    ["```sh", command, "```"].join("\n"),
  ].join("\n\n")}\n`;
}
