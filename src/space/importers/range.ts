import type { CategoricalParameter, FloatParameter, IntParameter, ParameterValue } from "../parameter.js";

type Unnamed<P> = Omit<P, "name" | "description" | "unit" | "when">;

/** A parameter without its name: what a rule about names decides. */
export type Range =
  | Unnamed<FloatParameter>
  | Unnamed<IntParameter>
  | Unnamed<CategoricalParameter>
  | { readonly kind: "boolean"; readonly default: boolean };

const mantissas = [1, 2, 3, 5];

/** The largest of 1, 2, 3, 5 times a power of ten that is not above `value`, for bounds that people would write. */
export function niceBelow(value: number): number {
  const exponent = Math.floor(Math.log10(value));
  const candidates = [exponent - 1, exponent, exponent + 1].flatMap((e) => mantissas.map((m) => Number(`${m}e${e}`)));
  return Math.max(...candidates.filter((candidate) => candidate <= value * (1 + 1e-12)));
}

/** The smallest of 1, 2, 3, 5 times a power of ten that is not below `value`. */
export function niceAbove(value: number): number {
  const exponent = Math.floor(Math.log10(value));
  const candidates = [exponent - 1, exponent, exponent + 1].flatMap((e) => mantissas.map((m) => Number(`${m}e${e}`)));
  return Math.min(...candidates.filter((candidate) => candidate >= value * (1 - 1e-12)));
}

/**
 * A log range of `default / factor` to `default * factor`, cut to `limits` as far as the default allows. The default
 * must be positive.
 */
export function logAround(
  value: number,
  factor: number,
  limits: { readonly low?: number; readonly high?: number } = {},
): Range {
  const low = Math.min(value, Math.max(niceBelow(value / factor), limits.low ?? 0));
  const high = Math.max(value, Math.min(niceAbove(value * factor), limits.high ?? Number.POSITIVE_INFINITY));
  return { kind: "float", low, high, scale: "log", default: value };
}

/** A linear range, widened where it does not hold the default. */
export function linear(value: number, low: number, high: number): Range {
  return { kind: "float", low: Math.min(low, value), high: Math.max(high, value), scale: "linear", default: value };
}

export function isPowerOfTwo(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && 2 ** Math.round(Math.log2(value)) === value;
}

/** Powers of two from `default / factor` to `default * factor`; the default must be one. */
export function powersOfTwo(value: number, factor: number, lowest = 1): Range {
  const low = Math.min(value, Math.max(lowest, value / factor));
  return {
    kind: "int",
    low: 2 ** Math.ceil(Math.log2(low)),
    high: value * factor,
    scale: "log",
    powersOf: 2,
    default: value,
  };
}

/** Whole numbers on a log scale around a positive default. */
export function logInteger(value: number, factor: number): Range {
  return {
    kind: "int",
    low: Math.max(1, Math.floor(value / factor)),
    high: Math.ceil(value * factor),
    scale: "log",
    default: value,
  };
}

/** Whole numbers on a linear scale. */
export function integer(value: number, low: number, high: number): Range {
  return { kind: "int", low: Math.min(low, value), high: Math.max(high, value), scale: "linear", default: value };
}

/**
 * Multiples of the largest power of two (at most 64) that divides the default, from half to twice the default: what
 * widths that are no powers of two are usually chosen from.
 */
export function multiples(value: number): Range {
  let step = 1;
  while (step < 64 && value % (step * 2) === 0) step *= 2;
  const low = Math.max(step, Math.ceil(value / 2 / step) * step);
  const high = Math.max(value, Math.floor((value * 2) / step) * step);
  return { kind: "int", low, high, scale: "linear", ...(step === 1 ? {} : { step }), default: value };
}

export function categorical(value: ParameterValue, choices: readonly ParameterValue[]): Range {
  const all = choices.includes(value) ? choices : [value, ...choices];
  return { kind: "categorical", choices: [...new Set(all)], default: value };
}

/** The range within limits that the script enforces itself; undefined where they exclude the default. */
export function within(range: Range, low: number | undefined, high: number | undefined): Range | undefined {
  if (range.kind !== "float" && range.kind !== "int") return range;
  if ((low !== undefined && range.default < low) || (high !== undefined && range.default > high)) return undefined;
  const cutLow = Math.max(range.low, low ?? range.low);
  const cutHigh = Math.min(range.high, high ?? range.high);
  if (range.kind === "float") return { ...range, low: cutLow, high: cutHigh };
  if (range.powersOf !== undefined) {
    return {
      ...range,
      low: 2 ** Math.ceil(Math.log2(Math.max(1, cutLow))),
      high: 2 ** Math.floor(Math.log2(cutHigh)),
    };
  }
  const step = range.step ?? 1;
  const wholeLow = range.low + Math.ceil((cutLow - range.low) / step) * step;
  return { ...range, low: wholeLow, high: Math.floor(cutHigh) };
}
