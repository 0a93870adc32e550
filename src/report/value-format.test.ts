import { expect, test } from "vitest";
import { counted, dollars, percent, valueFormat } from "./value-format.js";

test("without a noise floor values have five significant digits of their middle, all the same decimals", () => {
  const format = valueFormat([2.41234, 2.5, 3.1], undefined);
  expect([2.41234, 2.5, 12.3].map(format)).toEqual(["2.4123", "2.5000", "12.3000"]);
});

test("a known noise floor decides how many digits mean something", () => {
  expect(valueFormat([0.91234], { deviation: 0.012, degreesOfFreedom: 5 })(0.91234)).toBe("0.912");
  expect(valueFormat([0.91234], { deviation: 3e-6, degreesOfFreedom: 5 })(0.91234567)).toBe("0.9123457");
});

test("one repeat that happened to agree does not add digits", () => {
  expect(valueFormat([2.41234], { deviation: 1e-7, degreesOfFreedom: 1 })(2.41234567)).toBe("2.4123");
});

test("huge, tiny, negative and impossible values stay readable", () => {
  const format = valueFormat([2.4], undefined);
  expect([1e9, -2.5, -0.00001, Number.NaN].map(format)).toEqual(["1.000e+9", "-2.5000", "0.0000", "NaN"]);
  expect(valueFormat([3e-9, 4e-9], undefined)(3.25e-9)).toBe("3.250e-9");
});

test("amounts in words", () => {
  expect([counted(1, "trial"), counted(34200, "token")]).toEqual(["1 trial", "34,200 tokens"]);
  expect([0, 999, 1000, 1_234_567].map((count) => counted(count, "token"))).toEqual([
    "0 tokens",
    "999 tokens",
    "1,000 tokens",
    "1,234,567 tokens",
  ]);
  expect([dollars(0), dollars(0.000432), dollars(1.239)]).toEqual(["$0", "$0.00043", "$1.24"]);
  expect([percent(0.00421), percent(0.135), percent(2.5)]).toEqual(["0.42 %", "13.5 %", "250 %"]);
});
