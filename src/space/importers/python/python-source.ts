import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@lezer/python";

/** One Python file: its text, its error-tolerant syntax tree and where its lines start. Offsets are UTF-16. */
export interface PythonSource {
  readonly text: string;
  readonly tree: Tree;
  /** Offsets at which lines begin; line n begins at lineStarts[n - 1]. */
  readonly lineStarts: readonly number[];
  /** The comment on each line that has one, without `#` and surrounding space, and where it begins. */
  readonly comments: ReadonlyMap<number, { readonly from: number; readonly text: string }>;
}

/**
 * Never fails: what is not Python becomes error nodes in the tree. Text that is nested deeper than the parser can go,
 * which Python itself refuses too, has an empty tree.
 */
export function parsePython(text: string): PythonSource {
  // The tree is of a text with the same offsets that the grammar can read; values are read from the text itself.
  // A byte order mark would become part of the first name, and the grammar has no numbers such as `5.` and `5.e3`.
  const readable = text
    .replace(/^\uFEFF/, "\n")
    .replace(/(?<![\w.])(\d+(?:_\d+)*)\.(?=[eE][+-]?\d|(?![\w.]))/g, (_all, digits: string) => `${digits}0`);
  const tree = parseOrGiveUp(readable);
  const lineStarts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) lineStarts.push(match.index + match[0].length);
  const comments = new Map<number, { from: number; text: string }>();
  tree.iterate({
    enter(node) {
      if (node.name !== "Comment") return;
      comments.set(lineAt(lineStarts, node.from), {
        from: node.from,
        text: text.slice(node.from, node.to).replace(/^#+:?/, "").trim(),
      });
    },
  });
  return { text, tree, lineStarts, comments };
}

function parseOrGiveUp(text: string): Tree {
  try {
    return parser.parse(text);
  } catch (error) {
    // The stack; the parser builds nested nodes by recursion.
    if (error instanceof RangeError) return parser.parse("");
    throw error;
  }
}

/** Line of an offset, counted from 1. */
export function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** The comment that follows `offset` on its line, or undefined. */
export function trailingComment(source: PythonSource, offset: number): string | undefined {
  const comment = source.comments.get(lineAt(source.lineStarts, offset));
  return comment !== undefined && comment.from >= offset && comment.text !== "" ? comment.text : undefined;
}

export function textOf(source: PythonSource, node: SyntaxNode): string {
  return source.text.slice(node.from, node.to);
}

/** Children of a node without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== "Comment") children.push(child);
  }
  return children;
}

/** Whether the node's own text could not be parsed. */
export function hasSyntaxError(node: SyntaxNode): boolean {
  let found = false;
  node.toTree().iterate({
    enter(inner) {
      if (inner.type.isError) found = true;
      return !found;
    },
  });
  return found;
}
