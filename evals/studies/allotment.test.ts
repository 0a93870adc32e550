import fc from "fast-check";
import { expect, it } from "vitest";
import { allotment } from "./allotment.js";

it("gives every study an equal part, and what one leaves to those after it", () => {
  expect(allotment({ most: 3, spent: 0, promised: 0, waiting: 3 })).toBe(1);
  expect(allotment({ most: 3, spent: 0.2, promised: 0, waiting: 2 })).toBe(1.4);
  expect(allotment({ most: 3, spent: 0.2, promised: 1.4, waiting: 1 })).toBeCloseTo(1.4, 12);
});

it("is nothing where everything is spent", () => {
  expect(allotment({ most: 1, spent: 1, promised: 0, waiting: 2 })).toBe(0);
  expect(allotment({ most: 1, spent: 0.9, promised: 0.2, waiting: 2 })).toBe(0);
});

it("never lets the caps together pass the limit, whatever studies spend and however many run at once", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
      (most, studies, workers, shares) => {
        const running: number[] = [];
        let spent = 0;
        for (let k = 0; k < studies; k++) {
          if (running.length === workers) spent += (running.shift() ?? 0) * (shares[k] ?? 0);
          const promised = running.reduce((sum, cap) => sum + cap, 0);
          running.push(allotment({ most, spent, promised, waiting: studies - k }));
          expect(spent + running.reduce((sum, cap) => sum + cap, 0)).toBeLessThanOrEqual(most * (1 + 1e-12));
        }
      },
    ),
  );
});
