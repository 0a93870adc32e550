import { describe, expect, it } from "vitest";
import { RandomStream } from "./random.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import { at } from "./vector.js";

/** B diag(values) B^T. */
function product({ values, vectors }: { values: Float64Array; vectors: Float64Array }): number[] {
  const n = values.length;
  return Array.from({ length: n * n }, (_, entry) => {
    const i = Math.floor(entry / n);
    const j = entry % n;
    return values.reduce((sum, value, k) => sum + at(vectors, i * n + k) * value * at(vectors, j * n + k), 0);
  });
}

function randomPositiveDefinite(n: number, seed: number): Float64Array {
  const random = RandomStream.fromSeed(seed);
  const root = Array.from({ length: n * n }, () => random.normal());
  return Float64Array.from({ length: n * n }, (_, entry) => {
    const i = Math.floor(entry / n);
    const j = entry % n;
    let sum = i === j ? 0.1 : 0;
    for (let k = 0; k < n; k++) sum += at(root, i * n + k) * at(root, j * n + k);
    return sum;
  });
}

describe("symmetricEigen", () => {
  it.each([1, 2, 5, 14, 40])("decomposes and rebuilds a matrix of %d rows", (n) => {
    const matrix = randomPositiveDefinite(n, n);
    const eigen = symmetricEigen(matrix, n);
    expect(eigen.raised).toBe(false);
    expect([...eigen.values]).toEqual([...eigen.values].sort((a, b) => a - b));
    product(eigen).forEach((value, entry) => {
      expect(Math.abs(value - at(matrix, entry))).toBeLessThan(1e-11 * n);
    });
    // B B^T = I
    product({ values: new Float64Array(n).fill(1), vectors: eigen.vectors }).forEach((value, entry) => {
      expect(Math.abs(value - (entry % (n + 1) === 0 ? 1 : 0))).toBeLessThan(1e-12);
    });
  });

  it("uses the symmetric part", () => {
    const { values } = symmetricEigen(Float64Array.of(2, 1.5, 0.5, 2), 2);
    expect(at(values, 0)).toBeCloseTo(1, 14);
    expect(at(values, 1)).toBeCloseTo(3, 14);
  });

  it("raises eigenvalues that rounding pushed to zero or below, and says so", () => {
    const { values, raised } = symmetricEigen(Float64Array.of(1, 1, 1, 1 - 1e-9), 2);
    expect(raised).toBe(true);
    expect(at(values, 0)).toBeGreaterThan(0);
  });

  it.each([
    ["not finite", [1, Number.NaN, Number.NaN, 1]],
    ["not positive", [-1, 0, 0, -2]],
  ])("refuses a matrix that is %s", (_, entries) => {
    expect(() => symmetricEigen(Float64Array.from(entries), 2)).toThrow(expect.objectContaining({ code: "internal" }));
  });
});
