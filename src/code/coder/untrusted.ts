import { oneLine } from "../../centaur/brief/quote.js";

/** Characters that are shown of one line of source code, and of one line of a log. */
const codeLine = 400;
const logLine = 240;

/** Makes a new word that nobody outside the turn can know; one for each fence. */
export type Nonce = () => string;

/**
 * Text from outside between two marks that carry a fresh random word: what stands between them cannot end the
 * quotation itself, because it was written before the word was made.
 *
 * @param what names the text, in our own words
 */
export function fenced(what: string, text: string, nonce: Nonce): string {
  const word = nonce();
  return [`[data ${word}: ${what}]`, text, `[end of data ${word}]`].join("\n");
}

/** The last lines of a log, each printable and cut, as data. */
export function quotedLog(what: string, log: readonly string[], lines: number, nonce: Nonce): string {
  const shown = log
    // A line of a log is not always one: a message with line breaks in it may stand in the place of one.
    .flatMap((line) => line.split(/\r\n|\r|\n/))
    .map((line) => oneLine(line, logLine))
    .filter((line) => line !== "")
    .slice(-lines);
  return shown.length === 0 ? `${what}: empty` : fenced(what, shown.join("\n"), nonce);
}

/**
 * Source code as it is, except that characters which hide or reorder what a reader sees are written as `\u{202e}`,
 * and that a very long line is cut, which is marked.
 */
export function visibleCode(line: string): string {
  const shown = line.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (character) =>
    character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return shown.length > codeLine
    ? `${shown.slice(0, codeLine)}… (${shown.length - codeLine} more characters in this line)`
    : shown;
}

/** Beginning of a longer text, by whole lines, with what is missing said. */
export function firstCharacters(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = text.lastIndexOf("\n", characters);
  const kept = text.slice(0, end > 0 ? end : characters);
  const missing = text.slice(kept.length).split("\n").length - 1;
  return `${kept}\n… (${missing} more lines)`;
}
