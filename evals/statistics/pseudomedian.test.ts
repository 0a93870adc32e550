import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { pseudomedian, pseudomedianInterval } from "./pseudomedian.js";
import { criticalRankSum, signedRankTail } from "./signed-rank-distribution.js";
import { wilcoxon } from "./wilcoxon.js";

describe("the critical rank sum", () => {
  it.each([
    // Tables of Wilcoxon and Wilcox (1964), two-sided 5 %.
    [6, 0],
    [8, 3],
    [10, 8],
    [14, 21],
    [20, 52],
    [25, 89],
  ])("of %d pairs at 5 % is %d", (pairs, sum) => {
    expect(criticalRankSum(pairs, 0.025)).toBe(sum);
  });

  it("does not exist for five pairs, whose rarest result has p = 0.0625", () => {
    expect(criticalRankSum(5, 0.025)).toBe(-1);
    expect(2 * signedRankTail([1, 2, 3, 4, 5], 0)).toBe(0.0625);
  });

  it("goes over to the normal approximation without a jump", () => {
    expect(criticalRankSum(51, 0.025) - criticalRankSum(50, 0.025)).toBeGreaterThan(10);
    expect(criticalRankSum(51, 0.025) - criticalRankSum(50, 0.025)).toBeLessThan(25);
  });
});

describe("the pseudomedian", () => {
  it("is that of the depression data of Hollander and Wolfe (1973): -0.46 with an interval from -0.786 to -0.010", () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const changes = after.map((value, k) => value - (before[k] ?? 0));
    expect(pseudomedian(changes)).toBeCloseTo(-0.46, 3);
    // 96.1 %: the largest level below 5 % that nine pairs have.
    const { low, high } = pseudomedianInterval(changes) ?? { low: Number.NaN, high: Number.NaN };
    expect(low).toBeCloseTo(-0.786, 3);
    expect(high).toBeCloseTo(-0.01, 3);
  });

  it("has an interval without 0 exactly where the signed-rank test rejects", () => {
    const random = RandomStream.fromSeed(5);
    let rejected = 0;
    for (let k = 0; k < 200; k++) {
      const sample = Array.from({ length: 12 }, () => 0.5 + random.normal());
      const { low, high } = pseudomedianInterval(sample) ?? { low: Number.NaN, high: Number.NaN };
      const rejects = wilcoxon(sample, new Array<number>(12).fill(0)).p <= 0.05;
      expect(low > 0 || high < 0).toBe(rejects);
      if (rejects) rejected += 1;
    }
    expect(rejected).toBeGreaterThan(20);
    expect(rejected).toBeLessThan(180);
  });

  it("has no interval where there are too few values", () => {
    expect(pseudomedianInterval([1, 2, 3, 4, 5])).toBeUndefined();
    expect(pseudomedian([])).toBeNaN();
  });
});
