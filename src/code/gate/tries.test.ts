import { describe, expect, test } from "vitest";
import { nextLevel, noTries, triesSchema } from "./tries.js";

describe("the level of the next test", () => {
  test("adds up to no more than 5 % over a study in which nothing is ever kept", () => {
    let spent = 0;
    for (let begun = 0; begun < 100_000; begun++) spent += nextLevel({ ...noTries, begun }, 0.95);
    expect(spent).toBeLessThan(0.05);
    expect(spent).toBeGreaterThan(0.049);
  });

  test("falls with every try and rises with every version that was kept", () => {
    const levelAt = (begun: number, kept: number) => nextLevel({ ...noTries, begun, kept }, 0.95);
    expect(levelAt(0, 0)).toBeCloseTo(0.0058, 3);
    expect(levelAt(10, 0)).toBeLessThan(levelAt(9, 0));
    expect(levelAt(10, 2)).toBeCloseTo(3 * levelAt(10, 0), 10);
  });

  test("never exceeds 2 %", () => {
    expect(nextLevel({ ...noTries, begun: 5, kept: 5 }, 0.6)).toBe(0.02);
  });

  test("is a function of what is stored", () => {
    const tries = { begun: 12, kept: 3, simplified: 1 };
    expect(triesSchema.parse(JSON.parse(JSON.stringify(tries)))).toEqual(tries);
  });
});
