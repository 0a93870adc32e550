import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { benchmarkFunctions } from "./benchmark-functions.js";
import { correlationNoise, significantCorrelations } from "./correlation-noise.js";
import type { Gaussian } from "./gaussian.js";
import { SearchDistribution } from "./search-distribution.js";

function optimised(
  n: number,
  populationSize: number,
  generations: number,
  seed: number,
  objective: (x: number[]) => number,
) {
  const random = RandomStream.fromSeed(seed);
  const search = new SearchDistribution({ mean: Array.from({ length: n }, () => 3), stepSize: 1, populationSize });
  for (let g = 0; g < generations; g++) {
    search.update(
      Array.from({ length: populationSize }, () => {
        const point = search.sample(random);
        return {
          ...point,
          injected: false,
          evaluation: { kind: "value", value: objective(Array.from(point.numeric)) },
        };
      }),
    );
  }
  const { gaussian } = search;
  if (!gaussian) throw new Error("no numeric coordinates");
  return { gaussian, parameters: search.parameters };
}

function correlations(gaussian: Gaussian): number[] {
  const n = gaussian.dimension;
  return Array.from({ length: n * n }, (_, entry) => [Math.floor(entry / n), entry % n] as const)
    .filter(([i, j]) => j < i)
    .map(([i, j]) => (gaussian.covariance[i * n + j] ?? 0) / (gaussian.spread(i) * gaussian.spread(j)));
}

describe("correlationNoise", () => {
  it.each([
    [5, 8, 10],
    [5, 8, 100],
    [14, 11, 30],
    [14, 11, 150],
    [14, 44, 30],
  ])("is the spread that the sphere shows: n = %d, lambda = %d, %d generations", (n, lambda, generations) => {
    const runs = Array.from({ length: n < 10 ? 30 : 5 }, (_, seed) =>
      optimised(n, lambda, generations, seed, benchmarkFunctions.sphere),
    );
    const all = runs.flatMap(({ gaussian }) => correlations(gaussian));
    const measured = Math.sqrt(all.reduce((sum, r) => sum + r * r, 0) / all.length);
    const predicted = correlationNoise(runs[0]!.parameters, generations);
    expect(predicted / measured).toBeGreaterThan(0.8);
    expect(predicted / measured).toBeLessThan(1.45);
  });
});

describe("significantCorrelations", () => {
  it("shows next to nothing where there is nothing", () => {
    const shown = Array.from({ length: 10 }, (_, seed) => {
      const { gaussian, parameters } = optimised(10, 10, 80, seed, benchmarkFunctions.sphere);
      return significantCorrelations(gaussian, parameters, 3, 8).length;
    });
    // 450 pairs in all.
    expect(shown.reduce((sum, count) => sum + count, 0)).toBeLessThan(5);
  });

  it("finds the two coordinates that the objective ties together, with the right sign", () => {
    const tied = (x: number[]) => benchmarkFunctions.sphere(x) + 50 * ((x[1] ?? 0) + (x[3] ?? 0)) ** 2;
    const { gaussian, parameters } = optimised(6, 9, 80, 3, tied);
    const [strongest] = significantCorrelations(gaussian, parameters, 3, 8);
    expect(strongest).toMatchObject({ i: 1, j: 3 });
    expect(strongest?.r).toBeLessThan(-0.7);
  });

  it("shows nothing before the first update", () => {
    const { gaussian, parameters } = optimised(6, 9, 0, 3, benchmarkFunctions.sphere);
    expect(significantCorrelations(gaussian, parameters, 3, 8)).toEqual([]);
  });
});
