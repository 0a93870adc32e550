import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { type EncodedPoint, SearchSpace } from "../../space/index.js";
import { trialPoint } from "./mutant.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "float", name: "y", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "categorical", name: "c", choices: ["a", "b", "c", "d"], default: "a" },
  ],
  constraints: [],
  derived: [],
});
const at = (x: number, y: number, c: number): EncodedPoint => ({ numeric: [x, y], categorical: [c] });
const parents = { target: at(0.5, 0.1, 0), guide: at(0.7, 0.1, 1), first: at(0.4, 0.1, 2), second: at(0.3, 0.9, 0) };

const trials = (scaleFactor: number, crossoverRate: number, of = parents) => {
  const random = RandomStream.fromSeed(1);
  return Array.from({ length: 2000 }, () => trialPoint(space, of, { scaleFactor, crossoverRate }, random));
};

describe("a trial point", () => {
  it("steps towards the guide and along the difference of two others", () => {
    for (const { numeric } of trials(0.5, 1)) expect(numeric[0]).toBeCloseTo(0.5 + 0.5 * 0.2 + 0.5 * 0.1, 12);
  });

  it("stops half-way to a border that it would cross", () => {
    for (const { numeric } of trials(0.5, 1)) expect(numeric[1]).toBeCloseTo(0.05, 12);
  });

  it("differs from its target in one numeric coordinate at most where the crossover rate is zero", () => {
    const moved = trials(0.5, 0).map(({ numeric }) => numeric.filter((x, j) => x !== parents.target.numeric[j]).length);
    expect(Math.max(...moved)).toBe(1);
    expect(moved.filter((count) => count === 1).length).toBeGreaterThan(1000);
  });

  it("takes choices from the guide and the first of the others with probability F each", () => {
    const choices = trials(0.5, 1).map(({ categorical }) => categorical[0]);
    const share = (choice: number) => choices.filter((c) => c === choice).length / choices.length;
    // 0.95 of the trials follow the parents; 0.05 take any of the four choices.
    expect(share(2)).toBeCloseTo(0.95 * 0.5 + 0.05 / 4, 1);
    expect(share(1)).toBeCloseTo(0.95 * 0.25 + 0.05 / 4, 1);
    expect(share(0)).toBeCloseTo(0.95 * 0.25 + 0.05 / 4, 1);
    expect(share(3)).toBeGreaterThan(0);
    expect(share(3)).toBeLessThan(0.03);
  });

  it("leaves a choice alone, but for the free ones, where all parents agree", () => {
    const agreed = { target: at(0.5, 0.5, 1), guide: at(0.6, 0.5, 1), first: at(0.4, 0.5, 1), second: at(0.3, 0.5, 1) };
    const others = trials(0.9, 1, agreed).filter(({ categorical }) => categorical[0] !== 1).length;
    expect(others / 2000).toBeLessThan(0.06);
    expect(others).toBeGreaterThan(0);
  });
});
