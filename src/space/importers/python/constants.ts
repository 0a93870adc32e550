import type { SyntaxNode } from "@lezer/common";
import { type CallArguments, readArguments, splitAtCommas } from "./call-arguments.js";
import { evaluateLiteral, type PythonLiteral, withoutParentheses } from "./literal.js";
import type { PythonConstant } from "./python-constant.js";
import {
  childrenOf,
  hasSyntaxError,
  lineAt,
  type PythonSource,
  parsePython,
  textOf,
  trailingComment,
} from "./python-source.js";

/** A constant with the tree it came from, for those who edit the source. */
export interface LocatedConstant extends PythonConstant {
  readonly node: SyntaxNode;
  /** Lines that assign the name again unconditionally. */
  readonly overriddenAt: readonly number[];
}

const allCaps = /^[A-Z][A-Z0-9_]*$/;

/**
 * Module-level `ALL_CAPS = literal` assignments in the order of the source, annotated ones included. Values that are
 * computed from anything but literals, containers, None and imaginary numbers are left out, and so are assignments
 * whose own text is not valid Python.
 */
export function readPythonConstants(source: string): PythonConstant[] {
  return locateConstants(parsePython(source)).map(withoutNode);
}

/** Fields with literal defaults of the module's dataclasses, named `Class.field`. */
export function readDataclassFields(source: string): PythonConstant[] {
  return locateDataclassFields(parsePython(source)).map(withoutNode);
}

function withoutNode(located: LocatedConstant): PythonConstant {
  const { node: _node, overriddenAt: _lines, ...constant } = located;
  return constant;
}

export function locateConstants(source: PythonSource): LocatedConstant[] {
  const again = new Map<string, { line: number; certain: boolean }[]>();
  for (const assigned of assignedNames(source)) {
    const known = again.get(assigned.name);
    if (known === undefined) again.set(assigned.name, [assigned]);
    else known.push(assigned);
  }
  const found: LocatedConstant[] = [];
  for (const statement of statementsOf(source.tree.topNode)) {
    const assignment = readAssignment(source, statement);
    if (assignment === undefined || !allCaps.test(assignment.name)) continue;
    const located = locate(source, statement, assignment, assignment.name);
    if (located === undefined) continue;
    const later = (again.get(located.name) ?? []).filter((other) => other.line > located.line);
    found.push({
      ...located,
      ...(later.length > 0 ? { reassignedAt: later.map((other) => other.line) } : {}),
      overriddenAt: later.filter((other) => other.certain).map((other) => other.line),
    });
  }
  return found;
}

export function locateDataclassFields(source: PythonSource): LocatedConstant[] {
  const found: LocatedConstant[] = [];
  for (const statement of childrenOf(source.tree.topNode)) {
    if (statement.name !== "DecoratedStatement") continue;
    const decorated = childrenOf(statement);
    const isDataclass = decorated.some(
      (child) => child.name === "Decorator" && /^@\s*(?:[\w.]+\.)?dataclass\b/.test(textOf(source, child)),
    );
    const definition = decorated.find((child) => child.name === "ClassDefinition");
    const className = definition?.getChild("VariableName");
    const body = definition?.getChild("Body");
    if (!isDataclass || className == null || body == null) continue;
    for (const field of statementsOf(body)) {
      const assignment = readAssignment(source, field);
      if (assignment?.annotation === undefined || assignment.annotation.startsWith("ClassVar")) continue;
      const located = locate(source, field, assignment, `${textOf(source, className)}.${assignment.name}`);
      if (located !== undefined) found.push(located);
    }
  }
  return found;
}

interface Assignment {
  readonly name: string;
  readonly annotation: string | undefined;
  readonly value: SyntaxNode;
}

/** `name = value` or `name: type = value`; undefined for targets that are chained, unpacked or not plain names. */
export function readAssignment(source: PythonSource, statement: SyntaxNode): Assignment | undefined {
  if (statement.name !== "AssignStatement") return undefined;
  const children = childrenOf(statement);
  const target = children.shift();
  const annotation = children[0]?.name === "TypeDef" ? children.shift() : undefined;
  const [operator, value, ...rest] = children;
  if (target?.name !== "VariableName" || operator?.name !== "AssignOp" || value === undefined || rest.length > 0) {
    return undefined;
  }
  return {
    name: textOf(source, target),
    annotation: annotation === undefined ? undefined : textOf(source, annotation).replace(/^:\s*/, ""),
    value,
  };
}

function locate(
  source: PythonSource,
  statement: SyntaxNode,
  assignment: Assignment,
  name: string,
): LocatedConstant | undefined {
  if (hasSyntaxError(statement) || !endsThere(source, statement)) return undefined;
  const node = withoutParentheses(fieldDefault(source, assignment.value));
  const literal: PythonLiteral | undefined = evaluateLiteral(source, node);
  if (literal === undefined) return undefined;
  const comment = trailingComment(source, statement.to) ?? fieldHelp(source, assignment.value);
  return {
    name,
    value: literal.value,
    kind: literal.kind,
    from: node.from,
    to: node.to,
    line: lineAt(source.lineStarts, statement.from),
    ...(comment === undefined ? {} : { comment }),
    ...(assignment.annotation === undefined ? {} : { annotation: assignment.annotation }),
    node,
    overriddenAt: [],
  };
}

/** `X = 4 4` is cut short by the tolerant parser; nothing but the end of the statement may follow it. */
function endsThere(source: PythonSource, statement: SyntaxNode): boolean {
  return /[ \t\f\\]*(?:[#;\r\n]|$)/y.test(source.text.slice(statement.to, statement.to + 1000));
}

/** `field(default=3)` stands for 3; everything else for itself. */
function fieldDefault(source: PythonSource, value: SyntaxNode): SyntaxNode {
  return fieldArguments(source, value)?.keywords.get("default") ?? value;
}

/** `field(metadata={"help": "..."})` is how libraries that make command lines document a field. */
function fieldHelp(source: PythonSource, value: SyntaxNode): string | undefined {
  const metadata = fieldArguments(source, value)?.keywords.get("metadata");
  if (metadata?.name !== "DictionaryExpression") return undefined;
  for (const [key, , help] of splitAtCommas(metadata)) {
    if (key === undefined || help === undefined || evaluateLiteral(source, key)?.value !== "help") continue;
    const text = evaluateLiteral(source, help)?.value;
    return typeof text === "string" ? text : undefined;
  }
  return undefined;
}

function fieldArguments(source: PythonSource, value: SyntaxNode): CallArguments | undefined {
  if (value.name !== "CallExpression") return undefined;
  const [callee, list] = childrenOf(value);
  if (callee === undefined || list === undefined || !/^(?:\w+\.)?field$/.test(textOf(source, callee))) return undefined;
  return readArguments(source, list);
}

/** Simple statements of a block, those joined by semicolons one by one. */
export function statementsOf(block: SyntaxNode): SyntaxNode[] {
  return childrenOf(block).flatMap((child) => (child.name === "StatementGroup" ? childrenOf(child) : [child]));
}

const bindingStatements: ReadonlySet<string> = new Set(["AssignStatement", "UpdateStatement", "ForStatement"]);

/** Every place of the module's own scope that binds a name, with whether it is reached unconditionally. */
function assignedNames(source: PythonSource): { name: string; line: number; certain: boolean }[] {
  const names: { name: string; line: number; certain: boolean }[] = [];
  source.tree.iterate({
    enter(reference) {
      // Names bound in there are others, unless a function declares them global.
      if (reference.name === "LambdaExpression" || reference.name === "ClassDefinition") return false;
      if (reference.name === "FunctionDefinition") return declaresGlobal(source, reference.node);
      if (!bindingStatements.has(reference.name)) return;
      const node = reference.node;
      const children = childrenOf(node);
      const last = children.findLastIndex(
        (child) => child.name === "AssignOp" || child.name === "UpdateOp" || child.name === "in",
      );
      // `X: int` declares and binds nothing.
      if (last === -1) return;
      for (const target of children.slice(0, last)) {
        if (target.name === "VariableName") {
          names.push({
            name: textOf(source, target),
            line: lineAt(source.lineStarts, target.from),
            certain: node.name !== "ForStatement" && isUnconditional(node),
          });
        }
      }
      return;
    },
  });
  return names;
}

function isUnconditional(node: SyntaxNode): boolean {
  return (
    node.parent?.name === "Script" || (node.parent?.name === "StatementGroup" && node.parent.parent?.name === "Script")
  );
}

function declaresGlobal(source: PythonSource, definition: SyntaxNode): boolean {
  return /^[ \t]*global\s/m.test(textOf(source, definition));
}
