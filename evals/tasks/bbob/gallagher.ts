import { type FunctionDefinition, square } from "./landscape.js";
import { apply } from "./linear-map.js";
import { uniformDraws } from "./seeded-draws.js";
import { boundaryPenalty, oscillated, rampUp } from "./transformations.js";

interface Peak {
  readonly height: number;
  /** In turned coordinates. */
  readonly centre: Float64Array;
  /** Diagonal of the inverse covariance in turned coordinates. */
  readonly precision: Float64Array;
}

/** Positions of the values in ascending order: how the suite draws a permutation. */
function order(values: Float64Array): readonly number[] {
  return [...values.keys()].sort((a, b) => values[a]! - values[b]!);
}

/**
 * f21 and f22: Gaussian peaks at random places, of random shapes and unrelated heights; the optimum is the highest
 * (Gallagher and Yuan 2006).
 *
 * @param reach peaks are drawn from [-reach, reach]^D, the highest from four fifths of that
 * @param bestCondition condition of the highest peak; the others have different ones from 1 to 1000
 */
function gallagher(name: string, peaks: number, reach: number, bestCondition: number): FunctionDefinition {
  return {
    name,
    landscape(instance) {
      const { dimension, seed } = instance;
      const turn = instance.q;
      const shares = order(uniformDraws(peaks - 1, seed)).map((rank) => rank / (peaks - 2));
      const conditions = [bestCondition, ...shares.map((share) => 1000 ** share)];
      const places = uniformDraws(dimension * peaks, seed);
      const ramp = rampUp(dimension);
      const placeOf = (k: number): Float64Array =>
        places
          .slice(k * dimension, (k + 1) * dimension)
          .map((draw) => (k === 0 ? 0.8 : 1) * (2 * reach * draw - reach));
      const all = conditions.map((condition, k): Peak => {
        const axes = order(uniformDraws(dimension, seed + 1000 * k));
        return {
          height: k === 0 ? 10 : 1.1 + (8 * (k - 1)) / (peaks - 2),
          centre: apply(turn, placeOf(k)),
          precision: Float64Array.from(axes, (axis) => condition ** (ramp[axis]! - 0.5)),
        };
      });
      const heightAt = (turned: Float64Array): number => {
        let highest = 0;
        for (const { height, centre, precision } of all) {
          let distance = 0;
          for (let i = 0; i < dimension; i++) distance += precision[i]! * square(turned[i]! - centre[i]!);
          highest = Math.max(highest, height * Math.exp(-distance / (2 * dimension)));
        }
        return highest;
      };
      return {
        xopt: placeOf(0),
        gap: (x) => square(oscillated(10 - heightAt(apply(turn, x)))) + boundaryPenalty(x),
      };
    },
  };
}

export const gallagher101 = gallagher("Gallagher's Gaussian 101-me Peaks", 101, 5, Math.sqrt(1000));
export const gallagher21 = gallagher("Gallagher's Gaussian 21-hi Peaks", 21, 4.9, 1000);
