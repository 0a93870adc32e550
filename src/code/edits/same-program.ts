import { parsePython } from "../../space/importers/python/python-source.js";
import { languageOf } from "./mask.js";

/**
 * Whether two texts of a file run alike by their form: in Python they differ in comments, docstrings, blank lines and
 * spacing only, in JSON in spacing only, otherwise in nothing. False where it cannot be told.
 */
export function sameProgram(path: string, before: string, after: string): boolean {
  if (before === after) return true;
  if (languageOf(path) === "python") {
    const [a, b] = [pythonTokens(before), pythonTokens(after)];
    return a !== undefined && a === b;
  }
  return path.endsWith(".json") && jsonTokens(before) === jsonTokens(after);
}

/** Nodes and tokens in order, without comments and statements that are only a string; undefined: not all was read. */
function pythonTokens(text: string): string | undefined {
  const plain = text.replace(/\r\n?/g, "\n");
  const { tree } = parsePython(plain);
  if (tree.length === 0 && plain.trim() !== "") return undefined;
  const tokens: string[] = [];
  let complete = true;
  let position = 0;
  /** Text that has no token of its own in the tree. */
  const upTo = (offset: number) => {
    const between = plain.slice(position, offset).replace(/[\s\\]+/g, "");
    if (between !== "") tokens.push(between);
    position = offset;
  };
  tree.iterate({
    enter(node) {
      if (node.type.isError) complete = false;
      if (!complete) return false;
      if (node.type.isTop) return true;
      const only = node.name === "ExpressionStatement" ? node.node.firstChild : null;
      const says = only?.name === "String" && only.from === node.from && only.to === node.to;
      if (node.name === "Comment" || (says && /^["']/.test(plain[node.from] ?? ""))) {
        upTo(node.from);
        position = node.to;
        return false;
      }
      // Spacing within a string counts.
      const verbatim = node.name === "FormatString" || node.name === "ContinuedString";
      if (verbatim || node.node.firstChild === null) {
        upTo(node.from);
        tokens.push(plain.slice(node.from, node.to));
        position = node.to;
        return false;
      }
      tokens.push(`<${node.name}`);
      return true;
    },
    leave(node) {
      if (!node.type.isTop && node.node.firstChild !== null) tokens.push(">");
    },
  });
  upTo(plain.length);
  return complete ? tokens.join("\u0000") : undefined;
}

function jsonTokens(text: string): string {
  return text.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_all, string: string | undefined) => string ?? "");
}
