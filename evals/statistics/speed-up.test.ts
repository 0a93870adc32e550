import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { equivalentWithin, ratioAtMost } from "./non-inferiority.js";
import { effortRatio, speedUp } from "./speed-up.js";

/** Changes only, as courses are kept. */
const course = (...values: readonly number[]) =>
  values.flatMap((value, k) => (value === values[k - 1] ? [] : [{ at: k + 1, value }]));

describe("the ratio of efforts", () => {
  it("compares when both reach what the worse one reaches in the end", () => {
    const fast = course(9, 4, 2, 1);
    const slow = course(9, 9, 9, 4);
    expect(effortRatio(fast, slow, 4)).toBe(2);
    expect(effortRatio(slow, fast, 4)).toBe(0.5);
  });

  it("does not punish who leaps far and then stands", () => {
    const leaping = course(9, 1, 1, 1, 1, 1, 1, 1);
    expect(effortRatio(leaping, course(9, 8, 7, 6, 5, 4, 3, 2), 8)).toBeCloseTo(8 / (1 + 7 / 8), 12);
  });

  it("reads between the middle of where a value held and the leap to the next", () => {
    // 9 holds for trials 1 to 3, and 1 from trial 4: 5 half way between trials 2 and 4.
    const leaping = course(9, 9, 9, 1, 1, 1);
    expect(effortRatio(leaping, course(9, 9, 9, 9, 9, 5), 6)).toBeCloseTo(6 / 3, 12);
    const timed = [
      { at: 0, value: 9 },
      { at: 3, value: 1 },
    ];
    expect(
      effortRatio(
        timed,
        [
          { at: 0, value: 9 },
          { at: 6, value: 5 },
        ],
        6,
        0,
      ),
    ).toBeCloseTo(6 / 2.25, 12);
  });

  it("ends with the budget", () => {
    expect(effortRatio(course(9, 4, 2, 1), course(9, 9, 4, 0), 3)).toBe(3 / 2);
  });

  it("counts one that does not get past the start as slow, not as equal", () => {
    expect(effortRatio(course(9, 9, 4, 3, 2, 1), course(9, 9, 9, 9, 9, 9), 6)).toBeCloseTo(3.5 / 1.5, 12);
  });

  it("is 1 where neither gets anywhere", () => {
    expect(effortRatio(course(9), course(9), 10)).toBe(1);
  });
});

describe("the speed-up over tasks", () => {
  it("is the median, with the same interval whichever way round", () => {
    const random = RandomStream.fromSeed(2);
    const ratios = Array.from({ length: 21 }, () => 2 * Math.exp(0.3 * random.normal()));
    const { median, interval } = speedUp(ratios);
    expect(median).toBeGreaterThan(1.7);
    expect(median).toBeLessThan(2.3);
    expect(interval?.low).toBeGreaterThan(1.4);
    expect(interval?.high).toBeLessThan(2.8);
    const inverse = speedUp(ratios.map((ratio) => 1 / ratio));
    expect(inverse.median).toBeCloseTo(1 / median, 9);
    expect(inverse.interval?.low).toBeCloseTo(1 / (interval?.high ?? 0), 9);
  });

  it("of one task has no interval", () => {
    expect(speedUp([3])).toEqual({ median: expect.closeTo(3, 9) });
  });
});

describe("a limit of a ratio", () => {
  it("holds in at least 95 of 100 samples, and barely more", () => {
    const random = RandomStream.fromSeed(6);
    let held = 0;
    for (let k = 0; k < 1000; k++) {
      const ratios = Array.from({ length: 15 }, () => 1.2 * Math.exp(0.4 * random.normal()));
      if ((ratioAtMost(ratios) ?? 0) >= 1.2) held += 1;
    }
    expect(held).toBeGreaterThan(935);
    expect(held).toBeLessThan(970);
  });

  it("is not below what nothing but equal pairs show, and needs five pairs", () => {
    expect(ratioAtMost([1, 1, 1, 1, 1])).toBe(1);
    expect(ratioAtMost([0.5, 0.5, 0.5, 0.5])).toBeUndefined();
  });

  it("shows equivalence on both sides or not at all", () => {
    const near = [0.97, 1.02, 1.01, 0.99, 1.03, 0.98, 1];
    expect(equivalentWithin(near, 1.1)).toBe(true);
    expect(equivalentWithin(near, 1.01)).toBe(false);
    expect(
      equivalentWithin(
        near.map((ratio) => ratio * 0.8),
        1.1,
      ),
    ).toBe(false);
    expect(equivalentWithin([1, 1, 1], 1.1)).toBe(false);
  });
});
