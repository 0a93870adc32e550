import { describe, expect, it } from "vitest";
import { normalCdf } from "../../math/normal-distribution.js";
import { tabulatedNormalCdf } from "./normal-table.js";

describe("tabulatedNormalCdf", () => {
  it("agrees with the exact function to 1e-9, in and beyond the table", () => {
    let largest = 0;
    for (let x = -12; x <= 12; x += 0.0037) {
      largest = Math.max(largest, Math.abs(tabulatedNormalCdf(x) - normalCdf(x)));
    }
    for (const x of [-8, 8, 0, -Infinity, Infinity]) {
      largest = Math.max(largest, Math.abs(tabulatedNormalCdf(x) - normalCdf(x)));
    }
    expect(largest).toBeLessThan(1e-9);
  });

  it("never falls by more than rounding", () => {
    let before = 0;
    let largestFall = 0;
    for (let x = -8.1; x <= 8.1; x += 0.0011) {
      const now = tabulatedNormalCdf(x);
      largestFall = Math.max(largestFall, before - now);
      before = now;
    }
    expect(largestFall).toBeLessThan(1e-15);
  });
});
