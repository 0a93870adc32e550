import type { SyntaxNode } from "@lezer/common";
import { evaluateLiteral, type PythonLiteral, withoutParentheses } from "./literal.js";
import type { PythonConstant } from "./python-constant.js";
import { childrenOf, type PythonSource, textOf } from "./python-source.js";

/** The arguments of one call, decorator or subscript as they are written. */
export interface CallArguments {
  readonly positional: readonly SyntaxNode[];
  readonly keywords: ReadonlyMap<string, SyntaxNode>;
}

/** Reads an `ArgList`; arguments that are unpacked with * or ** are left out. */
export function readArguments(source: PythonSource, list: SyntaxNode): CallArguments {
  const positional: SyntaxNode[] = [];
  const keywords = new Map<string, SyntaxNode>();
  for (const part of splitAtCommas(list)) {
    const [first, second, third] = part;
    if (first === undefined) continue;
    if (part.length === 1) positional.push(first);
    else if (second?.name === "AssignOp" && third !== undefined && part.length === 3) {
      keywords.set(textOf(source, first), third);
    }
  }
  return { positional, keywords };
}

/** Elements of a bracketed node, each as its run of nodes; the brackets themselves are dropped. */
export function splitAtCommas(list: SyntaxNode): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const child of childrenOf(list).slice(1, -1)) {
    if (child.name === ",") parts.push([]);
    else parts.at(-1)?.push(child);
  }
  return parts.filter((part) => part.length > 0);
}

/** Literal value of a node, where a name stands for a constant of the module. */
export function resolveLiteral(
  source: PythonSource,
  node: SyntaxNode | undefined,
  constants: ReadonlyMap<string, PythonConstant>,
): PythonLiteral | undefined {
  if (node === undefined) return undefined;
  const inner = withoutParentheses(node);
  if (inner.name !== "VariableName") return evaluateLiteral(source, inner);
  const constant = constants.get(textOf(source, inner));
  if (constant === undefined || constant.reassignedAt !== undefined) return undefined;
  return asLiteral(constant);
}

function asLiteral(constant: PythonConstant): PythonLiteral | undefined {
  const { kind, value } = constant;
  if (typeof value === "number") return { kind: kind === "int" ? "int" : "float", value };
  return typeof value === "string" ? { kind: "string", value } : { kind: "boolean", value };
}

/** Literal elements of a list, tuple or set; undefined where it is none or has other elements. */
export function readLiteralList(source: PythonSource, node: SyntaxNode | undefined): PythonLiteral[] | undefined {
  if (node === undefined || !/^(?:Array|Tuple|Set)Expression$/.test(node.name)) return undefined;
  const literals: PythonLiteral[] = [];
  for (const [only, ...rest] of splitAtCommas(node)) {
    const literal = only === undefined || rest.length > 0 ? undefined : evaluateLiteral(source, only);
    if (literal === undefined) return undefined;
    literals.push(literal);
  }
  return literals;
}

/** Values of `Literal["a", "b"]`, however it is wrapped; undefined for other annotations. */
export function readLiteralAnnotation(source: PythonSource, annotation: SyntaxNode): PythonLiteral[] | undefined {
  let found: PythonLiteral[] | undefined;
  const cursor = annotation.cursor();
  do {
    if (cursor.from >= annotation.to) break;
    if (cursor.name !== "MemberExpression") continue;
    const [base, bracket, ...elements] = childrenOf(cursor.node);
    if (base === undefined || bracket?.name !== "[" || !/(?:^|\.)Literal$/.test(textOf(source, base))) continue;
    const literals = elements
      .filter((element) => element.name !== "," && element.name !== "]")
      .map((element) => evaluateLiteral(source, element));
    if (literals.every((literal) => literal !== undefined)) found = literals;
    break;
  } while (cursor.next());
  return found;
}
