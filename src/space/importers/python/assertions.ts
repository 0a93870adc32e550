import { childrenOf, lineAt, type PythonSource, textOf } from "./python-source.js";

/** A condition that the script insists on, over settings by their last names: `n_embd % n_head == 0`. */
export interface Assertion {
  readonly expression: string;
  readonly line: number;
}

const arithmeticOnly = /^(?:[A-Za-z_][A-Za-z0-9_.]*|\d[\d_.eE]*|[-+*/%<>=!()\s])+$/;

/**
 * Conditions of `assert` statements that are made of names, numbers, arithmetic and comparisons alone: the part of
 * Python that the expressions of a study file share. `self.config.n_head` is written n_head.
 */
export function readAssertions(source: PythonSource): Assertion[] {
  const found: Assertion[] = [];
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "AssertStatement") return;
      const condition = childrenOf(reference.node)[1];
      if (condition?.name !== "BinaryExpression") return;
      const text = textOf(source, condition);
      if (text.length > 200 || !arithmeticOnly.test(text) || /\b(?:not|is|and|or|in|lambda)\b|[\w.)]\s*\(/.test(text))
        return;
      const expression = text.replace(/\s+/g, " ").replace(/(?:[A-Za-z_]\w*\.)+([A-Za-z_]\w*)/g, "$1");
      found.push({ expression, line: lineAt(source.lineStarts, reference.from) });
    },
  });
  return found;
}
