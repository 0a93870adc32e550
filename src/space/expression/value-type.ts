import { didYouMean } from "../nearest-name.js";
import type { ParameterValue } from "../parameter.js";
import { equal } from "./evaluator.js";
import type { Expression } from "./expression.js";
import { expressionError } from "./expression-error.js";
import type { Node } from "./syntax.js";

/** What values an expression can have: one bit for each kind, since a categorical parameter may mix them. */
export interface ValueType {
  readonly number: boolean;
  readonly text: boolean;
  readonly truth: boolean;
  /** All possible values, where they are known: of a categorical parameter or a literal. */
  readonly values?: readonly ParameterValue[];
}

export const numberType: ValueType = { number: true, text: false, truth: false };
export const truthType: ValueType = { number: false, text: false, truth: true };

/** The type whose values are exactly the given ones. */
export function typeOfValues(values: readonly ParameterValue[]): ValueType {
  return {
    number: values.some((value) => typeof value === "number"),
    text: values.some((value) => typeof value === "string"),
    truth: values.some((value) => typeof value === "boolean"),
    values,
  };
}

/**
 * Finds before any evaluation what would fail in every evaluation, and comparisons that can never be true.
 *
 * @param types of all names that may be used
 * @throws AgentTuneError `expression_invalid` at the first unknown name, wrong operand or impossible comparison
 */
export function inferType(expression: Expression, types: ReadonlyMap<string, ValueType>): ValueType {
  return infer(expression.tree);

  function infer(node: Node): ValueType {
    switch (node.kind) {
      case "literal":
        return typeOfValues([node.value]);
      case "name": {
        const type = types.get(node.name);
        if (type !== undefined) return type;
        throw fault(
          node.at,
          `There is no parameter '${node.name}'${didYouMean(node.name, types.keys(), ".")}`,
          "Use the name of a parameter or of a derived quantity; texts stand in quotes.",
        );
      }
      case "sign":
        requireNumber(node.operand);
        return numberType;
      case "arithmetic":
        requireNumber(node.left);
        requireNumber(node.right);
        return numberType;
      case "call":
        for (const argument of node.arguments) requireNumber(argument);
        return numberType;
      case "not":
        requireTruth(node.operand);
        return truthType;
      case "logic":
        requireTruth(node.left);
        requireTruth(node.right);
        return truthType;
      case "comparison": {
        let left = node.first;
        for (const { operator, right, at } of node.links) {
          if (operator === "==" || operator === "!=") requireComparable(infer(left), infer(right), left, right, at);
          else {
            requireNumber(left);
            requireNumber(right);
          }
          left = right;
        }
        return truthType;
      }
      case "membership": {
        const operand = infer(node.operand);
        for (const item of node.items) requireComparable(operand, infer(item), node.operand, item, item.at);
        return truthType;
      }
      case "conditional": {
        requireTruth(node.test);
        const whenTrue = infer(node.whenTrue);
        const whenFalse = infer(node.whenFalse);
        return {
          number: whenTrue.number || whenFalse.number,
          text: whenTrue.text || whenFalse.text,
          truth: whenTrue.truth || whenFalse.truth,
          ...(whenTrue.values && whenFalse.values ? { values: [...whenTrue.values, ...whenFalse.values] } : {}),
        };
      }
    }
  }

  function requireNumber(node: Node): void {
    const type = infer(node);
    if (!type.text) return;
    throw fault(
      node.at,
      `Expected a number, but ${describe(node)} ${type.number ? "can be" : "is"} a text.`,
      "Texts can be compared with == and !=, and looked for with 'in'.",
    );
  }

  function requireTruth(node: Node): void {
    const type = infer(node);
    if (!type.text && !type.number) return;
    throw fault(
      node.at,
      `Expected true or false, but ${describe(node)} is ${type.text ? "a text" : "a number"}.`,
      "Write a comparison, for example 'depth != 0'.",
    );
  }

  function requireComparable(a: ValueType, b: ValueType, left: Node, right: Node, at: number): void {
    const countable = (type: ValueType) => type.number || type.truth;
    if (!(a.text && b.text) && !(countable(a) && countable(b))) {
      throw fault(
        at,
        `${sentence(describe(left))} and ${describe(right)} are never equal: one is a text, one a number.`,
      );
    }
    requireOverlap(a, b, left, right);
    requireOverlap(b, a, right, left);
  }

  function requireOverlap(choices: ValueType, given: ValueType, named: Node, other: Node): void {
    if (named.kind !== "name" || other.kind !== "literal" || choices.values === undefined) return;
    const [value] = given.values ?? [];
    if (value === undefined || choices.values.some((choice) => equal(choice, value))) return;
    throw fault(
      other.at,
      `'${named.name}' is never ${JSON.stringify(value)}${didYouMean(String(value), choices.values.map(String), ".")}`,
      `It can be ${choices.values.map((choice) => JSON.stringify(choice)).join(", ")}.`,
    );
  }

  function fault(at: number, message: string, remedy?: string) {
    return expressionError(expression.text, { at, message, remedy });
  }
}

function describe(node: Node): string {
  if (node.kind === "name") return `'${node.name}'`;
  return node.kind === "literal" ? JSON.stringify(node.value) : "this";
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
