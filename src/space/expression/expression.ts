import type { ParameterValue } from "../parameter.js";
import { compile } from "./evaluator.js";
import { parse } from "./parser.js";
import { type Node, namesIn } from "./syntax.js";

/**
 * A formula or condition over parameters, in a small language that reads like Python: numbers, texts, true and
 * false, names, arithmetic with Python's `//`, `%` and `**`, comparisons (also chained), `and`, `or`, `not`
 * (also `&&`, `||`, `!`), `in [...]`, `x if c else y` (also `c ? x : y`), and the functions abs, min, max, ceil,
 * floor, round, sqrt, log, log2, log10, exp, pow, int. Nothing in it can loop, call out or be evaluated as code.
 */
export interface Expression {
  readonly text: string;
  readonly tree: Node;
  /** Names it refers to, in order of first appearance. */
  readonly names: readonly string[];
  /**
   * @param values one for each name that has a value; an absent name is an inactive parameter
   * @returns undefined where the result depends on an absent name
   * @throws AgentTuneError `expression_invalid` for an operand of the wrong type
   */
  evaluate(values: Readonly<Record<string, ParameterValue>>): ParameterValue | undefined;
}

/** @throws AgentTuneError `expression_invalid` with the text, a caret, and what was expected there */
export function parseExpression(text: string): Expression {
  const tree = parse(text);
  return { text, tree, names: namesIn(tree), evaluate: compile(tree, text) };
}
