import { shownOrigin } from "../code/version.js";
import type { VersionEvidence } from "../study/version-evidence.js";
import type { BestSoFar } from "./best-so-far.js";
import { originMark } from "./origin-mark.js";
import { niceTicks } from "./ticks.js";
import { evidenceFormat } from "./trial-line.js";
import { valueRange } from "./value-range.js";

const size = { width: 860, height: 400 };
const plot = { left: 78, right: 24, top: 44, bottom: 62 };

/**
 * The course of a study as a drawing that stands alone: every trial by who proposed it, failures at the bottom, the
 * incumbent's estimated value as steps, the default as a dashed line. Undefined before anything completed.
 */
export function studySvg(evidence: VersionEvidence, course: readonly BestSoFar[]): string | undefined {
  const { trials, objective } = evidence;
  const values = trials.flatMap(({ outcome }) => (outcome.kind === "failed" ? [] : [outcome.value]));
  if (values.length === 0) return undefined;
  const reference = evidence.default?.mean;
  const range = valueRange(
    course.flatMap(({ value }) => (value === undefined ? [] : [value])),
    values,
    reference,
    objective.direction,
  );
  const format = evidenceFormat(evidence);
  const wide = size.width - plot.left - plot.right;
  const high = size.height - plot.top - plot.bottom;
  const last = Math.max(2, trials.length);
  const x = (finished: number): number => round(plot.left + (wide * (finished - 0.5)) / last);
  const inside = (value: number): number => Math.min(1, Math.max(0, (value - range.low) / (range.high - range.low)));
  const y = (value: number): number => round(plot.top + 8 + (high - 26) * (1 - inside(value)));
  const bottom = size.height - plot.bottom;
  const parts: string[] = [];

  for (const tick of niceTicks(range.low, range.high, 5)) {
    parts.push(
      `<line class="grid" x1="${plot.left}" x2="${size.width - plot.right}" y1="${y(tick)}" y2="${y(tick)}"/>`,
    );
    parts.push(`<text x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${format(tick)}</text>`);
  }
  for (const tick of niceTicks(1, last, 8).filter((each) => Number.isInteger(each) && each >= 1)) {
    parts.push(`<text x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`);
  }
  parts.push(`<line class="axis" x1="${plot.left}" x2="${size.width - plot.right}" y1="${bottom}" y2="${bottom}"/>`);
  parts.push(
    `<text x="${plot.left + wide / 2}" y="${bottom + 36}" text-anchor="middle">trials finished</text>`,
    `<text class="title" x="${plot.left}" y="18">${escaped(objective.metric)} (${objective.direction})</text>`,
  );
  if (reference !== undefined) {
    parts.push(
      `<line class="reference" x1="${plot.left}" x2="${size.width - plot.right}" y1="${y(reference)}" y2="${y(reference)}"><title>the default, ${format(reference)}</title></line>`,
    );
  }
  for (const [index, { number, outcome, proposal }] of trials.entries()) {
    const origin = shownOrigin(proposal);
    const mark = originMark(origin);
    const code = proposal.version === undefined ? "" : ` on ${proposal.version}`;
    const what = `trial ${number}${code}, ${origin}${purposeNote[proposal.purpose]}`;
    if (outcome.kind === "failed") {
      const [cx, cy] = [x(index + 1), bottom - 9];
      parts.push(
        `<path class="failed" d="M${cx - 4} ${cy - 4}l8 8m0-8l-8 8"><title>${escaped(what)}: ${outcome.failure}</title></path>`,
      );
      continue;
    }
    const beyond = inside(outcome.value) !== (outcome.value - range.low) / (range.high - range.low);
    const title = `<title>${escaped(what)}: ${format(outcome.value)}${beyond ? " (beyond the axis)" : ""}</title>`;
    parts.push(shape(mark.letter, x(index + 1), y(outcome.value), mark.paper, title));
  }
  const steps = course.flatMap(({ finished, value }) => (value === undefined ? [] : [{ x: x(finished), y: y(value) }]));
  const first = steps[0];
  if (first !== undefined) {
    const path = steps.slice(1).map((step) => `H${step.x}V${step.y}`);
    parts.push(`<path class="best" d="M${first.x} ${first.y}${path.join("")}"/>`);
  }
  parts.push(...legend(evidence));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${escaped(objective.metric)} of ${trials.length} trials and the best so far">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="100%" height="100%"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

const style = [
  "text{font:12px system-ui,sans-serif;fill:#444}",
  ".title{font-weight:600;font-size:13px;fill:#111}",
  ".paper{fill:#fff}.grid{stroke:#e6e6e6}.axis{stroke:#888}",
  ".best{fill:none;stroke:#111;stroke-width:2}",
  ".reference{stroke:#888;stroke-dasharray:5 4}",
  ".failed{stroke:#c1272d;stroke-width:1.6;fill:none}",
  "@media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.paper{fill:#161616}.grid{stroke:#333}.best{stroke:#eee}.failed{stroke:#ff6b6b}}",
].join("");

const purposeNote = { search: "", replicate: " (repeat)", gate: " (paired run)", final: " (final run)" } as const;

/** Shapes differ as well as colours: squares for the advisor, diamonds for its edits, circles for the optimizer. */
function shape(letter: string, cx: number, cy: number, colour: string, title: string): string {
  const fill = `fill="${colour}" fill-opacity="0.85"`;
  switch (letter) {
    case "L":
    case "R":
      return `<rect x="${round(cx - 4)}" y="${round(cy - 4)}" width="8" height="8" ${fill}>${title}</rect>`;
    case "l":
    case "r":
      return `<path d="M${cx} ${round(cy - 6)}l6 6l-6 6l-6-6z" ${fill}>${title}</path>`;
    case "D":
    case "U":
      return `<path d="M${cx} ${round(cy - 6)}l6 10h-12z" ${fill}>${title}</path>`;
    default:
      return `<circle cx="${cx}" cy="${cy}" r="4.5" ${fill}>${title}</circle>`;
  }
}

function legend(evidence: VersionEvidence): readonly string[] {
  const y = size.height - 8;
  const parts: string[] = [];
  let x = plot.left;
  const add = (mark: string, label: string): void => {
    parts.push(mark, `<text x="${x + 16}" y="${y}">${escaped(label)}</text>`);
    x += 16 + 7 * label.length + 18;
  };
  add(`<path class="best" d="M${x - 4} ${y - 4}h14"/>`, "best so far, estimated");
  if (evidence.default !== undefined) {
    add(`<line class="reference" x1="${x - 4}" x2="${x + 10}" y1="${y - 4}" y2="${y - 4}"/>`, "default's value");
  }
  const origins = new Set(
    evidence.trials.filter(({ outcome }) => outcome.kind !== "failed").map(({ proposal }) => shownOrigin(proposal)),
  );
  for (const origin of origins) {
    const mark = originMark(origin);
    add(shape(mark.letter, x + 4, y - 4, mark.paper, ""), origin);
  }
  if (evidence.trials.some(({ outcome }) => outcome.kind === "failed")) {
    add(`<path class="failed" d="M${x} ${y - 8}l8 8m0-8l-8 8"/>`, "failed");
  }
  return parts;
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function escaped(text: string): string {
  return text
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
