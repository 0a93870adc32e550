import { expect, it } from "vitest";
import { at, median, norm } from "./vector.js";

it("norm is the Euclidean length", () => {
  expect(norm([3, 4])).toBe(5);
  expect(norm([])).toBe(0);
});

it("at gives NaN for what is not there, which spreads to whatever is computed from it", () => {
  expect(at([7], 0)).toBe(7);
  expect(at([7], 1)).toBeNaN();
});

it("median is the middle value, or the mean of the two middle ones", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
