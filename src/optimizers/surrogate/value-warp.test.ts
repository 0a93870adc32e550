import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { quantile, ValueWarp } from "./value-warp.js";

const random = RandomStream.fromSeed(deriveSeed(5, "losses"));
const losses = Array.from({ length: 60 }, () => 1 + Math.exp(1.3 * random.normal()));

describe("ValueWarp", () => {
  it("takes a value there and back", () => {
    const warp = ValueWarp.fit(losses);
    for (const y of [0.9, 1.2, 2, 5]) expect(warp.inverse(warp.forward(y))).toBeCloseTo(y, 9);
  });

  it("makes skewed losses nearly symmetric, at mean 0 and standard deviation 1", () => {
    const warp = ValueWarp.fit(losses);
    const warped = losses.map((y) => warp.forward(y));
    const moment = (k: number): number => warped.reduce((sum, t) => sum + t ** k, 0) / warped.length;
    const raw = losses.map((y) => y - losses.reduce((sum, l) => sum + l, 0) / losses.length);
    const rawSkew =
      raw.reduce((sum, y) => sum + y ** 3, 0) / raw.length / (raw.reduce((s, y) => s + y * y, 0) / raw.length) ** 1.5;
    expect(moment(1)).toBeCloseTo(0, 9);
    expect(moment(2)).toBeCloseTo(1, 9);
    expect(rawSkew).toBeGreaterThan(1.5);
    expect(Math.abs(moment(3))).toBeLessThan(rawSkew / 2);
  });

  it("stays linear for values that are normal already", () => {
    const normal = Array.from({ length: 200 }, () => 10 + random.normal());
    const warp = ValueWarp.fit(normal);
    const slope = (y: number): number => warp.forward(y + 0.01) - warp.forward(y);
    expect(slope(9) / slope(11)).toBeLessThan(1.6);
  });

  it("still tells good from better when a third of the runs exploded", () => {
    const exploded = [...losses, ...Array.from({ length: 30 }, (_, i) => 10 ** (10 + i))];
    const warp = ValueWarp.fit(exploded);
    const good = warp.forward(1.5) - warp.forward(1.2);
    const calm = ValueWarp.fit(losses);
    expect(good).toBeGreaterThan(0.1 * (calm.forward(1.5) - calm.forward(1.2)));
    expect(warp.forward(1e12)).toBe(warp.forward(1e40));
    expect(warp.inverse(1e6)).toBeLessThan(1e4);
  });

  it("keeps the shape of an earlier fit where it is told to", () => {
    const { knee } = ValueWarp.fit(losses);
    expect(knee).toBeLessThan(Infinity);
    const kept = ValueWarp.fit(losses.slice(0, 5), knee);
    expect(kept.knee).toBe(knee);
    const linear = ValueWarp.fit(losses, Infinity);
    expect(linear.forward(2) - linear.forward(1.5)).toBeCloseTo(linear.forward(2.5) - linear.forward(2), 9);
  });

  it("never turns the order around", () => {
    const warp = ValueWarp.fit([...losses, 1e9]);
    const ordered = [-1e6, 0, 1, 1.5, 2, 10, 1e9].map((y) => warp.forward(y));
    expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
  });

  it.each([[[3]], [[3, 3, 3]], [[0, 0]], [[-2, -2, -2, 5]]])("has finite answers for %j", (values) => {
    const warp = ValueWarp.fit(values);
    for (const y of [...values, 0, 100]) {
      expect(Number.isFinite(warp.forward(y))).toBe(true);
      expect(Number.isFinite(warp.inverse(warp.forward(y)))).toBe(true);
    }
    for (const y of values) expect(warp.inverse(warp.forward(y))).toBeCloseTo(y, 9);
  });
});

describe("quantile", () => {
  it("interpolates between neighbours", () => {
    expect(quantile([1, 2, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 4], 0.75)).toBe(3);
    expect(quantile([7], 0.9)).toBe(7);
  });
});
