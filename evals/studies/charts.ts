import { fromLoss } from "../../src/evidence/index.js";
import { escaped } from "../../src/report/study-svg.js";
import { niceTicks } from "../../src/report/ticks.js";
import { meanLosses } from "./contrast-result.js";
import type { Evaluation } from "./document.js";
import { evaluationFormat } from "./evaluation.js";

/** Colours of arms, safe for the colour-blind and seen on light and dark (Okabe and Ito 2008, without black and yellow). */
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

export function armColour(index: number): string {
  return palette[index % palette.length] ?? palette[0];
}

const size = { width: 760, height: 300 };
const plot = { left: 70, right: 16, top: 12, bottom: 40 };

interface Axes {
  x(value: number): number;
  y(value: number): number;
  readonly grid: string;
}

/** @param values everything that is to be seen */
function axes(values: readonly number[], format: (value: number) => string, last: number): Axes {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const pad = most > least ? 0.05 * (most - least) : Math.abs(most) * 0.01 || 1;
  const [low, high] = [least - pad, most + pad];
  const wide = size.width - plot.left - plot.right;
  const deep = size.height - plot.top - plot.bottom;
  const round = (value: number): number => Math.round(10 * value) / 10;
  const x = (value: number): number => round(plot.left + (wide * value) / last);
  const y = (value: number): number => round(plot.top + (deep * (high - value)) / (high - low));
  const grid = niceTicks(low, high, 5).map(
    (tick) =>
      `<line class="grid" x1="${plot.left}" x2="${size.width - plot.right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${plot.left - 8}" y="${y(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
  );
  return { x, y, grid: grid.join("") };
}

function picture(label: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(label)}">${parts.join("")}</svg>`;
}

/** How the best so far went: each study as a thin line, each arm's mean as a thick one. Undefined without an answer. */
export function courseChart({ arms, studies, objective }: Evaluation): string | undefined {
  const values = studies.flatMap(({ incumbents }) => incumbents.map(({ value }) => value));
  if (values.length === 0) return undefined;
  const last = Math.max(2, ...studies.map(({ trials }) => trials.search + trials.replicate));
  const { x, y, grid } = axes(values, evaluationFormat(studies), last);
  const path = (steps: readonly { readonly at: number; readonly value: number }[]): string => {
    const [first, ...rest] = steps;
    if (first === undefined) return "";
    return `M${x(first.at)} ${y(first.value)}${rest.map(({ at, value }) => `H${x(at)}V${y(value)}`).join("")}H${x(last)}`;
  };
  const lines = arms.flatMap(({ arm }, k) => {
    const own = studies.filter((study) => study.arm === arm);
    const thin = own.map(({ incumbents }) => path(incumbents.map(({ after, value }) => ({ at: after, value }))));
    const mean = meanLosses(own, objective).map(({ at, value }) => ({ at, value: fromLoss(objective, value) }));
    return [
      ...thin.map((d) => `<path d="${d}" stroke="${armColour(k)}" class="study"/>`),
      `<path d="${path(mean)}" stroke="${armColour(k)}" class="mean"><title>${escaped(arm)}</title></path>`,
    ];
  });
  const ticks = niceTicks(1, last, 8)
    .filter((tick) => Number.isInteger(tick) && tick >= 1)
    .map((tick) => `<text x="${x(tick)}" y="${size.height - 22}" text-anchor="middle">${tick}</text>`);
  const caption = `<text x="${size.width / 2}" y="${size.height - 4}" text-anchor="middle">trials finished</text>`;
  return picture(`${objective.metric} of the best so far, by trials`, [grid, ...ticks, caption, ...lines]);
}

/** What each study's answer is worth: arms side by side, studies of one seed joined. Undefined without an answer. */
export function answersChart({ arms, studies, seeds, objective }: Evaluation): string | undefined {
  const values = studies.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return undefined;
  const format = evaluationFormat(studies);
  const { x, y, grid } = axes(values, format, arms.length);
  const pairs = seeds.map((seed) => {
    const points = arms.flatMap(({ arm }, k) => {
      const value = studies.find((study) => study.arm === arm && study.seed === seed)?.value;
      return value === undefined || value === null ? [] : [`${x(k + 0.5)} ${y(value)}`];
    });
    return points.length < 2 ? "" : `<path d="M${points.join("L")}" class="pair"/>`;
  });
  const dots = studies.flatMap(({ arm, seed, value }) => {
    const k = arms.findIndex((each) => each.arm === arm);
    if (value === null || k < 0) return [];
    const title = `<title>${escaped(arm)}, seed ${seed}: ${format(value)}</title>`;
    return [`<circle cx="${x(k + 0.5)}" cy="${y(value)}" r="5" fill="${armColour(k)}">${title}</circle>`];
  });
  const names = arms.map(
    (_, k) =>
      `<circle cx="${x(k + 0.5)}" cy="${size.height - 18}" r="7" fill="${armColour(k)}"/><text class="letter" x="${x(k + 0.5)}" y="${size.height - 14}" text-anchor="middle">${k + 1}</text>`,
  );
  return picture(`${objective.metric} of each study's answer`, [grid, ...pairs, ...dots, ...names]);
}
