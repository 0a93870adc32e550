import { describe, expect, it } from "vitest";
import { expectedImprovement, logExpectedImprovement, logExpectedImprovementSlope } from "./acquisition.js";

/** Trapezoid over the improving side, 10 standard deviations down from the best value or the mean. */
function integratedImprovement(mean: number, deviation: number, best: number): number {
  const from = Math.min(mean, best) - 10 * deviation;
  const steps = 200_000;
  const width = (best - from) / steps;
  let sum = 0;
  for (let k = 1; k < steps; k++) {
    const f = from + k * width;
    const z = (f - mean) / deviation;
    sum += (best - f) * Math.exp(-0.5 * z * z);
  }
  return (sum * width) / (deviation * Math.sqrt(2 * Math.PI));
}

describe("expected improvement", () => {
  it.each([
    { mean: 0, deviation: 1, best: 0 },
    { mean: 1.2, deviation: 0.3, best: 1 },
    { mean: 1, deviation: 0.4, best: 3 },
    { mean: -5, deviation: 2, best: -11 },
    { mean: 10, deviation: 1, best: 2 },
    { mean: 30, deviation: 1, best: 0 },
  ])("agrees with numeric integration at mean $mean, deviation $deviation, best $best", (at) => {
    const integrated = integratedImprovement(at.mean, at.deviation, at.best);
    expect(expectedImprovement(at.mean, at.deviation, at.best) / integrated).toBeCloseTo(1, 6);
    expect(logExpectedImprovement(at.mean, at.deviation, at.best)).toBeCloseTo(Math.log(integrated), 6);
  });

  it("is the certain improvement where nothing is uncertain", () => {
    expect(expectedImprovement(1, 0, 3)).toBe(2);
    expect(expectedImprovement(3, 0, 1)).toBe(0);
    expect(logExpectedImprovement(3, 0, 1)).toBe(-Infinity);
  });

  it("keeps a slope in the log where the improvement underflows", () => {
    const far = [50, 200, 999, 1001, 1e5].map((mean) => logExpectedImprovement(mean, 1, 0));
    for (const value of far) expect(Number.isFinite(value)).toBe(true);
    expect([...far].sort((a, b) => b - a)).toEqual(far);
    expect(expectedImprovement(50, 1, 0)).toBe(0);
  });

  it.each([-1, -2, -1000])("is continuous where its form changes, at z = %d", (z) => {
    const above = logExpectedImprovement(-z - 1e-9, 1, 0);
    const below = logExpectedImprovement(-z + 1e-9, 1, 0);
    // The slope of the log there is about |z|, over a distance of 2e-9.
    expect(Math.abs(above - below)).toBeLessThan(1e-8 * Math.max(1, Math.abs(z)));
  });
});

describe("logExpectedImprovementSlope", () => {
  it.each([
    [0.2, 0.5, 0.6],
    [1, 0.3, 0],
    [4, 0.2, 0],
    [50, 0.5, 0],
    [3000, 1, 0],
  ])(
    "has the value and the derivatives of the log improvement: mean %d, deviation %d, best %d",
    (mean, deviation, best) => {
      const { value, byMean, byDeviation } = logExpectedImprovementSlope(mean, deviation, best);
      expect(value).toBe(logExpectedImprovement(mean, deviation, best));
      const step = 1e-5 * deviation;
      const difference = (up: number, down: number) => (up - down) / (2 * step);
      const numericMean = difference(
        logExpectedImprovement(mean + step, deviation, best),
        logExpectedImprovement(mean - step, deviation, best),
      );
      const numericDeviation = difference(
        logExpectedImprovement(mean, deviation + step, best),
        logExpectedImprovement(mean, deviation - step, best),
      );
      expect(byMean / numericMean).toBeCloseTo(1, 4);
      expect(byDeviation / numericDeviation).toBeCloseTo(1, 4);
    },
  );
});
