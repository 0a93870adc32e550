import { niceTicks } from "../../../src/report/ticks.js";

/** From a value to its place, and where to write which values. */
export interface Axis {
  place(value: number): number;
  readonly ticks: readonly number[];
}

/** @param places of the smallest and the largest value */
export function linearAxis(low: number, high: number, places: readonly [number, number], count: number): Axis {
  const width = high > low ? high - low : 1;
  return {
    place: (value) => places[0] + ((Math.min(high, Math.max(low, value)) - low) / width) * (places[1] - places[0]),
    ticks: niceTicks(low, high, count),
  };
}

/** Values outside, 0 among them, are placed at the ends. */
export function logAxis(low: number, high: number, places: readonly [number, number], count: number): Axis {
  const { place } = linearAxis(Math.log10(low), Math.log10(high), places, count);
  return { place: (value) => place(Math.log10(Math.max(value, low / 10))), ticks: logTicks(low, high, count) };
}

/** Powers of ten, or 1, 2 and 5 times such where those are few; every second or third where they are many. */
function logTicks(low: number, high: number, count: number): readonly number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const within = (values: readonly number[]) =>
    values.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const powers = Array.from({ length: last - first + 1 }, (_, k) => Number(`1e${first + k}`));
  const whole = within(powers);
  if (whole.length > count) return whole.filter((_, k) => k % Math.ceil(whole.length / count) === 0);
  const finer = within(powers.flatMap((power) => [1, 2, 5].map((factor) => Number((factor * power).toPrecision(3)))));
  return finer.length <= count ? finer : whole.length >= 2 ? whole : finer.filter((_, k) => k % 2 === 0);
}

/** As short as it can be written: `0.05`, `1e-4`. */
export function tickText(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 0.001 || Math.abs(value) >= 1e5
    ? value.toExponential().replace("e+", "e")
    : String(Number(value.toPrecision(6)));
}
