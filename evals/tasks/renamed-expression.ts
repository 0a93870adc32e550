import { type Node, parseExpression } from "../../src/space/expression/index.js";
import type { ParameterValue } from "../../src/space/index.js";

/** How names and the choices that they are compared with are written instead. */
export interface Renaming {
  name(name: string): string;
  /** @param value what the parameter of that old name is compared with */
  choice(name: string, value: ParameterValue): ParameterValue;
}

/**
 * The same expression with other names. Goes through the syntax tree: a choice is rewritten where it is compared with
 * its parameter, and the same text elsewhere stays.
 *
 * @throws AgentTuneError `expression_invalid`
 */
export function renamedExpression(text: string, renaming: Renaming): string {
  return written(parseExpression(text).tree, renaming);
}

/**
 * Names whose values count for more than being equal to a literal or not: in arithmetic, in an order, against other
 * names, or as a condition themselves.
 */
export function namesByValue(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: Node): void => {
    switch (node.kind) {
      case "literal":
        return;
      case "name":
        found.add(node.name);
        return;
      case "comparison": {
        const [link, ...more] = node.links;
        if (link !== undefined && more.length === 0 && isEquality(link.operator)) {
          if (comparedWithLiteral(node.first, link.right) || comparedWithLiteral(link.right, node.first)) return;
        }
        visit(node.first);
        for (const { right } of node.links) visit(right);
        return;
      }
      case "membership":
        if (node.operand.kind === "name" && node.items.every(({ kind }) => kind === "literal")) return;
        visit(node.operand);
        node.items.forEach(visit);
        return;
      case "sign":
      case "not":
        visit(node.operand);
        return;
      case "arithmetic":
      case "logic":
        visit(node.left);
        visit(node.right);
        return;
      case "conditional":
        visit(node.test);
        visit(node.whenTrue);
        visit(node.whenFalse);
        return;
      case "call":
        node.arguments.forEach(visit);
        return;
    }
  };
  visit(parseExpression(text).tree);
  return found;
}

function isEquality(operator: string): boolean {
  return operator === "==" || operator === "!=";
}

function comparedWithLiteral(a: Node, b: Node): boolean {
  return a.kind === "name" && b.kind === "literal";
}

/** With brackets around everything that has an operator: what binds tighter need not be known. */
function written(node: Node, renaming: Renaming): string {
  const inside = (child: Node): string => written(child, renaming);
  /** A literal that stands against a name is one of its choices. */
  const against = (child: Node, other: Node): string =>
    child.kind === "literal" && other.kind === "name"
      ? literal(renaming.choice(other.name, child.value))
      : inside(child);
  switch (node.kind) {
    case "literal":
      return literal(node.value);
    case "name":
      return renaming.name(node.name);
    case "sign":
      return `(${node.operator}${inside(node.operand)})`;
    case "not":
      return `(not ${inside(node.operand)})`;
    case "arithmetic":
    case "logic":
      return `(${inside(node.left)} ${node.operator} ${inside(node.right)})`;
    case "comparison": {
      const [first] = node.links;
      if (node.links.length === 1 && first !== undefined && isEquality(first.operator)) {
        return `(${against(node.first, first.right)} ${first.operator} ${against(first.right, node.first)})`;
      }
      return `(${inside(node.first)}${node.links.map(({ operator, right }) => ` ${operator} ${inside(right)}`).join("")})`;
    }
    case "membership": {
      const items = node.items.map((item) => against(item, node.operand));
      return `(${inside(node.operand)} ${node.negated ? "not in" : "in"} [${items.join(", ")}])`;
    }
    case "conditional":
      return `(${inside(node.whenTrue)} if ${inside(node.test)} else ${inside(node.whenFalse)})`;
    case "call":
      return `${node.name}(${node.arguments.map(inside).join(", ")})`;
  }
}

function literal(value: ParameterValue): string {
  return typeof value === "string" ? `'${value.replace(/[\\']/g, "\\$&")}'` : String(value);
}
