import { describe, expect, it } from "vitest";
import { tableTask } from "./tabular.js";

const table = {
  direction: "maximize" as const,
  space: { rate: [0.001, 0.01, 0.05], units: [16, 32], schedule: ["cosine", "constant"] },
  // 3 x 2 x 2 rows, the last key fastest; two seeds each.
  values: Array.from({ length: 12 }, (_, row) => [row / 20, row / 20 + 0.1]),
};

const description = {
  card: { text: "A test.", metric: "error", limits: {} },
  parameters: { rate: { description: "How fast.", unit: "1/step" }, units: { description: "How many." } },
};

describe("a task on a table", () => {
  const task = tableTask("test/table", table, { rate: 1, units: 0, schedule: 1 }, description);

  it("offers powers of two as such, texts as choices and other numbers by their rank", () => {
    expect(task.space.parameters).toMatchObject([
      { kind: "int", name: "rate", low: 0, high: 2 },
      { kind: "int", name: "units", low: 16, high: 32, powersOf: 2 },
      { kind: "categorical", name: "schedule", choices: ["cosine", "constant"] },
    ]);
    expect(task.start).toEqual({ rate: 1, units: 16, schedule: "constant" });
  });

  it("says what a parameter is, and what its ranks stand for", () => {
    expect(task.space.parameter("rate").description).toBe(
      "How fast. Rank of a value: 0 to 2 stand for 0.001, 0.01, 0.05 1/step.",
    );
    expect(task.space.parameter("units").description).toBe("How many.");
    expect(task.space.parameter("schedule").description).toBeUndefined();
  });

  it("knows its best row", () => {
    expect(task.optimum).toEqual({ rate: 2, units: 32, schedule: "constant" });
    expect(task.trueValue(task.optimum ?? {})).toBeCloseTo(1 - 0.6, 12);
  });

  it("finds the row of a configuration and turns its mean round", () => {
    expect(task.trueValue({ rate: 2, units: 32, schedule: "cosine" })).toBeCloseTo(1 - 0.55, 12);
    expect(task.trueValue(task.start)).toBeCloseTo(1 - 0.3, 12);
  });

  it("observes one of the recorded seeds, by the run's seed", () => {
    const seen = new Set(
      Array.from({ length: 30 }, (_, seed) => {
        const { evaluation } = task.evaluate(task.start, seed);
        return evaluation.kind === "value" ? evaluation.value.toFixed(6) : "failure";
      }),
    );
    expect([...seen].sort()).toEqual(["0.650000", "0.750000"]);
  });

  it("refuses a configuration that the table does not have", () => {
    const short = tableTask("test/short", { ...table, values: table.values.slice(0, 3) }, {}, description);
    expect(() => short.trueValue({ rate: 2, units: 32, schedule: "constant" })).toThrow("no row 11");
  });
});
