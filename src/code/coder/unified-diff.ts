import { type DiffLine, type FileChange, lineDiff, splitLines } from "../edits/index.js";

const context = 3;

/** Changes in memory as a unified diff, for reading: three lines of context, `/dev/null` for a file that is not there. */
export function unifiedDiff(files: readonly FileChange[]): string {
  return files
    .map(({ path, before, after }) => {
      const lines = lineDiff(splitLines(before ?? ""), splitLines(after ?? ""));
      return [
        `--- ${before === null ? "/dev/null" : `a/${path}`}`,
        `+++ ${after === null ? "/dev/null" : `b/${path}`}`,
        ...hunks(lines).flatMap(hunkLines),
      ].join("\n");
    })
    .join("\n");
}

/** Stretches around the changed lines; those whose context touches are one. */
function hunks(lines: readonly DiffLine[]): readonly (readonly DiffLine[])[] {
  const stretches: { from: number; to: number }[] = [];
  for (const [index, { kind }] of lines.entries()) {
    if (kind === "same") continue;
    const last = stretches.at(-1);
    if (last !== undefined && index - context <= last.to) last.to = index + context + 1;
    else stretches.push({ from: Math.max(0, index - context), to: index + context + 1 });
  }
  return stretches.map(({ from, to }) => lines.slice(from, to));
}

function hunkLines(hunk: readonly DiffLine[]): readonly string[] {
  const mark = { same: " ", added: "+", removed: "-" } as const;
  const range = (side: "before" | "after"): string => {
    const numbers = hunk.flatMap((line) => line[side] ?? []);
    return `${numbers[0] ?? 0},${numbers.length}`;
  };
  return [`@@ -${range("before")} +${range("after")} @@`, ...hunk.map(({ kind, text }) => `${mark[kind]}${text}`)];
}
