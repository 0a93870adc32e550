import type { RandomStream } from "../../../src/math/random.js";
import type { ParameterFields, ParameterValue } from "../../../src/space/index.js";
import { cardinalities, type Grid, gridThrough } from "./discretisation.js";

/**
 * What the parameters of a task are:
 * - `continuous`: the function as it is;
 * - `mixed`: four fifths of the variables are integers, see `discretisation.ts`;
 * - `categorical`: the same points as `mixed`, with the same values, but where a variable has 2, 4 or 8 values they
 *   are choices with shuffled labels. Both start at the same point, so what a method loses from `mixed` to
 *   `categorical` is what the order was worth to it.
 */
export const variants = ["continuous", "mixed", "categorical"] as const;
export type Variant = (typeof variants)[number];

/** One variable of the function as a parameter of the task. */
export interface Variable {
  readonly name: string;
  /** As a study file declares it, without a default. */
  readonly field: ParameterFields;
  /** The parameter's value at the optimum. */
  readonly optimum: ParameterValue;
  /** Coordinate in [-5, 5] that a value stands for. */
  coordinate(value: ParameterValue | undefined): number;
  /** A value for a uniformly random one of the coordinates: of the same one whether it is an integer or a choice. */
  draw(random: RandomStream): ParameterValue;
}

/** @param labels shuffles the labels of choices */
export function variablesOf(variant: Variant, xopt: readonly number[], labels: RandomStream): readonly Variable[] {
  const counts = cardinalities(xopt.length);
  return xopt.map((optimum, i) => {
    const name = `x${i + 1}`;
    const count = variant === "continuous" ? undefined : counts[i];
    if (count === undefined) return continuous(name, optimum);
    const grid = gridThrough(optimum, count);
    return variant === "categorical" && count <= 8 ? choice(name, grid, shuffled(count, labels)) : integer(name, grid);
  });
}

function continuous(name: string, optimum: number): Variable {
  return {
    name,
    field: { type: "float", low: -5, high: 5, description: "A coordinate without a meaning of its own." },
    optimum,
    coordinate: Number,
    draw: (random) => 10 * random.uniform() - 5,
  };
}

function integer(name: string, { coordinates, optimum }: Grid): Variable {
  return {
    name,
    field: {
      type: "int",
      low: 0,
      high: coordinates.length - 1,
      description: "A coordinate in equal steps, without a meaning of its own.",
    },
    optimum,
    coordinate: (value) => coordinates[Number(value)] ?? Number.NaN,
    draw: (random) => random.integer(coordinates.length),
  };
}

/** @param order position on the grid of each choice */
function choice(name: string, { coordinates, optimum }: Grid, order: readonly number[]): Variable {
  const labels = order.map((_, k) => String.fromCharCode("a".charCodeAt(0) + k));
  const labelOf = (position: number) => labels[order.indexOf(position)] ?? "";
  return {
    name,
    field: {
      type: "categorical",
      choices: labels,
      description: "A choice whose labels have neither meaning nor order.",
    },
    optimum: labelOf(optimum),
    coordinate: (value) => coordinates[order[labels.indexOf(String(value))] ?? -1] ?? Number.NaN,
    draw: (random) => labelOf(random.integer(coordinates.length)),
  };
}

/** A uniformly random order of 0 to count - 1 (Fisher and Yates). */
function shuffled(count: number, random: RandomStream): readonly number[] {
  const order = Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = random.integer(k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}
