import { expect, test } from "vitest";
import { nearestFirst } from "./nearest-first.js";

test("every pick comes once, cheapest first", () => {
  const costs = [
    [0, 1, 5],
    [0, 2, 2.5],
    [0, 4],
  ];
  const picks = [...nearestFirst(costs)];
  const totals = picks.map((pick) => pick.reduce((sum, index, k) => sum + (costs[k]?.[index] ?? 0), 0));
  expect(picks[0]).toEqual([0, 0, 0]);
  expect(new Set(picks.map(String)).size).toBe(3 * 3 * 2);
  expect(totals).toEqual([...totals].sort((a, b) => a - b));
});

test("nothing can be picked from an empty list", () => {
  expect([...nearestFirst([[0, 1], []])]).toEqual([]);
});
