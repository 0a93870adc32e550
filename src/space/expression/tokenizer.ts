import { expressionError } from "./expression-error.js";

export type Token =
  | { readonly kind: "number"; readonly value: number; readonly text: string; readonly at: number }
  | { readonly kind: "string"; readonly value: string; readonly text: string; readonly at: number }
  | { readonly kind: "name"; readonly text: string; readonly at: number }
  /** Operators, brackets and the words that work like them; `&&`, `||` come as `and`, `or`. */
  | { readonly kind: "symbol"; readonly text: string; readonly at: number }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

const words = new Set(["and", "or", "not", "in", "if", "else"]);
const spellings: Readonly<Record<string, string>> = { "&&": "and", "||": "or" };

const space = /\s+/y;
const number = /(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?/y;
const name = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y;
const symbol = /\*\*|\/\/|<=|>=|==|!=|&&|\|\||[-+*/%<>!?:,()[\]{}]/y;

const remedies: Readonly<Record<string, string>> = {
  "=": "Write == to compare.",
  "^": "Write ** for a power.",
  "&": "Write 'and'.",
  "|": "Write 'or'.",
};

/** @throws AgentTuneError `expression_invalid` at the first character that starts no token */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const blank = match(space);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = readNumber() ?? readName() ?? readString() ?? readSymbol();
    if (token === undefined) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      throw expressionError(text, { at, message: `Unexpected '${character}'.`, remedy: remedies[character] });
    }
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens.map((token) =>
    token.kind === "symbol" ? { ...token, text: spellings[token.text] ?? token.text } : token,
  );

  function readNumber(): Token | undefined {
    const digits = match(number);
    if (digits === undefined) return undefined;
    const value = Number(digits.replaceAll("_", ""));
    if (!Number.isFinite(value)) throw expressionError(text, { at, message: `The number ${digits} is too large.` });
    const next = text[at + digits.length] ?? "";
    if (/[A-Za-z_]/.test(next) && !/^(?:and|or|in|if|else|not)\b/.test(text.slice(at + digits.length))) {
      throw expressionError(text, {
        at: at + digits.length,
        message: `Expected an operator after ${digits}, found '${next}'.`,
        remedy: `Write ${digits} * ... to multiply; names do not start with a digit.`,
      });
    }
    return { kind: "number", value, text: digits, at };
  }

  function readName(): Token | undefined {
    const word = match(name);
    if (word === undefined) return undefined;
    return words.has(word) ? { kind: "symbol", text: word, at } : { kind: "name", text: word, at };
  }

  function readString(): Token | undefined {
    const quote = text[at];
    if (quote !== "'" && quote !== '"') return undefined;
    let value = "";
    for (let end = at + 1; end < text.length; end++) {
      const character = text[end] ?? "";
      if (character === quote) return { kind: "string", value, text: text.slice(at, end + 1), at };
      if (character === "\\") {
        const escaped = text[++end] ?? "";
        if (escaped !== "\\" && escaped !== "'" && escaped !== '"') {
          throw expressionError(text, {
            at: end - 1,
            message: "A backslash in a text can only stand before a quote or another backslash.",
            remedy: "Write \\\\ for one backslash.",
          });
        }
        value += escaped;
      } else value += character;
    }
    throw expressionError(text, { at, message: "This text has no closing quote.", remedy: `Add ${quote} at its end.` });
  }

  function readSymbol(): Token | undefined {
    const found = match(symbol);
    return found === undefined ? undefined : { kind: "symbol", text: found, at };
  }
}
