import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { detectableEffect } from "./detectable-effect.js";
import { wilcoxon } from "./wilcoxon.js";

type Draw = (random: RandomStream) => number;
const normal: Draw = (random) => random.normal();
/** Laplace: most near zero, some far away, as differences between methods are. */
const heavy: Draw = (random) => (random.uniform() < 0.5 ? -1 : 1) * Math.log(1 - random.uniform());

/** Share of samples with this shift in which the test finds it. */
function power(draw: Draw, count: number, shift: number, level: number): number {
  const random = RandomStream.fromSeed(77);
  const zeros = new Array<number>(count).fill(0);
  let found = 0;
  for (let k = 0; k < 1500; k++) {
    const sample = Array.from({ length: count }, () => shift + draw(random));
    const { p, larger, smaller } = wilcoxon(sample, zeros);
    if (p <= level && larger > smaller) found += 1;
  }
  return found / 1500;
}

/** Mean of what is said about so many samples. */
function detectable(draw: Draw, count: number, level: number): number {
  const random = RandomStream.fromSeed(3);
  let sum = 0;
  for (let seed = 0; seed < 60; seed++) {
    const sample = Array.from({ length: count }, () => 0.3 + draw(random));
    sum += detectableEffect(sample, { level, seed, resamples: 200 }) ?? Number.NaN;
  }
  return sum / 60;
}

describe("the smallest detectable effect", () => {
  it.each([
    ["normal differences", normal, 20, 0.05],
    ["normal differences", normal, 12, 0.05],
    ["heavy tails", heavy, 20, 0.05],
    ["the level of one test of nine", normal, 20, 0.05 / 9],
  ] as const)("is found in about 80 of 100 suites: %s", (_, draw, count, level) => {
    const found = power(draw, count, detectable(draw, count, level), level);
    expect(found).toBeGreaterThan(0.74);
    expect(found).toBeLessThan(0.88);
  });

  it("does not depend on the effect that is there, and grows with the spread", () => {
    const random = RandomStream.fromSeed(8);
    const sample = Array.from({ length: 15 }, () => random.normal());
    const effect = detectableEffect(sample) ?? Number.NaN;
    expect(detectableEffect(sample.map((value) => value + 5))).toBeCloseTo(effect, 9);
    expect(detectableEffect(sample.map((value) => 3 * value))).toBeCloseTo(3 * effect, 9);
  });

  it("does not exist where so few pairs can show nothing at all", () => {
    expect(detectableEffect([1, 2, 3, 4, 5])).toBeUndefined();
    expect(detectableEffect([1, 2, 3, 4, 5, 6])).toBeDefined();
    expect(detectableEffect([1, 2, 3, 4, 5, 6], { level: 0.01 })).toBeUndefined();
  });

  it("is nothing where nothing varies", () => {
    expect(detectableEffect(new Array<number>(20).fill(0))).toBe(0);
  });
});
