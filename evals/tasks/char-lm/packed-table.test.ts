import { describe, expect, it } from "vitest";
import type { Configuration } from "../../../src/space/index.js";
import { exampleStudy } from "./example.js";
import { gridConfigurations, gridSpace } from "./grid.js";
import { fixedValues, readingStep, readTable, type TableHeader, tableText } from "./packed-table.js";
import type { RawRun } from "./raw-run.js";

const study = exampleStudy();
const space = gridSpace(study);
const grid = gridConfigurations(space);
const steps = 100;

const header: TableHeader = {
  measured: "2026-01-31",
  node: "20.20.2",
  processor: "2 x some processor",
  script: "0123456789abcdef".repeat(4),
  limits: { seconds: 60, memoryBytes: 512e6 },
  fixed: { dropout: 0.1, activation: "tanh" },
};

/** A made-up run that completes with the value. */
function complete(configuration: Configuration, seed: number, value: number): RawRun {
  return {
    seed,
    configuration: { ...configuration },
    outcome: { kind: "complete", value },
    curve: [1, 2, 3, 4, 5].map((k): [number, number] => [readingStep(steps, k), value + (5 - k) / 10]),
    trainCurve: [
      [50, 3.25],
      [100, 2.5],
    ],
    lastStep: steps,
    tokens: steps * Number(configuration["batch_size"]),
    peakMemoryMegabytes: 80.5,
    seconds: 1.5,
  };
}

const all = grid.map((configuration, k) => complete(configuration, 1, 2 + k / 10_000));
const [first, second] = grid;
if (first === undefined || second === undefined) throw new Error("an empty grid");

describe("the packed table", () => {
  it("gives back what was measured, whatever the order in which runs ended", () => {
    const failed: RawRun = {
      seed: 2,
      configuration: { ...first },
      outcome: { kind: "failed", failure: "out_of_memory", message: "too much" },
      curve: [[readingStep(steps, 1), 3.5]],
      trainCurve: [[5, 4.5]],
      lastStep: 25,
      peakMemoryMegabytes: 516.4,
      seconds: 2,
    };
    const atOnce: RawRun = {
      seed: 3,
      configuration: { ...first },
      outcome: { kind: "failed", failure: "diverged", message: "infinite" },
      curve: [],
      trainCurve: [],
      seconds: 0.2,
    };
    const { header: read, rows } = readTable(space, tableText(space, [atOnce, ...[...all].reverse(), failed], header));
    expect(read).toEqual(header);
    expect(rows.map(({ configuration }) => configuration)).toEqual(grid);
    expect(rows[0]?.runs).toEqual([
      { seed: 1, progress: 1, steps, curve: [2.4, 2.3, 2.2, 2.1, 2], trainLoss: 2.5, peakMemory: 80_500_000 },
      {
        seed: 2,
        failure: "out_of_memory",
        progress: 0.25,
        steps,
        curve: [3.5],
        trainLoss: 4.5,
        peakMemory: 516_400_000,
      },
      { seed: 3, failure: "diverged", progress: 0, steps, curve: [] },
    ]);
    expect(rows[1]?.runs.map(({ curve }) => curve.at(-1))).toEqual([2.0001]);
  });

  it("is the same text for the same runs in another order", () => {
    expect(tableText(space, [...all].reverse(), header)).toBe(tableText(space, all, header));
  });

  it("is not written while configurations are missing", () => {
    expect(() => tableText(space, all.slice(1), header)).toThrow(/is missing/);
  });

  it("is not written of readings that do not fit its columns", () => {
    const run = complete(first, 2, 2);
    const earlier: RawRun = { ...run, curve: run.curve.map(([step, value]) => [step - 1, value]) };
    expect(() => tableText(space, [...all, earlier], header)).toThrow(/other readings/);
    const shorter: RawRun = { ...run, curve: run.curve.slice(0, 4) };
    expect(() => tableText(space, [...all, shorter], header)).toThrow(/other readings/);
  });

  it.each([
    ["a value that is no number", (line: string) => line.replace("\t80.5", "\tmuch"), /value is wrong in line 3/],
    ["a level off the grid", (line: string) => line.replace("-3\t", "-2.9\t"), /log10_learning_rate.*line 3/],
    ["a column too few", (line: string) => line.replace("\t80.5", ""), /column is missing in line 3/],
    ["an outcome that nobody knows", (line: string) => line.replace("complete", "bored"), /value is wrong in line 3/],
  ])("is not read with %s", (_, change, message) => {
    const [head = "", columns = "", line = "", ...rest] = tableText(space, all, header).split("\n");
    expect(() => readTable(space, [head, columns, change(line), ...rest].join("\n"))).toThrow(message);
  });
});

describe("the values that all runs share", () => {
  it("are the example's defaults of what the table does not tune", () => {
    expect(fixedValues(study, space)).toEqual({
      momentum: 0.9,
      weight_decay: 0.01,
      activation: "tanh",
      dropout: 0.1,
      schedule: "constant",
    });
  });
});
