import { describe, expect, it } from "vitest";
import { studentCdf, studentQuantile } from "./student.js";

describe("Student's t", () => {
  // Table values, for example Abramowitz and Stegun 26.10.
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.975, 4, 2.77645],
    [0.95, 10, 1.81246],
    [0.995, 30, 2.75],
    [0.975, 1000, 1.96234],
  ])("quantile %s at %s degrees of freedom is %s", (p, df, t) => {
    expect(studentQuantile(p, df)).toBeCloseTo(t, 4);
  });

  it("is the inverse of the distribution function, also between whole degrees of freedom", () => {
    for (const df of [1, 2.5, 7.3, 40]) {
      for (const p of [0.01, 0.2, 0.5, 0.9, 0.999]) expect(studentCdf(studentQuantile(p, df), df)).toBeCloseTo(p, 10);
    }
  });
});
