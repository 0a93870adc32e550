import { describe, expect, it } from "vitest";
import { median } from "../../math/vector.js";
import { evaluationsToTarget, type Minimisation } from "./evaluations-to-target.js";
import { gridOf } from "./grid.js";
import { SearchDistribution } from "./search-distribution.js";
import { defaultPopulationSize } from "./strategy-parameters.js";

const integers = gridOf(Array.from({ length: 21 }, (_, k) => k - 10));

/** k continuous, k integer and possibly k categorical coordinates, from 3 with step size 2, to 1e-10. */
function mixed(k: number, categories: number, condition: number): Minimisation {
  const n = 2 * k;
  return {
    start: {
      mean: Array.from({ length: n }, () => 3),
      stepSize: 2,
      populationSize: defaultPopulationSize(n + categories),
      grids: Array.from({ length: n }, (_, j) => (j < k ? undefined : integers)),
      probabilities: Array.from({ length: categories }, () => [0.2, 0.2, 0.2, 0.2, 0.2]),
    },
    objective: ({ numeric, categorical }) =>
      Array.from(numeric).reduce(
        (sum, v, j) => {
          const x = j < k ? v : Math.max(-10, Math.min(10, Math.round(v)));
          return sum + condition ** (j / (n - 1)) * x * x;
        },
        categorical.filter((choice) => choice !== 0).length,
      ),
    target: 1e-10,
    most: 8000,
  };
}

describe("continuous, integer and categorical coordinates together", () => {
  // Medians of the published implementation, 21 seeds.
  it.each([
    ["sphere, 3 continuous and 3 integer", 3, 0, 1, 1161],
    ["ellipsoid, 3 continuous and 3 integer", 3, 0, 1e6, 1719],
    ["sphere, 3 continuous, 3 integer and 3 categorical of 5", 3, 3, 1, 1290],
  ] as const)("%s: every run arrives, the median within 15 %% of %5$d", (_, k, categories, condition, reference) => {
    const runs = Array.from(
      { length: 9 },
      (__, seed) =>
        evaluationsToTarget(mixed(k, categories, condition), seed + 1).evaluations ?? Number.POSITIVE_INFINITY,
    );
    expect(Math.max(...runs)).toBeLessThan(8000);
    expect(median(runs) / reference).toBeGreaterThan(0.85);
    expect(median(runs) / reference).toBeLessThan(1.15);
  });
});

it("parents in another cell draw the mean to that cell's value", () => {
  const search = new SearchDistribution({
    mean: [1],
    stepSize: 0.4,
    populationSize: 4,
    grids: [gridOf([0, 1, 2, 3])],
    margin: 0.01,
  });
  search.update(
    [1.6, 1.7, 0.9, 0.2].map((x, value) => ({
      numeric: [x],
      categorical: [],
      injected: false,
      evaluation: { kind: "value", value } as const,
    })),
  );
  expect(search.gaussian?.mean[0]).toBeCloseTo(2, 9);
});
