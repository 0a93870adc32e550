import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readCap, Spending } from "./spending.js";

const emptyFile = (): string => join(mkdtempSync(join(tmpdir(), "agent-tune-spending-")), "spending.jsonl");
const call = (cost: number | null) => ({ tokens: 1000, cost });

it("refuses what could pass the cap, and says how much is spent", () => {
  const spending = new Spending(emptyFile(), 1, "run-1");
  spending.reserved("a", call(0.6));
  expect(() => spending.reserved("b", call(0.5))).toThrow(/\$1 .*would be passed: \$0\.6000/);
  spending.settled("a", call(0.1));
  spending.reserved("b", call(0.5));
  expect(spending.spent()).toBeCloseTo(0.6, 10);
});

it("counts what other processes have reserved since", () => {
  const path = emptyFile();
  const one = new Spending(path, 1, "run-1");
  const other = new Spending(path, 1, "run-2");
  one.reserved("a", call(0.6));
  expect(() => other.reserved("a", call(0.6))).toThrow(/cap/);
  one.settled("a", call(0.2));
  other.reserved("b", call(0.6));
  expect(() => one.reserved("b", call(0.6))).toThrow(/cap/);
});

it("grants what fits although another process was refused more", () => {
  const path = emptyFile();
  const one = new Spending(path, 1, "run-1");
  expect(() => one.reserved("a", call(1.5))).toThrow(/cap/);
  new Spending(path, 1, "run-2").reserved("a", call(0.9));
});

it("counts after a restart what was spent before, and a call that nobody settled in full", () => {
  const path = emptyFile();
  const before = new Spending(path, 1, "run-1");
  before.reserved("a", call(0.5));
  before.settled("a", call(0.1));
  before.reserved("b", call(0.4));
  const after = new Spending(path, 1, "run-1 again");
  expect(after.spent()).toBeCloseTo(0.5, 10);
  expect(() => after.reserved("b", call(0.6))).toThrow(/cap/);
  new Spending(path, 2, "run-2").reserved("b", call(0.6));
});

it("loses nothing behind a line that was left half written", () => {
  const path = emptyFile();
  new Spending(path, 1, "run-1").reserved("a", call(0.5));
  appendFileSync(path, '{"reserve":"run-2 a","us');
  const after = new Spending(path, 1, "run-3");
  after.reserved("a", call(0.3));
  expect(after.spent()).toBeCloseTo(0.8, 10);
  expect(new Spending(path, 1, "run-4").spent()).toBeCloseTo(0.8, 10);
});

it("knows whether waiting helps: not for what was really spent, nor for a call that was lost", () => {
  let time = 0;
  const path = emptyFile();
  const one = new Spending(path, 1, "run-1", () => time);
  const other = new Spending(path, 1, "run-2", () => time);
  one.reserved("a", call(0.6));
  expect(() => other.reserved("a", call(0.6))).toThrow(/cap/);
  expect(other.mayFitLater(1000)).toBe(true);
  time = 1001;
  expect(other.mayFitLater(1000)).toBe(false);
  one.settled("a", call(0.1));
  expect(other.mayFitLater(1000)).toBe(true);
  other.reserved("b", call(0.6));
  other.settled("b", call(0.5));
  expect(() => other.reserved("c", call(0.6))).toThrow(/cap/);
  expect(other.mayFitLater(1000)).toBe(false);
  expect(() => other.reserved("d", call(null))).toThrow(/price/);
  expect(other.mayFitLater(1000)).toBe(false);
});

it("refuses a model whose price is not known where there is a cap, and counts it as nothing where there is none", () => {
  const path = emptyFile();
  expect(() => new Spending(path, 1, "run-1").reserved("a", call(null))).toThrow(/price/);
  const free = new Spending(path, undefined, "run-2");
  free.reserved("a", call(null));
  expect(free.spent()).toBe(0);
});

it("never passes the cap, whoever asks in whatever order", () => {
  const step = fc.record({
    who: fc.integer({ min: 0, max: 3 }),
    worst: fc.integer({ min: 1, max: 60 }),
    settles: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const path = emptyFile();
      const processes = [0, 1, 2, 3].map((k) => new Spending(path, 1, `run-${k}`));
      let really = 0;
      for (const [k, { who, worst, settles }] of steps.entries()) {
        const spending = processes[who]!;
        try {
          spending.reserved(`${k}`, call(worst / 100));
        } catch {
          // Refused only where it would not have fitted.
          expect(really + worst / 100).toBeGreaterThan(1 - 1e-9);
          continue;
        }
        really += worst / 100;
        if (settles) {
          spending.settled(`${k}`, call(worst / 200));
          really -= worst / 200;
        }
        expect(really).toBeLessThanOrEqual(1 + 1e-9);
      }
      for (const spending of processes) expect(spending.spent()).toBeCloseTo(really, 9);
    }),
    { numRuns: 30, seed: 1 },
  );
});

it("reads a cap in dollars and nothing else", () => {
  expect(readCap("2.50", "CAP")).toBe(2.5);
  expect(readCap(undefined, "CAP")).toBeUndefined();
  expect(readCap(" ", "CAP")).toBeUndefined();
  expect(() => readCap("much", "CAP")).toThrow(/amount/);
  expect(() => readCap("-1", "CAP")).toThrow(/amount/);
});
