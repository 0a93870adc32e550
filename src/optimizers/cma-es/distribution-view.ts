import { at } from "../../math/vector.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { NumericView, OptimizerView } from "../optimizer.js";
import { rim } from "./box-transform.js";
import type { Coordinates } from "./coordinates.js";
import { significantCorrelations } from "./correlation-noise.js";
import type { SearchDistribution } from "./search-distribution.js";

/** Correlations weaker than this many standard deviations of noise are not shown. */
const significance = 3;
const shownCorrelations = 8;

/** The distribution as a person sees it: native units, space's order, parameters with one value included. */
export function distributionView(
  space: SearchSpace,
  coordinates: Coordinates,
  distribution: SearchDistribution,
): Pick<OptimizerView, "numeric" | "covariance" | "correlations" | "categorical"> {
  const { gaussian, categorical } = distribution;
  const coordinateOf = space.numericAxes.map((_, index) => coordinates.numeric.findIndex((c) => c.index === index));
  const n = coordinates.numeric.length;

  const numeric = space.numericAxes.map(({ name, grid }, index): NumericView => {
    const j = coordinateOf[index] ?? -1;
    if (!gaussian || j < 0) {
      const value = space.decodeNumeric(name, grid?.[0] ?? 0);
      return { name, mean: value, low: value, high: value, deviation: 0 };
    }
    const mean = at(gaussian.mean, j);
    const deviation = gaussian.deviation(j);
    const native = (x: number) => space.decodeNumeric(name, coordinates.position(j, x));
    // Beyond the fold's rim the interval would turn back into the box.
    const low = native(Math.max(-rim, mean - deviation));
    const high = native(Math.min(1 + rim, mean + deviation));
    return { name, mean: native(mean), low, high, deviation };
  });

  const covariance = coordinateOf.map((i) =>
    coordinateOf.map((j) => {
      if (!gaussian || i < 0 || j < 0) return 0;
      return (
        gaussian.stepSize ** 2 * at(gaussian.scale, i) * at(gaussian.covariance, i * n + j) * at(gaussian.scale, j)
      );
    }),
  );

  const correlations = gaussian
    ? significantCorrelations(gaussian, distribution.parameters, significance, shownCorrelations).map(
        ({ i, j, r, timesNoise }) => ({
          a: coordinates.numeric[i]?.axis.name ?? "",
          b: coordinates.numeric[j]?.axis.name ?? "",
          r,
          timesNoise,
        }),
      )
    : [];

  const probabilities = space.categoricalAxes.map(({ name, choices }, index) => {
    const row = categorical.probabilities[coordinates.categorical.findIndex((c) => c.index === index)];
    return { name, probabilities: choices.map((choice, k) => ({ choice, probability: row ? at(row, k) : 1 })) };
  });

  return {
    ...(numeric.length > 0 && { numeric, covariance, correlations }),
    ...(probabilities.length > 0 && { categorical: probabilities }),
  };
}
