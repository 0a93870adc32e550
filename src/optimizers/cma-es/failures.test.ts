import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { at, median } from "../../math/vector.js";
import { type Parameter, SearchSpace } from "../../space/index.js";
import type { Evaluation } from "../optimizer.js";
import { benchmarkFunctions } from "./benchmark-functions.js";
import { leadingSeverity } from "./failure-grading.js";
import { cellOf, gridOf } from "./grid.js";
import { retreat } from "./retreat.js";
import { SearchDistribution } from "./search-distribution.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";

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

describe("leadingSeverity", () => {
  const failures = (severities: readonly number[]) =>
    severities.map((severity): Evaluation => ({ kind: "failure", severity }));

  it("is absent where severities are kinds, and where there is nothing to compare", () => {
    expect(leadingSeverity(failures([1, 1, 2, 2, 1, 3, 1]))).toBeUndefined();
    expect(leadingSeverity(failures([1]))).toBeUndefined();
    expect(leadingSeverity([{ kind: "value", value: 1 }])).toBeUndefined();
  });

  it("parts the mildest from the others where severities are amounts", () => {
    expect(leadingSeverity(failures([0.5, 0.9, 0.2, 0.8, 0.1, 0.3, 0.7]))).toBe(0.3);
    expect(leadingSeverity([...failures([4, 2]), { kind: "value", value: 0 }])).toBe(2);
  });
});

describe("a start at which most trials fail", () => {
  const parameters = ["a", "b", "c", "d", "e"].map(
    (name): Parameter => ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5 }),
  );
  const space = SearchSpace.from({ parameters, constraints: [], derived: [] });

  /** A half-space fails; the optimum lies inside the other one, 0.05 from the border in every coordinate. */
  function run(seed: number, border: number, severity: (missing: number) => number) {
    const optimizer = cmaEs.create(space, { seed, start: space.defaults() });
    let failed = 0;
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 300; k++) {
      const { id, configuration } = optimizer.ask();
      const x = Object.values(configuration).map(Number);
      const average = x.reduce((sum, v) => sum + v, 0) / x.length;
      const value = x.reduce((sum, v) => sum + (v - border - 0.05) ** 2, 0);
      const works = average >= border;
      if (works) best = Math.min(best, value);
      else failed++;
      optimizer.tell({
        candidate: id,
        configuration,
        evaluation: works ? { kind: "value", value } : { kind: "failure", severity: severity(border - average) },
      });
    }
    return { failed, best };
  }

  // A sample's average has a deviation of 0.064: 80 % and 97 % of the first samples fail.
  it.each([
    [80, 0.554],
    [97, 0.62],
  ])("of %d %%: fewer fail where the severity says by how much than where all rank equally", (_, border) => {
    const seeds = Array.from({ length: 31 }, (__, seed) => seed + 1);
    const graded = seeds.map((seed) => run(seed, border, (missing) => missing));
    const equal = seeds.map((seed) => run(seed, border, () => 1));
    const mean = (runs: readonly { failed: number }[]) => runs.reduce((sum, { failed }) => sum + failed, 0) / 31;
    expect(mean(graded)).toBeLessThan(mean(equal));
    const [fewer, more] = [0, 0].map(
      (__, side) =>
        seeds.filter((___, k) => {
          const difference = (graded[k]?.failed ?? 0) - (equal[k]?.failed ?? 0);
          return side === 0 ? difference < 0 : difference > 0;
        }).length,
    );
    expect(fewer).toBeGreaterThan(more ?? 0);
    // Of the 240 to 290 failures of a search that learns nothing, a small part.
    expect(median(graded.map(({ failed }) => failed))).toBeLessThan(60);
    expect(median(graded.map(({ best }) => best))).toBeLessThan(1e-3);
  });
});
