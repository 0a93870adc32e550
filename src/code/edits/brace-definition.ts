import { brackets, type MaskedSource } from "./mask.js";
import type { Definition } from "./python-definition.js";

/**
 * Functions and classes with that name in a language of braces, found by the shape of their first line: a known word
 * (`function`, `fn`, `func`, `class`, ...), a binding to an arrow function, or name, parameters and `{`. Only what stands
 * at the outermost level counts, or for `Type.method` directly within the type (`class`, `struct`, `impl`, ...), since
 * anything else would be a guess. Undefined: the file's brackets do not match as read, so nothing is certain.
 */
export function braceDefinitions(masked: MaskedSource, name: string): Definition[] | undefined {
  const { open, unmatched } = brackets(masked.code);
  if (masked.doubtful || masked.open !== undefined || unmatched || open.length > 0) return undefined;
  const parts = name.split(".");
  let regions = [{ from: 0, to: masked.code.length }];
  for (const part of parts.slice(0, -1)) {
    regions = regions.flatMap((region) =>
      blocks(masked.code, region, part, typeWords).map((block) => ({ from: block.open + 1, to: block.close })),
    );
  }
  const words = parts.length > 1 ? methodShapes : shapes;
  return regions
    .flatMap((region) => blocks(masked.code, region, parts.at(-1) ?? "", words))
    .map((block) => definition(masked.code, block, name));
}

interface Block {
  readonly start: number;
  readonly open: number;
  readonly close: number;
}

type Shape = (name: string) => RegExp;

/** From the beginning of a statement to its `{`; masked code has no strings or comments to be misled by. */
const typeWords: Shape = (name) =>
  new RegExp(
    `(?:[\\w\\s]*\\b(?:class|struct|interface|trait|impl|object|enum)\\b(?:\\s*<[^{};]*?>)?\\s+(?:[\\w:<>]+\\s+for\\s+)?${name}\\b[^{};=]*)$`,
  );
const shapes: Shape = (name) =>
  new RegExp(
    `(?:${[
      // function f(...), fn f(...), func (receiver) f(...), class F
      `[\\w\\s"]*\\b(?:function\\s*\\*?|fn|func(?:\\s*\\([^()]*\\))?|fun|def|class|struct|interface|trait|enum)\\s*${name}\\b[^{};]*`,
      // const f = (...) =>, const f = function (...)
      `(?:export\\s+)?(?:const|let|var)\\s+${name}\\s*(?::[^=;{}]*)?=\\s*(?:async\\s*)?(?:function\\s*\\*?\\s*\\w*)?\\s*(?:\\([^{};]*\\)|\\w+)[^{};=]*(?:=>)?\\s*`,
      // int f(...), static inline void N::f(...)
      `[\\w:<>,&*\\s[\\]]+[\\s&*]${name}\\s*\\([^{};]*\\)[^{};=]*`,
    ].join("|")})$`,
  );
const methodShapes: Shape = (name) =>
  new RegExp(
    `(?:${shapes(name).source.slice(3, -2)}|(?:[\\w\\s@*#<>[\\],:&]*[\\s*])?${name}\\s*(?:<[^{};()]*>)?\\([^{};]*\\)[^{};=]*)$`,
  );

const control = /^\s*(?:(?:else|do|try)\b|(?:if|for|while|switch|catch|return|new|throw|await)\b[^=]*$)/;

/** Blocks at the outermost level of the region whose head has the shape. */
function blocks(code: string, region: { from: number; to: number }, name: string, shape: Shape): Block[] {
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return [];
  const expression = shape(name.replaceAll("$", "\\$"));
  const found: Block[] = [];
  let start = region.from;
  let parentheses = 0;
  for (let index = region.from; index < region.to; index++) {
    const character = code[index];
    if (character === "(" || character === "[") parentheses++;
    else if (character === ")" || character === "]") parentheses--;
    else if (parentheses > 0 && character === "{") index = closeOf(code, index);
    else if (character === ";") start = index + 1;
    else if (character === "{") {
      const close = closeOf(code, index);
      const head = code.slice(start, index);
      const own = withoutEarlierLines(head, expression);
      if (own !== undefined) found.push({ start: start + own, open: index, close });
      index = close;
      start = close + 1;
    }
  }
  return found;
}

/**
 * Where in the text before a brace the definition begins. Lines before it can belong to other statements where a
 * language needs no semicolon, so the fewest last lines that have the shape are taken, and lines of modifiers before.
 */
function withoutEarlierLines(head: string, shape: RegExp): number | undefined {
  const anchored = new RegExp(`^${shape.source}`, shape.flags);
  const starts = [0, ...[...head.matchAll(/\n/g)].map((match) => match.index + 1)].reverse();
  for (const start of starts) {
    const text = head.slice(start);
    if (text.trim() === "" || text.length > 2000) continue;
    if (!anchored.test(text.trim()) || control.test(text)) continue;
    return start + (text.length - text.trimStart().length);
  }
  return undefined;
}

function closeOf(code: string, open: number): number {
  let depth = 0;
  for (let index = open; index < code.length; index++) {
    if (code[index] === "{") depth++;
    else if (code[index] === "}" && --depth === 0) return index;
  }
  return code.length;
}

function definition(code: string, block: Block, name: string): Definition {
  const lineOf = (offset: number) => code.slice(0, offset).split("\n").length;
  const from = lineOf(block.start);
  const before = code.slice(code.lastIndexOf("\n", block.start - 1) + 1, block.start);
  const newline = code.indexOf("\n", block.close);
  const after = code.slice(block.close + 1, newline < 0 ? code.length : newline);
  const alone = before.trim() === "" && /^\s*[;,]?\s*$/.test(after);
  return {
    name,
    from,
    header: from,
    to: lineOf(block.close),
    ...(alone ? {} : { doubt: "other code stands on its first or last line" }),
  };
}
