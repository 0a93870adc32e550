import type { Stand } from "../../analysis/index.js";
import { element, type Markup } from "../markup.js";
import { linearAxis } from "./axis.js";
import { drawing } from "./drawing.js";
import { shortNames, textWidth } from "./short-names.js";

const fontSize = 12;
const row = 18;
const barGap = 7;

interface Ranked {
  readonly method: string;
  readonly rank: number;
}

/**
 * The diagram of Demsar (2006): methods by mean rank, best to the left, and a bar over those that Nemenyi's test cannot
 * tell apart. Undefined where methods were not tested.
 */
export function criticalDifferenceDiagram(stand: Stand): Markup | undefined {
  const test = stand.friedman;
  if (test === null) return undefined;
  const width = 1000;
  const ranked = rankedMethods(stand);
  const names = shortNames(
    ranked.map(({ method }) => method),
    42,
  );
  const label = Math.min(352, Math.max(...[...names.values()].map((name) => textWidth(name, fontSize))) + 46);
  const half = Math.ceil(ranked.length / 2);
  const bars = barsOf(ranked, test.indistinguishable);
  const axisY = 44;
  const barsEnd = axisY + 8 + (Math.max(-1, ...bars.map(({ level }) => level)) + 1) * barGap;
  const firstRow = barsEnd + 12;
  const x = linearAxis(1, ranked.length, [label + 10, width - label - 10], ranked.length > 20 ? 8 : ranked.length);
  const difference = x.place(1 + Math.min(test.criticalDifference, ranked.length - 1)) - x.place(1);
  const truncated = test.criticalDifference > ranked.length - 1;
  const height = firstRow + (half - 1) * row + 12;
  return drawing(
    { width, height, fontSize },
    description(ranked, test.indistinguishable),
    element("line", { class: "axis", x1: x.place(1), x2: x.place(1) + difference, y1: 14, y2: 14, "stroke-width": 2 }),
    ...[0, difference].map((offset) =>
      element("line", { class: "axis", x1: x.place(1) + offset, x2: x.place(1) + offset, y1: 10, y2: 18 }),
    ),
    element(
      "text",
      { class: "soft", x: x.place(1) + difference + 8, y: 18 },
      `critical difference ${test.criticalDifference.toFixed(2)}${truncated ? ", wider than the axis" : ""}`,
    ),
    element("line", { class: "axis", x1: x.place(1), x2: x.place(ranked.length), y1: axisY, y2: axisY }),
    ...x.ticks
      .filter(Number.isInteger)
      .flatMap((tick) => [
        element("line", { class: "axis", x1: x.place(tick), x2: x.place(tick), y1: axisY - 5, y2: axisY }),
        element("text", { class: "soft", x: x.place(tick), y: axisY - 8, "text-anchor": "middle" }, String(tick)),
      ]),
    ...ranked.flatMap(({ method, rank }, k) => {
      const left = k < half;
      const y = firstRow + (left ? k : ranked.length - 1 - k) * row;
      const end = left ? label : width - label;
      const name = names.get(method) ?? method;
      return [
        element("polyline", {
          class: "axis",
          fill: "none",
          points: `${x.place(rank).toFixed(1)},${axisY} ${x.place(rank).toFixed(1)},${y} ${end},${y}`,
        }),
        element(
          "text",
          { x: left ? end - 5 : end + 5, y: y + 4, "text-anchor": left ? "end" : "start", class: "ink" },
          ...(left
            ? [name, element("tspan", { class: "soft" }, ` ${rank.toFixed(2)}`)]
            : [element("tspan", { class: "soft" }, `${rank.toFixed(2)} `), name]),
          element("title", {}, method),
        ),
      ];
    }),
    ...bars.map(({ first, last, level }) =>
      element("line", {
        class: "group",
        x1: x.place(first) - 4,
        x2: x.place(last) + 4,
        y1: axisY + 8 + level * barGap,
        y2: axisY + 8 + level * barGap,
      }),
    ),
  );
}

/** The same for a narrow screen: one method below the other, and bars beside them. */
export function criticalDifferenceList(stand: Stand): Markup | undefined {
  const test = stand.friedman;
  if (test === null) return undefined;
  const width = 350;
  const ranked = rankedMethods(stand);
  const names = shortNames(
    ranked.map(({ method }) => method),
    36,
  );
  const bars = barsOf(ranked, test.indistinguishable);
  const levels = Math.max(-1, ...bars.map(({ level }) => level)) + 1;
  const right = width - levels * barGap - 8;
  const x = linearAxis(1, ranked.length, [6, right - 6], 5);
  const tall = 32;
  const middle = (k: number): number => 30 + k * tall;
  const height = ranked.length * tall + 26;
  return drawing(
    { width, height, fontSize },
    description(ranked, test.indistinguishable),
    ...ranked.flatMap(({ method, rank }, k) => [
      element(
        "text",
        { x: 0, y: middle(k) - 9, class: "ink" },
        names.get(method) ?? method,
        element("title", {}, method),
      ),
      element("text", { x: right, y: middle(k) - 9, class: "soft", "text-anchor": "end" }, rank.toFixed(2)),
      element("line", { class: "grid", x1: 0, x2: right, y1: middle(k), y2: middle(k) }),
      element("circle", { cx: x.place(rank), cy: middle(k), r: 4, class: "dot" }),
    ]),
    ...bars.map(({ members, level }) =>
      element("line", {
        class: "group",
        x1: right + 8 + level * barGap,
        x2: right + 8 + level * barGap,
        y1: middle(members[0]) - 6,
        y2: middle(members[1]) + 6,
      }),
    ),
    element(
      "text",
      { class: "soft", x: 0, y: height - 6 },
      `mean rank, 1 to ${ranked.length}; critical difference ${test.criticalDifference.toFixed(2)}`,
    ),
  );
}

function rankedMethods({ methods }: Stand): readonly Ranked[] {
  return methods.map(({ method, meanRank }) => ({ method, rank: meanRank })).sort((a, b) => a.rank - b.rank);
}

interface Bar {
  /** Mean ranks at its ends, and positions of the methods there. */
  readonly first: number;
  readonly last: number;
  readonly members: readonly [number, number];
  /** Bars that overlap lie beside each other. */
  readonly level: number;
}

function barsOf(ranked: readonly Ranked[], groups: readonly (readonly string[])[]): readonly Bar[] {
  const ends: number[] = [];
  return groups.map((group) => {
    const positions = ranked.flatMap(({ method }, k) => (group.includes(method) ? [k] : []));
    const members = [positions[0] ?? 0, positions.at(-1) ?? 0] as const;
    const free = ends.findIndex((end) => end < members[0]);
    const level = free < 0 ? ends.length : free;
    ends[level] = members[1];
    return { first: ranked[members[0]]?.rank ?? 1, last: ranked[members[1]]?.rank ?? 1, members, level };
  });
}

function description(ranked: readonly Ranked[], groups: readonly (readonly string[])[]): string {
  const ranks = ranked.map(({ method, rank }) => `${method} ${rank.toFixed(2)}`).join(", ");
  return `Mean ranks: ${ranks}. Not told apart: ${groups.map((group) => group.join(", ")).join("; ") || "none"}.`;
}
