import { fromLoss } from "../../src/evidence/index.js";
import { niceTicks } from "../../src/report/ticks.js";
import { type Axis, linearAxis } from "../report/figures/axis.js";
import { drawing } from "../report/figures/drawing.js";
import { type MethodStyle, methodStyles } from "../report/figures/method-style.js";
import { textWidth } from "../report/figures/short-names.js";
import { type Child, element, type Markup } from "../report/markup.js";
import { meanLosses } from "./contrast-result.js";
import type { Evaluation } from "./document.js";
import { evaluationFormat } from "./evaluation.js";

const fontSize = 12;
const height = 300;
const top = 12;
const bottom = height - 40;

/** An arm as all figures draw it: a line, and a number where there is no room for its name. */
export interface ArmStyle extends MethodStyle {
  readonly arm: string;
  readonly number: number;
}

/** In the order of the arms; what the first comparison is made with has the colour of text. */
export function armStyles({ arms, contrasts }: Evaluation): readonly ArmStyle[] {
  const names = arms.map(({ arm }) => arm);
  const styles = methodStyles(names, contrasts[0]?.reference ?? names[0] ?? "");
  return names.flatMap((arm, k) => {
    const style = styles.get(arm);
    return style === undefined ? [] : [{ ...style, arm, number: k + 1 }];
  });
}

/** The line and the number of an arm, for a legend. */
export function armMark(style: ArmStyle): Markup {
  return element(
    "svg",
    { width: 44, height: 16, "font-size": 10, "aria-hidden": "true" },
    element("line", {
      ...{ x1: 0, x2: 44, y1: 8, y2: 8, stroke: style.colour },
      ...{ "stroke-width": style.width, "stroke-dasharray": style.dash },
    }),
    ...numbered(style, 22, 8),
  );
}

function numbered({ colour, number }: ArmStyle, x: number, y: number): readonly Markup[] {
  return [
    element("circle", { cx: x, cy: y, r: 7.5, fill: colour }),
    element("text", { x, y: y + 3.5, fill: "var(--paper)", "text-anchor": "middle", "font-size": 10 }, String(number)),
  ];
}

/** Values from bottom to top, with room beyond the outermost, and lines across at round ones. */
function valueAxis(
  values: readonly number[],
  format: (value: number) => string,
  width: number,
): { readonly left: number; readonly right: number; readonly y: Axis; readonly grid: readonly Markup[] } {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const pad = most > least ? 0.05 * (most - least) : Math.abs(most) * 0.01 || 1;
  const y = linearAxis(least - pad, most + pad, [bottom, top], 5);
  const left = Math.max(...y.ticks.map((tick) => textWidth(format(tick), fontSize))) + 12;
  const right = width - 12;
  const grid = y.ticks.flatMap((tick) => [
    element("line", { class: "grid", x1: left, x2: right, y1: y.place(tick), y2: y.place(tick) }),
    element("text", { class: "soft", x: left - 8, y: y.place(tick) + 4, "text-anchor": "end" }, format(tick)),
  ]);
  return { left, right, y, grid };
}

/** How the best so far went: each study as a thin line, each arm's mean as a thick one. Undefined without an answer. */
export function courseChart(evaluation: Evaluation, width: number): Markup | undefined {
  const { studies, objective } = evaluation;
  const values = studies.flatMap(({ incumbents }) => incumbents.map(({ value }) => value));
  if (values.length === 0) return undefined;
  const last = Math.max(2, ...studies.map(({ trials }) => trials.search + trials.replicate));
  const { left, right, y, grid } = valueAxis(values, evaluationFormat(studies), width);
  const x = linearAxis(0, last, [left, right], 8);
  const line = (
    steps: readonly { readonly at: number; readonly value: number }[],
    style: ArmStyle,
    attributes: Readonly<Record<string, string | number | undefined>>,
    ...children: readonly Child[]
  ): Markup => {
    const corners = steps.flatMap(({ at, value }, k) => [
      [at, value] as const,
      [steps[k + 1]?.at ?? last, value] as const,
    ]);
    const points = corners.map(([at, value]) => `${x.place(at).toFixed(1)},${y.place(value).toFixed(1)}`);
    return element(
      "polyline",
      { points: points.join(" "), fill: "none", stroke: style.colour, ...attributes },
      ...children,
    );
  };
  const lines = armStyles(evaluation).flatMap((style) => {
    const own = studies.filter((study) => study.arm === style.arm);
    const mean = meanLosses(own, objective).map(({ at, value }) => ({ at, value: fromLoss(objective, value) }));
    return [
      ...own.map(({ incumbents }) =>
        line(
          incumbents.map(({ after, value }) => ({ at: after, value })),
          style,
          { "stroke-width": 1, "stroke-opacity": "0.45" },
        ),
      ),
      line(
        mean,
        style,
        { "stroke-width": style.width + 1, "stroke-dasharray": style.dash },
        element("title", {}, style.arm),
      ),
    ];
  });
  return drawing(
    { width, height, fontSize },
    `${objective.metric} of the best so far, by trials`,
    ...grid,
    ...niceTicks(1, last, width < 500 ? 4 : 8)
      .filter((tick) => Number.isInteger(tick) && tick >= 1)
      .map((tick) =>
        element("text", { class: "soft", x: x.place(tick), y: height - 22, "text-anchor": "middle" }, String(tick)),
      ),
    element(
      "text",
      { class: "soft", x: (left + right) / 2, y: height - 5, "text-anchor": "middle" },
      "trials finished",
    ),
    ...lines,
  );
}

/** What each study's answer is worth: arms side by side, studies of one seed joined. Undefined without an answer. */
export function answersChart(evaluation: Evaluation, width: number): Markup | undefined {
  const { studies, seeds, objective } = evaluation;
  const values = studies.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return undefined;
  const format = evaluationFormat(studies);
  const styles = armStyles(evaluation);
  const { left, right, y, grid } = valueAxis(values, format, width);
  const x = linearAxis(0, styles.length, [left, right], styles.length);
  const places = styles.map((style, k) => ({ style, at: x.place(k + 0.5) }));
  const pairs = seeds.map((seed) => {
    const points = places.flatMap(({ style, at }) => {
      const value = studies.find((study) => study.arm === style.arm && study.seed === seed)?.value ?? null;
      return value === null ? [] : [`${at.toFixed(1)},${y.place(value).toFixed(1)}`];
    });
    return points.length < 2
      ? null
      : element("polyline", { class: "axis", points: points.join(" "), fill: "none", "stroke-opacity": "0.5" });
  });
  const dots = places.flatMap(({ style, at }) =>
    studies
      .filter(({ arm }) => arm === style.arm)
      .map(({ seed, value }) =>
        value === null
          ? null
          : element(
              "circle",
              { cx: at, cy: y.place(value), r: 5, fill: style.colour },
              element("title", {}, `${style.arm}, seed ${seed}: ${format(value)}`),
            ),
      ),
  );
  return drawing(
    { width, height, fontSize },
    `${objective.metric} of each study's answer`,
    ...grid,
    ...pairs,
    ...dots,
    ...places.flatMap(({ style, at }) => numbered(style, at, height - 18)),
  );
}
