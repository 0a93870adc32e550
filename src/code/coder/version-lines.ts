import { oneLine } from "../../centaur/brief/quote.js";
import { objectiveValue, short } from "../../evidence/numbers.js";
import type { CodeVersion, VersionStatus } from "../version.js";
import type { Reintroduced } from "./check-edits.js";
import type { CoderRequest, RefusedSubmission } from "./coder.js";

/** Dead ends that get a line of their own, newest ones; older ones are only named. */
const shownDeadEnds = 12;
/** Kept, held and still open versions with a line of their own, newest ones. */
const shownAlive = 14;
/** Of the rest, how many are named. */
const namedEarlier = 30;
const shownRefused = 5;

const deadEnds: ReadonlySet<VersionStatus> = new Set(["rejected", "failed"]);

/**
 * The tree of versions as a memory, about 1,500 tokens at 30 versions: one line each, oldest first so that the front
 * stays the same while the tree grows, cut to what a next idea needs.
 */
export function memoryLines(request: CoderRequest): string {
  const { versions } = request;
  const dead = versions.filter(({ status }) => deadEnds.has(status));
  const alive = versions.filter(({ status }) => !deadEnds.has(status));
  const shown = new Set([...alive.slice(0, 1), ...alive.slice(-shownAlive), ...dead.slice(-shownDeadEnds)]);
  const lines = versions.filter((version) => shown.has(version)).map((version) => shortLine(request, version));
  const left = versions.filter((version) => !shown.has(version));
  if (left.length > 0) {
    const named = left
      .slice(-namedEarlier)
      .map(({ id, status, summary }) => `${id} ${status}: ${oneLine(summary, 40)}`);
    const unnamed = left.length - named.length;
    lines.unshift(`Earlier, in short: ${named.join("; ")}${unnamed === 0 ? "" : `; and ${unnamed} before them`}.`);
  }
  return lines.join("\n");
}

function shortLine(request: CoderRequest, version: CodeVersion): string {
  const head = `${heading(request, version)}: ${oneLine(version.summary, 80)}`;
  if (version.parent === null) return head;
  // Where there is a gain with its interval, that is the reason; what is held or fails needs words.
  const told = version.gain !== undefined && version.status !== "held";
  const because = told ? "" : ` Now: ${sentence(version.reason, 80)}`;
  return `${head}. Idea: ${sentence(version.hypothesis, 90)}${because}${putBack(request.reintroduced.get(version.id))}`;
}

/** One version in full, as the tool `versions` shows it. */
export function wholeVersion(request: CoderRequest, version: CodeVersion): string {
  const { lines, declares, removes, flags, expected } = version;
  return [
    `${heading(request, version)}`,
    `  changed: ${version.summary}`,
    ...(version.parent === null ? [] : [`  hypothesis: ${version.hypothesis}`]),
    ...(expected === undefined ? [] : [`  expected improvement: ${short(expected)}`]),
    `  status: ${version.reason}`,
    ...(version.parent === null ? [] : [`  lines: +${lines.added} -${lines.removed}, ${lines.total} in all`]),
    ...(Object.keys(declares).length === 0 ? [] : [`  declares: ${Object.keys(declares).join(", ")}`]),
    ...(removes.length === 0 ? [] : [`  removes: ${removes.join(", ")}`]),
    ...flags.map(({ rule, file, line, why }) => `  flagged (${rule}) ${file}:${line}: ${why}`),
    ...(request.reintroduced.has(version.id) ? [` ${putBack(request.reintroduced.get(version.id))}`] : []),
  ].join("\n");
}

/** `v4 from v2, rejected, gain 0.001 [-0.004, 0.006] (5 pairs)`. */
function heading({ noise }: CoderRequest, { id, parent, status, gain, expected }: CodeVersion): string {
  const value = (number: number): string => objectiveValue(number, noise?.deviation);
  const parts = [parent === null ? id : `${id} from ${parent}`, status];
  if (gain !== undefined) {
    parts.push(`gain ${value(gain.mean)} [${value(gain.low)}, ${value(gain.high)}] (${gain.pairs} pairs)`);
    if (expected !== undefined) parts.push(`expected ${short(expected, 2)}`);
  }
  return parts.join(", ");
}

/** Refused submissions of the last turns, so that they are not sent again. */
export function refusedLines(refused: readonly RefusedSubmission[]): string {
  return refused
    .slice(-shownRefused)
    .map(
      ({ parent, summary, reason, reintroduced }) =>
        `- on ${parent}, ${oneLine(summary, 80)}: ${sentence(reason, 160)}${putBack(reintroduced)}`,
    )
    .join("\n");
}

/** One line that ends like a sentence, so that another can follow. */
function sentence(text: string, characters: number): string {
  return oneLine(text, characters).replace(/[^.!?…]$/u, "$&.");
}

/** Says which lines of an edit had been deleted before; empty where none had. */
export function putBack(reintroduced: Reintroduced | undefined): string {
  if (reintroduced === undefined || reintroduced.lines === 0) return "";
  const { lines, of, versions } = reintroduced;
  return ` ${lines} of its ${of} added lines had been deleted before (${versions.join(", ")}).`;
}
