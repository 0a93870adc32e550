import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Configuration, SearchSpace } from "../../../src/space/index.js";
import { normalisedRegret } from "../task.js";
import { charLmTableTask, tableTask } from "./char-lm-table.js";
import { exampleStudy, scriptDigest } from "./example.js";
import { gridConfigurations, gridSpace } from "./grid.js";
import { charLmTasks } from "./index.js";
import { fixedValues, readTable, type TableRow, type TableRun, tableFile } from "./packed-table.js";
import { ScriptRunner } from "./script-run.js";

const study = exampleStudy();
const space = gridSpace(study);

function succeeds(seed: number, value: number): TableRun {
  return { seed, progress: 1, steps: 11, curve: [4, 3, 2.9, 2.8, value], trainLoss: 2, peakMemory: 8e7 };
}
function diverges(seed: number): TableRun {
  return { seed, failure: "diverged", progress: 0.3, steps: 11, curve: [4], peakMemory: 9e7 };
}

describe("a task of rows on the grid", () => {
  const grid = gridConfigurations(space);
  const [stable, noisy, risky, hopeless] = grid;
  if (!stable || !noisy || !risky || !hopeless) throw new Error("a small grid");
  const special = new Map<Configuration, readonly TableRun[]>([
    [stable, [succeeds(1, 2.5)]],
    [noisy, [succeeds(1, 2), succeeds(2, 2.2), succeeds(3, 2.4)]],
    [risky, [succeeds(1, 2.7), diverges(2)]],
    [hopeless, [diverges(1)]],
  ]);
  const rows: readonly TableRow[] = grid.map((configuration, k) => ({
    configuration,
    runs: special.get(configuration) ?? [succeeds(1, 3 + k / 1000)],
  }));
  const task = tableTask(study, space, rows);
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  const valuesOf = (configuration: Configuration) =>
    new Set(
      seeds.map((seed) => {
        const { evaluation } = task.evaluate(configuration, seed);
        return evaluation.kind === "value" ? evaluation.value : evaluation.failure;
      }),
    );

  it("observes the recorded runs, all of them and nothing between", () => {
    expect(valuesOf(stable)).toEqual(new Set([2.5]));
    expect(valuesOf(noisy)).toEqual(new Set([2, 2.2, 2.4]));
    expect(valuesOf(risky)).toEqual(new Set([2.7, "diverged"]));
    expect(valuesOf(hopeless)).toEqual(new Set(["diverged"]));
  });

  it("has the mean of the runs that succeed for its true value", () => {
    expect([stable, noisy, risky, hopeless].map((each) => task.trueValue(each))).toEqual([
      2.5,
      (2 + 2.2 + 2.4) / 3,
      2.7,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("knows its optimum, and the best of 25 draws above it", () => {
    expect(task.optimum).toEqual(noisy);
    expect(task.known.best).toBe(task.trueValue(noisy));
    const better = grid.filter((each) => task.trueValue(each) < task.known.bestOf25).length;
    expect(1 - (1 - better / grid.length) ** 25).toBeCloseTo(0.5, 2);
  });

  it("tells progress, severity and memory of a failure", () => {
    expect(task.evaluate(hopeless, 3)).toEqual({
      evaluation: { kind: "failure", failure: "diverged", severity: 3 },
      measured: { progress: 0.3, peakMemory: 9e7 },
    });
  });

  it("can follow a run up to the value that it ended with", () => {
    expect(task.curve(stable, 7)).toEqual([
      { step: 3, value: 4 },
      { step: 5, value: 3 },
      { step: 7, value: 2.9 },
      { step: 9, value: 2.8 },
      { step: 11, value: 2.5 },
    ]);
    expect(task.curve(hopeless, 7)).toEqual([{ step: 3, value: 4 }]);
    for (const seed of seeds) {
      const { evaluation } = task.evaluate(noisy, seed);
      expect(evaluation).toEqual({ kind: "value", value: task.curve(noisy, seed).at(-1)?.value });
    }
  });

  it("refuses what was not run", () => {
    expect(() => task.evaluate({ ...stable, width: 12 }, 1)).toThrow(/no run of/);
  });

  it("speaks to an advisor in the example's words, and says what is fixed", () => {
    expect(task.card.text).toContain(study.task?.trim());
    expect(task.card.text).toContain("momentum 0.9, weight_decay 0.01");
    expect(task.card).toMatchObject({ metric: "val_bpb", limits: { seconds: 60, memoryBytes: 512e6 } });
  });
});

describe.skipIf(existsSync(tableFile()))("without its table", () => {
  it("the task is skipped by name", () => {
    expect(charLmTasks()).toEqual({
      tasks: [],
      skipped: [{ name: "char-lm/table", reason: "its table is not at hand" }],
    });
  });
});

describe.skipIf(!existsSync(tableFile()))("the measured table", () => {
  let table: ReturnType<typeof readTable> | undefined;
  const load = () => {
    table ??= readTable(space, readFileSync(tableFile(), "utf8"));
    return table;
  };

  it("is of the script, the limits and the defaults that the example has today", () => {
    const { header } = load();
    const { time, memory } = study.trial.limits;
    expect(header.script, "measure the table again: the script has changed").toBe(scriptDigest());
    expect(header.limits).toEqual({ seconds: time, memoryBytes: memory });
    expect(header.fixed).toEqual(fixedValues(study, space));
  });

  it("has every configuration once, and more than 200 with several seeds", () => {
    const { rows } = load();
    expect(rows.map(({ configuration }) => configuration)).toEqual(gridConfigurations(space));
    expect(rows.filter(({ runs }) => runs.length >= 3).length).toBeGreaterThan(200);
    for (const { runs } of rows) expect(runs.map(({ seed }) => seed)).toEqual(runs.map((_, k) => k + 1));
  });

  it("has whole curves and the memory of what completed, and failures of the example's two kinds", () => {
    const { rows } = load();
    const runs = rows.flatMap((row) => row.runs);
    const complete = runs.filter(({ failure }) => failure === undefined);
    const limit = study.trial.limits.memory ?? 0;
    for (const { curve, progress, peakMemory, trainLoss } of complete) {
      expect(curve.length).toBe(5);
      expect(progress).toBe(1);
      expect(peakMemory).toBeGreaterThan(3e7);
      expect(peakMemory).toBeLessThanOrEqual(limit);
      expect(trainLoss).toBeGreaterThan(1);
    }
    const failed = runs.filter(({ failure }) => failure !== undefined);
    expect(new Set(failed.map(({ failure }) => failure))).toEqual(new Set(["out_of_memory", "diverged"]));
    for (const { failure, peakMemory = 0 } of failed)
      if (failure === "out_of_memory") expect(peakMemory).toBeGreaterThan(limit);
    expect(failed.length).toBeLessThan(runs.length / 2);
  });

  it("has the start three times, and something to gain from it", () => {
    const task = charLmTableTask();
    const { rows } = load();
    const start = rows.find(({ configuration }) => space.key(configuration) === space.key(task.start));
    expect(start?.runs.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
    expect(normalisedRegret(task.known, task.trueValue(task.start))).toBeGreaterThan(0.1);
    expect(task.optimum && task.trueValue(task.optimum)).toBe(task.known.best);
  });

  // Small models at three learning rates, one of which fails.
  const live = [
    { log10_learning_rate: -2, batch_size: 128, context: 2, buckets: 4096, width: 8, depth: 1 },
    { log10_learning_rate: 0, batch_size: 128, context: 2, buckets: 4096, width: 128, depth: 2 },
  ].map((values) => ({ ...space.defaults(), ...values }));

  it.each(live)(
    "is what a run gives today: $log10_learning_rate, width $width",
    { timeout: 60_000 },
    async (values) => {
      const read = space.read(values);
      if (!read.ok) throw new Error("not of the grid");
      const runner = await ScriptRunner.open(study, 1);
      const now = await runner.run(read.configuration, 1);
      const recorded = load().rows.find(({ configuration }) => space.key(configuration) === space.key(values))?.runs[0];
      expect(now?.curve.map(([, value]) => value)).toEqual(recorded?.curve);
      expect(now?.outcome.kind === "failed" ? now.outcome.failure : undefined).toBe(recorded?.failure);
      expect((now?.lastStep ?? 0) / (recorded?.steps ?? 1)).toBeCloseTo(recorded?.progress ?? Number.NaN, 4);
    },
  );
});

describe("the example's own space", () => {
  it("has the start of the table for its default", () => {
    const { learning_rate: rate, ...defaults } = SearchSpace.from(study.space).defaults();
    const { log10_learning_rate: exponent, ...start } = space.defaults();
    expect(10 ** Number(exponent)).toBe(rate);
    expect(defaults).toMatchObject(start);
  });
});
