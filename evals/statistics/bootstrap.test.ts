import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { bootstrapBand, bootstrapMean, bootstrapMedian, clusteredBootstrapMean } from "./bootstrap.js";
import type { Interval } from "./interval.js";

function normals(random: RandomStream, count: number, mean = 0): readonly number[] {
  return Array.from({ length: count }, () => mean + random.normal());
}

/** Share of 300 samples whose interval holds 0. */
function coverage(interval: (random: RandomStream, seed: number) => Interval | undefined): number {
  const random = RandomStream.fromSeed(9);
  let covered = 0;
  for (let k = 0; k < 300; k++) {
    const { low, high } = interval(random, k) ?? { low: 1, high: -1 };
    if (low <= 0 && high >= 0) covered += 1;
  }
  return covered / 300;
}

describe("the bootstrap", () => {
  it.each([8, 40])("covers the mean of %d values in about 95 of 100 samples", (count) => {
    const share = coverage((random, seed) => bootstrapMean(normals(random, count), { seed, resamples: 300 }));
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.985);
  });

  it("covers the median of 20 values in at least 92 of 100 samples", () => {
    const share = coverage((random, seed) => bootstrapMedian(normals(random, 20), { seed, resamples: 300 }));
    expect(share).toBeGreaterThan(0.92);
  });

  it("is the same every time, and says nothing about a single value", () => {
    expect(bootstrapMean([1, 2, 5], { seed: 3 })).toEqual(bootstrapMean([1, 2, 5], { seed: 3 }));
    expect(bootstrapMean([1])).toBeUndefined();
    expect(bootstrapBand([[1, 2]])).toBeUndefined();
  });

  it("gives a band the interval of the mean at each point", () => {
    const curves = [
      [3, 1],
      [4, 1],
      [8, 1],
    ];
    const column = curves.map(([first]) => first ?? 0);
    expect(bootstrapBand(curves)).toEqual([bootstrapMean(column), { low: 1, high: 1 }]);
  });
});

describe("the bootstrap of clusters", () => {
  const spread = 0.5;
  /** Tasks with means around 0, and seeds around those. */
  const clusters = (random: RandomStream, tasks = 15, seeds = 5) =>
    Array.from({ length: tasks }, () => normals(random, seeds, spread * random.normal()));

  it("covers the mean of the population of clusters when clusters are resampled", () => {
    const share = coverage((random, seed) =>
      clusteredBootstrapMean(clusters(random), { over: "clusters", seed, resamples: 300 }),
    );
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.985);
  });

  it("covers the mean of these clusters when members are resampled, and then is narrower", () => {
    const share = coverage((random, seed) =>
      clusteredBootstrapMean(
        Array.from({ length: 10 }, (_, task) => normals(random, 5).map((value) => value + (task - 4.5))),
        { over: "members", seed, resamples: 300 },
      ),
    );
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.985);
    const far = [
      [0, 0.1, 0.2],
      [9, 9.1, 9.2],
    ];
    const here = clusteredBootstrapMean(far, { over: "members" });
    const anywhere = clusteredBootstrapMean(far, { over: "clusters" });
    expect((here?.high ?? 9) - (here?.low ?? 0)).toBeLessThan(0.4);
    expect((anywhere?.high ?? 0) - (anywhere?.low ?? 0)).toBeGreaterThan(4);
  });

  it("says nothing where there is one of what is resampled", () => {
    expect(clusteredBootstrapMean([[1, 2]], { over: "clusters" })).toBeUndefined();
    expect(clusteredBootstrapMean([[1, 2], [1]], { over: "members" })).toBeUndefined();
  });
});
