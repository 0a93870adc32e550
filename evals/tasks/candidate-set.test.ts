import { describe, expect, it } from "vitest";
import { type CandidateSet, candidateSetTask, RemainingRows } from "./candidate-set.js";

const set: CandidateSet = {
  name: "test/rows",
  card: { text: "A test.", metric: "loss", limits: {} },
  space: {
    parameters: {
      rate: { type: "float", low: 1e-4, high: 1, scale: "log" },
      prioritised: { type: "boolean" },
      alpha: { type: "float", low: 0, high: 1, when: "prioritised" },
    },
  },
  rows: [
    { configuration: { rate: 0.001, prioritised: false }, runs: [2, 4].map((value) => ({ kind: "value", value })) },
    { configuration: { rate: 0.01, prioritised: true, alpha: 0.5 }, runs: [{ kind: "value", value: 1 }] },
    {
      configuration: { rate: 0.1, prioritised: true, alpha: 0.25 },
      runs: [
        { kind: "value", value: 5 },
        { kind: "diverged", progress: 0.3 },
      ],
    },
    { configuration: { rate: 1, prioritised: false }, runs: [{ kind: "diverged", progress: 0.1 }] },
    { configuration: { rate: 0.002, prioritised: false }, runs: [{ kind: "value", value: 3.5 }] },
  ],
  usual: { rate: 1e-3, prioritised: false },
};
const task = candidateSetTask(set);

describe("a task on recorded rows", () => {
  it("has the rows as its pool, and evaluates nothing else", () => {
    expect(task.pool).toHaveLength(5);
    expect(task.card.text).toContain("Only 5 configurations were recorded");
    expect(() => task.evaluate({ rate: 0.003, prioritised: false }, 1)).toThrow("has no row");
    expect(() => task.trueValue({ rate: 0.003, prioritised: false })).toThrow("has no row");
  });

  it("observes one recorded run by the seed of the trial, failures with how far they came", () => {
    const seen = new Set(
      Array.from({ length: 40 }, (_, seed) =>
        JSON.stringify(task.evaluate({ rate: 0.1, prioritised: true, alpha: 0.25 }, seed)),
      ),
    );
    expect([...seen].map((text): unknown => JSON.parse(text))).toEqual(
      expect.arrayContaining([
        { evaluation: { kind: "value", value: 5 }, measured: {} },
        { evaluation: { kind: "failure", failure: "diverged", severity: 3 }, measured: { progress: 0.3 } },
      ]),
    );
    expect(seen.size).toBe(2);
  });

  it("takes the mean of the runs that succeed for the true value, and Infinity where none does", () => {
    expect((task.pool ?? []).map((row) => task.trueValue(row))).toEqual([3, 1, 5, Number.POSITIVE_INFINITY, 3.5]);
    expect(task.optimum).toEqual({ rate: 0.01, prioritised: true, alpha: 0.5 });
  });

  it("starts near the usual settings in the worse half of the rows that never fail", () => {
    // 0.001 is what is usual, but it lies in the middle of 1, 3 and 3.5; the row at 0.1 fails now and then.
    expect(task.start).toEqual({ rate: 0.001, prioritised: false });
    expect(candidateSetTask({ ...set, usual: { rate: 1, prioritised: false } }).start).toEqual({
      rate: 0.002,
      prioritised: false,
    });
    expect(task.space.defaults()).toEqual(task.start);
  });

  it("refuses rows that are no configurations, or are there twice", () => {
    const [first] = set.rows;
    if (!first) throw new Error("no row");
    expect(() => candidateSetTask({ ...set, rows: [...set.rows, first] })).toThrow("twice");
    const outside = { ...first, configuration: { rate: 2, prioritised: false } };
    expect(() => candidateSetTask({ ...set, rows: [outside] })).toThrow("rate must lie between");
  });
});

describe("the rows that are left", () => {
  it("are given out once each, the nearest in encoded coordinates first", () => {
    const rows = new RemainingRows(task.space, task.pool ?? []);
    rows.remove(task.start);
    const taken = Array.from({ length: 5 }, () => rows.takeNearest({ rate: 0.0011, prioritised: false })?.["rate"]);
    // A choice that differs counts like half the range: from 0.0011, all but one decade of four.
    expect(taken).toEqual([0.002, 0.01, 1, 0.1, undefined]);
  });
});
