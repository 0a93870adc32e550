import { printable } from "./terminal-text.js";

/**
 * Text from outside (a log, a model, a study file) inside Markdown: shown word for word, never as markup. One line.
 *
 * Addresses and names after an at sign become links where Markdown is shown on the web, and GitHub tells the person of
 * that name. Renderers find them after entities and backslashes are resolved, so that only code keeps them as they are;
 * an invisible character between them would be copied too.
 */
export function markdownText(text: string): string {
  return printable(text)
    .split(word)
    .map((part) => {
      const end = part.search(/[.:!?]*$/);
      return linking.test(part) ? `${markdownCode(part.slice(0, end))}${escaped(part.slice(end))}` : escaped(part);
    })
    .join("");
}

/** What stands between spaces, brackets, quotation marks and commas, without what code could not hold in a table. */
const word = /([^\s()[\]{}<>"',;`|\\*]+)/;
const linking = /(?:https?|ftp):\/\/|www\.|@\w/i;

function escaped(text: string): string {
  return (
    text
      .replace(/[\\`*{}[\]<>#|~$!]/g, "\\$&")
      // Within a word an underscore is only an underscore.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_")
      .replace(/&(?=[a-zA-Z#])/g, "&amp;")
  );
}

/** As code on one line, fenced with as many backticks as it takes. */
export function markdownCode(text: string): string {
  const line = printable(text);
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = line.startsWith("`") || line.endsWith("`") ? " " : "";
  // A table's cells end at a bar even within code.
  return `${fence}${padding}${line.replaceAll("|", "\\|")}${padding}${fence}`;
}

/** Lines as a block of code. Control characters are removed, lines stay. */
export function markdownBlock(lines: readonly string[], language = "text"): string {
  const clean = lines.map((line) => line.replace(/[^\P{Cc}\t]|[\p{Cf}\u2028\u2029]/gu, ""));
  const longest = Math.max(2, ...clean.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...clean, fence].join("\n");
}

/** Cells are Markdown already. */
export function markdownTable(
  columns: readonly { readonly title: string; readonly align?: "right" }[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}
