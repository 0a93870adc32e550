import { deriveSeed } from "../../math/random.js";
import { bits, directionNumbers, tabulatedDimensions } from "./direction-numbers.js";
import { owenScramble } from "./scrambling.js";

const range = 2 ** bits;

/**
 * One coordinate of an unscrambled Sobol sequence (Sobol 1967) in the order of the index, not in that of its Gray code.
 *
 * @param index unsigned, 32 bits
 * @returns 32-bit fraction, unsigned
 */
export function sobolCoordinate(directions: Uint32Array, index: number): number {
  let x = 0;
  for (let k = 0, rest = index >>> 0; rest !== 0; k++, rest >>>= 1) if (rest & 1) x ^= directions[k]!;
  return x >>> 0;
}

/**
 * A Sobol sequence with Owen's scrambling: every point is uniform in the unit cube, and the first 2^k of them, and
 * every later run of 2^k, fill the cube as evenly as a net does. The first point is kept: without it the first 2^k
 * points are no net (Owen 2020, "On dropping the first Sobol' point").
 *
 * Dimensions beyond those that direction numbers are known for use the same ones again, in an order that is scrambled
 * in its own right (padding, Burley 2020): they are as even among themselves, and unrelated to the ones before.
 */
export class SobolSequence {
  private readonly directions: readonly Uint32Array[];
  private readonly seeds: readonly number[];
  private readonly orderSeeds: readonly number[];

  constructor(
    readonly dimensions: number,
    seed: number,
  ) {
    this.directions = Array.from({ length: Math.min(dimensions, tabulatedDimensions) }, (_, j) => directionNumbers(j));
    this.seeds = Array.from({ length: dimensions }, (_, j) => deriveSeed(seed, "dimension", j));
    const blocks = Math.ceil(dimensions / tabulatedDimensions);
    this.orderSeeds = Array.from({ length: blocks }, (_, block) => deriveSeed(seed, "order", block));
  }

  /**
   * @param index position in the sequence, from 0; after 2^32 points it begins again
   * @returns coordinates inside (0, 1), as many as there are dimensions
   */
  point(index: number): Float64Array {
    const point = new Float64Array(this.dimensions);
    let order = index >>> 0;
    for (let j = 0; j < this.dimensions; j++) {
      const column = j % tabulatedDimensions;
      if (column === 0 && j > 0) order = owenScramble(index >>> 0, this.orderSeeds[j / tabulatedDimensions]!);
      const x = owenScramble(sobolCoordinate(this.directions[column]!, order), this.seeds[j]!);
      point[j] = (x + 0.5) / range;
    }
    return point;
  }
}
