import type { SyntaxNode } from "@lezer/common";
import { splitAtCommas } from "./call-arguments.js";
import { evaluateLiteral } from "./literal.js";
import { childrenOf, type PythonSource, textOf } from "./python-source.js";

/**
 * Strings that the source tells apart, by the name it asks: `if ACT == "relu"`, `args.act in ("relu", "gelu")`,
 * `match act: case "relu":`, `{"relu": ..., "gelu": ...}[act]`, `ACTIVATIONS[act]` over a dictionary of the module.
 * What a script compares with is what it can do; nothing else is known about a string.
 */
export function readAlternatives(source: PythonSource): Map<string, readonly string[]> {
  const dictionaries = moduleDictionaries(source);
  const found = new Map<string, string[]>();
  const add = (name: string | undefined, values: readonly string[]): void => {
    if (name === undefined) return;
    const known = found.get(name) ?? [];
    found.set(name, [...known, ...values.filter((value) => !known.includes(value))]);
  };
  source.tree.iterate({
    enter(reference) {
      if (reference.name === "BinaryExpression") {
        const [left, operator, ...rest] = childrenOf(reference.node);
        const right = rest.at(-1);
        if (left === undefined || operator === undefined || right === undefined) return;
        const how = textOf(source, operator);
        if (how === "==" || how === "!=") {
          add(askedName(source, left), strings(source, [right]));
          add(askedName(source, right), strings(source, [left]));
        } else if (how === "in" || how === "not") {
          if (/^(?:Array|Tuple|Set)Expression$/.test(right.name)) {
            add(askedName(source, left), strings(source, splitAtCommas(right).flat()));
          } else if (right.name === "VariableName") {
            add(askedName(source, left), dictionaries.get(textOf(source, right)) ?? []);
          }
        }
      } else if (reference.name === "MatchStatement") {
        const [, subject, body] = childrenOf(reference.node);
        if (subject === undefined || body === undefined) return;
        add(askedName(source, subject), patternStrings(source, body));
      } else if (reference.name === "MemberExpression") {
        const [object, bracket, key] = childrenOf(reference.node);
        if (object === undefined || bracket?.name !== "[" || key === undefined) return;
        const keys =
          object.name === "DictionaryExpression"
            ? dictionaryKeys(source, object)
            : (dictionaries.get(textOf(source, object)) ?? []);
        if (keys.length > 0) add(askedName(source, key), keys);
      }
    },
  });
  return found;
}

/** `ACT`, `args.act` and `cfg["act"]` all ask for act. */
function askedName(source: PythonSource, node: SyntaxNode): string | undefined {
  if (node.name === "VariableName") return textOf(source, node);
  if (node.name !== "MemberExpression") return undefined;
  const [, access, last] = childrenOf(node);
  if (last === undefined) return undefined;
  if (access?.name === ".") return textOf(source, last);
  const key = evaluateLiteral(source, last)?.value;
  return typeof key === "string" ? key : undefined;
}

function strings(source: PythonSource, nodes: readonly SyntaxNode[]): string[] {
  return nodes
    .map((node) => evaluateLiteral(source, node)?.value)
    .filter((value): value is string => typeof value === "string");
}

function patternStrings(source: PythonSource, body: SyntaxNode): string[] {
  return body.getChildren("MatchClause").flatMap((clause) => {
    const pattern = childrenOf(clause)[1];
    if (pattern === undefined) return [];
    const literals = pattern.name === "OrPattern" ? pattern.getChildren("LiteralPattern") : [pattern];
    return strings(
      source,
      literals.flatMap((literal) => literal.firstChild ?? []),
    );
  });
}

function moduleDictionaries(source: PythonSource): Map<string, readonly string[]> {
  const dictionaries = new Map<string, readonly string[]>();
  for (const statement of source.tree.topNode.getChildren("AssignStatement")) {
    const target = statement.firstChild;
    const value = statement.lastChild;
    if (target?.name !== "VariableName" || value?.name !== "DictionaryExpression") continue;
    dictionaries.set(textOf(source, target), dictionaryKeys(source, value));
  }
  return dictionaries;
}

/** String keys of a dictionary display; none where another kind of key is among them. */
function dictionaryKeys(source: PythonSource, dictionary: SyntaxNode): string[] {
  const keys: SyntaxNode[] = [];
  for (const entry of splitAtCommas(dictionary)) {
    if (entry[0] === undefined || entry[1]?.name !== ":") return [];
    keys.push(entry[0]);
  }
  const read = strings(source, keys);
  return read.length === keys.length ? read : [];
}
