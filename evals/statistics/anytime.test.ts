import { describe, expect, it } from "vitest";
import { effortToReach, meanBetween, meanSteps, valueAt } from "./anytime.js";

describe("a course of steps", () => {
  const steps = [
    { at: 1, value: 5 },
    { at: 3, value: 3 },
    { at: 4, value: 4 },
  ];

  it("has the value of its last step, and none before its first", () => {
    expect([0, 1, 2, 3, 4, 9].map((at) => valueAt(steps, at))).toEqual([Number.NaN, 5, 5, 3, 4, 4]);
  });

  it("reaches a level at some point or never", () => {
    expect(effortToReach(steps, 3.5)).toBe(3);
    expect(effortToReach(steps, 2)).toBeUndefined();
  });

  it("has a mean by the width of its steps", () => {
    expect(meanBetween(steps, 1, 5)).toBe((5 + 5 + 3 + 4) / 4);
    expect(meanBetween(steps, 2.5, 3.5)).toBe((5 * 0.5 + 3 * 0.5) / 1);
    expect(meanBetween(steps, 9, 9)).toBe(4);
    expect(meanBetween(steps, 0, 5)).toBeNaN();
  });
});

describe("the mean of courses", () => {
  it("changes wherever one of them does, from where all have begun", () => {
    const courses = [
      [
        { at: 1, value: 4 },
        { at: 3, value: 2 },
      ],
      [
        { at: 2, value: 8 },
        { at: 3, value: 0 },
        { at: 5, value: 1 },
      ],
    ];
    expect(meanSteps(courses)).toEqual([
      { at: 2, value: 6 },
      { at: 3, value: 1 },
      { at: 5, value: 1.5 },
    ]);
    expect(meanSteps([])).toEqual([]);
  });
});
