import { braceDefinitions } from "./brace-definition.js";
import { type Change, refused } from "./edit.js";
import { indentationOf, isBlank, listed, replaceLines, splitLines } from "./lines.js";
import { languageOf, maskSource } from "./mask.js";
import { type Definition, pythonDefinitions } from "./python-definition.js";

/** Languages whose functions are found by their braces. */
const braced = new Set(["javascript", "braces"]);

/**
 * A file with one function or class replaced as a whole. The new text is the same function or class and nothing else;
 * it may be indented as in the file or not at all. Python decorators and other lines before `def` are replaced only if the new
 * text has some.
 *
 * Refused as `unknown_function` with the names that there are, as `several_matches` with their lines, and whenever it is
 * not certain what would be replaced.
 */
export function replaceDefinition(path: string, text: string, name: string, replacement: string): Change {
  const language = languageOf(path);
  if (language !== "python" && !braced.has(language)) {
    return refused(
      "unknown_function",
      `Functions in ${path} cannot be found by name: only in Python and languages of braces. Use search and replace.`,
    );
  }
  const plain = splitLines(text).join("\n");
  const found = language === "python" ? pythonDefinitions(plain) : braceDefinitions(maskSource(path, plain), name);
  if (found === undefined) {
    return refused(
      "unknown_function",
      `The brackets or quotes of ${path} could not be matched with certainty, so ${name} cannot be cut out. Use search and replace.`,
    );
  }
  const named = found.filter((definition) => definition.name === name);
  const [target, another] = named;
  if (target === undefined) return refused("unknown_function", unknown(path, name, found));
  if (another !== undefined) {
    return refused(
      "several_matches",
      `${path} defines ${name} ${named.length} times, on lines ${listed(named.map((each) => each.header))}. Use search and replace.`,
    );
  }
  if (target.doubt !== undefined) {
    return refused(
      "unknown_function",
      `${name} on line ${target.header} of ${path} cannot be replaced as a whole: ${target.doubt}. Use search and replace.`,
    );
  }
  return language === "python"
    ? replacePython(path, text, target, replacement)
    : replaceBraced(path, text, target, replacement);
}

function unknown(path: string, name: string, found: readonly Definition[]): string {
  const names = [...new Set(found.map((definition) => definition.name))];
  const last = name.split(".").at(-1);
  const alike = names.filter((each) => each.split(".").at(-1) === last);
  const known = alike.length > 0 ? alike : names;
  const have = known.length > 0 ? ` It has: ${listed(known, 30)}.` : "";
  return `${path} has no function or class ${name} that can be found with certainty.${have} Name methods with their class, as in Model.forward.`;
}

function replacePython(path: string, text: string, target: Definition, replacement: string): Change {
  const own = target.name.split(".").at(-1) ?? target.name;
  const lines = trimmedBlock(splitLines(replacement));
  const indentation = indentationOf(splitLines(text)[target.header - 1] ?? "");
  const flush = reindented(path, lines, "");
  const top = pythonDefinitions(flush.join("\n")).filter((definition) => !definition.name.includes("."));
  const [only] = top;
  const beyond = only === undefined ? [] : [...flush.slice(0, only.from - 1), ...flush.slice(only.to)];
  if (only === undefined || top.length > 1 || only.name !== own) {
    const what = top.length === 0 ? "no function or class" : listed(top.map((definition) => definition.name));
    return refused(
      "unknown_function",
      `The new text for ${target.name} in ${path} defines ${what}. Give the whole of ${own}, from its first decorator or "def" or "class" on, and nothing else.`,
    );
  }
  if (only.doubt !== undefined) {
    return refused("syntax", `The new text of ${target.name} in ${path} cannot be used: ${only.doubt}.`);
  }
  if (beyond.some((line) => !isBlank(line) && !line.startsWith("#"))) {
    return refused(
      "unknown_function",
      `The new text for ${target.name} in ${path} has statements outside ${own}. Put them in by search and replace.`,
    );
  }
  const keepsDecorators = target.from < target.header && only.from === only.header;
  const from = keepsDecorators ? target.header : target.from;
  const notes = keepsDecorators
    ? [`${path}: the decorators of ${target.name} were kept, since the new text has none.`]
    : [];
  return { ok: true, text: replaceLines(text, from - 1, target.to, reindented(path, lines, indentation)), notes };
}

function replaceBraced(path: string, text: string, target: Definition, replacement: string): Change {
  const lines = trimmedBlock(splitLines(replacement));
  const indentation = indentationOf(splitLines(text)[target.from - 1] ?? "");
  const moved = reindented(path, lines, indentation);
  // A method has its shape only within a type.
  const parts = target.name.split(".");
  const within = parts.length > 1 ? [`class ${parts.at(-2)} {`, ...moved, "}"] : moved;
  const found = braceDefinitions(maskSource(path, within.join("\n")), parts.slice(-2).join("."));
  const [only, another] = found ?? [];
  const offset = parts.length > 1 ? 1 : 0;
  const fits =
    only !== undefined && another === undefined && only.doubt === undefined && only.to === moved.length + offset;
  const before = splitCode(path, moved.slice(0, Math.max(0, (only?.from ?? 1) - 1 - offset)));
  if (!fits || !/^\s*(?:[@#[].*)?$/s.test(before)) {
    return refused(
      "unknown_function",
      `The new text for ${target.name} in ${path} is not, with certainty, one whole ${parts.at(-1)} and nothing else. Use search and replace.`,
    );
  }
  return { ok: true, text: replaceLines(text, target.from - 1, target.to, moved), notes: [] };
}

function splitCode(path: string, lines: readonly string[]): string {
  return maskSource(path, lines.join("\n")).code;
}

function trimmedBlock(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => !isBlank(line));
  const last = lines.findLastIndex((line) => !isBlank(line));
  return first < 0 ? [] : lines.slice(first, last + 1);
}

/** Lines with the first one at this indentation and the others moved with it; lines within strings stay as they are. */
function reindented(path: string, lines: readonly string[], indentation: string): string[] {
  const own = indentationOf(lines[0] ?? "");
  if (own === indentation) return [...lines];
  const { inside } = maskSource(path, lines.join("\n"));
  return lines.map((line, index) => {
    if (inside.has(index + 1)) return line;
    if (isBlank(line)) return "";
    return line.startsWith(own) ? indentation + line.slice(own.length) : line;
  });
}
