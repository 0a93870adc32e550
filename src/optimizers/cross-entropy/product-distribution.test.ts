import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { SearchSpace } from "../../space/index.js";
import { elitePoint, ProductDistribution, truncatedNormal } from "./product-distribution.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "categorical", name: "kind", choices: ["a", "b", "c"], default: "a" },
    { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "float", name: "y", low: 0, high: 1, scale: "linear", default: 0.9, when: "kind == 'b'" },
    { kind: "int", name: "n", low: 1, high: 10, scale: "linear", default: 5 },
  ],
  constraints: [],
  derived: [],
});

const distribution = (deviation = 0.1) =>
  new ProductDistribution(space, Float64Array.of(0.5, 0.5, 0.5), new Float64Array(3).fill(deviation), [
    Float64Array.of(0.5, 0.25, 0.25),
  ]);

const fully = { mean: 1, growth: 1, shrinkage: 1, probabilities: 1 };

describe("a truncated normal", () => {
  it("has the quantiles of a Gaussian that is cut off at the ends of the range", () => {
    expect(truncatedNormal(0.5, 0.01, 0.5)).toBeCloseTo(0.5, 12);
    expect(truncatedNormal(0.5, 0.01, 0.8413447460685429)).toBeCloseTo(0.51, 9);
    // At the border only the upper half is left: its median is the upper quartile.
    expect(truncatedNormal(0, 0.1, 0.5)).toBeCloseTo(0.06744897501960817, 9);
    expect(truncatedNormal(1, 0.1, 0.5)).toBeCloseTo(1 - 0.06744897501960817, 9);
  });

  it("stays within the range, whatever the deviation and the uniform number", () => {
    for (const mean of [0, 1e-9, 0.3, 1]) {
      for (const deviation of [1e-12, 1e-3, 0.5, 100]) {
        for (const u of [0, 1e-300, 0.5, 1 - 2 ** -53]) {
          const x = truncatedNormal(mean, deviation, u);
          expect(x >= 0 && x <= 1).toBe(true);
        }
      }
    }
  });
});

describe("a product distribution", () => {
  it("moves to the elite by as much as smoothing allows", () => {
    const moved = distribution();
    moved.update(
      [{ kind: "c", x: 0.7, n: 5 }].map((c) => elitePoint(space, c)),
      {
        mean: 0.5,
        growth: 0,
        shrinkage: 0,
        probabilities: 0.5,
      },
    );
    expect(moved.mean[0]).toBeCloseTo(0.6, 12);
    expect(moved.deviation[0]).toBe(0.1);
    expect(moved.probabilities[0]?.[2]).toBeCloseTo(0.625, 12);
  });

  it("measures deviations from where it was, so that it does not shrink on a slope", () => {
    const moved = distribution();
    moved.update(
      [
        { kind: "a", x: 0.69, n: 5 },
        { kind: "a", x: 0.71, n: 5 },
      ].map((c) => elitePoint(space, c)),
      fully,
    );
    expect(moved.mean[0]).toBeCloseTo(0.7, 12);
    expect(moved.deviation[0]).toBeCloseTo(0.2, 2);
  });

  it("learns about a parameter only from results in which it was active", () => {
    const moved = distribution();
    moved.update(
      [{ kind: "a", x: 0.5, n: 5 }].map((c) => elitePoint(space, c)),
      fully,
    );
    expect([moved.mean[1], moved.deviation[1]]).toEqual([0.5, 0.1]);
    // One of two had it: half of the way.
    moved.update(
      [
        { kind: "a", x: 0.5, n: 5 },
        { kind: "b", x: 0.5, y: 0.7, n: 5 },
      ].map((c) => elitePoint(space, c)),
      fully,
    );
    expect(moved.mean[1]).toBeCloseTo(0.6, 12);
  });

  it("keeps every choice and the neighbours on a grid alive, however often the same wins", () => {
    const narrow = distribution();
    const elite = [{ kind: "a", x: 0.5, n: 5 }].map((c) => elitePoint(space, c));
    for (let k = 0; k < 100; k++) narrow.update(elite, fully);
    const [a = 0, b = 0, c = 0] = narrow.probabilities[0] ?? [];
    expect(a + b + c).toBeCloseTo(1, 12);
    expect(b).toBeCloseTo(0.1 / 3, 6);
    expect(c).toBeCloseTo(0.1 / 3, 6);
    const random = RandomStream.fromSeed(1);
    const drawn = Array.from({ length: 500 }, () => space.decode(narrow.sample(random))["n"]);
    const others = drawn.filter((n) => n !== 5).length;
    expect(others).toBeGreaterThan(20);
    expect(others).toBeLessThan(150);
  });

  it("samples what it says it does", () => {
    const random = RandomStream.fromSeed(2);
    const points = Array.from({ length: 4000 }, () => distribution().sample(random));
    const x = points.map(({ numeric }) => numeric[0] ?? 0);
    const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
    const deviation = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length);
    // Six standard errors.
    expect(Math.abs(mean - 0.5)).toBeLessThan((6 * 0.1) / Math.sqrt(4000));
    expect(Math.abs(deviation - 0.1)).toBeLessThan((6 * 0.1) / Math.sqrt(8000));
    const first = points.filter(({ categorical }) => categorical[0] === 0).length / 4000;
    expect(Math.abs(first - 0.5)).toBeLessThan(6 * Math.sqrt(0.25 / 4000));
  });
});
