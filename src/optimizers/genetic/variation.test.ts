import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { type EncodedPoint, SearchSpace } from "../../space/index.js";
import { crossover, mutate } from "./variation.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "float", name: "y", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "int", name: "n", low: 1, high: 10, scale: "linear", default: 1 },
    { kind: "categorical", name: "c", choices: ["a", "b", "c"], default: "a" },
  ],
  constraints: [],
  derived: [],
});
const deviations = [0.1, 0.1, 0.1];
const average = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

describe("crossover", () => {
  const a: EncodedPoint = { numeric: [0.4, 0, 0.05], categorical: [0] };
  const b: EncodedPoint = { numeric: [0.5, 1, 0.05], categorical: [2] };
  const random = RandomStream.fromSeed(1);
  const children = Array.from({ length: 4000 }, () => crossover(a, b, random));

  it("stays within the range and takes choices from either parent", () => {
    for (const { numeric, categorical } of children) {
      for (const x of numeric) expect(x >= 0 && x <= 1).toBe(true);
      expect([0, 2]).toContain(categorical[0]);
    }
  });

  it("keeps the parents' mean, and spreads around them by their distance", () => {
    const x = children.map(({ numeric }) => numeric[0] ?? 0);
    const deviation = Math.sqrt(average(x.map((v) => (v - 0.45) ** 2)));
    expect(Math.abs(average(x) - 0.45)).toBeLessThan((6 * deviation) / Math.sqrt(4000));
    expect(deviation).toBeGreaterThan(0.04);
    expect(deviation).toBeLessThan(0.12);
    expect(Math.min(...x)).toBeLessThan(0.4);
    expect(Math.max(...x)).toBeGreaterThan(0.5);
  });

  it("changes nothing that the parents have in common", () => {
    for (const { numeric } of children) expect(numeric[2]).toBe(0.05);
  });
});

describe("mutation", () => {
  const point: EncodedPoint = { numeric: [0.5, 0.02, 0.05], categorical: [1] };
  const mutants = (probability: number, strength: number) => {
    const random = RandomStream.fromSeed(2);
    return Array.from({ length: 2000 }, () => mutate(space, point, probability, strength, deviations, random));
  };
  const changed = (mutant: EncodedPoint) =>
    mutant.numeric.filter((x, j) => x !== point.numeric[j]).length +
    mutant.categorical.filter((c, i) => c !== point.categorical[i]).length;

  it("always gives another configuration, however weak it is", () => {
    const key = space.key(space.decode(point));
    for (const mutant of mutants(0, 1e-3)) {
      expect(changed(mutant)).toBe(1);
      expect(space.key(space.decode(mutant))).not.toBe(key);
    }
  });

  it("changes as many parameters as it is told to", () => {
    // The one that is certain, and a quarter of the other three.
    expect(average(mutants(0.25, 1).map(changed))).toBeCloseTo(1 + 3 / 4, 1);
  });

  it("stays within the range, and has the wanted strength away from its ends", () => {
    const all = mutants(1, 0.5);
    for (const { numeric } of all) for (const x of numeric) expect(x >= 0 && x <= 1).toBe(true);
    const x = all.map(({ numeric }) => (numeric[0] ?? 0) - 0.5);
    expect(Math.sqrt(average(x.map((v) => v * v)))).toBeCloseTo(0.05, 2);
  });

  it("takes every other choice as often", () => {
    const choices = mutants(1, 1).map(({ categorical }) => categorical[0]);
    expect(choices).not.toContain(1);
    const first = choices.filter((choice) => choice === 0).length;
    expect(Math.abs(first - 1000)).toBeLessThan(6 * Math.sqrt(500));
  });
});
