import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import type { Axis } from "./axis.js";
import { evenEdges } from "./axis.js";
import { ParzenEstimator } from "./parzen-estimator.js";

const continuous = (index: number, conditional = false): Axis => ({
  kind: "continuous",
  name: `x${index}`,
  index,
  conditional,
});
/** Cells of different widths, as on a log scale, so that some are narrower than half a kernel and some are not. */
const edges = Float64Array.from([0, 0.3, 0.5, 0.62, 0.7, 0.72, 0.74, 0.77, 0.8, 0.9, 1]);
const grid: Axis = {
  kind: "grid",
  name: "g",
  index: 9,
  conditional: false,
  edges,
  grid: Float64Array.from({ length: edges.length - 1 }, (_, k) => ((edges[k] ?? 0) + (edges[k + 1] ?? 0)) / 2),
};
const choice: Axis = { kind: "choice", name: "c", index: 0, conditional: false, count: 3 };

function estimator(axes: readonly Axis[], rows: readonly (readonly number[])[], narrowest = 0.05): ParzenEstimator {
  return new ParzenEstimator(
    axes,
    axes.map((_, a) => a),
    rows.map((row) => Float64Array.from(row)),
    { weights: Float64Array.from(rows, (_, k) => 1 + k), priorWeight: 1, narrowest },
  );
}

const density = (of: ParzenEstimator, ...point: number[]): number => Math.exp(of.logDensity(Float64Array.from(point)));
const middles = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => (k + 0.5) / count);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("a density integrates to one", () => {
  it("over a continuous range, with kernels that are truncated at its ends", () => {
    const of = estimator([continuous(0)], [[0], [0.02], [0.5], [1]]);
    expect(mean(middles(20_000).map((x) => density(of, x)))).toBeCloseTo(1, 6);
  });

  it("over the cells of a grid, whatever their widths against the kernels", () => {
    for (const narrowest of [0.01, 0.1, 0.4]) {
      const of = estimator([grid], [[0], [4], [4], [5], [9]], narrowest);
      expect(Math.abs(sum(Array.from(edges.subarray(1), (_, k) => density(of, k))) - 1)).toBeLessThan(1e-4);
    }
  });

  it("over choices", () => {
    const of = estimator([choice], [[0], [0], [2]]);
    expect(sum([0, 1, 2].map((k) => density(of, k)))).toBeCloseTo(1, 12);
  });

  it("jointly over parameters of every kind, some of which some observations lack", () => {
    const of = estimator(
      [continuous(0), continuous(1, true), grid, choice],
      [
        [0.1, 0.9, 3, 0],
        [0.4, Number.NaN, 4, 1],
        [0.9, 0.2, 9, 1],
      ],
      0.1,
    );
    let total = 0;
    for (const x of middles(40)) {
      for (const y of middles(40)) {
        for (let g = 0; g < edges.length - 1; g++) for (let c = 0; c < 3; c++) total += density(of, x, y, g, c);
      }
    }
    expect(Math.abs(total / 1600 - 1)).toBeLessThan(1e-3);
  });

  it("where there is no observation, being uniform", () => {
    const of = estimator([continuous(0), choice], []);
    expect(density(of, 0.3, 1)).toBeCloseTo(1 / 3, 12);
  });

  it("in many dimensions without loss of digits", () => {
    const axes = Array.from({ length: 300 }, (_, k) => continuous(k));
    const row = axes.map(() => 0);
    const of = estimator(axes, [row]);
    // One kernel at a corner with standard deviation 0.8 sqrt(1/24): 1 / (deviation * sqrt(2 pi) * mass) in each.
    const one = estimator([continuous(0)], [[0]]);
    const peak = 2 * density(one, 0) - 1;
    expect(of.logDensity(Float64Array.from(row)) / (300 * Math.log(peak) + Math.log(0.5))).toBeCloseTo(1, 9);
  });
});

describe("a parameter that is inactive", () => {
  const of = estimator(
    [continuous(0), continuous(1, true)],
    [
      [0.2, Number.NaN],
      [0.7, 0.3],
    ],
  );

  it("is integrated out where a point lacks it", () => {
    const integrated = mean(middles(5000).map((y) => density(of, 0.25, y)));
    expect(density(of, 0.25, Number.NaN)).toBeCloseTo(integrated, 6);
  });

  it("leaves a kernel without it uniform there", () => {
    const alone = estimator([continuous(0), continuous(1, true)], [[0.2, Number.NaN]]);
    expect(density(alone, 0.3, 0.1)).toBeCloseTo(density(alone, 0.3, 0.9), 12);
  });
});

describe("draws", () => {
  const axes = [continuous(0), grid, choice];
  const of = estimator(axes, [
    [0, 3, 0],
    [0.05, 4, 0],
    [0.6, 9, 2],
  ]);
  const random = RandomStream.fromSeed(1);
  const draws = Array.from({ length: 20_000 }, () => {
    const into = new Float64Array(3);
    of.sample(random, into);
    return into;
  });
  const share = (holds: (draw: Float64Array) => boolean): number => draws.filter(holds).length / draws.length;

  it("follow the marginals, within four standard errors", () => {
    const marginals = [of.marginal(0, evenEdges(10)), of.marginal(1, edges), of.marginal(2, evenEdges(3))];
    marginals.forEach((marginal, a) => {
      expect(sum([...marginal])).toBeCloseTo(1, 9);
      marginal.forEach((probability, k) => {
        const observed = share((draw) => (a === 0 ? Math.min(9, Math.floor((draw[0] ?? 0) * 10)) : draw[a]) === k);
        expect(Math.abs(observed - probability)).toBeLessThan(4 * Math.sqrt(0.25 / draws.length));
      });
    });
  });

  it("follow the joint density: the mean of 1 / density over draws is the volume", () => {
    const volume = mean(draws.map((draw) => 1 / Math.exp(of.logDensity(draw))));
    expect(volume / (1 * (edges.length - 1) * 3)).toBeCloseTo(1, 1);
  });
});

describe("weights", () => {
  it("move the density to what weighs more", () => {
    const rows = [Float64Array.of(0.2), Float64Array.of(0.8)];
    const of = (weights: readonly number[]) =>
      new ParzenEstimator([continuous(0)], [0], rows, {
        weights: Float64Array.from(weights),
        priorWeight: 1,
        narrowest: 0.05,
      });
    expect(density(of([3, 1]), 0.2)).toBeGreaterThan(density(of([1, 3]), 0.2));
  });
});
