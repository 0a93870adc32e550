import { describe, expect, it } from "vitest";
import { RandomStream } from "../math/random.js";
import { gainOf, sampleOf } from "./comparison.js";

const minimize = { metric: "loss", direction: "minimize" } as const;

describe("the gain over the default", () => {
  it("has Welch's interval", () => {
    const gain = gainOf(minimize, sampleOf([2.1, 2.0, 2.2]), sampleOf([1.5, 1.7, 1.6]));
    expect(gain.absolute).toBeCloseTo(0.5, 12);
    expect(gain.relative).toBeCloseTo(0.5 / 2.1, 12);
    // Equal variances 0.01 and n = 3: standard error sqrt(0.02 / 3), 4 degrees of freedom, t = 2.776.
    expect(gain.interval?.[0]).toBeCloseTo(0.5 - 2.7764 * Math.sqrt(0.02 / 3), 3);
    expect(gain.interval?.[1]).toBeCloseTo(0.5 + 2.7764 * Math.sqrt(0.02 / 3), 3);
    expect(gain.significant).toBe(true);
  });

  it("is positive where the answer is better, whichever way that is", () => {
    const accuracy = { metric: "accuracy", direction: "maximize" } as const;
    expect(gainOf(accuracy, sampleOf([0.5]), sampleOf([0.75]))).toEqual({
      absolute: 0.25,
      relative: 0.5,
      significant: false,
    });
    expect(gainOf(minimize, sampleOf([-1]), sampleOf([-3])).relative).toBe(2);
  });

  it("claims nothing by one seed, unless repeats are known to be exact", () => {
    const [fallback, best] = [sampleOf([3]), sampleOf([2])];
    expect(gainOf(minimize, fallback, best)).toMatchObject({ absolute: 1, significant: false });
    expect(gainOf(minimize, fallback, best)).not.toHaveProperty("interval");
    expect(gainOf(minimize, fallback, best, true)).toMatchObject({ interval: [1, 1], significant: true });
    expect(gainOf(minimize, sampleOf([3, 3]), sampleOf([3, 3]))).toMatchObject({
      interval: [0, 0],
      significant: false,
    });
  });

  it("has no share of a default of zero", () => {
    expect(gainOf(minimize, sampleOf([0, 0]), sampleOf([-1, -1]))).not.toHaveProperty("relative");
  });

  it("is called significant by mistake in about one of forty comparisons", () => {
    const random = RandomStream.fromSeed(8);
    const draw = (): readonly number[] => Array.from({ length: 3 }, () => random.normal());
    let mistaken = 0;
    for (let k = 0; k < 2000; k++) {
      if (gainOf(minimize, sampleOf(draw()), sampleOf(draw())).significant) mistaken++;
    }
    // 2.5 % of 2,000 is 50; Welch errs to the safe side with three values.
    expect(mistaken).toBeGreaterThan(10);
    expect(mistaken).toBeLessThan(70);
  });
});
