import { describe, expect, it } from "vitest";
import { matern52, matern52Gradient, matern52Pairs, pairwiseGroupDistances, scaledSquaredDistance } from "./matern.js";

const points = [Float64Array.of(0.1, 0.7, 0, 1), Float64Array.of(0.4, 0.7, 1, 0), Float64Array.of(0.1, 0.7, 0, 1)];
/** The last two features are one-hot columns of one parameter. */
const groups = { of: Int32Array.of(0, 1, 2, 2), count: 3 };
const precision = Float64Array.of(4, 1, 0.25);

describe("Matern 5/2", () => {
  it("is 1 at distance 0 and has the known value at distance 1", () => {
    expect(matern52(0)).toBe(1);
    expect(matern52(1)).toBeCloseTo((1 + Math.sqrt(5) + 5 / 3) * Math.exp(-Math.sqrt(5)), 15);
  });

  it("adds up distances by group, each at its own length scale", () => {
    expect(scaledSquaredDistance(points[0]!, points[1]!, groups, precision)).toBeCloseTo(4 * 0.09 + 0.25 * 2, 12);
    expect([...pairwiseGroupDistances(points, groups)].map((d) => Math.round(d * 1e9) / 1e9)).toEqual([
      0.09, 0, 2, 0, 0, 0, 0.09, 0, 2,
    ]);
  });

  it("has the gradient that finite differences show, coinciding points included", () => {
    const distances = pairwiseGroupDistances(points, groups);
    const weights = Float64Array.of(0.7, -1.3, 0.4);
    const weighted = (logScales: readonly number[]): number => {
      const values = new Float64Array(3);
      matern52Pairs(
        distances,
        Float64Array.from(logScales, (l) => Math.exp(-2 * l)),
        values,
        new Float64Array(3),
      );
      return values.reduce((sum, k, pair) => sum + k * weights[pair]!, 0);
    };
    const at = [-0.3, 0.2, 0.5];
    const slopes = new Float64Array(3);
    const scales = Float64Array.from(at, (l) => Math.exp(-2 * l));
    matern52Pairs(distances, scales, new Float64Array(3), slopes);
    const gradient = matern52Gradient(distances, scales, slopes, weights);
    at.forEach((_, g) => {
      const moved = (by: number): number => weighted(at.map((l, k) => (k === g ? l + by : l)));
      expect(gradient[g]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 8);
    });
  });
});
