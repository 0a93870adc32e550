import { type Contrast, timesText, timesUp } from "../../analysis/index.js";
import { element, type Markup } from "../markup.js";
import { logAxis, tickText } from "./axis.js";
import { drawing } from "./drawing.js";
import { shortNames } from "./short-names.js";

const fontSize = 12;
const tall = 40;

/**
 * Speed-ups of contrasts on a logarithmic axis, with their intervals, over what could have been shown: an interval
 * within the grey says little either way.
 */
export function speedUpChart(contrasts: readonly Contrast[], width: number): Markup | undefined {
  if (contrasts.length === 0) return undefined;
  const names = shortNames(
    contrasts.flatMap(({ a, b }) => [a, b]).filter((name, k, all) => all.indexOf(name) === k),
    width < 500 ? 19 : 52,
  );
  const reach = Math.min(
    100,
    1.1 *
      Math.max(
        1.5,
        ...contrasts.flatMap(({ speedUp: { median, interval }, detectable: { ratio } }) =>
          [median, interval?.low ?? 1, interval?.high ?? 1, ratio ?? 1].map((value) => Math.max(value, 1 / value)),
        ),
      ),
  );
  const x = logAxis(1 / reach, reach, [8, width - 8], width < 500 ? 5 : 9);
  const height = contrasts.length * tall + 42;
  const bottom = height - 38;
  return drawing(
    { width, height, fontSize },
    contrasts.map(({ a, b, speedUp }) => `${a} is ${timesText(speedUp.median)} times as fast as ${b}`).join("; "),
    ...x.ticks.flatMap((tick) => [
      element("line", { class: tick === 1 ? "axis" : "grid", x1: x.place(tick), x2: x.place(tick), y1: 2, y2: bottom }),
      element("text", { class: "soft", x: x.place(tick), y: bottom + 15, "text-anchor": "middle" }, tickText(tick)),
    ]),
    element("text", { class: "soft", x: 0, y: height - 5 }, "← the second is faster"),
    element("text", { class: "soft", x: width, y: height - 5, "text-anchor": "end" }, "the first is faster →"),
    ...contrasts.flatMap(({ a, b, verdict, speedUp: { median, interval }, detectable: { ratio } }, k) => {
      const y = k * tall + 28;
      const colour = verdict === "better" || verdict === "worse" ? "var(--blue)" : "var(--muted)";
      return [
        element(
          "text",
          { x: 0, y: y - 11, class: "ink halo" },
          `${names.get(a) ?? a} / ${names.get(b) ?? b}`,
          element("title", {}, `${a} / ${b}`),
        ),
        element(
          "text",
          { x: width, y: y - 11, class: "soft halo", "text-anchor": "end" },
          `${timesText(median)} times`,
        ),
        ratio === null
          ? null
          : element(
              "rect",
              {
                x: x.place(1 / ratio),
                width: x.place(ratio) - x.place(1 / ratio),
                y: y - 6,
                height: 12,
                class: "undetected",
              },
              element("title", {}, `could have shown ${timesUp(ratio)} times`),
            ),
        interval === null
          ? null
          : element("line", {
              x1: x.place(interval.low),
              x2: x.place(interval.high),
              y1: y,
              y2: y,
              stroke: colour,
              "stroke-width": 2.5,
            }),
        element("circle", { cx: x.place(median), cy: y, r: 5, fill: colour }),
      ];
    }),
  );
}
