/**
 * Differences of two texts by lines, after Bram Cohen's patience diff: lines that are unique on both sides and stand in
 * the same order are anchors, and what lies between them is compared in turn. Small rests are compared exactly (longest
 * common subsequence), larger ones without anchors count as replaced. Bounded by O(n log n) plus the small rests.
 */
export interface DiffLine {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
  /** Line number in the old text, from 1; undefined for an added line. */
  readonly before: number | undefined;
  /** Line number in the new text, from 1; undefined for a removed line. */
  readonly after: number | undefined;
}

/** Cells of the table of an exact comparison. */
const exactLimit = 250_000;

/** Every line of both texts in order; of a replaced stretch the removed lines come first. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  const pairs: (readonly [number, number])[] = [];
  match(before, after, 0, before.length, 0, after.length, pairs);
  const result: DiffLine[] = [];
  let i = 0;
  let j = 0;
  for (const [a, b] of [...pairs, [before.length, after.length] as const]) {
    for (; i < a; i++) result.push({ kind: "removed", text: before[i] ?? "", before: i + 1, after: undefined });
    for (; j < b; j++) result.push({ kind: "added", text: after[j] ?? "", before: undefined, after: j + 1 });
    if (a < before.length) result.push({ kind: "same", text: before[a] ?? "", before: ++i, after: ++j });
  }
  return result;
}

function match(
  a: readonly string[],
  b: readonly string[],
  aFrom: number,
  aTo: number,
  bFrom: number,
  bTo: number,
  pairs: (readonly [number, number])[],
): void {
  let [aStart, bStart, aEnd, bEnd] = [aFrom, bFrom, aTo, bTo];
  while (aStart < aEnd && bStart < bEnd && a[aStart] === b[bStart]) pairs.push([aStart++, bStart++]);
  const tail: (readonly [number, number])[] = [];
  while (aStart < aEnd && bStart < bEnd && a[aEnd - 1] === b[bEnd - 1]) tail.push([--aEnd, --bEnd]);
  if (aStart < aEnd && bStart < bEnd) {
    const anchors = uniqueAnchors(a, b, aStart, aEnd, bStart, bEnd);
    if (anchors.length > 0) {
      let [i, j] = [aStart, bStart];
      for (const [x, y] of anchors) {
        match(a, b, i, x, j, y, pairs);
        pairs.push([x, y]);
        [i, j] = [x + 1, y + 1];
      }
      match(a, b, i, aEnd, j, bEnd, pairs);
    } else if ((aEnd - aStart) * (bEnd - bStart) <= exactLimit) {
      longestCommon(a, b, aStart, aEnd, bStart, bEnd, pairs);
    }
  }
  for (const pair of tail.reverse()) pairs.push(pair);
}

/** Lines that occur once on each side, the longest sequence of them that is in order on both. */
function uniqueAnchors(
  a: readonly string[],
  b: readonly string[],
  aFrom: number,
  aTo: number,
  bFrom: number,
  bTo: number,
): (readonly [number, number])[] {
  const inB = places(b, bFrom, bTo);
  const inA = places(a, aFrom, aTo);
  const candidates: (readonly [number, number])[] = [];
  for (const [line, x] of inA) {
    const y = inB.get(line);
    if (x !== undefined && y !== undefined) candidates.push([x, y]);
  }
  // Longest increasing subsequence by patience sorting; candidates are in order of x.
  const piles: number[] = [];
  const previous = new Array<number>(candidates.length).fill(-1);
  for (const [index, [, y]] of candidates.entries()) {
    let [low, high] = [0, piles.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((candidates[piles[middle] ?? 0]?.[1] ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[index] = piles[low - 1] ?? -1;
    piles[low] = index;
  }
  const anchors: (readonly [number, number])[] = [];
  for (let index = piles.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) {
    const pair = candidates[index];
    if (pair !== undefined) anchors.push(pair);
  }
  return anchors.reverse();
}

/** Where each line stands; undefined for lines that occur more than once. */
function places(lines: readonly string[], from: number, to: number): Map<string, number | undefined> {
  const found = new Map<string, number | undefined>();
  for (let index = from; index < to; index++) {
    const line = lines[index] ?? "";
    found.set(line, found.has(line) ? undefined : index);
  }
  return found;
}

function longestCommon(
  a: readonly string[],
  b: readonly string[],
  aFrom: number,
  aTo: number,
  bFrom: number,
  bTo: number,
  pairs: (readonly [number, number])[],
): void {
  const width = bTo - bFrom + 1;
  const lengths = new Uint32Array((aTo - aFrom + 1) * width);
  const at = (i: number, j: number) => lengths[(i - aFrom) * width + (j - bFrom)] ?? 0;
  for (let i = aTo - 1; i >= aFrom; i--) {
    for (let j = bTo - 1; j >= bFrom; j--) {
      lengths[(i - aFrom) * width + (j - bFrom)] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  for (let [i, j] = [aFrom, bFrom]; i < aTo && j < bTo; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
}
