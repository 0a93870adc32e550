import type { SyntaxNode } from "@lezer/common";
import { childrenOf, type PythonSource, textOf } from "./python-source.js";

/** A value that stands in the source as it will be at run time. Python tells 1 from 1.0, and so does this. */
export type PythonLiteral =
  | { readonly kind: "int" | "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean };

/** Deeper nesting than anybody writes by hand; keeps hostile input off the stack. */
const deepest = 64;

/**
 * Value of an expression made of literals alone: numbers with `+ - * / // % ** <<` and signs, strings (joined where
 * they stand side by side), True and False. Undefined for everything else, and for integers beyond 2^53, which a
 * double cannot carry.
 */
export function evaluateLiteral(source: PythonSource, node: SyntaxNode, depth = 0): PythonLiteral | undefined {
  if (depth > deepest) return undefined;
  switch (node.name) {
    case "Number":
      return readNumber(textOf(source, node));
    case "Boolean":
      return { kind: "boolean", value: textOf(source, node) === "True" };
    case "String": {
      const value = decodeString(textOf(source, node));
      return value === undefined ? undefined : { kind: "string", value };
    }
    case "ContinuedString": {
      let joined = "";
      for (const part of childrenOf(node)) {
        const value = part.name === "String" ? decodeString(textOf(source, part)) : undefined;
        if (value === undefined) return undefined;
        joined += value;
      }
      return { kind: "string", value: joined };
    }
    case "ParenthesizedExpression": {
      const inner = withoutParentheses(node);
      return inner === node ? undefined : evaluateLiteral(source, inner, depth + 1);
    }
    case "UnaryExpression": {
      const [operator, operand, ...rest] = childrenOf(node);
      if (operator === undefined || operand === undefined || rest.length > 0) return undefined;
      const value = evaluateLiteral(source, operand, depth + 1);
      if (value === undefined || (value.kind !== "int" && value.kind !== "float")) return undefined;
      switch (textOf(source, operator)) {
        case "-":
          // Python's integer zero has no sign.
          return { kind: value.kind, value: value.kind === "int" && value.value === 0 ? 0 : -value.value };
        case "+":
          return value;
        default:
          return undefined;
      }
    }
    case "BinaryExpression": {
      const [left, operator, right, ...rest] = childrenOf(node);
      if (left === undefined || operator === undefined || right === undefined || rest.length > 0) return undefined;
      const a = evaluateLiteral(source, left, depth + 1);
      const b = a === undefined ? undefined : evaluateLiteral(source, right, depth + 1);
      if (a === undefined || b === undefined) return undefined;
      return compute(textOf(source, operator), a, b);
    }
    default:
      return undefined;
  }
}

/** The expression within any number of enclosing parentheses. */
export function withoutParentheses(node: SyntaxNode): SyntaxNode {
  let inner = node;
  while (inner.name === "ParenthesizedExpression") {
    const children = childrenOf(inner);
    const only = children[1];
    if (children.length !== 3 || only === undefined) return inner;
    inner = only;
  }
  return inner;
}

function readNumber(text: string): PythonLiteral | undefined {
  const digits = text.replaceAll("_", "");
  if (/^0[xob]/i.test(digits)) return integer(Number(digits));
  if (/^\d+$/.test(digits)) return integer(Number(digits));
  const value = Number(digits);
  // What Number cannot read is an imaginary number.
  return Number.isFinite(value) ? { kind: "float", value } : undefined;
}

function integer(value: number): PythonLiteral | undefined {
  return Number.isSafeInteger(value) ? { kind: "int", value: value === 0 ? 0 : value } : undefined;
}

function compute(operator: string, a: PythonLiteral, b: PythonLiteral): PythonLiteral | undefined {
  if (a.kind === "string" && b.kind === "string" && operator === "+") {
    return { kind: "string", value: a.value + b.value };
  }
  if ((a.kind !== "int" && a.kind !== "float") || (b.kind !== "int" && b.kind !== "float")) return undefined;
  const whole = a.kind === "int" && b.kind === "int";
  const value = arithmetic(operator, a.value, b.value);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  if (whole && operator !== "/" && !(operator === "**" && b.value < 0)) return integer(value);
  return { kind: "float", value };
}

function arithmetic(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? undefined : a / b;
    case "//":
      return b === 0 ? undefined : Math.floor(a / b);
    case "%":
      return b === 0 ? undefined : a - b * Math.floor(a / b);
    case "**":
      return a ** b;
    case "<<":
      return b < 0 ? undefined : a * 2 ** b;
    default:
      return undefined;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

/** Value of one string literal with its quotes; undefined for bytes, f-strings and named characters. */
function decodeString(text: string): string | undefined {
  const match = /^([a-z]*)("""|'''|"|')([\s\S]*)\2$/i.exec(text);
  if (match === null) return undefined;
  const [, prefix = "", quote = "", written = ""] = match;
  if (/[bft]/i.test(prefix)) return undefined;
  const body = quote.length === 3 ? written.replace(/\r\n?/g, "\n") : written;
  if (/r/i.test(prefix)) return body;
  let known = true;
  const decoded = body.replace(
    /\\(?:(\r\n|[\r\n])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (all: string, newline, octal, byte, four, eight, single) => {
      if (newline !== undefined) return "";
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const hex = byte ?? four ?? eight;
      const code = hex === undefined ? undefined : Number.parseInt(hex, 16);
      if (code !== undefined && code <= 0x10ffff) return String.fromCodePoint(code);
      if (code !== undefined || /[NxuU]/.test(single)) known = false;
      return escapes.get(single) ?? all;
    },
  );
  return known ? decoded : undefined;
}
