import type { Edit } from "./edit.js";

const opening = /^\s*<{5,9}\s*(?:SEARCH|ORIGINAL)\b\s*(.*?)\s*$/i;
const divider = /^\s*={5,9}\s*$/;
const closing = /^\s*>{5,9}\s*(?:REPLACE|UPDATED)?\b.*$/i;
const fence = /^\s*(?:`{3,}|~{3,})(.*)$/;

export interface ParsedBlocks {
  readonly edits: readonly Edit[];
  /** One sentence for each block that could not be read. */
  readonly problems: readonly string[];
}

/**
 * Search/replace blocks out of a model's text:
 *
 *     train.py
 *     <<<<<<< SEARCH
 *     lr = 0.1
 *     =======
 *     lr = 0.2
 *     >>>>>>> REPLACE
 *
 * The path stands on the line before the block, before the fence around it, as the fence's info text or behind SEARCH;
 * a block without one belongs to the file of the block before. Text around blocks is ignored. A block that has no end or
 * no path is named in `problems` and never half applied.
 */
export function parseBlocks(text: string): ParsedBlocks {
  const lines = text.split(/\r?\n/);
  const edits: Edit[] = [];
  const problems: string[] = [];
  let path: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const open = opening.exec(lines[index] ?? "");
    if (open === null) continue;
    path = pathOf(open[1] ?? "") ?? pathBefore(lines, index) ?? path;
    const block = readBlock(lines, index);
    if (!block.ok) {
      problems.push(`The block that begins on line ${index + 1} ${block.problem}`);
      index = block.next - 1;
      continue;
    }
    index = block.end;
    if (path === undefined) {
      problems.push(
        `The block that begins on line ${block.start + 1} names no file. Write the path on the line before it.`,
      );
      continue;
    }
    edits.push({ kind: "replace", path, search: block.search, replace: block.replace });
  }
  return { edits, problems };
}

type Block =
  | {
      readonly ok: true;
      readonly start: number;
      readonly end: number;
      readonly search: string;
      readonly replace: string;
    }
  | { readonly ok: false; readonly next: number; readonly problem: string };

/** From the line of SEARCH on. A block ends where another begins, so that one bad block does not take the next along. */
function readBlock(lines: readonly string[], start: number): Block {
  let middle: number | undefined;
  for (let index = start + 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (opening.test(line)) {
      return { ok: false, next: index, problem: `has no ${middle === undefined ? '"======="' : '">>>>>>> REPLACE"'}.` };
    }
    if (divider.test(line)) {
      // Underlines of headings look alike; which one divides cannot be told.
      if (middle !== undefined) return { ok: false, next: index + 1, problem: 'has "=======" twice.' };
      middle = index;
    } else if (closing.test(line)) {
      if (middle === undefined) return { ok: false, next: index + 1, problem: 'has no "=======".' };
      return {
        ok: true,
        start,
        end: index,
        search: joined(lines.slice(start + 1, middle)),
        replace: joined(lines.slice(middle + 1, index)),
      };
    }
  }
  return { ok: false, next: lines.length, problem: 'has no ">>>>>>> REPLACE".' };
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** On the nearest line above that is not blank, or in or above the fence that stands there. */
function pathBefore(lines: readonly string[], index: number): string | undefined {
  let fences = 0;
  for (let above = index - 1; above >= 0 && above >= index - 4; above--) {
    const line = lines[above] ?? "";
    if (line.trim() === "") continue;
    const info = fence.exec(line)?.[1]?.trim();
    if (info === undefined) return pathOf(line);
    const named = info
      .split(/\s+/)
      .map(pathOf)
      .find((each) => each !== undefined);
    if (named !== undefined) return named;
    if (++fences > 1) return undefined;
  }
  return undefined;
}

/** `train.py`, `**model/layers.py**`, `# train.py`, `File: "train.py":` and the like; undefined where it is no path. */
function pathOf(line: string): string | undefined {
  const bare = line
    .trim()
    .replace(/^(?:#+|\/\/|--|[-*>])\s+/, "")
    .replace(/^[*_`"']*(?:file|path|filename)\s*[:=]\s*/i, "")
    .replace(/^[`*_"'<([]+(?=[\w./])|[`*"'>)\]:,]+$/g, "")
    .replace(/[`*"']+$/, "")
    .replace(/^\.\//, "");
  return /^[^\s`'"<>|]*[\w)\]]$/.test(bare) && /[./]/.test(bare) ? bare : undefined;
}
