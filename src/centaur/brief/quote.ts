/** Longest piece of training output that enters a brief. */
const limit = 160;

/**
 * Text that came out of a training run, as data: one line, printable, cut to size, in JSON quotes. Whoever wrote the
 * training script, or whatever it downloaded, can put words here; the prompt says that they are not instructions.
 */
export function quoteUntrusted(text: string): string {
  return JSON.stringify(oneLine(text, limit));
}

/**
 * Text from outside as one printable line of at most `characters` characters. One line, so that it cannot look like
 * another part of the text that it enters; a cut is marked.
 */
export function oneLine(text: string, characters: number): string {
  const line = text
    // Control and format characters (bidirectional marks, tags) can hide or reorder what a reader sees, and a lone
    // half of a surrogate pair is no character.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const all = [...line];
  return all.length > characters ? `${all.slice(0, characters - 1).join("")}…` : line;
}
