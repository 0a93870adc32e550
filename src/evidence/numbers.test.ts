import { expect, it } from "vitest";
import { duration, megabytes, objectiveValue, short } from "./numbers.js";

it("rounds to three significant digits, without an exponent where that stays short", () => {
  expect([0.0123456, 1234.56, 1e-9, Number.NaN].map((value) => short(value))).toEqual([
    "0.0123",
    "1230",
    "1e-9",
    "NaN",
  ]);
});

it("shows a value of the objective to one digit below the noise, or to five while that is not known", () => {
  expect(objectiveValue(1.23456789, undefined)).toBe("1.2346");
  expect(objectiveValue(1.23456789, 0.02)).toBe("1.235");
  expect(objectiveValue(123.456, 3)).toBe("123.5");
  expect(objectiveValue(1.23456789, 0)).toBe("1.2346");
});

it("writes times and memory in the unit that fits", () => {
  expect([4.126, 119, 150, 9000].map(duration)).toEqual(["4.13 s", "119 s", "2.5 min", "2.5 h"]);
  expect(megabytes(512 * 2 ** 20)).toBe("512 MiB");
});
