import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "./normal-distribution.js";

/** Published values; SciPy 1.17 gives the same to twelve digits. */
const reference = [
  [0, 0.5],
  [0.3, 0.6179114221889526],
  [1, 0.8413447460685429],
  [1.959963984540054, 0.975],
  [-2.5, 0.006209665325776132],
  [-3, 0.0013498980316300933],
  [-6, 9.865876450376946e-10],
  [-10, 7.619853024160525e-24],
  [-30, 4.906713927148187e-198],
] as const;

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

describe("normalCdf", () => {
  it.each(reference)("at %d is %d to twelve digits, tails included", (x, p) => {
    expect(relative(normalCdf(x), p)).toBeLessThan(1e-12);
    expect(normalCdf(-x)).toBeCloseTo(1 - p, 14);
  });

  it("is continuous where its two formulas meet", () => {
    const seam = -2 * Math.SQRT2;
    expect(relative(normalCdf(seam + 1e-12), normalCdf(seam - 1e-12))).toBeLessThan(1e-10);
  });
});

describe("normalQuantile", () => {
  it.each(reference.filter(([x]) => x < 2))("inverts the distribution function at %d", (x, p) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(1e-12 * Math.max(1, Math.abs(x)));
  });

  it("gives the quantile of chi-squared with one degree of freedom as its square", () => {
    expect(normalQuantile(0.025) ** 2).toBeCloseTo(3.841458820694124, 12); // 95 %
    expect(normalQuantile(0.25) ** 2).toBeCloseTo(0.454936423119572, 12); // 50 %
  });

  it("is infinite at the ends and not a number beyond", () => {
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(normalQuantile(1.1)).toBeNaN();
  });
});
