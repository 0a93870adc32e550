import { describe, expect, it } from "vitest";
import { TrustRegion } from "./trust-region.js";

describe("TrustRegion", () => {
  it("grows after improvements in a row, up to more than the space", () => {
    const region = TrustRegion.create(4);
    const { length } = region;
    region.learn(true, 0);
    region.learn(false, 0);
    region.learn(true, 0);
    expect(region.length).toBe(length);
    region.learn(true, 0);
    expect(region.length).toBe(2 * length);
    for (let k = 0; k < 20; k++) region.learn(true, 0);
    expect(region.length).toBeLessThanOrEqual(2);
  });

  it("shrinks when its patience ends, which is longer by what runs at the same time", () => {
    const alone = TrustRegion.create(4);
    const beside = TrustRegion.create(4);
    for (let k = 0; k < 4; k++) {
      alone.learn(false, 0);
      beside.learn(false, 3);
    }
    expect(alone.length).toBe(beside.length / 2);
    for (let k = 0; k < 3; k++) beside.learn(false, 3);
    expect(beside.length).toBe(alone.length);
  });

  it("starts anew when it has shrunk to nothing, wherever it was saved and restored", () => {
    let region = TrustRegion.create(3);
    const { length } = region;
    let steps = 0;
    while (region.restarts === 0 && steps < 1000) {
      region = TrustRegion.restore(JSON.parse(JSON.stringify(region.state())), 3);
      region.learn(false, 0);
      steps += 1;
    }
    expect(region.length).toBe(length);
    expect(steps).toBeGreaterThan(15);
  });

  it("is longer along axes on which little changes, within bounds", () => {
    const region = TrustRegion.create(4);
    const [short, middle, long] = region.halfEdges([0.5, 1, 2]);
    expect(middle).toBeCloseTo(region.length / 2, 12);
    expect(long! / short!).toBeCloseTo(4, 12);
    const [tiny, huge] = region.halfEdges([1e-6, 1e6]);
    expect(huge! / tiny!).toBeLessThanOrEqual(9.001);
  });
});
