import { isBlank, splitLines } from "./lines.js";
import { brackets, languageOf, maskSource } from "./mask.js";

/** Comments in which a model says that code follows which it did not write. */
const leftOut = [
  /^(?:\.{3}|…)\s*\(?(?:the\s+)?(?:rest|remain|existing|previous|original|same|unchanged|more|other|keep|code|omitted)/i,
  /^\W*(?:the\s+)?(?:rest|remainder|remaining|everything else|other)\b.*\b(?:unchanged|same|omitted|as before|here)\b/i,
  /\b(?:rest|remainder) of (?:the )?\w+\b.*(?:\.{3}|…|\bunchanged\b|\bomitted\b|\bas before\b)/i,
  /^\W*(?:the\s+)?rest of (?:the )?(?:code|file|function|class|script|implementation|module|method)s?\W*$/i,
  /^(?:\W*)(?:existing|previous|remaining|original|unchanged) (?:code|implementation|methods?|functions?|lines?|imports?)\b.{0,20}$/i,
  /^(?:(?:same|identical|unchanged)(?: as)?(?: before| above| the original)?|omitted(?: for brevity)?|no changes?(?: here| below)?)\W*$/i,
];
const comment = /^\s*(?:#|\/\/|\/\*|--|;|%|<!--|\[|\(|\{\/\*)\s*(.*?)\s*(?:\*\/|-->|\*\/\}|\]|\))?\s*$/;
const ellipsis = /^\s*(?:(?:#|\/\/|\/\*|--|;|%|<!--)\s*)?(?:\.{3,}|…)\s*(?:\*\/|-->)?\s*$/;

/**
 * Why a new text looks as if code had been left out or cut off, or undefined. A placeholder that stood in the old text
 * already is the person's own; `...` is a statement in Python, so in a new file it is allowed.
 *
 * @param before the text that is replaced; null for a new file
 * @param whole whether `after` is a whole file, so that brackets have to match at its end
 */
export function truncation(path: string, before: string | null, after: string, whole: boolean): string | undefined {
  const old = new Map<string, number>();
  for (const line of splitLines(before ?? "")) old.set(line.trim(), (old.get(line.trim()) ?? 0) + 1);
  const code = maskSource(path, after);
  for (const [index, line] of splitLines(after).entries()) {
    const own = line.trim();
    const known = old.get(own) ?? 0;
    old.set(own, known - 1);
    if (known > 0 || code.inside.has(index + 1)) continue;
    // Nobody writes a placeholder further to the right, and the patterns are not for lines of a megabyte.
    const said = comment.exec(line.slice(0, 400))?.[1];
    const placeholder = said !== undefined && leftOut.some((pattern) => pattern.test(said));
    if (!placeholder && !(ellipsis.test(line.slice(0, 400)) && (before !== null || languageOf(path) !== "python")))
      continue;
    return `Line ${index + 1} of the new text for ${path} is a placeholder: ${JSON.stringify(own.slice(0, 120))}. Write every line that is to be in the file, or change only a part by search and replace.`;
  }
  return whole ? unbalancedEnd(path, before, after) : undefined;
}

/** A file that ends within a bracket, string or statement, which the old one did not. */
function unbalancedEnd(path: string, before: string | null, after: string): string | undefined {
  const now = endProblem(path, after);
  if (now === undefined || (before !== null && endProblem(path, before) !== undefined)) return undefined;
  return `The new text for ${path} looks cut off: ${now}. Write the whole file, or change only a part by search and replace.`;
}

function endProblem(path: string, text: string): string | undefined {
  const language = languageOf(path);
  if (language === "text" || language === "hash") return undefined;
  const masked = maskSource(path, text);
  if (masked.open !== undefined) return `it ends within a ${masked.open}`;
  const lines = splitLines(masked.code);
  const last = lines.findLastIndex((line) => !isBlank(line));
  // Strings of one line end with it; one that is not closed on the last line was cut there.
  if (masked.doubtful) {
    const without = maskSource(path, splitLines(text).slice(0, last).join("\n"));
    if (without.doubtful) return undefined;
    return "it ends within a string";
  }
  const { open, unmatched } = brackets(masked.code);
  if (!unmatched && open.length > 0) return `${JSON.stringify(open.join(""))} is never closed`;
  const end = lines[last]?.trim() ?? "";
  if (language === "python" && /(?:[:\\=,+/&|]|\b(?:and|or|not|in|is|return\s+not))$/.test(end)) {
    return `its last line is ${JSON.stringify(end.slice(0, 80))}`;
  }
  return undefined;
}
