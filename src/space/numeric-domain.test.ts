import { describe, expect, test } from "vitest";
import { countValues, type NumericRange, nearestValues, numericDomain } from "./numeric-domain.js";

const float = (low: number, high: number, step?: number): NumericRange => ({
  kind: "float",
  low,
  high,
  scale: "linear",
  ...(step === undefined ? {} : { step }),
});

describe("the values of a stepped range", () => {
  test.each([
    [float(0, 0.3, 0.1), [0, 0.1, 0.2, 0.3]],
    [float(0, 1, 0.3), [0, 0.3, 0.6, 0.9]],
    [float(0.1, 0.7, 0.2), [0.1, 0.3, 0.5, 0.7]],
    [float(1e-8, 4e-8, 1e-8), [1e-8, 2e-8, 3e-8, 4e-8]],
    [{ kind: "int", low: 5, high: 20, step: 7, scale: "linear" }, [5, 12, 19]],
    [{ kind: "int", low: 1, high: 100, powersOf: 3, scale: "log" }, [1, 3, 9, 27, 81]],
  ] as const)("%o", (range, values) => {
    expect(numericDomain(range).values).toEqual(values);
    expect(countValues(range)).toBe(values.length);
  });

  test("may end below the high end of the range, which then gives the last value", () => {
    const domain = numericDomain(float(0, 1, 0.3));
    expect([domain.snap(1), domain.decode(1)]).toEqual([0.9, 0.9]);
  });
});

describe("snapping", () => {
  test("takes the nearest by difference on a linear scale, by factor on a log scale", () => {
    const range = { kind: "int", low: 1, high: 64, powersOf: 2 } as const;
    const steps = { kind: "int", low: 10, high: 50, step: 10 } as const;
    expect(numericDomain({ ...range, scale: "log" }).snap(46)).toBe(64);
    expect(numericDomain({ ...range, scale: "log" }).snap(45)).toBe(32);
    expect(numericDomain({ ...steps, scale: "linear" }).snap(14.9)).toBe(10);
    expect(numericDomain({ ...steps, scale: "log" }).snap(14.9)).toBe(20);
  });

  test("on a log scale of very many values gives whole steps next to the exact value", () => {
    const domain = numericDomain({ kind: "int", low: 7, high: 70_007, step: 10, scale: "log" });
    expect(domain.values).toBeUndefined();
    expect(domain.snap(1000)).toBe(997);
    expect(domain.snap(1004)).toBe(1007);
    expect([domain.decode(0), domain.decode(1)]).toEqual([7, 70_007]);
    expect([domain.snap(-5), domain.snap(1e9)]).toEqual([7, 70_007]);
  });

  test("clamps what is out of range", () => {
    expect(numericDomain(float(0.1, 0.7)).snap(3)).toBe(0.7);
    expect(numericDomain({ kind: "int", low: 1, high: 64, powersOf: 2, scale: "log" }).snap(0)).toBe(1);
  });
});

test.each([
  [{ kind: "int", low: 16, high: 512, powersOf: 2, scale: "log" }, 100, [64, 128]],
  [{ kind: "int", low: 0, high: 100, step: 10, scale: "linear" }, 33, [30, 40]],
  [{ kind: "int", low: 0, high: 95, step: 10, scale: "linear" }, 95, [90]],
  [{ kind: "int", low: 0, high: 1_000_000, step: 10, scale: "linear" }, 44, [40, 50]],
  [float(0, 1, 0.3), 0.3, [0.3]],
] as const)("nearestValues(%o, %d) is %j", (range, value, expected) => {
  expect(nearestValues(range, value)).toEqual(expected);
});
