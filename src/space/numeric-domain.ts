import { roundSignificant, roundToMagnitude } from "./canonical-float.js";
import type { FloatParameter, IntParameter } from "./parameter.js";

/** Discrete parameters with more values than this are encoded like continuous ones and rounded. */
export const LARGEST_GRID = 1024;

/** The range of a numeric parameter: what it takes to know its values, without a default. */
export type NumericRange = Omit<FloatParameter, "default" | "name"> | Omit<IntParameter, "default" | "name">;

/**
 * The values of one numeric parameter and their coordinates in [0, 1].
 *
 * Continuous values run from 0 at `low` to 1 at `high`. Discrete values stand in the middle of cells that fill
 * [0, 1] together: the outermost lie half the distance to their neighbour inside, so that rounding to the nearest
 * gives `low` and `high` the same share of a uniform draw as the values between them. Distances are measured on
 * the parameter's scale; powers are one unit apart whatever the scale says.
 */
export interface NumericDomain {
  /** Number of values; Infinity where continuous. */
  readonly count: number;
  /** All values, ascending; absent where there are more than {@link LARGEST_GRID}. */
  readonly values?: readonly number[];
  /** Their coordinates, ascending. */
  readonly grid?: readonly number[];
  /** The value nearest to a finite number, by distance on the parameter's scale. */
  snap(value: number): number;
  /** Coordinate of a value; of the nearest one where it is not canonical. */
  encode(value: number): number;
  /** Value at a coordinate, clamped to [0, 1]. */
  decode(coordinate: number): number;
}

/** @param range already checked: at least two values, and positive where the scale is log */
export function numericDomain(range: NumericRange): NumericDomain {
  const count = countValues(range);
  if (count === Number.POSITIVE_INFINITY) return continuousDomain(range.low, range.high, range.scale);
  const log = range.scale === "log" || powersOf(range) !== undefined;
  if (count <= LARGEST_GRID) return tableDomain(listValues(range, count), log);
  return latticeDomain(range, count, log);
}

/** Number of values in a range: 0 where it is empty, Infinity where it is continuous. */
export function countValues(range: NumericRange): number {
  const base = powersOf(range);
  if (base !== undefined) return listPowers(base, range.low, range.high).length;
  const step = range.step ?? (range.kind === "int" ? 1 : undefined);
  if (step === undefined) return Number.POSITIVE_INFINITY;
  // The tolerance keeps the end of ranges like 0 to 0.3 by 0.1, where the division gives 2.9999999999999996.
  return Math.floor((range.high - range.low) / step + 1e-9) + 1;
}

/** The values of a discrete range below and above a number, to tell a person what is near. */
export function nearestValues(range: NumericRange, value: number): readonly number[] {
  const domain = numericDomain(range);
  const near = domain.snap(value);
  if (near === value || domain.count === Number.POSITIVE_INFINITY) return [near];
  const all = domain.values;
  const at = all === undefined ? -1 : all.indexOf(near);
  const other =
    all?.[near < value ? at + 1 : at - 1] ?? (all === undefined ? otherNeighbour(range, near, value) : undefined);
  if (other === undefined) return [near];
  return near < other ? [near, other] : [other, near];
}

function otherNeighbour(range: NumericRange, near: number, value: number): number | undefined {
  const step = range.step ?? 1;
  const other = near < value ? near + step : near - step;
  return other >= range.low && other <= range.high ? other : undefined;
}

function powersOf(range: NumericRange): number | undefined {
  return range.kind === "int" ? range.powersOf : undefined;
}

/** @param base at least 2 @param high finite */
function listPowers(base: number, low: number, high: number): readonly number[] {
  const powers: number[] = [];
  for (let power = 1; power <= high; power *= base) if (power >= low) powers.push(power);
  return powers;
}

function listValues(range: NumericRange, count: number): readonly number[] {
  const base = powersOf(range);
  if (base !== undefined) return listPowers(base, range.low, range.high);
  return Array.from({ length: count }, (_, k) => latticeValue(range, k));
}

/** low + k * step, without the dust of floating point, and never above `high`. */
function latticeValue(range: NumericRange, k: number): number {
  const value = range.low + k * (range.step ?? 1);
  if (range.kind === "int") return value;
  return Math.min(range.high, roundToMagnitude(value, magnitudeOf(range)));
}

function magnitudeOf(range: NumericRange): number {
  return Math.max(Math.abs(range.low), Math.abs(range.high));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function continuousDomain(low: number, high: number, scale: "linear" | "log"): NumericDomain {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  const rounded = low >= 0 ? roundSignificant : (value: number) => roundToMagnitude(value, magnitude);
  const snap = (value: number) => clamp(rounded(value), low, high);
  const start = scale === "log" ? Math.log(low) : low;
  const width = (scale === "log" ? Math.log(high) : high) - start;
  return {
    count: Number.POSITIVE_INFINITY,
    snap,
    encode: (value) => clamp(((scale === "log" ? Math.log(value) : value) - start) / width, 0, 1),
    decode(coordinate) {
      const at = start + clamp(coordinate, 0, 1) * width;
      return snap(scale === "log" ? Math.exp(at) : at);
    },
  };
}

function tableDomain(values: readonly number[], log: boolean): NumericDomain {
  const at = values.map((value) => (log ? Math.log(value) : value));
  const last = at.length - 1;
  const start = at[0]! - (at[1]! - at[0]!) / 2;
  const width = at[last]! + (at[last]! - at[last - 1]!) / 2 - start;
  const grid = at.map((position) => (position - start) / width);
  const boundaries = grid.slice(1).map((position, k) => (position + grid[k]!) / 2);
  const coordinates = new Map(values.map((value, k) => [value, grid[k]!]));

  const decode = (coordinate: number): number => {
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (coordinate <= boundaries[middle]!) high = middle;
      else low = middle + 1;
    }
    return values[low]!;
  };
  const snap = (value: number): number => {
    if (coordinates.has(value)) return value + 0;
    if (log && value <= 0) return values[0]!;
    return decode(((log ? Math.log(value) : value) - start) / width);
  };
  return {
    count: values.length,
    values,
    grid,
    snap,
    decode,
    encode: (value) => coordinates.get(value) ?? coordinates.get(snap(value))!,
  };
}

function latticeDomain(range: NumericRange, count: number, log: boolean): NumericDomain {
  const step = range.step ?? 1;
  const last = count - 1;
  const position = (k: number) => (log ? Math.log(latticeValue(range, k)) : k);
  const start = position(0) - (position(1) - position(0)) / 2;
  const width = position(last) + (position(last) - position(last - 1)) / 2 - start;

  const nearestIndex = (at: number): number => {
    if (!log) return clamp(Math.round(at), 0, last);
    const below = clamp(Math.floor((Math.exp(at) - range.low) / step), 0, last - 1);
    return at - position(below) <= position(below + 1) - at ? below : below + 1;
  };
  const indexOf = (value: number): number => {
    if (!log) return nearestIndex((value - range.low) / step);
    return value <= range.low ? 0 : nearestIndex(Math.log(value));
  };
  return {
    count,
    snap: (value) => latticeValue(range, indexOf(value)),
    encode: (value) => (position(indexOf(value)) - start) / width,
    decode: (coordinate) => latticeValue(range, nearestIndex(start + clamp(coordinate, 0, 1) * width)),
  };
}
