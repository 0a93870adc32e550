import { linesWithEndings } from "./lines.js";
import { maskSource } from "./mask.js";

/**
 * Lines between `agent-tune: lock` and `agent-tune: end`, each in a comment: `#`, `//`, `--`, `;`, `%`, a C comment or
 * an HTML comment. The marker lines belong to the region.
 */
const marker = /(?:#|\/\/|--|;|%|\/\*|<!--)\s*agent-tune:\s*(lock|end)\b/i;

export interface LockedRegion {
  /** First and last line, from 1. */
  readonly from: number;
  readonly to: number;
  /** Its lines, with the endings within it. */
  readonly text: string;
}

/**
 * Regions in order. They nest: the outer end closes. Without an end a region reaches to the end of the file; an end
 * without a beginning is a region of one line, so that it can neither be added nor removed.
 */
export function lockedRegions(text: string): LockedRegion[] {
  // Most files have none, and then nothing needs to be split.
  if (!/agent-tune:/i.test(text)) return [];
  const lines = linesWithEndings(text);
  const regions: LockedRegion[] = [];
  let start = -1;
  let depth = 0;
  const close = (last: number) => {
    const within = lines.slice(start, last + 1);
    const joined = within.map((line, index) => line.text + (index < within.length - 1 ? line.ending : ""));
    regions.push({ from: start + 1, to: last + 1, text: joined.join("") });
    start = -1;
  };
  for (const [index, line] of lines.entries()) {
    const word = marker.exec(line.text)?.[1]?.toLowerCase();
    if (word === undefined) continue;
    if (start < 0) start = index;
    depth = word === "lock" ? depth + 1 : Math.max(0, depth - 1);
    if (depth === 0) close(index);
  }
  if (start >= 0) close(lines.length - 1);
  return regions;
}

/**
 * Why the change is not allowed, or undefined. Regions may move within their file as they are, in the same order; none
 * may change, go or come.
 */
export function lockedRegionProblem(path: string, before: string, after: string): string | undefined {
  const old = lockedRegions(before);
  const now = lockedRegions(after);
  for (const [index, region] of old.entries()) {
    if (now[index]?.text === region.text) continue;
    return `The locked region on lines ${region.from} to ${region.to} of ${path} would change. Leave its lines and markers as they are, byte for byte and in order.`;
  }
  const added = now[old.length];
  if (added !== undefined) {
    return `Line ${added.from} of the new ${path} has a marker of locked regions. An edit cannot add markers.`;
  }
  // What was swallowed before, by the person's own doing, may stay so.
  return swallowed(path, before, old) === undefined ? swallowed(path, after, now) : undefined;
}

/** A region whose markers have become part of a string or a comment around it runs no more. */
function swallowed(path: string, text: string, regions: readonly LockedRegion[]): string | undefined {
  if (regions.length === 0) return undefined;
  const { inside } = maskSource(path, text);
  const region = regions.find(({ from, to }) => inside.has(from) || inside.has(to));
  if (region === undefined) return undefined;
  return `The locked region on lines ${region.from} to ${region.to} of the new ${path} would stand within a string or comment and not run.`;
}
