import { expect, test } from "vitest";
import { formatNumber } from "./format-value.js";

test.each([
  [0, "0"],
  [-0, "0"],
  [1, "1"],
  [0.5, "0.5"],
  [-0.00123456, "-0.00123"],
  [12_345.6, "12300"],
  [999.6, "1000"],
  [0.0001, "0.0001"],
  [0.00009999, "0.0001"],
  [0.00001, "1e-05"],
  [1.25e-12, "1.25e-12"],
  [1.5e20, "1.5e+20"],
  [Number.POSITIVE_INFINITY, "Infinity"],
])("%d to three digits is %s", (value, text) => {
  expect(formatNumber(value, 3)).toBe(text);
});
