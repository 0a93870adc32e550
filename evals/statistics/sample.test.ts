import { describe, expect, it } from "vitest";
import { mean, quantile } from "./sample.js";

describe("a sample", () => {
  it("has a mean", () => {
    expect(mean([1, 2, 6])).toBe(3);
  });

  it("has quantiles between its two nearest values, whatever its order", () => {
    const values = [40, 10, 30, 20];
    expect([0, 0.25, 0.5, 0.95, 1].map((share) => quantile(values, share))).toEqual([10, 17.5, 25, 38.5, 40]);
    expect(values).toEqual([40, 10, 30, 20]);
    expect(quantile([7], 0.3)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
