import { markdownCode, markdownText } from "../../src/report/markdown-text.js";
import type { Analysis } from "../analysis/index.js";
import { protocolOf } from "./protocol.js";
import type { RunConditions } from "./run-conditions.js";
import { statementsOf } from "./statements.js";
import { asMarkdown, sectionsOf } from "./tables.js";

/** A report as Markdown: what the runs show, the tables, and how it came to be. */
export function renderMarkdown(analysis: Analysis, about: RunConditions): string {
  const { sentences, remarks, warnings } = statementsOf(analysis, about);
  return `${[
    `# ${markdownText(about.title)}`,
    markdownText(about.question),
    `${markdownText(about.about)}.`,
    "## What the runs show",
    [...sentences.map(({ text }) => text), ...remarks].map((text) => `- ${markdownText(text)}.`).join("\n"),
    ...(warnings.length > 0 ? [warnings.map((warning) => `- **Note:** ${markdownText(warning)}`).join("\n")] : []),
    asMarkdown(sectionsOf(analysis)),
    "## How this came to be",
    protocolOf(analysis, about)
      .map(({ name, text, code }) => `- ${name}: ${code && text !== "" ? markdownCode(text) : markdownText(text)}`)
      .join("\n"),
  ].join("\n\n")}\n`;
}
