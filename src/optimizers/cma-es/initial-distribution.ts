import { AgentTuneError } from "../../errors.js";
import { at } from "../../math/vector.js";
import { noChoice } from "./categorical.js";
import { confine, largestDeviation } from "./confine.js";
import type { Coordinates } from "./coordinates.js";
import { SearchDistribution, type SearchDistributionOptions, type SearchPoint } from "./search-distribution.js";

/**
 * Initial standard deviation where none is given, as a share of the encoded range. The start is the user's working
 * configuration, so samples should stay within its reach: their distance from it grows with the square root of the
 * number of coordinates, and at a fixed 0.2 hardly any of them beats a sensible default in 13 dimensions. Measured in
 * docs/decisions/initial-deviation.md.
 */
function defaultDeviation(coordinates: number): number {
  return Math.min(0.2, Math.max(0.08, 0.32 / Math.sqrt(coordinates)));
}

/** Below it a run would stop at once because no parameter varies any more. */
const smallestDeviation = 1e-6;

/** Probability that stands on the starting choice before the rest is spread evenly over all of them. */
const startingChoice = 0.5;

/**
 * One standard deviation for each numeric coordinate, as a share of its encoded range.
 *
 * @throws AgentTuneError `usage` where one that is given is not a positive number
 */
export function initialDeviations(
  coordinates: Coordinates,
  given: Readonly<Record<string, number>> | undefined,
): readonly number[] {
  const usual = defaultDeviation(coordinates.numeric.length);
  return coordinates.numeric.map(({ axis }) => {
    const wanted = given?.[axis.name] ?? usual;
    if (!(wanted > 0)) {
      throw new AgentTuneError("usage", {
        message: `The initial deviation of ${axis.name} is ${wanted}.`,
        where: axis.name,
        remedy: "Give a share of the range above 0, for example 0.2.",
      });
    }
    return Math.min(largestDeviation, Math.max(wanted, smallestDeviation));
  });
}

/**
 * The options of a distribution around a point. The step size is the geometric mean of the deviations and C holds what
 * they differ by, so that one step size is common to all coordinates.
 */
export function startAround(
  coordinates: Coordinates,
  around: SearchPoint,
  deviations: readonly number[],
  populationSize: number,
  learning: Pick<SearchDistributionOptions, "adaptLearningRates" | "accelerateDiagonal" | "convention">,
): SearchDistributionOptions {
  const n = deviations.length;
  const stepSize = n === 0 ? defaultDeviation(1) : Math.exp(deviations.reduce((sum, d) => sum + Math.log(d), 0) / n);
  return {
    ...learning,
    mean: Float64Array.from(around.numeric),
    stepSize,
    covariance: Float64Array.from({ length: n * n }, (_, i) =>
      i % (n + 1) === 0 ? (at(deviations, i / (n + 1)) / stepSize) ** 2 : 0,
    ),
    grids: coordinates.grids,
    probabilities: coordinates.categorical.map(({ axis }, i) => {
      const chosen = at(around.categorical, i);
      const even = 1 / axis.choices.length;
      if (chosen === noChoice) return axis.choices.map(() => even);
      return axis.choices.map((_, k) => (1 - startingChoice) * even + (k === chosen ? startingChoice : 0));
    }),
    populationSize,
  };
}

/**
 * A distribution with the margin applied at once: otherwise a discrete coordinate whose cells are wider than its
 * deviation would not be varied in the first generation.
 */
export function initialDistribution(options: SearchDistributionOptions): SearchDistribution {
  const distribution = new SearchDistribution(options);
  confine(distribution);
  distribution.correctMargins();
  distribution.categorical.keepMargins();
  return distribution;
}
