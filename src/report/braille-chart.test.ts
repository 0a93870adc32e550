import { expect, test } from "vitest";
import { type BrailleChartInput, brailleChart, chartLines } from "./braille-chart.js";

const draw = (input: Partial<BrailleChartInput>): string =>
  `\n${chartLines(brailleChart({ width: 30, height: 6, format: (value) => value.toFixed(1), ...input })).join("\n")}\n`;

test("a best-so-far line falls in steps under its trials, with failures at the bottom and the default dotted", () => {
  expect(
    draw({
      steps: [
        { x: 1, y: 4 },
        { x: 2, y: 4 },
        { x: 4, y: 2 },
        { x: 8, y: 1 },
        { x: 10, y: 1 },
      ],
      marks: [
        { x: 1, y: 4, letter: "D", series: "default" },
        { x: 4, y: 2, letter: "L", series: "llm" },
        { x: 8, y: 1, letter: "o", series: "cma-es" },
      ],
      failures: [6],
      reference: 4,
      xLabel: "trials",
    }),
  ).toMatchInlineSnapshot(`
    "
    4.0 ┤D⠉⠉⠉⠉⠉⠉⠉⡇ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁
        │        ⡇
    2.5 ┤        ⡇
        │        L⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⡆
    1.0 ┤             ×     o⣀⣀⣀⣀⣀
        └1─────── trials ───────10
    "
  `);
});

test("a curve goes from value to value", () => {
  expect(draw({ line: Array.from({ length: 40 }, (_, k) => ({ x: k, y: Math.cos(k / 6) })) })).toMatchInlineSnapshot(`
    "
     1.0 ┤⠉⠒⠢⡀                ⡠⠊⠉⠉
         │   ⠈⢆⡀            ⡰⠊
     0.0 ┤     ⠘⢄          ⡜
         │      ⠈⠢⡀      ⡔⠊
    -1.0 ┤        ⠈⠢⣀⣀⡠⠤⠊
         └0─────────────────────39
    "
  `);
});

test("a value far on the worse side is drawn at the edge, which says so, on either side", () => {
  const marks = [1, 1.1, 1.2, 1.3, 900].map((y, x) => ({ x, y, letter: "o", series: "random" }));
  expect(draw({ marks })).toMatchInlineSnapshot(`
    "
    ≥1.5 ┤                       o
         │                 o
     1.2 ┤           o
         │     o
     1.0 ┤o
         └0──────────────────────4
    "
  `);
  const upside = marks.map((mark) => ({ ...mark, y: -mark.y }));
  expect(draw({ marks: upside, direction: "maximize" })).toMatchInlineSnapshot(`
    "
     -1.0 ┤o
          │     o
     -1.2 ┤           o
          │                o
    ≤-1.5 ┤                      o
          └0─────────────────────4
    "
  `);
});

test("not-a-number and infinities leave a gap and change nothing else", () => {
  const clean = draw({ marks: [{ x: 0, y: 1, letter: "a", series: "a" }], xLow: 0, xHigh: 3 });
  const dirty = draw({
    marks: [
      { x: 0, y: 1, letter: "a", series: "a" },
      { x: 1, y: Number.NaN, letter: "b", series: "b" },
      { x: Number.POSITIVE_INFINITY, y: 2, letter: "c", series: "c" },
    ],
    steps: [{ x: 2, y: Number.NEGATIVE_INFINITY }],
    reference: Number.NaN,
    xLow: 0,
    xHigh: 3,
  });
  expect(dirty).toBe(clean);
});

test.each([
  ["nothing at all", {}],
  ["one point", { marks: [{ x: 5, y: 3, letter: "o", series: "o" }] }],
  ["equal values", { steps: [0, 1, 2].map((x) => ({ x, y: 7 })) }],
  ["zeros only", { steps: [0, 1, 2].map((x) => ({ x, y: 0 })) }],
])("%s makes a chart of the size that was asked for", (_, input) => {
  const lines = chartLines(brailleChart({ width: 40, height: 8, format: String, ...input }));
  expect(lines).toHaveLength(8);
  expect(Math.max(...lines.map((line) => line.length))).toBe(40);
  expect(lines.join("")).not.toMatch(/NaN|Infinity/);
});
