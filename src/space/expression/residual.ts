import { compile, numeric, type Values } from "./evaluator.js";
import type { Expression } from "./expression.js";
import { type ComparisonOperator, childrenOf, type Node } from "./syntax.js";

/** A number that changes its sign, or reaches zero, where a comparison changes from false to true. */
export type Residual =
  | { readonly kind: "difference"; at(values: Values): number | undefined }
  /** `dividend % divisor` against a target: zero at dividend = k * divisor + target for every whole k. */
  | {
      readonly kind: "remainder";
      quotient(values: Values): number | undefined;
      at(values: Values, k: number): number | undefined;
    };

/**
 * One for each comparison of numbers in the expression, whatever stands around it.
 *
 * @param numbers names that stand for numbers
 */
export function residualsOf({ tree, text }: Expression, numbers: ReadonlySet<string>): readonly Residual[] {
  const residuals: Residual[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "comparison") {
      let left = node.first;
      for (const { operator, right } of node.links) {
        if (comparesNumbers(left, operator, right, numbers)) residuals.push(residual(left, operator, right, text));
        left = right;
      }
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(tree);
  return residuals;
}

function residual(left: Node, operator: ComparisonOperator, right: Node, text: string): Residual {
  const b = numeric(right, text);
  if (operator === "==" && left.kind === "arithmetic" && left.operator === "%") {
    const dividend = numeric(left.left, text);
    const divisor = numeric(left.right, text);
    return {
      kind: "remainder",
      quotient: (values) => combine(dividend(values), divisor(values), (x, m) => x / m),
      at: (values, k) =>
        combine(
          combine(dividend(values), divisor(values), (x, m) => x - k * m),
          b(values),
          (gap, rest) => gap - rest,
        ),
    };
  }
  const a = numeric(left, text);
  return { kind: "difference", at: (values) => combine(a(values), b(values), (x, y) => x - y) };
}

/** How far an expression is from being true: 0 where it is, otherwise positive, smaller where nearer. */
export function violationOf({ tree, text }: Expression, numbers: ReadonlySet<string>): (values: Values) => number {
  return violation(tree, false, { text, numbers });
}

interface Context {
  readonly text: string;
  readonly numbers: ReadonlySet<string>;
}

function violation(node: Node, negated: boolean, context: Context): (values: Values) => number {
  switch (node.kind) {
    case "not":
      return violation(node.operand, !negated, context);
    case "logic": {
      const left = violation(node.left, negated, context);
      const right = violation(node.right, negated, context);
      return (node.operator === "and") === negated
        ? (values) => Math.min(left(values), right(values))
        : (values) => left(values) + right(values);
    }
    case "comparison": {
      let left = node.first;
      const links: ((values: Values) => number)[] = [];
      for (const { operator, right } of node.links) {
        links.push(gapOf(left, negated ? opposite[operator] : operator, right, context));
        left = right;
      }
      return negated
        ? (values) => links.reduce((least, link) => Math.min(least, link(values)), Number.POSITIVE_INFINITY)
        : (values) => links.reduce((sum, link) => sum + link(values), 0);
    }
    default: {
      const evaluate = compile(node, context.text);
      return (values) => {
        const value = evaluate(values);
        return value === undefined || value === !negated ? 0 : 1;
      };
    }
  }
}

const opposite: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};

function gapOf(
  left: Node,
  operator: ComparisonOperator,
  right: Node,
  { text, numbers }: Context,
): (values: Values) => number {
  const holds = compile({ kind: "comparison", first: left, links: [{ operator, right, at: 0 }], at: 0 }, text);
  if (!comparesNumbers(left, operator, right, numbers)) return (values) => (holds(values) === false ? 1 : 0);
  const cyclic = operator === "==" && left.kind === "arithmetic" && left.operator === "%" ? left.right : undefined;
  const period = cyclic === undefined ? undefined : numeric(cyclic, text);
  const a = numeric(left, text);
  const b = numeric(right, text);
  return (values) => {
    if (holds(values) !== false) return 0;
    const gap = Math.abs((a(values) ?? 0) - (b(values) ?? 0));
    // A remainder just below the divisor is as near to zero as one just above.
    const around = period === undefined ? gap : Math.min(gap, Math.abs((period(values) ?? 0) - gap));
    return Number.isFinite(around) ? Math.max(around, Number.MIN_VALUE) : Number.MAX_VALUE;
  };
}

/** Only numbers have an order; equality may also be that of texts. */
function comparesNumbers(left: Node, operator: ComparisonOperator, right: Node, numbers: ReadonlySet<string>): boolean {
  if (operator !== "==" && operator !== "!=") return true;
  return isNumeric(left, numbers) && isNumeric(right, numbers);
}

function isNumeric(node: Node, numbers: ReadonlySet<string>): boolean {
  switch (node.kind) {
    case "literal":
      return typeof node.value === "number";
    case "name":
      return numbers.has(node.name);
    case "sign":
    case "arithmetic":
    case "call":
      return true;
    case "conditional":
      return isNumeric(node.whenTrue, numbers) && isNumeric(node.whenFalse, numbers);
    default:
      return false;
  }
}

function combine(
  a: number | undefined,
  b: number | undefined,
  operate: (a: number, b: number) => number,
): number | undefined {
  return a === undefined || b === undefined ? undefined : operate(a, b);
}
