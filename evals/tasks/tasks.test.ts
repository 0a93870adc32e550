import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { Configuration } from "../../src/space/index.js";
import { allTasks, normalisedRegret, type Task } from "./index.js";
import { ownTasks } from "./own/index.js";
import { trialBudget } from "./task.js";

const { tasks } = allTasks();

function draws(task: Task, count: number): readonly Configuration[] {
  const random = RandomStream.fromSeed(deriveSeed(3, task.name));
  return Array.from({ length: count }, () => task.space.sample(random));
}

describe.each(tasks)("$name", (entry) => {
  const task = entry.load();
  const random = draws(task, 120);

  it("starts from a configuration of its space that succeeds", () => {
    expect(task.space.read(task.start)).toEqual({ ok: true, configuration: task.start });
    for (let seed = 0; seed < 20; seed++) expect(task.evaluate(task.start, seed).evaluation.kind).toBe("value");
    expect(Number.isFinite(task.trueValue(task.start))).toBe(true);
  });

  it("gives the same observation for the same configuration and seed", () => {
    for (const configuration of random.slice(0, 20)) {
      expect(task.evaluate(configuration, 5)).toEqual(task.evaluate({ ...configuration }, 5));
      expect(task.trueValue({ ...configuration })).toBe(task.trueValue(configuration));
    }
  });

  it("observes finite values around the true value, and failures where it is infinite", () => {
    for (const configuration of random.slice(0, 30)) {
      const observed = Array.from({ length: 60 }, (_, seed) => task.evaluate(configuration, seed));
      const values = observed.flatMap(({ evaluation }) => (evaluation.kind === "value" ? [evaluation.value] : []));
      const truth = task.trueValue(configuration);
      if (!Number.isFinite(truth)) expect(values).toEqual([]);
      if (values.length < 30) continue;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
      // Tables have four or five seeds, which are not drawn equally often.
      expect(Math.abs(mean - truth)).toBeLessThanOrEqual((4.5 * spread) / Math.sqrt(values.length) + 1e-9);
    }
  });

  it("measures positive costs and memory, and progress between 0 and 1", () => {
    for (const configuration of random) {
      const { peakMemory = 1, progress = 1, cost = 1 } = task.evaluate(configuration, 1).measured;
      expect(peakMemory).toBeGreaterThan(0);
      expect(cost).toBeGreaterThan(0);
      expect(progress).toBeGreaterThanOrEqual(0);
      expect(progress).toBeLessThanOrEqual(1);
    }
  });

  it("has a best known value that random configurations do not beat, and a unit of regret above it", () => {
    const { best, bestOf25 } = task.known;
    expect(bestOf25).toBeGreaterThan(best);
    for (const configuration of random) {
      expect(task.trueValue(configuration)).toBeGreaterThanOrEqual(best - 1e-9 * Math.abs(best));
    }
    // Of 120 random configurations, about 2.7 % are better than the median of the best of 25.
    const better = random.filter((configuration) => task.trueValue(configuration) < bestOf25).length;
    expect(better).toBeLessThanOrEqual(14);
  });

  it("leaves something to tune", () => {
    expect(normalisedRegret(task.known, task.trueValue(task.start))).toBeGreaterThan(0.1);
    expect(task.trials).toBe(trialBudget(task.space.parameters.length));
  });
});

describe("the tasks that need no data", () => {
  const own = ownTasks.map((entry) => entry.load());

  it("span 4 to 14 parameters", () => {
    const counts = own.map(({ space }) => space.parameters.length);
    expect(own.length).toBeGreaterThanOrEqual(12);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([4, 14]);
  });

  it.each([
    ["own/memory-border", "out_of_memory"],
    ["own/divergence", "diverged"],
    ["own/time-limit", "timeout"],
    ["own/language-model", "out_of_memory"],
    ["own/language-model", "diverged"],
  ])("%s fails with %s at random, but not mostly", (name, failure) => {
    const task = own.find((each) => each.name === name);
    if (!task) throw new Error(`no ${name}`);
    const kinds = draws(task, 400).map((configuration) => task.evaluate(configuration, 2).evaluation);
    const failed = kinds.filter((each) => each.kind === "failure");
    expect(failed.some((each) => each.failure === failure)).toBe(true);
    expect(failed.length).toBeLessThan(300);
  });

  it("are skipped by no environment, unlike those that need data", () => {
    const bare = allTasks({ HOME: "/nowhere" });
    expect(bare.tasks.map(({ name }) => name)).toEqual(own.map(({ name }) => name));
    expect(bare.skipped).toContainEqual({
      name: "fcnet/protein",
      reason: "tabular/hpolib_protein_structure.json.gz is not at hand",
    });
    expect(bare.skipped.map(({ name }) => name)).toContain("lcbench/167152");
  });

  it("have noise that differs between configurations where they say so", () => {
    const noisy = own.find(({ name }) => name === "own/noisy");
    if (!noisy) throw new Error("no noisy task");
    const spread = (learningRate: number) => {
      const values = Array.from({ length: 200 }, (_, seed) => {
        const { evaluation } = noisy.evaluate({ ...noisy.start, learning_rate: learningRate }, seed);
        return evaluation.kind === "value" ? evaluation.value : Number.NaN;
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    expect(spread(0.1)).toBeGreaterThan(4 * spread(1e-5));
  });
});

describe("normalised regret", () => {
  it("is 0 at the best known value and below, and 1 at the best of 25", () => {
    const known = { best: 2, bestOf25: 6 };
    expect([1, 2, 4, 6, 10].map((value) => normalisedRegret(known, value))).toEqual([0, 0, 0.5, 1, 2]);
  });
});

describe("the budget", () => {
  it("grows with the root of the number of parameters, up to 200", () => {
    expect([1, 4, 7, 14, 40].map(trialBudget)).toEqual([60, 100, 126, 170, 200]);
  });
});
