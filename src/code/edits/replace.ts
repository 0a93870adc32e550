import { type Change, refused } from "./edit.js";
import { indentationShift, type Reindent } from "./indentation.js";
import { isBlank, listed, replaceLines, splitLines } from "./lines.js";
import { nearestStretch } from "./nearest.js";

/**
 * A file with the one place where `search` stands replaced. Tried in order, and the first way that finds a place
 * decides: whole lines as they are (line endings never count); within lines, at the borders of words; whole lines
 * without trailing space and blank lines around the search; whole lines with all indentation shifted alike, by which
 * the replacement is then shifted too.
 *
 * Refused as `several_matches` with all lines where it stands, or as `no_match` with the nearest stretch and what
 * differs.
 */
export function replaceBlock(path: string, text: string, search: string, replace: string): Change {
  if (search.trim() === "") {
    return refused("no_match", `The search for ${path} is empty. Quote the lines that are to be replaced.`);
  }
  if (normalised(search) === normalised(replace)) {
    return refused("no_change", `Search and replacement for ${path} are the same. Leave the block out.`);
  }
  const file = splitLines(text);
  const wanted = splitLines(search);
  const replacement = splitLines(replace);

  const exact = positions(file, wanted, (line) => line);
  if (exact.length > 0) return once(path, text, exact, wanted.length, () => ({ lines: replacement, notes: [] }));

  const within = withinLines(path, text, file, search, replace);
  if (within !== undefined) return within;

  const core = withoutBlankBorders(wanted);
  const coreReplacement = withoutBlankBorders(replacement, core.before, core.after);
  const loose = positions(file, core.lines, (line) => line.trimEnd());
  if (loose.length > 0) {
    return once(path, text, loose, core.lines.length, (line) => ({
      lines: coreReplacement.lines,
      notes: [`${path}: matched lines ${line} to ${line + core.lines.length - 1} without regard to trailing space.`],
    }));
  }
  return shifted(path, text, file, core.lines, coreReplacement.lines) ?? notFound(path, file, wanted);
}

/** Beginnings, from 0, of the stretches that equal the search once both are simplified. */
function positions(file: readonly string[], search: readonly string[], simplify: (line: string) => string): number[] {
  const wanted = search.map(simplify);
  const lines = file.map(simplify);
  const found: number[] = [];
  for (let start = 0; start + wanted.length <= lines.length; start++) {
    if (wanted.every((line, index) => lines[start + index] === line)) found.push(start);
  }
  return found;
}

function once(
  path: string,
  text: string,
  found: readonly number[],
  length: number,
  change: (line: number) => { lines: readonly string[]; notes: readonly string[] } | undefined,
): Change {
  const [start, another] = found;
  if (start === undefined || another !== undefined) return several(path, found);
  const changed = change(start + 1);
  if (changed === undefined) {
    return refused(
      "no_match",
      `The search matches line ${start + 1} of ${path} only with other indentation, and the replacement is less indented than the search, so where it belongs cannot be told. Repeat it with the file's indentation.`,
    );
  }
  return { ok: true, text: replaceLines(text, start, start + length, changed.lines), notes: changed.notes };
}

function several(path: string, found: readonly number[]): Change {
  const lines = listed(
    found.map((start) => start + 1),
    20,
  );
  return refused(
    "several_matches",
    `The search stands ${found.length} times in ${path}, at lines ${lines}. Add lines before or after it until it stands once.`,
  );
}

/** A part of a line, or from the middle of one line to the middle of another. */
function withinLines(
  path: string,
  text: string,
  file: readonly string[],
  search: string,
  replace: string,
): Change | undefined {
  const joined = file.join("\n");
  const wanted = normalised(search);
  const places: number[] = [];
  for (let from = joined.indexOf(wanted); from >= 0; from = joined.indexOf(wanted, from + 1)) {
    if (!splitsWord(joined, from) && !splitsWord(joined, from + wanted.length)) places.push(from);
  }
  const [from] = places;
  if (from === undefined) return undefined;
  const starts = lineStarts(file);
  if (places.length > 1)
    return several(
      path,
      places.map((place) => lineOf(starts, place)),
    );
  const to = from + wanted.length;
  const [first, last] = [lineOf(starts, from), lineOf(starts, to)];
  const before = joined.slice(starts[first], from);
  const after = joined.slice(to, (starts[last] ?? 0) + (file[last] ?? "").length);
  const inserted = normalised(replace);
  // Whole lines but for their indentation: shifted as a whole, unless the model wrote the lines after the first as they
  // stand in the file.
  if (isBlank(before) && after === "" && !continuesAt(before, inserted.split("\n"))) return undefined;
  const changed = before + inserted + after;
  const lines = isBlank(changed) && isBlank(inserted) ? [] : changed.split("\n");
  return { ok: true, text: replaceLines(text, first, last + 1, lines), notes: [] };
}

/** Whether lines after the first already have at least this indentation, and not because the first opens a block. */
function continuesAt(indentation: string, lines: readonly string[]): boolean {
  const [first = "", ...rest] = lines;
  const shown = rest.filter((line) => !isBlank(line));
  return shown.length === 0 || (!/[:{([]\s*$/.test(first) && shown.every((line) => line.startsWith(indentation)));
}

/** Offsets at which lines begin in the text that they make with `\n` between them. */
function lineStarts(lines: readonly string[]): number[] {
  let start = 0;
  return lines.map((line) => {
    const own = start;
    start += line.length + 1;
    return own;
  });
}

/** Line of an offset, from 0. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether a border lies within a name or a number, so that `lr = 0.1` is not found in `lr = 0.15`. */
function splitsWord(text: string, border: number): boolean {
  const [before, after] = [text[border - 1] ?? "", text[border] ?? ""];
  return /[\p{L}\p{N}_]/u.test(before) && /[\p{L}\p{N}_]/u.test(after);
}

function shifted(
  path: string,
  text: string,
  file: readonly string[],
  search: readonly string[],
  replacement: readonly string[],
): Change | undefined {
  const shifts = new Map<number, Reindent>();
  for (const start of positions(file, search, (line) => line.trim())) {
    const shift = indentationShift(file.slice(start, start + search.length), search, replacement, file);
    if (shift !== undefined) shifts.set(start, shift);
  }
  if (shifts.size === 0) return undefined;
  return once(path, text, [...shifts.keys()], search.length, (line) => {
    const lines = replacement.map((each) => shifts.get(line - 1)?.(each));
    if (!lines.every((each) => each !== undefined)) return undefined;
    return {
      lines,
      notes: [
        `${path}: matched lines ${line} to ${line + search.length - 1} with other indentation, and indented the replacement alike.`,
      ],
    };
  });
}

function notFound(path: string, file: readonly string[], search: readonly string[]): Change {
  const nearest = nearestStretch(file, search);
  if (nearest === undefined) {
    return refused(
      "no_match",
      `The search stands nowhere in ${path}, and nothing there is like it. Read the file again.`,
    );
  }
  return refused("no_match", `The search stands nowhere in ${path}. ${nearest}`);
}

/** With `\n` as line ending and without one final newline: what the lines of a block are. */
function normalised(block: string): string {
  return block.replace(/\r\n/g, "\n").replace(/\n$/, "");
}

/** Without blank lines at both ends: all of them, or at most as many as given. */
function withoutBlankBorders(
  lines: readonly string[],
  mostBefore = lines.length,
  mostAfter = lines.length,
): { lines: readonly string[]; before: number; after: number } {
  let [before, after] = [0, 0];
  while (before < Math.min(mostBefore, lines.length) && isBlank(lines[before] ?? "")) before++;
  while (after < Math.min(mostAfter, lines.length - before) && isBlank(lines[lines.length - 1 - after] ?? "")) after++;
  return { lines: lines.slice(before, lines.length - after), before, after };
}
