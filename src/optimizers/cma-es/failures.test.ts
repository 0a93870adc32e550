import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import { benchmarkFunctions } from "./benchmark-functions.js";
import { cellOf, gridOf } from "./grid.js";
import { retreat } from "./retreat.js";
import { SearchDistribution } from "./search-distribution.js";

describe("failures that have nothing to do with the configuration", () => {
  it("slow the search down, and do not stop it even at one half of all trials", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = RandomStream.fromSeed(seed);
      const start = [0.1, 0.1, 0.1, 0.1, 0.1];
      const search = new SearchDistribution({ mean: start, stepSize: 0.1, populationSize: 8 });
      let best = Number.POSITIVE_INFINITY;
      let anchor: ArrayLike<number> | undefined;
      for (let generation = 0; generation < 1500 && best > 1e-9; generation++) {
        const results = Array.from({ length: 8 }, () => {
          const point = search.sample(random);
          const value = benchmarkFunctions.ellipsoid(Array.from(point.numeric));
          if (random.uniform() < 0.5) {
            return { ...point, injected: false, evaluation: { kind: "failure", severity: 1 } as const };
          }
          if (value < best) {
            best = value;
            anchor = point.numeric;
          }
          return { ...point, injected: false, evaluation: { kind: "value", value } as const };
        });
        if (results.some(({ evaluation }) => evaluation.kind === "value")) search.update(results);
        else retreat(search, anchor ?? start, anchor !== undefined, 0.1);
      }
      expect(best, `seed ${seed}`).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe("retreat", () => {
  const grid = gridOf([0.1, 0.3, 0.5, 0.7, 0.9]);

  function distribution(): SearchDistribution {
    const search = new SearchDistribution({
      mean: [0.8, 0.5],
      stepSize: 0.2,
      populationSize: 6,
      grids: [undefined, grid],
    });
    search.correctMargins();
    return search;
  }

  it("goes half of the way back to what worked, closer each time but not to nothing", () => {
    const search = distribution();
    retreat(search, [0.4, 0.5], true, 0.2);
    expect(search.gaussian?.mean[0]).toBeCloseTo(0.6, 12);
    expect(search.gaussian?.stepSize).toBeCloseTo(0.14, 12);
    for (let k = 0; k < 1000; k++) retreat(search, [0.4, 0.5], true, 0.2);
    expect(search.gaussian?.mean[0]).toBeCloseTo(0.4, 12);
    expect(search.gaussian?.stepSize).toBeGreaterThan(0.001);
  });

  it("keeps discrete coordinates moving", () => {
    const search = distribution();
    for (let k = 0; k < 20; k++) retreat(search, [0.4, 0.5], true, 0.2);
    const random = RandomStream.fromSeed(5);
    const home = cellOf(grid, at(search.gaussian?.mean ?? [], 1));
    const left = Array.from({ length: 400 }, () => cellOf(grid, at(search.sample(random).numeric, 1))).filter(
      (cell) => cell !== home,
    ).length;
    // A margin of 27 % for the only discrete coordinate.
    expect(left).toBeGreaterThan(70);
  });
});
