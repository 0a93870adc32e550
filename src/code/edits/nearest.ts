import { lineDiff } from "./line-diff.js";
import { isBlank } from "./lines.js";

/** Lines of a search that are compared by their characters, when no line of it stands in the file as it is. */
const comparedLines = 8;
/** A line that stands in the file more often than this says nothing about where the search belongs. */
const commonLine = 50;
const candidateStretches = 5;
const comparedCharacters = 200;
const quotedLines = 30;
/** Below this similarity nothing is quoted: it would only mislead. */
const leastSimilarity = 0.3;

/**
 * The stretch of lines that is most like the search, quoted with line numbers, and what differs; undefined where nothing
 * is like it. Lines of the search that stand in the file vote for a place; if none does, single lines are compared by
 * pairs of characters. The time is bounded by a multiple of the file's length.
 */
export function nearestStretch(file: readonly string[], search: readonly string[]): string | undefined {
  const trimmed = file.map((line) => line.trim());
  const wanted = search.map((line) => line.trim());
  const byVote = voted(trimmed, wanted);
  const starts = byVote.length > 0 ? byVote : resembling(trimmed, wanted);
  let best: { start: number; score: number } | undefined;
  for (const start of starts.slice(0, candidateStretches)) {
    const score = similarity(trimmed, wanted, start);
    if (best === undefined || score > best.score) best = { start, score };
  }
  if (best === undefined || best.score < leastSimilarity) return undefined;
  const from = Math.max(0, best.start);
  const to = Math.min(file.length, best.start + search.length);
  return `The nearest is lines ${from + 1} to ${to}:\n${quote(file, from, to)}\n${differences(file.slice(from, to), search)}`;
}

/** Where the search would begin, by the lines of it that stand in the file; most votes first. */
function voted(file: readonly string[], search: readonly string[]): number[] {
  const places = new Map<string, number[]>();
  for (const [index, line] of file.entries()) {
    const known = places.get(line);
    if (known === undefined) places.set(line, [index]);
    else if (known.length <= commonLine) known.push(index);
  }
  const votes = new Map<number, number>();
  for (const [index, line] of search.entries()) {
    const found = places.get(line) ?? [];
    // Brackets alone are everywhere.
    if (found.length > commonLine || !/\w/.test(line)) continue;
    for (const place of found) votes.set(place - index, (votes.get(place - index) ?? 0) + 1 / found.length);
  }
  return [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([start]) => start);
}

/** Where the search would begin, by lines that resemble its longest ones; most similar first. */
function resembling(file: readonly string[], search: readonly string[]): number[] {
  const longest = [...search.entries()]
    .sort((a, b) => b[1].length - a[1].length || a[0] - b[0])
    .slice(0, comparedLines);
  const found: { start: number; score: number }[] = [];
  for (const [index, line] of longest) {
    const mine = characterPairs(line);
    for (const [place, other] of file.entries()) {
      const score = dice(mine, characterPairs(other));
      if (score > leastSimilarity) found.push({ start: place - index, score });
    }
  }
  found.sort((a, b) => b.score - a.score || a.start - b.start);
  return [...new Set(found.map(({ start }) => start))];
}

/** Mean over the lines of the search of how alike they are to the lines of the stretch, 0 to 1. */
function similarity(file: readonly string[], search: readonly string[], start: number): number {
  let sum = 0;
  let counted = 0;
  for (const [index, line] of search.entries()) {
    if (isBlank(line)) continue;
    counted++;
    const other = file[start + index];
    if (other === line) sum += 1;
    else if (other !== undefined && index < 200) sum += dice(characterPairs(line), characterPairs(other));
  }
  return sum / Math.max(1, counted);
}

type Pairs = ReadonlyMap<string, number>;

function characterPairs(line: string): Pairs {
  const pairs = new Map<string, number>();
  const text = line.slice(0, comparedCharacters).replace(/\s+/g, " ");
  for (let index = 0; index + 1 < text.length; index++) {
    const pair = text.slice(index, index + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Dice's coefficient of two multisets, 0 to 1. */
function dice(a: Pairs, b: Pairs): number {
  let [common, total] = [0, 0];
  for (const [pair, count] of a) {
    common += Math.min(count, b.get(pair) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : (2 * common) / total;
}

function quote(file: readonly string[], from: number, to: number): string {
  const end = Math.min(to, from + quotedLines);
  const width = String(end).length;
  const lines = file
    .slice(from, end)
    .map((line, index) => `${String(from + index + 1).padStart(width)} | ${cut(line)}`);
  if (end < to) lines.push(`... ${to - end} more lines`);
  return lines.join("\n");
}

function differences(stretch: readonly string[], search: readonly string[]): string {
  const ops = lineDiff(stretch.slice(0, 500), search.slice(0, 500)).filter((line) => line.kind !== "same");
  const part = (kind: "removed" | "added") =>
    ops
      .filter((line) => line.kind === kind)
      .slice(0, 3)
      .map((line) => JSON.stringify(cut(line.text)))
      .join(", ");
  const [file, mine] = [part("removed"), part("added")];
  const sentences = [];
  if (mine !== "") sentences.push(`Only in the search: ${mine}.`);
  if (file !== "") sentences.push(`Only in the file: ${file}.`);
  return sentences.join(" ");
}

function cut(line: string): string {
  return line.length > comparedCharacters ? `${line.slice(0, comparedCharacters)}...` : line;
}
