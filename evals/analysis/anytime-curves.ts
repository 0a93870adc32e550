import {
  bootstrapBand,
  bootstrapMean,
  type Interval,
  mean,
  meanBetween,
  type Step,
  valueAt,
} from "../statistics/index.js";
import type { AnytimeArea, AnytimeCurve, EffortUnit } from "./analysis.js";
import type { Cell, Cells, ComparedTask } from "./cells.js";

/** Points of a curve: 1/n, 2/n, ... of the budget. */
const overallPoints = 40;
const taskPoints = 20;
/** Bands of more methods than these would only cover each other in the small drawing of one task. */
export const mostBands = 4;

/** Mean over tasks at equal shares of each task's budget. */
export function overallCurves(cells: Cells, unit: EffortUnit, resamples: number): AnytimeCurve[] {
  return cells.methods.map((method) => {
    const rows = cells.tasks.map((task) =>
      atShares(cells.of(task, method).course(unit), cells.horizon(task, unit), unit, overallPoints),
    );
    return curveOf(method, rows, bootstrapBand(rows, { resamples }));
  });
}

/** On one task. */
export function taskCurves(cells: Cells, task: ComparedTask, resamples: number): AnytimeCurve[] {
  const unit = cells.budget;
  const end = cells.horizon(task, unit);
  return cells.methods.map((method) => {
    const rows = cells
      .of(task, method)
      .byRun(unit)
      .map((steps) => atShares(steps, end, unit, taskPoints));
    const banded = cells.methods.length <= mostBands;
    return curveOf(method, rows, banded ? bootstrapBand(rows, { resamples: Math.min(500, resamples) }) : undefined);
  });
}

/** Mean regret over the whole budget: who is better all along, not only in the end. */
export function areasOf(cells: Cells, resamples: number): AnytimeArea[] {
  const of = (method: string, unit: EffortUnit) => {
    const means = cells.column(method).map((cell) => meanOf(cell, unit, cells.horizon(cell.task, unit)));
    return { regret: mean(means), interval: bootstrapMean(means, { resamples }) ?? null };
  };
  return cells.methods.map((method) => ({
    method,
    trials: cells.budget === "trials" ? of(method, "trials") : null,
    time: cells.timed ? of(method, "time") : null,
  }));
}

function meanOf(cell: Cell, unit: EffortUnit, end: number): number {
  const course = cell.course(unit);
  const from = course[0]?.at ?? Number.NaN;
  // After 1, 2, ... trials: the last counts as much as the first.
  return meanBetween(course, from, unit === "trials" ? end + 1 : end);
}

function atShares(steps: readonly Step[], end: number, unit: EffortUnit, points: number): readonly number[] {
  const first = steps[0]?.at ?? 0;
  return Array.from({ length: points }, (_, k) => {
    const at = (end * (k + 1)) / points;
    return valueAt(steps, Math.max(first, unit === "trials" ? Math.ceil(at - 1e-9) : at));
  });
}

function curveOf(
  method: string,
  rows: readonly (readonly number[])[],
  band: readonly Interval[] | undefined,
): AnytimeCurve {
  const points = rows[0]?.length ?? 0;
  return {
    method,
    regrets: Array.from({ length: points }, (_, k) => drawn(mean(rows.map((row) => row[k] ?? Number.NaN)))),
    low: band ? band.map(({ low }) => drawn(low)) : null,
    high: band ? band.map(({ high }) => drawn(high)) : null,
  };
}

/** Three digits: more than a drawing shows, and files stay small. */
function drawn(value: number): number {
  return Number(value.toPrecision(3));
}
