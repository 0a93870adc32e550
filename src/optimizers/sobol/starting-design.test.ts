import { describe, expect, it } from "vitest";
import { SearchSpace } from "../../space/index.js";
import { StartingDesign, startingDeviations, startingProbabilities } from "./starting-design.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 },
    { kind: "float", name: "y", low: 0, high: 1, scale: "linear", default: 0.1 },
    { kind: "categorical", name: "c", choices: ["a", "b", "c", "d"], default: "b" },
  ],
  constraints: [],
  derived: [],
});
const center = space.encode(space.defaults());

describe("a starting design", () => {
  const points = (nearShare: number, count: number) => {
    const design = new StartingDesign(space, center, [0.1, 0.1], nearShare, 3);
    return Array.from({ length: count }, (_, k) => design.point(k));
  };

  it("has the wanted deviation around the center, and the center's choice more often than not", () => {
    const near = points(1, 256);
    const x = near.map(({ numeric }) => (numeric[0] ?? 0) - 0.5);
    expect(Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / 256)).toBeCloseTo(0.1, 2);
    for (const { numeric } of near) for (const u of numeric) expect(u >= 0 && u <= 1).toBe(true);
    const choices = [0, 1, 2, 3].map((k) => near.filter(({ categorical }) => categorical[0] === k).length);
    expect(choices).toEqual([32, 160, 32, 32]);
  });

  it("spreads the rest over the whole space, in turn with the points around the center", () => {
    const spread = points(0, 64);
    for (const axis of [0, 1]) {
      expect(new Set(spread.map(({ numeric }) => Math.floor(64 * (numeric[axis] ?? 0)))).size).toBe(64);
    }
    const alternating = points(0.75, 8).map((point) => JSON.stringify(point));
    const near = points(1, 6).map((point) => JSON.stringify(point));
    expect(alternating.filter((point) => near.includes(point))).toEqual(near);
    expect(near).not.toContain(alternating[0]);
    expect(near).not.toContain(alternating[4]);
  });
});

describe("starting deviations", () => {
  it("are the given ones, and otherwise shrink with the number of parameters", () => {
    expect(startingDeviations(space, { x: 0.3 })).toEqual([0.3, 0.2]);
    const many = SearchSpace.from({
      parameters: Array.from({ length: 16 }, (_, i) => ({
        kind: "float" as const,
        name: `x${i}`,
        low: 0,
        high: 1,
        scale: "linear" as const,
        default: 0.5,
      })),
      constraints: [],
      derived: [],
    });
    expect(startingDeviations(many, undefined)).toEqual(Array(16).fill(0.08));
  });

  it("are refused where they are not positive", () => {
    expect(() => startingDeviations(space, { x: 0 })).toThrow(expect.objectContaining({ code: "usage", where: "x" }));
    expect(() => startingDeviations(space, { x: Number.NaN })).toThrow(/initial deviation of x/);
  });
});

describe("starting probabilities", () => {
  it("sum to one with half of them on the start, and its share of the rest", () => {
    expect(startingProbabilities(4, 2)).toEqual([0.125, 0.125, 0.625, 0.125]);
  });
});
