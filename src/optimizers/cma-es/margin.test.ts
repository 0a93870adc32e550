import { describe, expect, it } from "vitest";
import { normalCdf } from "../../math/normal-distribution.js";
import { at } from "../../math/vector.js";
import { cellOf, type Grid, gridOf, snap } from "./grid.js";
import { correctMargin, type DiscreteMarginal, type MarginRule } from "./margin.js";

const powers = gridOf([0, 1 / 3, 2 / 3, 1]);
const uneven = gridOf([0, 0.1, 0.7, 1]);
const binary = gridOf([0, 1]);
const rules: readonly MarginRule[] = ["cma-es-with-margin", "catcma-with-margin"];

/** Probability that a sample falls into another cell than the mean's. */
function leaving({ mean, scale }: DiscreteMarginal, grid: Grid, deviation: number): number {
  const cell = cellOf(grid, mean);
  const low = cell > 0 ? normalCdf((at(grid.thresholds, cell - 1) - mean) / (scale * deviation)) : 0;
  const isLast = cell === grid.thresholds.length;
  const high = isLast ? 0 : 1 - normalCdf((at(grid.thresholds, cell) - mean) / (scale * deviation));
  return low + high;
}

describe("grid", () => {
  it("puts thresholds half-way between neighbours, and what lies on one into the lower cell", () => {
    const grid = gridOf([0, 0.125, 0.625, 1]);
    expect(snap(grid, 0.37)).toBe(0.125);
    expect(snap(grid, 0.375)).toBe(0.125);
    expect(snap(grid, 0.38)).toBe(0.625);
    expect(snap(grid, -5)).toBe(0);
    expect(snap(grid, 5)).toBe(1);
  });
});

describe.each(rules)("correctMargin after %s", (rule) => {
  const margin = 0.1;

  it.each([
    ["evenly spaced", powers],
    ["unevenly spaced", uneven],
    ["binary", binary],
  ])("leaves a share of at least the margin to other cells, %s", (_, grid) => {
    for (let mean = -0.2; mean <= 1.2; mean += 0.0437) {
      for (const deviation of [1e-9, 1e-3, 0.05, 0.3, 2]) {
        const corrected = correctMargin({ mean, scale: 1, mutationRate: 0.5 }, grid, deviation, margin, true, rule);
        expect(leaving(corrected, grid, deviation)).toBeGreaterThan(margin * 0.999);
        expect(cellOf(grid, corrected.mean)).toBe(cellOf(grid, mean));
      }
    }
  });

  it("changes nothing where the distribution is wide enough already", () => {
    const marginal = { mean: 0.36, scale: 1, mutationRate: 0.5 };
    const corrected = correctMargin(marginal, powers, 0.2, margin, true, rule);
    expect(corrected.mean).toBeCloseTo(0.36, 12);
    expect(corrected.scale).toBeCloseTo(1, 12);
  });

  it("has an answer for a mean that lies exactly on a threshold", () => {
    for (const grid of [binary, powers]) {
      const corrected = correctMargin({ mean: 0.5, scale: 1, mutationRate: 0.5 }, grid, 0.1, margin, true, rule);
      expect(corrected.scale).toBeGreaterThan(0);
      expect(leaving(corrected, grid, 0.1)).toBeGreaterThan(margin * 0.999);
    }
  });
});

describe("the mutation rate", () => {
  it("does not rise while no mutation succeeds", () => {
    const marginal = { mean: 1 / 3, scale: 1, mutationRate: 0.2 };
    const limited = correctMargin(marginal, powers, 0.3, 0.1, false, "catcma-with-margin");
    expect(leaving(limited, powers, 0.3)).toBeCloseTo(0.2, 6);
    const free = correctMargin(marginal, powers, 0.3, 0.1, true, "catcma-with-margin");
    expect(leaving(free, powers, 0.3)).toBeGreaterThan(0.5);
  });

  it("stays defined where it has come down to the margin itself", () => {
    for (const margin of [0.1, 0.25]) {
      const marginal = { mean: 1 / 3, scale: 1, mutationRate: margin };
      const corrected = correctMargin(marginal, powers, 1e-6, margin, false, "catcma-with-margin");
      expect(leaving(corrected, powers, 1e-6)).toBeCloseTo(margin, 9);
    }
  });
});
