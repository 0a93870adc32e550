import { type FileChange, lineDiff, maskSource, splitLines } from "../edits/index.js";

/** Characters of a line that rules read; a longer line is flagged for its length. */
export const readCharacters = 1000;

/** A line that a diff adds or removes, read as code. */
export interface ChangedLine {
  readonly kind: "added" | "removed";
  /** In the new file for an added line, in the old one for a removed one; from 1. */
  readonly line: number;
  /** As it stands in the diff. */
  readonly text: string;
  /** Without comments, cut to {@link readCharacters}. */
  readonly spoken: string;
  /** Without comments and contents of strings, cut alike. */
  readonly code: string;
  /** Number of the stretch of changed lines that it belongs to. */
  readonly hunk: number;
}

/**
 * The changed lines of a file. Lines that stand on both sides with other indentation or in another place have only
 * moved, and are left out: a guard around them is a line of its own.
 */
export function changedLines(file: FileChange): ChangedLine[] {
  const diff = lineDiff(splitLines(file.before ?? ""), splitLines(file.after ?? ""));
  const sides = { added: readAs(file.path, file.after ?? ""), removed: readAs(file.path, file.before ?? "") };
  const moved = movedLines(diff);
  const changed: ChangedLine[] = [];
  let hunk = 0;
  for (const { kind, text, before, after } of diff) {
    if (kind === "same") {
      hunk++;
      continue;
    }
    const key = text.trim();
    const left = moved[kind].get(key) ?? 0;
    if (left > 0) {
      moved[kind].set(key, left - 1);
      continue;
    }
    const line = (kind === "added" ? after : before) ?? 0;
    const { spoken, code } = sides[kind](line);
    const [read, run] = [spoken.slice(0, readCharacters), code.slice(0, readCharacters)];
    changed.push({ kind, line, text, spoken: read, code: run, hunk });
  }
  return changed;
}

function readAs(path: string, text: string): (line: number) => { spoken: string; code: string } {
  const plain = splitLines(text).join("\n");
  const masked = maskSource(path, plain);
  // What is no known language is read as it stands.
  const [spoken, code] = [masked.uncommented.split("\n"), masked.code.split("\n")];
  return (line) => ({ spoken: spoken[line - 1] ?? "", code: code[line - 1] ?? "" });
}

function movedLines(diff: readonly { kind: string; text: string }[]): Record<"added" | "removed", Map<string, number>> {
  const counts = { added: new Map<string, number>(), removed: new Map<string, number>() };
  for (const { kind, text } of diff) {
    if (kind !== "added" && kind !== "removed") continue;
    counts[kind].set(text.trim(), (counts[kind].get(text.trim()) ?? 0) + 1);
  }
  const common = new Map<string, number>();
  for (const [text, count] of counts.added) {
    const both = Math.min(count, counts.removed.get(text) ?? 0);
    if (both > 0) common.set(text, both);
  }
  return { added: new Map(common), removed: new Map(common) };
}
