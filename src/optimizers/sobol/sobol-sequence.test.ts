import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { median } from "../../math/vector.js";
import { directionNumbers, tabulatedDimensions } from "./direction-numbers.js";
import { owenScramble } from "./scrambling.js";
import { SobolSequence, sobolCoordinate } from "./sobol-sequence.js";

/** Coordinates of the unscrambled sequence as fractions. */
const unscrambled = (dimension: number, index: number) => sobolCoordinate(directionNumbers(dimension), index) / 2 ** 32;

describe("the unscrambled sequence", () => {
  it("begins with the points that Joe and Kuo print", () => {
    // Their order follows the Gray code of the index.
    const points = Array.from({ length: 10 }, (_, i) => [0, 1, 2].map((j) => unscrambled(j, i ^ (i >> 1))));
    expect(points).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
      [0.625, 0.125, 0.875],
      [0.125, 0.625, 0.375],
      [0.1875, 0.3125, 0.9375],
      [0.6875, 0.8125, 0.4375],
    ]);
  });

  it("has the table's coordinates in every dimension", () => {
    // Folded over points 1, 2, 3, 1000 and 2047; the number is that of an independent implementation.
    let fold = 0;
    for (let j = 0; j < tabulatedDimensions; j++) {
      const directions = directionNumbers(j);
      for (const i of [1, 2, 3, 1000, 2047]) fold = (Math.imul(fold, 31) + sobolCoordinate(directions, i)) >>> 0;
    }
    expect(fold).toBe(3_531_603_968);
    expect([0, 1, 2, 3, 7, 50, 100, 255].map((j) => unscrambled(j, 1000))).toEqual([
      0.0927734375, 0.1611328125, 0.4501953125, 0.9091796875, 0.6396484375, 0.6513671875, 0.6572265625, 0.3291015625,
    ]);
  });

  it("has one of the first 2^k points in each interval of length 2^-k, in every dimension and for every k", () => {
    for (let j = 0; j < tabulatedDimensions; j++) {
      const directions = directionNumbers(j);
      // The first k directions, cut to k bits, must be a basis; triangular with ones on the diagonal is one.
      for (let k = 0; k < 32; k++) {
        expect((directions[k]! >>> (31 - k)) & 1).toBe(1);
        if (k < 31) expect((directions[k]! << (k + 1)) | 0).toBe(0);
      }
    }
  });
});

describe("Owen's scrambling", () => {
  it("is a permutation that keeps intervals together", () => {
    const images = new Set<number>();
    for (let x = 0; x < 256; x++) {
      const image = owenScramble((x << 24) >>> 0, 5);
      images.add(image >>> 24);
      for (let length = 1; length <= 8; length++) {
        const neighbour = ((x ^ (1 << (8 - length))) << 24) >>> 0;
        // They share the first length - 1 bits and differ in the next, and so do their images.
        expect(Math.clz32(image ^ owenScramble(neighbour, 5))).toBe(length - 1);
      }
    }
    expect(images.size).toBe(256);
  });

  it("flips every bit with probability one half, independently of bits before it", () => {
    const seeds = 4000;
    const flips = new Float64Array(32);
    let agreements = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const flipped = owenScramble(0x6a09e667, seed * 2_654_435_761) ^ 0x6a09e667;
      const other = owenScramble(0x6a09e667 ^ 0x80000000, seed * 2_654_435_761) ^ 0x6a09e667 ^ 0x80000000;
      for (let bit = 0; bit < 32; bit++) flips[bit]! += (flipped >>> bit) & 1;
      // Below different first bits the coins are different ones.
      if (((flipped ^ other) & 1) === 0) agreements++;
    }
    // Six standard deviations of a fair coin.
    const tolerance = 6 * Math.sqrt(seeds / 4);
    for (const count of flips) expect(Math.abs(count - seeds / 2)).toBeLessThan(tolerance);
    expect(Math.abs(agreements - seeds / 2)).toBeLessThan(tolerance);
  });
});

describe("the scrambled sequence", () => {
  const cells = (points: readonly Float64Array[], axes: readonly (readonly [number, number])[]) =>
    new Set(points.map((point) => axes.map(([j, count]) => Math.floor(point[j]! * count)).join())).size;

  it.each([0, 1, 2])("puts one of each 2^k points into each interval of length 2^-k, seed %i", (seed) => {
    const dimensions = tabulatedDimensions + 40;
    const sequence = new SobolSequence(dimensions, seed);
    for (const [from, count] of [
      [0, 64],
      [64, 64],
      [640, 128],
    ] as const) {
      const points = Array.from({ length: count }, (_, i) => sequence.point(from + i));
      for (let j = 0; j < dimensions; j++) expect(cells(points, [[j, count]])).toBe(count);
    }
  });

  it("is a (0, k, 2)-net in its first two dimensions", () => {
    const sequence = new SobolSequence(2, 3);
    const points = Array.from({ length: 64 }, (_, i) => sequence.point(i));
    for (const rows of [1, 2, 4, 8, 16, 32, 64]) {
      expect(
        cells(points, [
          [0, rows],
          [1, 64 / rows],
        ]),
      ).toBe(64);
    }
  });

  it("is more even than random points in the plane of any two successive dimensions", () => {
    const dimensions = 100;
    const points = 256;
    const sequence = new SobolSequence(dimensions, 4);
    const random = RandomStream.fromSeed(4);
    const sobol = Array.from({ length: points }, (_, i) => sequence.point(i));
    const uniform = Array.from({ length: points }, () =>
      Float64Array.from({ length: dimensions }, () => random.uniform()),
    );
    const planes = Array.from({ length: dimensions - 1 }, (_, j) => ({
      sobol: centeredDiscrepancy(sobol, j, j + 1),
      uniform: centeredDiscrepancy(uniform, j, j + 1),
    }));
    expect(planes.filter((plane) => plane.sobol < plane.uniform).length).toBeGreaterThan(0.95 * planes.length);
    const typical = (kind: "sobol" | "uniform", of = planes) => median(of.map((plane) => plane[kind]));
    expect(typical("sobol")).toBeLessThan(typical("uniform") / 4);
    // The first dimensions, those of usual studies, are the best ones.
    expect(typical("sobol", planes.slice(0, 10))).toBeLessThan(typical("uniform") / 20);
  });

  it("integrates with an error far below that of random points", () => {
    // A smooth function of all six coordinates whose integral is 1.
    const dimensions = 6;
    const f = (x: Float64Array) => x.reduce((product, u, j) => product * (1 + (u - 0.5) / (1 + j)), 1);
    const points = 256;
    const error = (next: (i: number) => Float64Array) => {
      let sum = 0;
      for (let i = 0; i < points; i++) sum += f(next(i));
      return (sum / points - 1) ** 2;
    };
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const ofSobol = seeds.map((seed) => {
      const sequence = new SobolSequence(dimensions, seed);
      return error((i) => sequence.point(i));
    });
    const ofRandom = seeds.map((seed) => {
      const random = RandomStream.fromSeed(seed);
      return error(() => Float64Array.from({ length: dimensions }, () => random.uniform()));
    });
    // The variance of the estimate falls to less than a hundredth.
    expect(mean(ofSobol)).toBeLessThan(mean(ofRandom) / 100);
  });

  it("is unbiased: each point alone is uniform over the seeds", () => {
    const seeds = 2000;
    for (const index of [0, 1, 37]) {
      const thirds = [0, 0, 0];
      for (let seed = 0; seed < seeds; seed++) {
        const u = new SobolSequence(3, seed).point(index)[2]!;
        thirds[Math.floor(3 * u)]! += 1;
      }
      // Chi-squared with two degrees of freedom, p = 0.0001.
      const chi2 = thirds.reduce((sum, count) => sum + (count - seeds / 3) ** 2 / (seeds / 3), 0);
      expect(chi2).toBeLessThan(18.4);
    }
  });
});

/** Squared centered L2 discrepancy of the projection on two axes (Hickernell 1998). */
function centeredDiscrepancy(points: readonly Float64Array[], i: number, j: number): number {
  const n = points.length;
  const axes = [i, j];
  let single = 0;
  let pairs = 0;
  for (const a of points) {
    single += axes.reduce((product, axis) => {
      const distance = Math.abs(a[axis]! - 0.5);
      return product * (1 + distance / 2 - distance ** 2 / 2);
    }, 1);
    for (const b of points) {
      pairs += axes.reduce((product, axis) => {
        const [u, v] = [a[axis]!, b[axis]!];
        return product * (1 + Math.abs(u - 0.5) / 2 + Math.abs(v - 0.5) / 2 - Math.abs(u - v) / 2);
      }, 1);
    }
  }
  return (13 / 12) ** 2 - (2 / n) * single + pairs / n ** 2;
}
