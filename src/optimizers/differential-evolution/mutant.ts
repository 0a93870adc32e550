import type { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { ControlParameters } from "./success-history.js";

/** Probability that a categorical coordinate of a trial takes any choice at all, so that none is lost for good. */
const freeChoice = 0.05;

/** The points that a trial is made from. */
export interface Parents {
  /** The point that the trial competes with. */
  readonly target: EncodedPoint;
  /** One of the best. */
  readonly guide: EncodedPoint;
  /** Two others, whose difference sets direction and length of the step. */
  readonly first: EncodedPoint;
  readonly second: EncodedPoint;
}

/**
 * A trial point after current-to-pbest/1 with binomial crossover (Zhang and Sanderson 2009):
 * v = x + F (guide - x) + F (first - second), of which each coordinate is taken with probability CR, and one for sure.
 *
 * Discrete numbers stay continuous here and are rounded when they are decoded, so that differences below the width of a
 * cell add up (Lampinen and Zelinka 1999). Choices have no differences; for them a step of length F towards another
 * point takes its choice with probability F, the convex combination of geometric differential evolution (Moraglio,
 * Togelius and Silva 2013): first towards the guide, then, where the two others differ, towards the first of them.
 * A coordinate that would leave [0, 1] stops half-way to the border.
 */
export function trialPoint(
  space: SearchSpace,
  { target, guide, first, second }: Parents,
  { scaleFactor, crossoverRate }: ControlParameters,
  random: RandomStream,
): EncodedPoint {
  const n = target.numeric.length;
  const certain = random.integer(n + target.categorical.length);
  const crosses = (axis: number) => random.uniform() < crossoverRate || axis === certain;
  return {
    numeric: target.numeric.map((x, j) => {
      if (!crosses(j)) return x;
      const moved =
        x + scaleFactor * (at(guide.numeric, j) - x) + scaleFactor * (at(first.numeric, j) - at(second.numeric, j));
      return moved < 0 ? x / 2 : moved > 1 ? (x + 1) / 2 : moved;
    }),
    categorical: target.categorical.map((choice, i) => {
      const choices = space.categoricalAxes[i]?.choices.length ?? 1;
      if (random.uniform() < freeChoice) return random.integer(choices);
      if (!crosses(n + i)) return choice;
      const guided = random.uniform() < scaleFactor ? at(guide.categorical, i) : choice;
      const differ = at(first.categorical, i) !== at(second.categorical, i);
      return differ && random.uniform() < scaleFactor ? at(first.categorical, i) : guided;
    }),
  };
}
