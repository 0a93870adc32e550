import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { friedman } from "./friedman.js";
import { holm } from "./holm.js";
import { criticalDifference, indistinguishable } from "./nemenyi.js";
import { averageRanks } from "./ranks.js";
import { chiSquaredTail, fTail } from "./tails.js";
import { wilcoxon } from "./wilcoxon.js";

/** Ranks of C4.5 with neither, either and both of two parameters tuned (Demsar 2006, table 6). */
const demsarRanks = [
  [4, 3, 2, 1],
  [1, 2, 3, 4],
  [4, 1, 2, 3],
  [4, 1, 3, 2],
  [4, 2, 3, 1],
  [1, 2.5, 4, 2.5],
  [3, 2, 4, 1],
  [2.5, 2.5, 4, 1],
  [4, 3, 2, 1],
  [2.5, 2.5, 2.5, 2.5],
  [4, 2.5, 1, 2.5],
  [3, 2, 4, 1],
  [4, 1, 2, 3],
  [3, 1, 4, 2],
];

const zeros = (values: readonly number[]) => values.map(() => 0);

describe("tails of distributions", () => {
  it.each([
    [3.84, 1, 0.05004352124870519],
    [69.7, 6, 4.711111819662728e-13],
    [0.5, 10, 0.999993388289439],
    [25, 9, 0.002971180485917624],
  ])("chi-squared beyond %d with %d degrees of freedom is scipy's", (x, freedom, p) => {
    expect(chiSquaredTail(x, freedom) / p).toBeCloseTo(1, 9);
  });

  it.each([
    [3.1, 3, 20, 0.0499245330456787],
    [9.28, 6, 114, 2.822516271404476e-8],
    [0.4, 5, 7, 0.8348334275037029],
  ])("F beyond %d with %d and %d degrees of freedom is scipy's", (x, d1, d2, p) => {
    expect(fTail(x, d1, d2) / p).toBeCloseTo(1, 9);
  });
});

describe("ranks", () => {
  it("start at 1, and equal values share theirs", () => {
    expect(averageRanks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
    expect(averageRanks([5, 5, 5])).toEqual([2, 2, 2]);
  });
});

describe("Friedman's test", () => {
  it("agrees with scipy where there are ties", () => {
    const scores = [
      [0.1, 0.1, 0.6, 0.1],
      [-0.5, 0.4, 1.3, 0.9],
      [-0.7, -1.3, -0.6, 0.0],
      [-2.3, -0.2, -1.2, -0.7],
      [-0.5, -0.3, 0.4, 1.0],
      [-0.1, 1.4, -0.7, 0.4],
      [0.9, 0.1, -0.7, -0.9],
      [-0.5, 0.2, -1.0, -0.2],
    ];
    const { chiSquared, p } = friedman(scores);
    expect(chiSquared).toBeCloseTo(3, 10);
    expect(p).toBeCloseTo(0.3916251762710897, 10);
  });

  it("computes the example of Demsar (2006), decision trees on 14 data sets", () => {
    const { meanRanks, chiSquared } = friedman(demsarRanks);
    [3.143, 2.0, 2.893, 1.964].forEach((rank, k) => {
      expect(meanRanks[k]).toBeCloseTo(rank, 3);
    });
    // He does not correct for the ties: three pairs and one of all four.
    const correction = 1 - (3 * (2 ** 3 - 2) + (4 ** 3 - 4)) / (14 * (4 ** 3 - 4));
    const uncorrected = chiSquared * correction;
    expect(uncorrected).toBeCloseTo(9.28, 2);
    const f = (13 * uncorrected) / (14 * 3 - uncorrected);
    expect(f).toBeCloseTo(3.69, 2);
    expect(fTail(f, 3, 39)).toBeLessThan(0.05);
  });

  it("gives the statistic of Iman and Davenport from the corrected one", () => {
    const test = friedman(Array.from({ length: 6 }, (_, k) => (k < 5 ? [1, 2, 3] : [2, 1, 3])));
    expect(test.meanRanks).toEqual([7 / 6, 11 / 6, 3]);
    expect(test.imanDavenport.f).toBeCloseTo((5 * test.chiSquared) / (12 - test.chiSquared), 9);
  });

  it("finds nothing where all are equal, and everything where all agree", () => {
    const equal = Array.from({ length: 4 }, () => [1, 1]);
    expect(friedman(equal)).toMatchObject({ chiSquared: 0, p: 1 });
    const agreed = friedman(Array.from({ length: 9 }, () => [1, 2, 3]));
    expect(agreed.imanDavenport).toEqual({ f: Number.POSITIVE_INFINITY, p: 0 });
  });
});

describe("Nemenyi's critical difference", () => {
  it.each([
    [7, 20, 2.01],
    [7, 50, 1.27],
    [5, 20, 1.36],
    [5, 50, 0.86],
    [9, 20, 2.69],
  ])("of %d methods on %d tasks is %d", (methods, tasks, expected) => {
    expect(criticalDifference(methods, tasks)).toBeCloseTo(expected, 2);
  });

  it("of 4 methods on 14 data sets is that of Demsar (2006), and there is none of one method", () => {
    expect(criticalDifference(4, 14)).toBeCloseTo(1.25, 2);
    expect(() => criticalDifference(1, 20)).toThrow(RangeError);
  });

  it("joins methods whose mean ranks lie close, each set once and none inside another", () => {
    expect(indistinguishable([3.0, 1.0, 1.8, 2.7], 1)).toEqual([
      [1, 2],
      [2, 3],
      [3, 0],
    ]);
    expect(indistinguishable([1, 3, 5], 1)).toEqual([]);
  });
});

describe("Wilcoxon's signed-rank test", () => {
  it("is exact for few pairs, as scipy is on the depression data of Hollander and Wolfe (1973)", () => {
    const first = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const second = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    expect(wilcoxon(first, second)).toMatchObject({ smaller: 5, larger: 40, exact: true });
    expect(wilcoxon(first, second).p).toBeCloseTo(0.0390625, 12);
    expect(wilcoxon(second, first).p).toBeCloseTo(0.0390625, 12);
  });

  it("is exact for 40 pairs", () => {
    const differences = [
      2.0394, -0.1959, 0.629, 0.0414, 1.8835, 1.6204, 0.9334, -1.9035, 0.352, 0.9837, 1.304, -0.3179, 2.122, -1.0204,
      -0.3615, 1.235, 0.3491, 2.3024, 0.4885, -0.3332, -0.0776, -0.7911, -0.9777, 0.9304, 0.8812, 1.5946, -0.4546,
      1.9891, 0.0126, 1.8744, -0.1328, -0.4355, 0.5498, 1.3315, 0.461, -0.2855, -1.0412, -1.1015, 0.8027, 1.2897,
    ];
    const test = wilcoxon(differences, zeros(differences));
    expect(test).toMatchObject({ smaller: 224, exact: true });
    expect(test.p).toBeCloseTo(0.011536851214259514, 12);
  });

  it("leaves equal pairs out, and with ties is near the approximation that is corrected for them", () => {
    const differences = [
      0.1, 0.8, 0.5, 0.7, -0.4, 0.2, 1.1, 1.8, -1.0, 1.8, 1.6, 1.1, 0.6, 0, 1.8, 2.3, 2.1, 1.6, 0.7, -0.9, 0.3, 1.0,
      -1.0, 0.7, 0.7, 1.0, -0.9, -0.4, -0.1, -0.9,
    ];
    const test = wilcoxon(differences, zeros(differences));
    expect(test).toMatchObject({ pairs: 29, smaller: 94.5, exact: true });
    // 2,000,000 random signs in scipy 1.17.1: 0.006565; its approximation: 0.00776.
    expect(test.p).toBeCloseTo(0.006565, 3);
  });

  it("finds five wins in a row, even of one size, no rarer than they are", () => {
    expect(wilcoxon([1, 1, 1, 1, 1], [0, 0, 0, 0, 0]).p).toBe(2 / 2 ** 5);
  });

  it("finds that tuning C4.5 pays, as Demsar (2006, table 2) does", () => {
    const plain = [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1, 0.94, 0.619, 0.972, 0.957];
    const tuned = [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1, 0.962, 0.666, 0.981, 0.978];
    // Rounded, so that 0.768 - 0.763 and 0.936 - 0.931 tie as they do on paper.
    const test = wilcoxon(
      tuned.map((value, k) => Number((value - (plain[k] ?? 0)).toFixed(3))),
      zeros(plain),
    );
    // Two equal pairs are left out here; there their ranks are split evenly: 93 and 12 of 105.
    expect(test).toMatchObject({ pairs: 12, larger: 71.5, smaller: 6.5 });
    expect(test.p).toBeLessThan(0.05);
  });

  it("finds nothing in pairs that are all equal", () => {
    expect(wilcoxon([1, 2], [1, 2])).toMatchObject({ pairs: 0, p: 1 });
  });

  it("rejects a true hypothesis as often as the distribution of 12 pairs allows, in 4.25 % of samples", () => {
    const random = RandomStream.fromSeed(4);
    let rejected = 0;
    for (let k = 0; k < 3000; k++) {
      const sample = Array.from({ length: 12 }, () => random.normal());
      if (wilcoxon(sample, zeros(sample)).p <= 0.05) rejected += 1;
    }
    // Four standard errors.
    expect(Math.abs(rejected / 3000 - 0.0425)).toBeLessThan(0.0148);
  });
});

describe("Holm's method", () => {
  it("multiplies the smallest by their number, the next by one less, and never falls", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((expected, k) => {
      expect(adjusted[k]).toBeCloseTo(expected, 12);
    });
    expect(holm([0.6, 0.7])).toEqual([1, 1]);
  });

  it("rejects the two that Demsar (2006) rejects against C4.5, and not the third", () => {
    const [both, first, second] = holm([0.016, 0.019, 0.607]);
    expect(both).toBeLessThan(0.05);
    expect(first).toBeLessThan(0.05);
    expect(second).toBeCloseTo(0.607, 12);
  });
});
