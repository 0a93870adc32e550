import { type LinearMap, rotation } from "./linear-map.js";
import { uniformDraws } from "./seeded-draws.js";

/** What one instance of a function is, up to the constant f_opt. */
export interface Landscape {
  /** Where the optimum lies. */
  readonly xopt: Float64Array;
  /** f - f_opt; 0 at xopt up to rounding. */
  gap(x: Float64Array): number;
}

/** One of the 24 functions. */
export interface FunctionDefinition {
  /** As the suite calls it. */
  readonly name: string;
  /**
   * Seed of the function's family, where it is not its number: f3 and f4, and f17 and f18, share optimum and
   * rotations.
   */
  readonly family?: number;
  landscape(instance: Instance): Landscape;
}

/** What the definitions draw for an instance: all that differs between instances. */
export class Instance {
  constructor(
    readonly dimension: number,
    /** The family's seed and 10,000 times the instance's number. */
    readonly seed: number,
  ) {}

  /** Uniform in [-4, 4]^D on four decimals, no entry 0. */
  optimum(offset = 0): Float64Array {
    return uniformDraws(this.dimension, this.seed + offset).map(
      (draw) => (8 * Math.floor(1e4 * draw)) / 1e4 - 4 || -1e-5,
    );
  }

  /** The rotation called R. */
  get r(): LinearMap {
    return rotation(this.dimension, this.seed + 1e6);
  }

  /** The rotation called Q; functions with one rotation that defines the optimum as well use it. */
  get q(): LinearMap {
    return rotation(this.dimension, this.seed);
  }
}

/** x - xopt. */
export function shifted(x: Float64Array, xopt: Float64Array): Float64Array {
  return x.map((entry, i) => entry - xopt[i]!);
}

export function sum(values: Float64Array, term: (value: number, i: number) => number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += term(values[i]!, i);
  return total;
}

/** Sum over neighbours of a term in (z_i, z_{i+1}). */
export function sumOfPairs(z: Float64Array, term: (current: number, next: number) => number): number {
  let total = 0;
  for (let i = 0; i + 1 < z.length; i++) total += term(z[i]!, z[i + 1]!);
  return total;
}

export const square = (value: number): number => value * value;
