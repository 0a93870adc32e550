import { displayWidth, padStart } from "./terminal-text.js";
import { type ValueRange, valueRange } from "./value-range.js";

/** A mark at one place of a chart. */
export interface ChartMark {
  readonly x: number;
  readonly y: number;
  /** One character. */
  readonly letter: string;
  /** What it belongs to, for whoever colours it. */
  readonly series: string;
}

export interface BrailleChartInput {
  /** Columns and rows of the whole chart, axes and their labels included. */
  readonly width: number;
  readonly height: number;
  /** Drawn as steps: each value holds until the next. Values that are not finite make a gap. */
  readonly steps?: readonly { readonly x: number; readonly y: number }[];
  /** Drawn as a line from value to value. Values that are not finite make a gap. */
  readonly line?: readonly { readonly x: number; readonly y: number }[];
  readonly marks?: readonly ChartMark[];
  /** Places on the x axis where something failed and so has no value. */
  readonly failures?: readonly number[];
  /** A value to compare with, as a dotted line. */
  readonly reference?: number;
  readonly xLow?: number;
  readonly xHigh?: number;
  readonly xLabel?: string;
  /** Which way is better: values that are much worse are drawn at the edge and not to scale. */
  readonly direction?: "minimize" | "maximize";
  readonly format: (value: number) => string;
}

/** One character of the plotting area; `series` is absent where there is nothing. */
export interface ChartCell {
  readonly character: string;
  readonly series?: string;
}

export interface ChartRow {
  /** Axis label, right-aligned, same width in all rows. */
  readonly label: string;
  readonly cells: readonly ChartCell[];
}

export interface BrailleChart {
  readonly rows: readonly ChartRow[];
  /** The x axis with its labels. */
  readonly axis: string;
}

/** Bits of the eight dots of a braille cell, by row and column (Unicode 2800 to 28FF). */
const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
export const lineSeries = "best";
export const referenceSeries = "reference";
export const failureSeries = "failure";

/**
 * A chart of characters: lines in braille dots (two by four to a character), marks as letters, failures as `×` on
 * the bottom row. Pure; not-a-number and infinities are left out.
 */
export function brailleChart(input: BrailleChartInput): BrailleChart {
  const { direction = "minimize", format } = input;
  const steps = input.steps ?? [];
  const line = input.line ?? [];
  const marks = (input.marks ?? []).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const failures = (input.failures ?? []).filter((x) => Number.isFinite(x));
  const rowCount = Math.max(2, input.height - 1);
  const range = valueRange(
    [...steps, ...line].map(({ y }) => y).filter(Number.isFinite),
    marks.map(({ y }) => y),
    input.reference,
    direction,
  );
  const [xLow, xHigh] = placeRange(
    [...steps, ...line, ...marks]
      .map(({ x }) => x)
      .concat(failures)
      .filter(Number.isFinite),
    input.xLow,
    input.xHigh,
  );
  const labels = axisLabels(range, rowCount, format);
  const labelWidth = Math.max(1, ...labels.map((label) => label.length));
  const columnCount = Math.max(4, input.width - labelWidth - 2);
  const dotsWide = columnCount * 2;
  const dotsHigh = rowCount * 4;
  const bits = new Uint8Array(columnCount * rowCount);
  const bitsOfReference = new Uint8Array(columnCount * rowCount);
  const column = (x: number): number => clamp(xHigh === xLow ? 0.5 : (x - xLow) / (xHigh - xLow)) * (dotsWide - 1);
  const row = (y: number): number => (1 - clamp((y - range.low) / (range.high - range.low))) * (dotsHigh - 1);
  const dot = (into: Uint8Array, across: number, down: number): void => {
    const i = Math.floor(down / 4) * columnCount + Math.floor(across / 2);
    into[i] = (into[i] ?? 0) | (dotBits[down % 4]?.[across % 2] ?? 0);
  };
  const segment = (x0: number, y0: number, x1: number, y1: number): void => {
    const length = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let k = 0; k <= length; k++) {
      dot(bits, Math.round(x0 + ((x1 - x0) * k) / length), Math.round(y0 + ((y1 - y0) * k) / length));
    }
  };

  if (input.reference !== undefined && Number.isFinite(input.reference)) {
    const y = Math.round(row(input.reference));
    for (let x = 0; x < dotsWide; x += 4) dot(bitsOfReference, x, y);
  }
  for (const [k, { x, y }] of steps.entries()) {
    if (!Number.isFinite(y)) continue;
    const before = steps[k - 1];
    const here = Math.round(column(x));
    const down = Math.round(row(y));
    if (before !== undefined && Number.isFinite(before.y)) {
      segment(Math.round(column(before.x)), Math.round(row(before.y)), here, Math.round(row(before.y)));
      segment(here, Math.round(row(before.y)), here, down);
    } else dot(bits, here, down);
  }
  for (const [k, { x, y }] of line.entries()) {
    if (!Number.isFinite(y)) continue;
    const before = line[k - 1];
    const from = before !== undefined && Number.isFinite(before.y) ? before : { x, y };
    segment(Math.round(column(from.x)), Math.round(row(from.y)), Math.round(column(x)), Math.round(row(y)));
  }

  const cells: ChartCell[][] = Array.from({ length: rowCount }, (_, r) =>
    Array.from({ length: columnCount }, (_, c): ChartCell => {
      const own = bits[r * columnCount + c] ?? 0;
      if (own !== 0) return { character: String.fromCharCode(0x2800 + own), series: lineSeries };
      const other = bitsOfReference[r * columnCount + c] ?? 0;
      return other === 0
        ? { character: " " }
        : { character: String.fromCharCode(0x2800 + other), series: referenceSeries };
    }),
  );
  const place = (r: number, x: number, cell: ChartCell): void => {
    const target = cells[r];
    if (target !== undefined) target[Math.min(columnCount - 1, Math.floor(column(x) / 2))] = cell;
  };
  for (const x of failures) place(rowCount - 1, x, { character: "×", series: failureSeries });
  for (const { x, y, letter, series } of marks) {
    place(Math.min(rowCount - 1, Math.floor(row(y) / 4)), x, { character: letter, series });
  }
  const margin = " ".repeat(labelWidth);
  return {
    rows: cells.map((each, r) => ({ label: padStart(labels[r] ?? "", labelWidth), cells: each })),
    axis: `${margin} └${xAxis(shortNumber(xLow), input.xLabel ?? "", shortNumber(xHigh), columnCount)}`,
  };
}

/** The chart as lines of text. */
export function chartLines(chart: BrailleChart): readonly string[] {
  return [
    ...chart.rows.map(({ label, cells }) =>
      `${label} ${label.trim() === "" ? "│" : "┤"}${cells.map(({ character }) => character).join("")}`.trimEnd(),
    ),
    chart.axis,
  ];
}

function placeRange(xs: readonly number[], low: number | undefined, high: number | undefined): [number, number] {
  const first = low ?? Math.min(...xs);
  const last = high ?? Math.max(...xs);
  return [Number.isFinite(first) ? first : 0, Number.isFinite(last) ? last : 0];
}

/** Labels at top, bottom and, where there is room, in between. */
function axisLabels(range: ValueRange, rows: number, format: (value: number) => string): readonly string[] {
  const every = rows >= 9 ? Math.ceil((rows - 1) / 4) : rows >= 5 ? Math.ceil((rows - 1) / 2) : rows - 1;
  return Array.from({ length: rows }, (_, r) => {
    const last = r === rows - 1;
    if (!last && (r % every !== 0 || rows - 1 - r < Math.min(2, every))) return "";
    const value = range.high - (range.high - range.low) * (r / Math.max(1, rows - 1));
    const mark = (r === 0 && range.beyond === "high") || (last && range.beyond === "low");
    return `${mark ? (range.beyond === "high" ? "≥" : "≤") : ""}${format(value)}`;
  });
}

/** `1─────── trials finished ───────40`, with what there is room for. */
function xAxis(low: string, label: string, high: string, width: number): string {
  const middle = label === "" ? "" : ` ${label} `;
  if (displayWidth(middle) + low.length + high.length + 2 > width) {
    return low.length + high.length < width
      ? low + "─".repeat(width - low.length - high.length) + high
      : "─".repeat(width);
  }
  const left = Math.floor((width - displayWidth(middle)) / 2) - low.length;
  const right = width - low.length - left - displayWidth(middle) - high.length;
  return `${low}${"─".repeat(left)}${middle}${"─".repeat(right)}${high}`;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
