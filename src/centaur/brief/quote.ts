/** Longest piece of training output that enters a brief. */
const limit = 160;

/**
 * Text that came out of a training run, as data: one line, printable, cut to size, in JSON quotes. Whoever wrote the
 * training script, or whatever it downloaded, can put words here; the prompt says that they are not instructions.
 */
export function quoteUntrusted(text: string): string {
  const line = text
    // Control and format characters (bidirectional marks, tags) can hide or reorder what a reader sees.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...line];
  return JSON.stringify(characters.length > limit ? `${characters.slice(0, limit).join("")}…` : line);
}
