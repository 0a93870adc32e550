import type { SyntaxNode } from "@lezer/common";
import {
  hasSyntaxError,
  lineAt,
  type PythonSource,
  parsePython,
  textOf,
} from "../../space/importers/python/python-source.js";
import { indentationOf, isBlank } from "./lines.js";

/** A function or class as it stands in a file; lines from 1, both included. */
export interface Definition {
  /** With the names of the classes and functions around it: `Model.forward`. */
  readonly name: string;
  /** First line, that of the first decorator where there is one. */
  readonly from: number;
  /** Line of `def`, `async` or `class`. */
  readonly header: number;
  readonly to: number;
  /** Why it cannot be replaced safely. */
  readonly doubt?: string;
}

/** Every function and class of a Python file, in order. `text` has `\n` as line ending. */
export function pythonDefinitions(text: string): Definition[] {
  const source = parsePython(text);
  const lines = text.split("\n");
  const found: Definition[] = [];
  const visit = (node: SyntaxNode, around: string) => {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.name !== "FunctionDefinition" && child.name !== "ClassDefinition") {
        visit(child, around);
        continue;
      }
      const definition = definitionAt(source, lines, child, around);
      if (definition === undefined) continue;
      found.push(definition);
      visit(child, `${definition.name}.`);
    }
  };
  visit(source.tree.topNode, "");
  return found;
}

function definitionAt(
  source: PythonSource,
  lines: readonly string[],
  node: SyntaxNode,
  around: string,
): Definition | undefined {
  const identifier = node.getChild("VariableName");
  if (identifier === null) return undefined;
  const whole = node.parent?.name === "DecoratedStatement" ? node.parent : node;
  const header = lineAt(source.lineStarts, node.from);
  const from = lineAt(source.lineStarts, whole.from);
  const to = lastLine(source, lines, node, header);
  const first = lines[from - 1] ?? "";
  let doubt: string | undefined;
  if (hasSyntaxError(node)) doubt = "its text has a syntax error";
  else if (indentationOf(first).length !== whole.from - (source.lineStarts[from - 1] ?? 0)) {
    doubt = "another statement stands on its line";
  }
  return { name: around + textOf(source, identifier), from, header, to, ...(doubt === undefined ? {} : { doubt }) };
}

/** Of the last statement, or of comments after it that are indented deeper than the definition. */
function lastLine(source: PythonSource, lines: readonly string[], node: SyntaxNode, header: number): number {
  let end = node.to;
  while (end > node.from && /\s/.test(source.text[end - 1] ?? "")) end--;
  let last = lineAt(source.lineStarts, end - 1);
  const depth = indentationOf(lines[header - 1] ?? "").length;
  for (let index = last; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (isBlank(line)) continue;
    if (!line.trimStart().startsWith("#") || indentationOf(line).length <= depth) break;
    last = index + 1;
  }
  return last;
}
