import { describe, expect, it } from "vitest";
import { minimise, type Slope } from "./lbfgs.js";

const rosenbrock = (at: Float64Array): Slope => {
  const x = at[0]!;
  const y = at[1]!;
  return {
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  };
};

describe("minimise", () => {
  it("walks down Rosenbrock's valley", () => {
    const found = minimise(rosenbrock, Float64Array.of(-1.2, 1), { maxEvaluations: 120, tolerance: 1e-14, maxStep: 2 });
    expect(found.at[0]).toBeCloseTo(1, 5);
    expect(found.at[1]).toBeCloseTo(1, 5);
  });

  it("keeps to its evaluations and never ends above where it started", () => {
    const start = Float64Array.of(-1.2, 1);
    const found = minimise(rosenbrock, start, { maxEvaluations: 5, tolerance: 0, maxStep: 2 });
    expect(found.evaluations).toBeLessThanOrEqual(5);
    expect(found.value).toBeLessThan(rosenbrock(start).value);
  });

  it("backs away from where the function has no value", () => {
    const logBarrier = (at: Float64Array): Slope => ({
      value: at[0]! - Math.log(at[0]!),
      gradient: Float64Array.of(1 - 1 / at[0]!),
    });
    const found = minimise(logBarrier, Float64Array.of(5), { maxEvaluations: 60, tolerance: 1e-14, maxStep: 100 });
    expect(found.at[0]).toBeCloseTo(1, 5);
  });
});
