import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BalancedOrder } from "./balanced-order.js";

/** The first points, or all of them. */
function pointsOf(counts: readonly number[], seed: number, most = Number.POSITIVE_INFINITY): (readonly number[])[] {
  const order = new BalancedOrder(counts, seed);
  const digits = order.start();
  const points: (readonly number[])[] = [];
  do points.push([...order.levels(digits)]);
  while (order.advance(digits) && points.length < most);
  return points;
}

/** How often each combination of levels on some axes occurs. */
function occurrences(points: readonly (readonly number[])[], axes: readonly number[]): number[] {
  const counts = new Map<string, number>();
  for (const point of points) {
    const key = axes.map((axis) => point[axis]).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe("the balanced order", () => {
  it("visits every point of any grid exactly once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (counts, seed) => {
          const points = pointsOf(counts, seed);
          const size = counts.reduce((product, n) => product * n, 1);
          expect(points.length).toBe(size);
          expect(new Set(points.map(String)).size).toBe(size);
          for (const point of points) {
            if (point.some((level, axis) => level < 0 || level >= (counts[axis] ?? 0)))
              expect(point).toBe("on the grid");
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it("shows all levels of every axis equally often in each full turn of the largest one", () => {
    const counts = [3, 12, 2, 6, 12, 4, 3, 2, 3];
    const points = pointsOf(counts, 2, 120);
    for (let turn = 0; turn < 10; turn++) {
      const block = points.slice(12 * turn, 12 * turn + 12);
      counts.forEach((count, axis) => {
        expect(occurrences(block, [axis])).toEqual(Array(count).fill(12 / count));
      });
    }
  });

  it("begins with orthogonal arrays of rising strength where the numbers of levels are one prime", () => {
    const points = pointsOf([5, 5, 5, 5, 5], 3, 125);
    for (let a = 0; a < 5; a++) {
      for (let b = a + 1; b < 5; b++) {
        expect(occurrences(points.slice(0, 25), [a, b])).toEqual(Array(25).fill(1));
        for (let c = b + 1; c < 5; c++) expect(occurrences(points, [a, b, c])).toEqual(Array(125).fill(1));
      }
    }
  });

  it("does not tie two of many axes to each other", () => {
    const points = pointsOf(Array(40).fill(5), 4, 625);
    for (let a = 0; a < 40; a++) {
      for (let b = a + 1; b < 40; b++) expect(occurrences(points, [a, b]).length).toBe(25);
    }
  });

  it("depends on the seed", () => {
    expect(pointsOf([5, 5, 5], 1, 5)).not.toEqual(pointsOf([5, 5, 5], 2, 5));
    expect(pointsOf([5, 5, 5], 1)).toEqual(pointsOf([5, 5, 5], 1));
  });
});
