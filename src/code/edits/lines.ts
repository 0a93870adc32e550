/** Text as lines, with the line endings and the final newline that its file has. */

/** Lines without their endings, `\n` or `\r\n`. Text that ends with a newline has no empty last line. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A line with the ending that stands after it: `\n`, `\r\n`, or nothing at the end of a file. */
export interface Line {
  readonly text: string;
  readonly ending: string;
}

/** The lines together are the text, character for character. */
export function linesWithEndings(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const match of text.matchAll(/\r?\n/g)) {
    lines.push({ text: text.slice(start, match.index), ending: match[0] });
    start = match.index + match[0].length;
  }
  if (start < text.length) lines.push({ text: text.slice(start), ending: "" });
  return lines;
}

/** The ending that most lines have; `\n` where there is none. */
export function usualEnding(lines: readonly Line[]): string {
  const windows = lines.filter((line) => line.ending === "\r\n").length;
  const plain = lines.filter((line) => line.ending === "\n").length;
  return windows > plain ? "\r\n" : "\n";
}

/**
 * The text with lines `from` to `to` (from 0, `to` excluded) replaced. New lines get the file's usual ending, and the
 * file keeps its final newline or the absence of one.
 */
export function replaceLines(text: string, from: number, to: number, replacement: readonly string[]): string {
  const lines = linesWithEndings(text);
  const ending = usualEnding(lines);
  const result = [...lines.slice(0, from), ...replacement.map((line) => ({ text: line, ending })), ...lines.slice(to)];
  // A last line without newline that is no longer last needs one.
  const joined = result.map(
    (line, index) => line.text + (index < result.length - 1 ? line.ending || ending : line.ending),
  );
  return withFinalNewlineOf(text, joined.join(""));
}

/** `after` with a final newline if and only if `before` has one; text that replaces an empty file stays as it is. */
export function withFinalNewlineOf(before: string, after: string): string {
  if (before === "" || after === "") return after;
  const has = after.endsWith("\n");
  if (before.endsWith("\n")) return has ? after : after + usualEnding(linesWithEndings(before));
  return has ? after.replace(/\r?\n$/, "") : after;
}

/** `after` with the line endings of `before`. */
export function withEndingsOf(before: string, after: string): string {
  const lines = linesWithEndings(before);
  if (lines.length === 0) return after;
  const ending = usualEnding(lines);
  return after.replace(/\r?\n/g, ending);
}

export function indentationOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** "4", "4 and 9", "4, 9 and 12": line numbers for a message; many are cut. */
export function listed(items: readonly (number | string)[], most = 8): string {
  const shown = items.slice(0, most).map(String);
  if (items.length > most) return `${shown.join(", ")} and ${items.length - most} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
