import { didYouMean } from "../nearest-name.js";
import { expressionError } from "./expression-error.js";
import { functions } from "./functions.js";
import type { ArithmeticOperator, ComparisonLink, ComparisonOperator, Node } from "./syntax.js";
import { type Token, tokenize } from "./tokenizer.js";

/** Longest text and deepest nesting of an expression, so that no input can exhaust the stack. */
export const LONGEST_TEXT = 2_000;
export const DEEPEST_NESTING = 100;

/** Binding power of the operators between two operands; larger binds tighter. Unary minus stands between * and **. */
const power = {
  conditional: 1,
  or: 2,
  and: 3,
  not: 4,
  comparison: 5,
  sum: 6,
  product: 7,
  sign: 8,
  exponent: 9,
} as const;

const comparisons: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);
const arithmetic: ReadonlyMap<string, number> = new Map([
  ["+", power.sum],
  ["-", power.sum],
  ["*", power.product],
  ["/", power.product],
  ["//", power.product],
  ["%", power.product],
]);
const constants: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
]);
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** @throws AgentTuneError `expression_invalid` with the place and what was expected there */
export function parse(text: string): Node {
  if (text.length > LONGEST_TEXT) {
    throw expressionError(`${text.slice(0, 40)}...`, {
      at: 0,
      message: `The expression has ${text.length} characters; at most ${LONGEST_TEXT} are possible.`,
      remedy: "Split it: several constraints, or a derived quantity for a part of it.",
    });
  }
  return new Parser(text, tokenize(text)).whole();
}

/** A top-down operator precedence parser (Pratt 1973). */
class Parser {
  private next = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly tokens: readonly Token[],
  ) {}

  whole(): Node {
    const node = this.expression(0);
    const rest = this.peek();
    if (rest.kind !== "end") throw this.unexpected("an operator or the end");
    return node;
  }

  private expression(minimum: number): Node {
    if (++this.depth > DEEPEST_NESTING) {
      throw expressionError(this.text, {
        at: this.peek().at,
        message: `The expression is nested more than ${DEEPEST_NESTING} levels deep.`,
        remedy: "Split it: a derived quantity can hold a part of it.",
      });
    }
    let left = this.operand();
    for (let node = this.continuation(left, minimum); node !== undefined; node = this.continuation(left, minimum)) {
      left = node;
    }
    this.depth--;
    return left;
  }

  private operand(): Node {
    const token = this.peek();
    switch (token.kind) {
      case "number":
      case "string":
        this.next++;
        return { kind: "literal", value: token.value, at: token.at };
      case "name":
        this.next++;
        return this.nameOrCall(token.text, token.at);
      case "end":
        throw this.unexpected("a value");
      case "symbol":
        return this.prefix(token.text, token.at);
    }
  }

  private nameOrCall(name: string, at: number): Node {
    const constant = constants.get(name);
    if (constant !== undefined) return { kind: "literal", value: constant, at };
    if (!this.accept("(")) return { kind: "name", name, at };
    const called = functions.get(name);
    if (called === undefined) {
      throw expressionError(this.text, {
        at,
        message: `There is no function '${name}'${didYouMean(name, functions.keys(), ".")}`,
        remedy: `The functions are ${[...functions.keys()].join(", ")}.`,
      });
    }
    const values = this.list(")");
    if (values.length < called.least || values.length > called.most) {
      const wanted =
        called.most === Number.POSITIVE_INFINITY
          ? `at least ${called.least}`
          : called.least === called.most
            ? String(called.least)
            : `${called.least} or ${called.most}`;
      throw expressionError(this.text, {
        at,
        message: `${name}() takes ${wanted} values; here it has ${values.length}.`,
      });
    }
    return { kind: "call", name, arguments: values, at };
  }

  private prefix(symbol: string, at: number): Node {
    switch (symbol) {
      case "(": {
        this.next++;
        const inner = this.expression(0);
        this.expect(")", "an operator or ')'");
        return inner;
      }
      case "-":
      case "+":
        this.next++;
        return { kind: "sign", operator: symbol, operand: this.expression(power.sign), at };
      case "not":
        this.next++;
        return { kind: "not", operand: this.expression(power.not), at };
      case "!":
        this.next++;
        return { kind: "not", operand: this.expression(power.sign), at };
      default:
        throw this.unexpected("a value");
    }
  }

  /** What an operator makes of `left`, or undefined where the next token binds no tighter than `minimum`. */
  private continuation(left: Node, minimum: number): Node | undefined {
    const token = this.peek();
    if (token.kind !== "symbol") return undefined;
    const { text, at } = token;
    const product = arithmetic.get(text);
    if (product !== undefined) {
      if (product <= minimum) return undefined;
      this.next++;
      return { kind: "arithmetic", operator: text as ArithmeticOperator, left, right: this.expression(product), at };
    }
    if (text === "**") {
      if (power.exponent <= minimum) return undefined;
      this.next++;
      // Right-associative, and the exponent may carry a sign: 2 ** -1.
      return { kind: "arithmetic", operator: "**", left, right: this.expression(power.sign - 1), at };
    }
    if (comparisons.has(text)) return power.comparison <= minimum ? undefined : this.comparison(left, at);
    if (text === "in" || text === "not") return power.comparison <= minimum ? undefined : this.membership(left);
    if (text === "and" || text === "or") {
      if (power[text] <= minimum) return undefined;
      this.next++;
      return { kind: "logic", operator: text, left, right: this.expression(power[text]), at };
    }
    if (text === "if" || text === "?") return power.conditional <= minimum ? undefined : this.conditional(left);
    return undefined;
  }

  private comparison(first: Node, at: number): Node {
    const links: ComparisonLink[] = [];
    for (let token = this.peek(); token.kind === "symbol" && comparisons.has(token.text); token = this.peek()) {
      this.next++;
      const right = this.expression(power.comparison);
      links.push({ operator: token.text as ComparisonOperator, right, at: token.at });
    }
    return { kind: "comparison", first, links, at };
  }

  private membership(operand: Node): Node {
    const { at } = this.peek();
    const negated = this.accept("not");
    this.expect("in", "'in' after 'not'");
    const opening = this.peek();
    const end = opening.kind === "symbol" ? closing[opening.text] : undefined;
    if (end === undefined) throw this.unexpected("a list such as [1, 2, 3] after 'in'");
    this.next++;
    const items = this.list(end);
    if (items.length === 0) {
      throw expressionError(this.text, { at: opening.at, message: "Expected at least one value in the list." });
    }
    return { kind: "membership", negated, operand, items, at };
  }

  private conditional(left: Node): Node {
    const { at, text } = this.peek();
    this.next++;
    if (text === "?") {
      const whenTrue = this.expression(0);
      this.expect(":", "':' and what holds otherwise");
      return { kind: "conditional", test: left, whenTrue, whenFalse: this.expression(0), at };
    }
    const test = this.expression(power.conditional);
    this.expect("else", "'else' and what holds otherwise");
    return { kind: "conditional", test, whenTrue: left, whenFalse: this.expression(0), at };
  }

  private list(end: string): readonly Node[] {
    const items: Node[] = [];
    while (!this.accept(end)) {
      items.push(this.expression(0));
      if (this.accept(",")) continue;
      this.expect(end, `',' or '${end}'`);
      break;
    }
    return items;
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { kind: "end", text: "", at: this.text.length };
  }

  private accept(symbol: string): boolean {
    const token = this.peek();
    if (token.kind !== "symbol" || token.text !== symbol) return false;
    this.next++;
    return true;
  }

  private expect(symbol: string, wanted: string): void {
    if (!this.accept(symbol)) throw this.unexpected(wanted);
  }

  private unexpected(wanted: string) {
    const token = this.peek();
    const found = token.kind === "end" ? "the end" : token.kind === "string" ? token.text : `'${token.text}'`;
    return expressionError(this.text, { at: token.at, message: `Expected ${wanted}, found ${found}.` });
  }
}
