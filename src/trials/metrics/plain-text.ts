import { stripVTControlCharacters } from "node:util";

/**
 * Control characters but tab, and those that reorder or hide text: bidirectional marks, zero-width characters, tag
 * characters, byte order marks. A log is shown to people and to a language model; neither should read what the
 * other cannot see.
 */
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu;

/** A line of a log as text that is safe to show: no escape sequences, no control or invisible characters. */
export function plainText(line: string): string {
  return (needsCleaning(line) ? stripVTControlCharacters(line).replace(invisible, "") : line).trimEnd();
}

/** Most lines are printable ASCII, for which the expressions above are wasted time. */
function needsCleaning(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code > 126 || (code < 32 && code !== 9)) return true;
  }
  return false;
}
