import type { ParameterValue } from "../parameter.js";
import { expressionError } from "./expression-error.js";
import { floorQuotient, floorRemainder, functions } from "./functions.js";
import type { ArithmeticOperator, ComparisonOperator, Node } from "./syntax.js";

/** Values by name; a name that is absent makes what depends on it undefined. */
export type Values = Readonly<Record<string, ParameterValue>>;
export type Evaluator = (values: Values) => ParameterValue | undefined;

const arithmetic: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "//": floorQuotient,
  "%": floorRemainder,
  "**": (a, b) => a ** b,
};

const orderings: Readonly<Record<Exclude<ComparisonOperator, "==" | "!=">, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/**
 * Turns a tree into a function. Numbers follow IEEE arithmetic: dividing by zero gives Infinity or NaN, and no
 * comparison with NaN but != is true. `and`, `or` and `in` are undefined only where the absent value matters
 * (Kleene's three-valued logic), so that the order in which a person writes them does not.
 *
 * The functions throw AgentTuneError `expression_invalid` for an operand of the wrong type, for example a text
 * where a number is needed.
 */
export function compile(node: Node, text: string): Evaluator {
  const below = (child: Node) => compile(child, text);
  switch (node.kind) {
    case "literal": {
      const { value } = node;
      return () => value;
    }
    case "name":
      return lookup(node.name);
    case "sign": {
      const operand = numeric(node.operand, text);
      if (node.operator === "+") return operand;
      return (values) => {
        const value = operand(values);
        return value === undefined ? undefined : 0 - value;
      };
    }
    case "not": {
      const operand = logical(node.operand, text);
      return (values) => {
        const value = operand(values);
        return value === undefined ? undefined : !value;
      };
    }
    case "arithmetic": {
      const left = numeric(node.left, text);
      const right = numeric(node.right, text);
      const operate = arithmetic[node.operator];
      return (values) => {
        const a = left(values);
        if (a === undefined) return undefined;
        const b = right(values);
        return b === undefined ? undefined : operate(a, b);
      };
    }
    case "comparison": {
      const links = node.links.map((link, k) =>
        comparison(k === 0 ? node.first : (node.links[k - 1]?.right ?? node.first), link.operator, link.right, text),
      );
      const [only] = links;
      return links.length === 1 && only !== undefined ? only : (values) => allOf(links, values);
    }
    case "membership": {
      const operand = below(node.operand);
      const items = node.items.map(below);
      const { negated } = node;
      return (values) => {
        const value = operand(values);
        if (value === undefined) return undefined;
        let found: boolean | undefined = false;
        for (const item of items) {
          const candidate = item(values);
          if (candidate === undefined) found = undefined;
          else if (equal(value, candidate)) return !negated;
        }
        return found === undefined ? undefined : negated;
      };
    }
    case "logic": {
      const sides = [logical(node.left, text), logical(node.right, text)];
      return node.operator === "and" ? (values) => allOf(sides, values) : (values) => anyOf(sides, values);
    }
    case "conditional": {
      const test = logical(node.test, text);
      const whenTrue = below(node.whenTrue);
      const whenFalse = below(node.whenFalse);
      return (values) => {
        const holds = test(values);
        return holds === undefined ? undefined : holds ? whenTrue(values) : whenFalse(values);
      };
    }
    case "call": {
      const operands = node.arguments.map((argument) => numeric(argument, text));
      const called = functions.get(node.name);
      if (called === undefined) throw new TypeError(`parsed a call of the unknown function ${node.name}`);
      return (values) => {
        const numbers: number[] = [];
        for (const operand of operands) {
          const value = operand(values);
          if (value === undefined) return undefined;
          numbers.push(value);
        }
        return called.apply(...numbers);
      };
    }
  }
}

function lookup(name: string): Evaluator {
  // Records inherit names such as "constructor", which are no values.
  return name in Object.prototype
    ? (values) => (Object.hasOwn(values, name) ? values[name] : undefined)
    : (values) => values[name];
}

/** Equality as in Python: true is 1 and false is 0, but "1" is not 1. */
export function equal(a: ParameterValue, b: ParameterValue): boolean {
  if (typeof a === typeof b) return a === b;
  if (typeof a === "string" || typeof b === "string") return false;
  return Number(a) === Number(b);
}

type Truth = (values: Values) => boolean | undefined;

function allOf(parts: readonly Truth[], values: Values): boolean | undefined {
  let result: boolean | undefined = true;
  for (const part of parts) {
    const value = part(values);
    if (value === false) return false;
    if (value === undefined) result = undefined;
  }
  return result;
}

function anyOf(parts: readonly Truth[], values: Values): boolean | undefined {
  let result: boolean | undefined = false;
  for (const part of parts) {
    const value = part(values);
    if (value === true) return true;
    if (value === undefined) result = undefined;
  }
  return result;
}

function comparison(left: Node, operator: ComparisonOperator, right: Node, text: string): Truth {
  if (operator === "==" || operator === "!=") {
    const a = compile(left, text);
    const b = compile(right, text);
    const wanted = operator === "==";
    return (values) => {
      const first = a(values);
      if (first === undefined) return undefined;
      const second = b(values);
      return second === undefined ? undefined : equal(first, second) === wanted;
    };
  }
  const a = numeric(left, text);
  const b = numeric(right, text);
  const holds = orderings[operator];
  return (values) => {
    const first = a(values);
    if (first === undefined) return undefined;
    const second = b(values);
    return second === undefined ? undefined : holds(first, second);
  };
}

/** A number wherever one is needed; true and false count as 1 and 0. */
export function numeric(node: Node, text: string): (values: Values) => number | undefined {
  const evaluate = compile(node, text);
  return (values) => {
    const value = evaluate(values);
    if (typeof value === "number" || value === undefined) return value;
    if (typeof value === "boolean") return value ? 1 : 0;
    throw expressionError(text, {
      at: node.at,
      message: `Expected a number, found the text '${value}'.`,
      remedy: "Texts can be compared with == and !=, and looked for with 'in'.",
    });
  };
}

function logical(node: Node, text: string): Truth {
  const evaluate = compile(node, text);
  return (values) => {
    const value = evaluate(values);
    if (typeof value === "boolean" || value === undefined) return value;
    throw expressionError(text, {
      at: node.at,
      message: `Expected true or false, found ${typeof value === "string" ? `the text '${value}'` : value}.`,
      remedy: "Write a comparison, for example 'depth != 0'.",
    });
  };
}
