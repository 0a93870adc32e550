import { describe, expect, it } from "vitest";
import { intoBox, outOfBox, rim } from "./box-transform.js";

const positions = Array.from({ length: 201 }, (_, k) => k / 200);

describe("intoBox", () => {
  it("is the identity in the interior, bit for bit", () => {
    for (const u of positions.filter((p) => p >= 2 * rim && p <= 1 - 2 * rim)) expect(intoBox(u)).toBe(u);
  });

  it("maps every number into [0, 1], without a jump", () => {
    let previous = intoBox(-7);
    for (let x = -7; x <= 7; x += 0.01) {
      const u = intoBox(x);
      expect(u).toBeGreaterThanOrEqual(0);
      expect(u).toBeLessThanOrEqual(1);
      expect(Math.abs(u - previous)).toBeLessThan(0.011);
      previous = u;
    }
  });

  it("reaches the bounds at the vertices and mirrors beyond them", () => {
    expect(intoBox(-rim)).toBe(0);
    expect(intoBox(1 + rim)).toBe(1);
    for (const distance of [0.01, 0.04, 0.3, 0.9]) {
      expect(intoBox(-rim - distance)).toBeCloseTo(intoBox(-rim + distance), 14);
      expect(intoBox(1 + rim + distance)).toBeCloseTo(intoBox(1 + rim - distance), 14);
    }
  });
});

it("outOfBox is the inverse, within the rim", () => {
  for (const u of positions) {
    const x = outOfBox(u);
    expect(x).toBeGreaterThanOrEqual(-rim);
    expect(x).toBeLessThanOrEqual(1 + rim);
    expect(intoBox(x)).toBeCloseTo(u, 14);
  }
});
