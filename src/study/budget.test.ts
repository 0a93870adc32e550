import { describe, expect, it } from "vitest";
import { budgetStop, secondsLeft, type Use } from "./budget.js";

const use = (changed: Partial<Use> = {}): Use => ({ trials: 4, seconds: 50, failuresInARow: 0, ...changed });

describe("a budget", () => {
  const budget = { trials: 10, seconds: 100, failuresInARow: 3 };

  it("lets the search go on while every part of it lasts", () => {
    expect(budgetStop(budget, use({ trials: 9, seconds: 99.9, failuresInARow: 2 }))).toBeUndefined();
    expect(budgetStop({}, use({ trials: 1e6, seconds: 1e9, failuresInARow: 1e3 }))).toBeUndefined();
  });

  it("stops it by name, at the limit and not one trial later", () => {
    expect(budgetStop(budget, use({ trials: 10 }))).toEqual({
      reason: "trials_used",
      detail: "all 10 trials of the budget are used",
    });
    expect(budgetStop(budget, use({ seconds: 100 }))).toEqual({
      reason: "time_used",
      detail: "the time of the budget (100 s) is used",
    });
    expect(budgetStop(budget, use({ failuresInARow: 3 }))).toEqual({
      reason: "failures_in_a_row",
      detail: "3 trials failed one after the other",
    });
  });
});

describe("the time left", () => {
  const durations = [100, 100, 100, ...Array<number>(10).fill(4)];

  it("is what the remaining trials take at the pace of the last ten, by slots, and the re-evaluation after them", () => {
    expect(secondsLeft({ trials: 10 }, use(), durations, 1, 0)).toBe(6 * 4);
    expect(secondsLeft({ trials: 10 }, use(), durations, 4, 0)).toBe(2 * 4);
    expect(secondsLeft({ trials: 10 }, use(), durations, 4, 6)).toBe(2 * 4 + 2 * 4);
  });

  it("is not moved by one slow trial", () => {
    expect(secondsLeft({ trials: 10 }, use(), [4, 4, 4, 900, 4], 1, 0)).toBe(24);
  });

  it("ends with the time of the budget where that is shorter", () => {
    expect(secondsLeft({ trials: 1000, seconds: 60 }, use(), durations, 1, 0)).toBe(10);
    expect(secondsLeft({ trials: 4, seconds: 10 }, use(), durations, 1, 0)).toBe(0);
  });

  it("is not guessed: unknown before the first trial has ended, and without a budget that ends it", () => {
    expect(secondsLeft({ trials: 10 }, use(), [], 1, 0)).toBeUndefined();
    expect(secondsLeft({}, use(), durations, 1, 0)).toBeUndefined();
  });
});
