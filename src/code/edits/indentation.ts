import { indentationOf, isBlank } from "./lines.js";

/** Gives a line of the replacement the indentation that it has in the file; undefined: it cannot be told. */
export type Reindent = (line: string) => string | undefined;

/**
 * How the stretch of a file is indented other than the search, if it is the same lines otherwise and all are shifted
 * alike: by the same text in front, or, where one uses tabs and the other spaces or steps of another width, by the same
 * number of levels. Undefined: the lines differ in more than that.
 *
 * @param replacement tells, with the search, how wide one level of the model's text is
 * @param file all lines, which tell how wide one level of the file is
 */
export function indentationShift(
  stretch: readonly string[],
  search: readonly string[],
  replacement: readonly string[],
  file: readonly string[],
): Reindent | undefined {
  const pairs: (readonly [string, string])[] = [];
  for (const [index, line] of search.entries()) {
    const other = stretch[index] ?? "";
    if (line.trim() !== other.trim()) return undefined;
    if (!isBlank(line)) pairs.push([indentationOf(line), indentationOf(other)]);
  }
  const mine = unitOf([...search, ...replacement]);
  const theirs = unitOf(file);
  const levels = shiftedByLevels(pairs, mine, theirs);
  // Tabs in one and spaces in the other: a common text in front would mix them.
  if (levels !== undefined && mine !== undefined && theirs !== undefined && (mine === "\t") !== (theirs === "\t")) {
    return levels;
  }
  return shiftedByText(pairs) ?? levels;
}

function shiftedByText(pairs: readonly (readonly [string, string])[]): Reindent | undefined {
  const [search, file] = pairs[0] ?? ["", ""];
  if (file.endsWith(search)) {
    const front = file.slice(0, file.length - search.length);
    if (pairs.every(([mine, theirs]) => theirs === front + mine)) return (line) => (isBlank(line) ? "" : front + line);
  }
  if (search.endsWith(file)) {
    const front = search.slice(0, search.length - file.length);
    if (pairs.every(([mine, theirs]) => mine === front + theirs)) {
      return (line) => (isBlank(line) ? "" : line.startsWith(front) ? line.slice(front.length) : undefined);
    }
  }
  return undefined;
}

function shiftedByLevels(
  pairs: readonly (readonly [string, string])[],
  mine: string | undefined,
  theirs: string | undefined,
): Reindent | undefined {
  if (mine === undefined || theirs === undefined) return undefined;
  let shift: number | undefined;
  for (const [search, file] of pairs) {
    const [a, b] = [levelsOf(search, mine), levelsOf(file, theirs)];
    if (a.rest !== "" || b.rest !== "" || (shift ?? b.levels - a.levels) !== b.levels - a.levels) return undefined;
    shift = b.levels - a.levels;
  }
  return (line) => {
    if (isBlank(line)) return "";
    const { levels, rest } = levelsOf(indentationOf(line), mine);
    const wanted = levels + (shift ?? 0);
    return wanted < 0 ? undefined : theirs.repeat(wanted) + rest + line.trimStart();
  };
}

function levelsOf(indentation: string, unit: string): { levels: number; rest: string } {
  let levels = 0;
  let rest = indentation;
  for (; rest.startsWith(unit); levels++) rest = rest.slice(unit.length);
  return { levels, rest };
}

/** One level of indentation: a tab, or the step in spaces that occurs most; undefined where nothing is indented. */
export function unitOf(lines: readonly string[]): string | undefined {
  const steps = new Map<number, number>();
  let tabs = 0;
  let spaces = 0;
  let previous = 0;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const indentation = indentationOf(line);
    if (indentation.startsWith("\t")) tabs++;
    else {
      if (indentation !== "") spaces++;
      const step = Math.abs(indentation.length - previous);
      // Wider steps are alignment, narrower ones comments of a licence.
      if (step >= 2 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
      previous = indentation.length;
    }
  }
  if (tabs > spaces) return "\t";
  const [usual] = [...steps].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return usual === undefined ? undefined : " ".repeat(usual[0]);
}
