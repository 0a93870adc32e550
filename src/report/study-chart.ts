import { shownOrigin } from "../code/version.js";
import type { VersionEvidence } from "../study/version-evidence.js";
import type { BestSoFar } from "./best-so-far.js";
import { type BrailleChart, brailleChart, type ChartMark, chartLines } from "./braille-chart.js";
import { originMark } from "./origin-mark.js";
import { displayWidth } from "./terminal-text.js";
import { evidenceFormat } from "./trial-line.js";

/**
 * Best so far, every trial by the letter of who proposed it, failures at the bottom, the default as a dotted line; over
 * all versions of the code.
 */
export function studyBrailleChart(
  evidence: VersionEvidence,
  course: readonly BestSoFar[],
  size: { readonly width: number; readonly height: number; readonly xHigh?: number },
): BrailleChart {
  const { objective, trials } = evidence;
  const reference = evidence.default?.mean;
  return brailleChart({
    width: size.width,
    height: size.height,
    direction: objective.direction,
    format: evidenceFormat(evidence),
    steps: course.map(({ finished, value }) => ({ x: finished, y: value ?? Number.NaN })),
    marks: trials.flatMap(({ outcome, proposal }, index) =>
      outcome.kind === "failed" ? [] : [mark(index + 1, outcome.value, shownOrigin(proposal))],
    ),
    failures: trials.flatMap(({ outcome }, index) => (outcome.kind === "failed" ? [index + 1] : [])),
    ...(reference === undefined ? {} : { reference }),
    xLow: 1,
    xHigh: Math.max(size.xHigh ?? 0, trials.length, 2),
    xLabel: "trials finished",
  });
}

function mark(x: number, y: number, origin: string): ChartMark {
  return { x, y, letter: originMark(origin).letter, series: origin };
}

/** What there is instead of a chart while no trial has a value; undefined where there is something to draw. */
export function nothingToDraw({
  trials,
  objective,
}: Pick<VersionEvidence, "trials" | "objective">): string | undefined {
  if (trials.some(({ outcome }) => outcome.kind !== "failed")) return undefined;
  if (trials.length === 0) return `${objective.metric}: no trial has finished yet`;
  return `${objective.metric}: no chart, since ${trials.length === 1 ? "the only trial" : `all ${trials.length} trials`} so far failed`;
}

/** The same as text with its legend, or in words why there is none. */
export function studyChart(
  evidence: VersionEvidence,
  course: readonly BestSoFar[],
  width: number,
  height: number,
): readonly string[] {
  const nothing = nothingToDraw(evidence);
  if (nothing !== undefined) return [nothing];
  if (evidence.trials.length < 2) return [];
  const chart = studyBrailleChart(evidence, course, { width, height: height - 1 });
  return [...chartLines(chart), chartLegend(evidence, width)];
}

/** What the chart's marks mean, shorter where `width` has no room for all of it. */
export function chartLegend(evidence: VersionEvidence, width = Number.POSITIVE_INFINITY): string {
  const origins = new Set(
    evidence.trials.filter(({ outcome }) => outcome.kind !== "failed").map(({ proposal }) => shownOrigin(proposal)),
  );
  const failed = evidence.trials.some(({ outcome }) => outcome.kind === "failed");
  const { metric, direction } = evidence.objective;
  const marks = [
    ...[...origins].map((origin) => `${originMark(origin).letter}${origin === "default" ? "⠄" : ""} ${origin}`),
    ...(failed ? ["× failed"] : []),
  ];
  const whole = [`⠒ ${metric} (${direction}), best so far`, ...marks].join("   ");
  return displayWidth(whole) <= width ? whole : ["⠒ best", ...marks].join("   ");
}
