import { expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { gridOf, snap } from "./grid.js";
import { centerParents } from "./integer-centering.js";

const grid = gridOf([0, 1, 2, 3, 4]);
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

it("leaves parents that all stayed in the mean's cell alone", () => {
  const parents = Float64Array.of(1.8, 2.3, 2.1);
  expect(centerParents(parents, 2, grid)).toBe(false);
  expect([...parents]).toEqual([1.8, 2.3, 2.1]);
});

it("moves mutated parents to their value and takes the bias back from those that stayed", () => {
  const parents = Float64Array.of(2.6, 2.3, 1.9);
  expect(centerParents(parents, 2, grid)).toBe(true);
  expect(parents[0]).toBe(3);
  // The first moved up by 0.4; the second can come down by 0.3 and gives all of it.
  expect(parents[1]).toBeCloseTo(2, 14);
  expect(parents[2]).toBe(1.9);
});

it("moves nobody to another cell, and keeps the parents' mean exactly where those that stayed have enough to give", () => {
  const random = RandomStream.fromSeed(4);
  let enoughToGive = 0;
  for (let k = 0; k < 200; k++) {
    const parents = Float64Array.from({ length: 6 }, () => 2 + 0.45 * random.normal());
    const before = parents.slice();
    centerParents(parents, 2, grid);
    for (let i = 0; i < 6; i++) expect(snap(grid, parents[i] ?? 0)).toBe(snap(grid, before[i] ?? 0));
    const moves = before.map((value) => snap(grid, value) - value);
    const bias = sum(moves.filter((_, i) => snap(grid, before[i] ?? 0) !== 2));
    const back = sum(moves.filter((move, i) => snap(grid, before[i] ?? 0) === 2 && move * bias < 0));
    const enough = Math.abs(back) >= Math.abs(bias);
    if (enough) enoughToGive++;
    expect(Math.abs(sum(parents) - sum(before)) < 1e-12).toBe(enough);
  }
  expect(enoughToGive).toBeGreaterThan(50);
  expect(enoughToGive).toBeLessThan(200);
});
