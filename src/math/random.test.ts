import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "./random.js";

const seeds = Array.from({ length: 2000 }, (_, seed) => seed);

describe("RandomStream", () => {
  it("starts evenly for neighbouring small seeds", () => {
    const first = seeds.map((seed) => RandomStream.fromSeed(seed).uniform());
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    expect(mean).toBeCloseTo(0.5, 1);
    // Ten equal cells: chi-squared with 9 degrees of freedom stays below 27.9 in 999 of 1,000 cases.
    const cells = Array<number>(10).fill(0);
    for (const value of first) cells[Math.floor(value * 10)]!++;
    expect(cells.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)).toBeLessThan(27.9);
  });

  it("draws standard normals", () => {
    const values = seeds.map((seed) => RandomStream.fromSeed(seed).normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(variance).toBeCloseTo(1, 0.9);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(5);
  });

  it("goes on exactly where its saved state was, also through JSON", () => {
    const stream = RandomStream.fromSeed(7);
    for (let i = 0; i < 5; i++) stream.normal();
    const copy = RandomStream.fromState(JSON.parse(JSON.stringify(stream.state())));
    expect(Array.from({ length: 5 }, () => copy.uniform())).toEqual(Array.from({ length: 5 }, () => stream.uniform()));
  });

  it("draws indices by their probabilities, and never one of probability zero", () => {
    const stream = RandomStream.fromSeed(3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[stream.index([0.5, 0, 0.5])]!++;
    expect(counts[1]).toBe(0);
    expect(counts[0]! / 3000).toBeCloseTo(0.5, 1);
  });
});

describe("deriveSeed", () => {
  it("gives different streams for different purposes, trials and studies", () => {
    const derived = seeds.flatMap((number) => [
      deriveSeed(1, "trial", number),
      deriveSeed(2, "trial", number),
      deriveSeed(1, "final", number),
    ]);
    expect(new Set(derived).size).toBe(derived.length);
  });
});
