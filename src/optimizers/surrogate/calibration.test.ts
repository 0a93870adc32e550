import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { spreadFactor } from "./calibration.js";

const random = RandomStream.fromSeed(1);
const normalResiduals = Array.from({ length: 400 }, () => Math.abs(random.normal()));

describe("spreadFactor", () => {
  it("leaves a model alone whose residuals are as it says", () => {
    expect(spreadFactor(normalResiduals)).toBeCloseTo(1, 1);
  });

  it("widens a model that is twice too sure", () => {
    expect(spreadFactor(normalResiduals.map((r) => 2 * r))).toBeCloseTo(2, 0);
  });

  it("takes few residuals for what they are", () => {
    expect(spreadFactor([])).toBe(1);
    expect(spreadFactor([5])).toBe(1);
    const three = spreadFactor([3, 3, 3]);
    expect(three).toBeGreaterThan(1);
    expect(three).toBeLessThan(3 / 1.28);
  });

  it("stays within bounds, whatever the residuals", () => {
    expect(spreadFactor(new Array(50).fill(1e6))).toBeLessThanOrEqual(4);
    expect(spreadFactor(new Array(50).fill(0))).toBeGreaterThanOrEqual(0.6);
  });
});
