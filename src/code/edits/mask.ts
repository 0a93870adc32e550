/**
 * Which characters of a source file are comments, strings and code: enough to match brackets, to see whether a file is
 * cut off, and to tell what runs from what is only said. A scanner, no parser: where it cannot be sure it says so.
 */
export interface MaskedSource {
  /** The text with comments as spaces; same length, same lines. */
  readonly uncommented: string;
  /** The text with comments and the contents of strings as spaces; same length, same lines. */
  readonly code: string;
  /** Lines, from 1, that begin within a string or comment of several lines. */
  readonly inside: ReadonlySet<number>;
  /** What is still open where the text ends. */
  readonly open: "string" | "comment" | undefined;
  /** A string ended with its line, so the scanner may have read the file wrongly. */
  readonly doubtful: boolean;
}

export type Language = "python" | "javascript" | "braces" | "hash" | "text";

interface Syntax {
  readonly line: RegExp | undefined;
  readonly block: readonly [RegExp, string] | undefined;
  readonly string: RegExp | undefined;
}

const extensions: Readonly<Record<string, Language>> = {
  ...Object.fromEntries(["py", "pyi", "pyw"].map((name) => [name, "python"] as const)),
  ...Object.fromEntries(
    ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"].map((name) => [name, "javascript"] as const),
  ),
  ...Object.fromEntries(
    ["c", "h", "cc", "cpp", "cxx", "hpp", "cu", "cuh", "java", "kt", "swift", "cs", "scala", "go", "rs"].map(
      (name) => [name, "braces"] as const,
    ),
  ),
  ...Object.fromEntries(
    ["sh", "bash", "yaml", "yml", "toml", "r", "jl", "rb", "cfg"].map((name) => [name, "hash"] as const),
  ),
};

export function languageOf(path: string): Language {
  return extensions[/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "text";
}

const slashes: Pick<Syntax, "line" | "block"> = { line: /\/\//y, block: [/\/\*/y, "*/"] };
const syntaxes: Readonly<Record<Language, Syntax>> = {
  python: { line: /#/y, block: undefined, string: /"""|'''|"|'/y },
  javascript: { ...slashes, string: /["'`]/y },
  // A single quote is a character, a lifetime (Rust) or a separator of digits (C++); Go's backquotes are raw.
  braces: { ...slashes, string: /"""|"|`|'(?=(?:\\[^\n]{1,10}?|[^\\'\n])')/y },
  hash: { line: /#/y, block: undefined, string: /["']/y },
  text: { line: undefined, block: undefined, string: undefined },
};

/** Strings that end with a word of their own: C++ `R"x(`, Rust `r#"`. */
const ownEnd = /R"([^()\\\s]{0,16})\(|\b(?:b|c)?r(#*)"/y;

const [inCode, inComment, inString] = [0, 1, 2];

export function maskSource(path: string, text: string): MaskedSource {
  const language = languageOf(path);
  const syntax = syntaxes[language];
  const kinds = new Uint8Array(text.length);
  /** Depths of braces at which a JavaScript template goes on. */
  const templates: number[] = [];
  let open: MaskedSource["open"];
  let doubtful = false;
  let depth = 0;
  let last = "";
  let position = 0;

  const at = (expression: RegExp | undefined) => {
    if (expression === undefined) return null;
    expression.lastIndex = position;
    return expression.exec(text);
  };
  const mark = (kind: number, end: number) => {
    kinds.fill(kind, position, end);
    position = end;
  };
  const endOfLine = () => {
    const end = text.indexOf("\n", position);
    return end < 0 ? text.length : end;
  };
  /** From the first character of the contents to behind the closing quote. */
  const string = (quote: string, severalLines: boolean, escapes: boolean) => {
    for (let index = position; ; index++) {
      if (index >= text.length) {
        if (severalLines) open = "string";
        else doubtful = true;
        mark(inString, text.length);
        return;
      }
      if (escapes && text[index] === "\\") {
        // An escaped line ending of two characters is one.
        index += text[index + 1] === "\r" && text[index + 2] === "\n" ? 2 : 1;
      } else if (quote === "`" && escapes && text.startsWith("${", index)) {
        mark(inString, index);
        position += 2;
        templates.push(depth++);
        return;
      } else if (text.startsWith(quote, index)) {
        mark(inString, index);
        position += quote.length;
        return;
      } else if (text[index] === "\n" && !severalLines) {
        doubtful = true;
        mark(inString, index);
        return;
      }
    }
  };

  while (position < text.length) {
    const character = text[position] ?? "";
    if (at(syntax.line) !== null) {
      mark(inComment, endOfLine());
      continue;
    }
    const block = at(syntax.block?.[0]);
    if (block !== null && syntax.block !== undefined) {
      const end = text.indexOf(syntax.block[1], position + block[0].length);
      if (end < 0) open = "comment";
      mark(inComment, end < 0 ? text.length : end + syntax.block[1].length);
      continue;
    }
    const special = language === "braces" ? at(ownEnd) : null;
    if (special !== null) {
      position += special[0].length;
      string(special[1] === undefined ? `"${special[2] ?? ""}` : `)${special[1]}"`, true, false);
      last = '"';
      continue;
    }
    const quote = at(syntax.string)?.[0];
    if (quote !== undefined) {
      position += quote.length;
      string(quote, quote.length === 3 || quote === "`", !(language === "braces" && quote === "`"));
      last = '"';
      continue;
    }
    const afterWord = () =>
      /\b(?:return|typeof|case|in|of|do|else|yield|await)\s*$/.test(text.slice(Math.max(0, position - 40), position));
    if (language === "javascript" && character === "/" && (/^$|[(,=:[!&|?{};+\-*%<>~^]/.test(last) || afterWord())) {
      // A pattern, where a division cannot stand.
      const pattern = at(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//y);
      if (pattern !== null) {
        mark(inString, position + pattern[0].length);
        last = '"';
        continue;
      }
    }
    if (character === "{") depth++;
    if (character === "}") {
      depth--;
      if (templates.at(-1) === depth) {
        templates.pop();
        position++;
        string("`", true, true);
        last = '"';
        continue;
      }
    }
    if (character.trim() !== "") last = character;
    position++;
  }
  if (templates.length > 0) open ??= "string";
  return { ...texts(text, kinds), open, doubtful };
}

function texts(text: string, kinds: Uint8Array): Pick<MaskedSource, "uncommented" | "code" | "inside"> {
  let uncommented = "";
  let code = "";
  const inside = new Set<number>();
  let line = 1;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    const kind = kinds[index];
    const newline = character === "\n";
    if (newline) {
      line++;
      // The newline itself belongs to what spans it.
      if (kind !== inCode) inside.add(line);
    }
    const blank = newline || character === "\r" ? character : " ";
    uncommented += kind === inComment ? blank : character;
    code += kind === inCode ? character : blank;
  }
  return { uncommented, code, inside };
}

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Brackets of masked code that are left open, in order, and whether a closing one had no partner. */
export function brackets(code: string): { readonly open: string[]; readonly unmatched: boolean } {
  const open: string[] = [];
  for (const [character] of code.matchAll(/[()[\]{}]/g)) {
    if (character in closing) open.push(character);
    else if (closing[open.pop() ?? ""] !== character) return { open, unmatched: true };
  }
  return { open, unmatched: false };
}
