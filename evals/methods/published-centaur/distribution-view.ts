import { at } from "../../../src/math/vector.js";
import { significantCorrelations } from "../../../src/optimizers/cma-es/correlation-noise.js";
import type { SearchDistribution } from "../../../src/optimizers/cma-es/search-distribution.js";
import type { CategoricalView, NumericView, OptimizerView } from "../../../src/optimizers/optimizer.js";
import type { SearchSpace } from "../../../src/space/index.js";
import type { Coordinate } from "./coordinates.js";

/** Those of the optimizers here: how far correlations must stand out from noise, and how many are shown. */
const significance = 3;
const shownCorrelations = 8;

/** Mean and one standard deviation of each parameter in native units, with correlations and learned probabilities. */
export function shownDistribution(
  space: SearchSpace,
  coordinates: readonly Coordinate[],
  distribution: SearchDistribution,
): Pick<OptimizerView, "numeric" | "covariance" | "correlations" | "categorical"> {
  const { gaussian, parameters, categorical } = distribution;
  const positions = space.numericAxes.map(({ name }) => coordinates.findIndex((each) => each.name === name));
  const deviationOf = (j: number) => gaussian?.deviation(j) ?? 0;

  const numeric = space.numericAxes.map(({ name }, axis): NumericView => {
    const j = at(positions, axis);
    const coordinate = coordinates[j];
    const native = (position: number): number => {
      const value = coordinate?.value(Math.min(1, Math.max(0, position))) ?? space.parameter(name).default;
      return canonicalNumber(space, name, Number(value));
    };
    const mean = coordinate ? at(gaussian?.mean ?? [], j) : 0;
    const deviation = coordinate ? deviationOf(j) : 0;
    return { name, mean: native(mean), low: native(mean - deviation), high: native(mean + deviation), deviation };
  });

  const n = coordinates.length;
  const covariance = positions.map((i) =>
    positions.map((j) => {
      if (!gaussian || i < 0 || j < 0) return 0;
      const { stepSize, scale, covariance: c } = gaussian;
      return stepSize ** 2 * at(scale, i) * at(c, i * n + j) * at(scale, j);
    }),
  );

  const correlations = gaussian
    ? significantCorrelations(gaussian, parameters, significance, shownCorrelations).map(({ i, j, r, timesNoise }) => ({
        a: coordinates[i]?.name ?? "",
        b: coordinates[j]?.name ?? "",
        r,
        timesNoise,
      }))
    : [];

  const probabilities = space.categoricalAxes.map(({ name, choices }, index): CategoricalView => {
    // Without learned ones every choice is as likely as the others.
    const row = categorical.probabilities[index];
    return {
      name,
      probabilities: choices.map((choice, k) => ({ choice, probability: row ? at(row, k) : 1 / choices.length })),
    };
  });

  return {
    ...(numeric.length > 0 && { numeric, covariance, correlations }),
    ...(probabilities.length > 0 && { categorical: probabilities }),
  };
}

function canonicalNumber(space: SearchSpace, name: string, value: number): number {
  const { numeric } = space.encode({ ...space.defaults(), [name]: value });
  const axis = space.numericAxes.findIndex((each) => each.name === name);
  return space.decodeNumeric(name, at(numeric, axis));
}
