/** Python's floored division: the sign of the remainder is the sign of the divisor. */
export function floorRemainder(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder + 0;
}

/**
 * Python's `//`. Computed from the remainder, because floor(a / b) is wrong where the quotient rounds up to the
 * next integer: 1 // 0.1 is 9.
 */
export function floorQuotient(a: number, b: number): number {
  if (!Number.isFinite(a / b)) return a / b;
  return Math.round((a - floorRemainder(a, b)) / b) + 0;
}

/** Python's `round`: halves go to the even neighbour; `digits` decimals, negative for tens and hundreds. */
export function roundHalfEven(value: number, digits = 0): number {
  if (digits !== 0) {
    if (digits > 0) return Number(value.toFixed(Math.min(100, Math.trunc(digits)))) + 0;
    const unit = 10 ** -Math.trunc(digits);
    return roundHalfEven(value / unit) * unit;
  }
  const below = Math.floor(value);
  const excess = value - below;
  if (excess !== 0.5) return Math.round(value) + 0;
  return (below % 2 === 0 ? below : below + 1) + 0;
}

export interface ExpressionFunction {
  readonly least: number;
  readonly most: number;
  apply(...values: readonly number[]): number;
}

function unary(apply: (value: number) => number): ExpressionFunction {
  return { least: 1, most: 1, apply: (value = Number.NaN) => apply(value) };
}

/** What an expression can call. Outside its domain a function gives NaN, as in IEEE arithmetic. */
export const functions: ReadonlyMap<string, ExpressionFunction> = new Map([
  ["abs", unary(Math.abs)],
  ["min", { least: 2, most: Number.POSITIVE_INFINITY, apply: (...values) => Math.min(...values) }],
  ["max", { least: 2, most: Number.POSITIVE_INFINITY, apply: (...values) => Math.max(...values) }],
  ["ceil", unary((value) => Math.ceil(value) + 0)],
  ["floor", unary(Math.floor)],
  ["round", { least: 1, most: 2, apply: (value = Number.NaN, digits = 0) => roundHalfEven(value, digits) }],
  ["sqrt", unary(Math.sqrt)],
  [
    "log",
    {
      least: 1,
      most: 2,
      apply: (value = Number.NaN, base) => (base === undefined ? Math.log(value) : Math.log(value) / Math.log(base)),
    },
  ],
  ["log2", unary(Math.log2)],
  ["log10", unary(Math.log10)],
  ["exp", unary(Math.exp)],
  ["pow", { least: 2, most: 2, apply: (base = Number.NaN, exponent = Number.NaN) => base ** exponent }],
  ["int", unary((value) => Math.trunc(value) + 0)],
] satisfies [string, ExpressionFunction][]);
