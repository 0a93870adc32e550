import { cellOf, type Grid, gridOf } from "../../../src/optimizers/cma-es/grid.js";
import type { Configuration, Parameter, ParameterValue, SearchSpace } from "../../../src/space/index.js";
import { type OptunaParameter, type OptunaTranslation, optunaTranslation } from "../optuna/optuna-parameter.js";
import type { PublishedSwitches } from "./switches.js";

/** One numeric parameter as a coordinate that CMA-ES samples in [0, 1]. */
export interface Coordinate {
  readonly name: string;
  /** Positions of the values where the margin is kept for them. */
  readonly grid: Grid | undefined;
  /** The value at a position in [0, 1], in native units: rounded, but on no grid that `OptunaParameter` lacks. */
  value(position: number): number;
  /** Position of a value within the range. */
  position(value: number): number;
}

/** A grid with more values is rounded instead, as in SearchSpace. */
const largestGrid = 1024;

type NumericParameter = Extract<OptunaParameter, { readonly kind: "float" | "int" }>;

/**
 * The coordinates of the published system: those of Optuna's CMA-ES sampler, log-transformed and scaled to the unit
 * box, where discrete ranges are widened by half a step at both ends. Without `encoding=told` powers are whole numbers
 * on a log scale, as published. Parameters with one value have no coordinate, and conditions are not known: a parameter
 * that is switched off is drawn and learned like any other.
 */
export function numericCoordinates(space: SearchSpace, switches: PublishedSwitches): readonly Coordinate[] {
  return space.parameters.flatMap((parameter) => {
    const { parameter: shown, toOptuna, fromOptuna } = translationOf(parameter, switches);
    if (shown.kind === "categorical" || shown.low === shown.high) return [];
    const { low, width, forward } = boundsOf(shown);
    const toPosition = (value: number) => (forward(value) - low) / width;
    const values = switches.integers === "margin" ? discreteValues(shown) : undefined;
    const grid = values && gridOf(values.map(toPosition));
    return [
      {
        name: parameter.name,
        grid,
        value: (position: number) => {
          const rounded = (grid && values?.[cellOf(grid, position)]) ?? rounding(shown, low + position * width);
          return Number(fromOptuna(rounded));
        },
        position: (value: number) => toPosition(Number(toOptuna(value))),
      },
    ];
  });
}

/**
 * What is run in place of values that were drawn or advised: powers snapped to the nearest on the linear scale, other
 * values to their grid, switched-off parameters left out, constraints repaired.
 */
export function runnable(space: SearchSpace, values: Configuration): Configuration {
  const snapped: Record<string, ParameterValue> = { ...values };
  for (const parameter of space.parameters) {
    const value = values[parameter.name];
    if (parameter.kind !== "int" || parameter.powersOf === undefined || typeof value !== "number") continue;
    snapped[parameter.name] = nearestPower(parameter.powersOf, parameter.low, parameter.high, value);
  }
  const canonical = space.decode(space.encode(snapped));
  return space.repair(canonical) ?? space.defaults();
}

function nearestPower(base: number, low: number, high: number, value: number): number {
  let nearest: number | undefined;
  for (let power = 1; power <= high; power *= base) {
    if (power < low) continue;
    if (nearest === undefined || Math.abs(power - value) < Math.abs(nearest - value)) nearest = power;
  }
  return nearest ?? value;
}

function translationOf(parameter: Parameter, { encoding }: PublishedSwitches): OptunaTranslation {
  if (encoding === "told" || parameter.kind !== "int" || parameter.powersOf === undefined) {
    return optunaTranslation(parameter);
  }
  const { powersOf: _, step: __, ...range } = parameter;
  return optunaTranslation({ ...range, scale: "log" });
}

/** Where a range begins and how wide it is, transformed. */
function boundsOf({ kind, low, high, log, step }: NumericParameter): {
  readonly low: number;
  readonly width: number;
  forward(value: number): number;
} {
  const half = (kind === "int" ? (step ?? 1) : (step ?? 0)) / 2;
  const forward = log ? Math.log : (value: number) => value;
  const start = forward(low - half);
  return { low: start, width: forward(high + half) - start, forward };
}

/** The nearest value in native units to a transformed number within the bounds. */
function rounding({ kind, low, high, log, step }: NumericParameter, transformed: number): number {
  const native = log ? Math.exp(transformed) : transformed;
  const unit = kind === "int" ? (step ?? 1) : step;
  const rounded = unit === undefined ? native : low + unit * Math.round((native - low) / unit);
  return Math.min(high, Math.max(low, rounded));
}

function discreteValues({ kind, low, high, step }: NumericParameter): readonly number[] | undefined {
  const unit = kind === "int" ? (step ?? 1) : step;
  if (unit === undefined) return undefined;
  const count = Math.round((high - low) / unit) + 1;
  return count > largestGrid ? undefined : Array.from({ length: count }, (_, k) => Math.min(high, low + k * unit));
}
