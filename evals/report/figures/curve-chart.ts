import type { AnytimeCurve } from "../../analysis/index.js";
import { element, type Markup } from "../markup.js";
import { type Axis, linearAxis, logAxis, tickText } from "./axis.js";
import { drawing } from "./drawing.js";
import type { MethodStyle } from "./method-style.js";
import { shortNames, textWidth } from "./short-names.js";
import { spread } from "./spread.js";

export interface CurveChart {
  readonly curves: readonly AnytimeCurve[];
  readonly styles: ReadonlyMap<string, MethodStyle>;
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Characters of a name beside its curve; 0 for a chart without names, whose legend is elsewhere. */
  readonly nameLength: number;
  readonly xTitle?: string;
  /** Methods whose band is drawn; all where absent. */
  readonly banded?: ReadonlySet<string>;
}

const fontSize = 11;
/** Regrets that span less than this factor are drawn as they are. */
const logFrom = 8;
/** A logarithmic axis ends so far below its top: what is smaller is as good as none. */
const deepest = 1e-5;

/** Mean normalised regret over the budget, with bands where there are some, and names where the curves end. */
export function curveChart({ curves, styles, width, height, label, nameLength, xTitle, banded }: CurveChart): Markup {
  const named = nameLength > 0;
  const names = shortNames(
    curves.map(({ method }) => method),
    Math.max(1, nameLength),
  );
  const nameWidth = Math.max(...[...names.values()].map((name) => textWidth(name, fontSize)));
  const margin = { left: 40, right: named ? nameWidth + 26 : 6, top: 8, bottom: xTitle === undefined ? 18 : 36 };
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const y = regretAxis(
    curves.map((curve) => (banded?.has(curve.method) === false ? { ...curve, low: null, high: null } : curve)),
    [bottom, margin.top],
    height < 200 ? 4 : 7,
  );
  const points = curves[0]?.regrets.length ?? 1;
  // A curve begins after its first share of the budget.
  const x = linearAxis(0, 1, [margin.left, right], width < 500 ? 2 : 5);
  const at = (k: number): number => x.place((k + 1) / points);
  const line = (values: readonly number[]): readonly string[] =>
    values.map((value, k) => `${at(k).toFixed(1)},${y.place(value).toFixed(1)}`);
  const ends = curves.map(({ regrets }) => y.place(regrets.at(-1) ?? 0));
  const places = spread(ends, fontSize + 2, margin.top + 4, bottom - 2);
  const styleOf = (method: string): MethodStyle => styles.get(method) ?? { colour: "var(--muted)", width: 1 };
  const drawn = [...curves.entries()].toReversed();
  return drawing(
    { width, height, fontSize },
    label,
    ...y.ticks.flatMap((tick) => [
      element("line", { class: "grid", x1: margin.left, x2: right, y1: y.place(tick), y2: y.place(tick) }),
      element(
        "text",
        { class: "soft", x: margin.left - 5, y: y.place(tick) + 4, "text-anchor": "end" },
        tickText(tick),
      ),
    ]),
    ...x.ticks.map((tick) =>
      element(
        "text",
        { class: "soft", x: x.place(tick), y: bottom + 14, "text-anchor": tick === 1 && !named ? "end" : "middle" },
        `${Math.round(100 * tick)} %`,
      ),
    ),
    xTitle === undefined
      ? null
      : element(
          "text",
          { class: "soft", x: (margin.left + right) / 2, y: height - 6, "text-anchor": "middle" },
          xTitle,
        ),
    ...drawn.map(([, { method, low, high }]) =>
      low === null || high === null || banded?.has(method) === false
        ? null
        : element("polygon", {
            points: [...line(low), ...line(high).toReversed()].join(" "),
            fill: styleOf(method).colour,
            "fill-opacity": 0.13,
          }),
    ),
    ...drawn.map(([, { method, regrets }]) => {
      const style = styleOf(method);
      return element(
        "polyline",
        {
          points: line(regrets).join(" "),
          fill: "none",
          stroke: style.colour,
          "stroke-width": named ? style.width : style.width * 0.7,
          "stroke-dasharray": style.dash,
          "stroke-linejoin": "round",
        },
        element("title", {}, method),
      );
    }),
    ...(named
      ? [...curves.entries()].flatMap(([k, { method }]) => {
          const style = styleOf(method);
          return [
            element("polyline", {
              points: [
                [right + 1, ends[k] ?? 0],
                [right + 6, ends[k] ?? 0],
                [right + 14, places[k] ?? 0],
                [right + 20, places[k] ?? 0],
              ]
                .map(([px = 0, py = 0]) => `${px.toFixed(1)},${py.toFixed(1)}`)
                .join(" "),
              fill: "none",
              stroke: style.colour,
              "stroke-width": 1,
              "stroke-dasharray": style.dash,
            }),
            element(
              "text",
              { x: right + 23, y: (places[k] ?? 0) + 4, fill: style.colour },
              names.get(method) ?? method,
              element("title", {}, method),
            ),
          ];
        })
      : []),
  );
}

function regretAxis(curves: readonly AnytimeCurve[], places: readonly [number, number], count: number): Axis {
  const values = curves.flatMap(({ regrets, low, high }) => [...regrets, ...(low ?? []), ...(high ?? [])]);
  const top = Math.max(...values, 0);
  if (top <= 0) return linearAxis(0, 1, places, count);
  const least = Math.min(...curves.flatMap(({ regrets }) => regrets).filter((value) => value > 0));
  // Bands may go down to 0: as far as half the smallest mean they are shown.
  const band = Math.min(least, ...curves.flatMap((curve) => curve.low ?? []));
  const low = Math.max(band, least / 2, top * deepest);
  return top / low < logFrom ? linearAxis(0, top, places, count) : logAxis(low, top, places, count);
}
