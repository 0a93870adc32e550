import type { ParameterValue } from "../parameter.js";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type ComparisonOperator = "<" | "<=" | ">" | ">=" | "==" | "!=";

interface Placed {
  /** Offset in the text of what decides the node: its operator, name or first character. */
  readonly at: number;
}

/** An expression as a tree. */
export type Node =
  | (Placed & { readonly kind: "literal"; readonly value: ParameterValue })
  | (Placed & { readonly kind: "name"; readonly name: string })
  | (Placed & { readonly kind: "sign"; readonly operator: "+" | "-"; readonly operand: Node })
  | (Placed & { readonly kind: "not"; readonly operand: Node })
  | (Placed & {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: Node;
      readonly right: Node;
    })
  /** `a <= b < c` has links (<=, b) and (<, c). */
  | (Placed & { readonly kind: "comparison"; readonly first: Node; readonly links: readonly ComparisonLink[] })
  | (Placed & {
      readonly kind: "membership";
      readonly negated: boolean;
      readonly operand: Node;
      readonly items: readonly Node[];
    })
  | (Placed & { readonly kind: "logic"; readonly operator: "and" | "or"; readonly left: Node; readonly right: Node })
  | (Placed & { readonly kind: "conditional"; readonly test: Node; readonly whenTrue: Node; readonly whenFalse: Node })
  | (Placed & { readonly kind: "call"; readonly name: string; readonly arguments: readonly Node[] });

export interface ComparisonLink extends Placed {
  readonly operator: ComparisonOperator;
  readonly right: Node;
}

/** The nodes directly below a node, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "literal":
    case "name":
      return [];
    case "sign":
    case "not":
      return [node.operand];
    case "arithmetic":
    case "logic":
      return [node.left, node.right];
    case "comparison":
      return [node.first, ...node.links.map((link) => link.right)];
    case "membership":
      return [node.operand, ...node.items];
    case "conditional":
      return [node.test, node.whenTrue, node.whenFalse];
    case "call":
      return node.arguments;
  }
}

/** Names in the order in which they first appear. */
export function namesIn(node: Node): readonly string[] {
  const names = new Set<string>();
  const visit = (current: Node): void => {
    if (current.kind === "name") names.add(current.name);
    for (const child of childrenOf(current)) visit(child);
  };
  visit(node);
  return [...names];
}
