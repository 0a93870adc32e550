import { lineAt, parsePython, textOf } from "./python-source.js";

/** Lines, from 1, on which each name stands as a variable or an attribute: `lr` and `args.lr` alike. */
export function readNameUses(text: string): ReadonlyMap<string, readonly number[]> {
  const source = parsePython(text);
  const lines = new Map<string, number[]>();
  source.tree.iterate({
    enter(reference) {
      if (reference.name !== "VariableName" && reference.name !== "PropertyName") return;
      const name = textOf(source, reference.node);
      const line = lineAt(source.lineStarts, reference.from);
      const known = lines.get(name);
      if (known === undefined) lines.set(name, [line]);
      else if (known.at(-1) !== line) known.push(line);
    },
  });
  return lines;
}
