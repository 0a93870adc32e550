import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { Measured } from "../optimizer.js";
import { type FeasibilityOptions, type FeasibilityTrial, fitFeasibility } from "./feasibility.js";
import { trainingProblem } from "./fixtures/training-problem.js";

const problem = trainingProblem(12);
const { space } = problem;
const memoryLimit = 3e7;
const timeLimit = 400;

function stream(...path: readonly (string | number)[]): RandomStream {
  return RandomStream.fromSeed(deriveSeed(2603, ...path));
}

function demand({ width, depth, batch }: Configuration): number {
  return Number(width) ** 2 * Number(depth) * Number(batch);
}

/** A run whose memory is watched, and which is ended at some share of the limit when it asks for more. */
function watched(configuration: Configuration, random: RandomStream, endedAt: () => number): FeasibilityTrial {
  const needed = demand(configuration) * Math.exp(0.03 * random.normal());
  return needed > memoryLimit
    ? { configuration, failed: true, kind: "out_of_memory", measured: { peakMemory: memoryLimit * endedAt() } }
    : { configuration, failed: false, measured: { peakMemory: needed } };
}

function bare({ configuration, failed, kind }: FeasibilityTrial): FeasibilityTrial {
  return { configuration, failed, ...(kind !== undefined && { kind }) };
}

/** Mean squared error of the probability over many studies, with what was measured and without it. */
function brier(
  title: string,
  count: number,
  run: (configuration: Configuration, random: RandomStream) => FeasibilityTrial,
  fails: (configuration: Configuration) => boolean,
): { readonly measured: number; readonly bare: number } {
  let measured = 0;
  let without = 0;
  let points = 0;
  for (let study = 0; study < 10; study++) {
    const random = stream(title, count, study);
    const seen = Array.from({ length: count }, () => run(space.sample(random), random));
    const models = [
      fitFeasibility(space, seen, { seed: study }),
      fitFeasibility(space, seen.map(bare), { seed: study }),
    ];
    for (let k = 0; k < 60; k++) {
      const configuration = space.sample(random);
      const outcome = fails(configuration) ? 1 : 0;
      const [a = 0, b = 0] = models.map((model) => (model.probability(configuration) - outcome) ** 2);
      measured += a;
      without += b;
      points++;
    }
  }
  return { measured: measured / points, bare: without / points };
}

const outOfMemory = (configuration: Configuration): boolean => demand(configuration) > memoryLimit;

describe("fitFeasibility with what was measured", () => {
  it("finds the border of memory in 20 trials better than from 80 trials without their memory", () => {
    const run = (configuration: Configuration, random: RandomStream) => watched(configuration, random, () => 1);
    expect(brier("memory", 20, run, outOfMemory).measured).toBeLessThan(brier("memory", 80, run, outOfMemory).bare);
  });

  it.each([
    { ended: "when they pass the limit", endedAt: (random: RandomStream) => 1 + 0.1 * random.uniform() },
    { ended: "when they ask for too much", endedAt: (random: RandomStream) => 0.3 + 0.7 * random.uniform() },
  ])("gains by memory whether trials end $ended", ({ ended, endedAt }) => {
    const run = (configuration: Configuration, random: RandomStream) =>
      watched(configuration, random, () => endedAt(random));
    for (const count of [12, 30]) {
      const score = brier(ended, count, run, outOfMemory);
      expect(score.measured).toBeLessThan(0.75 * score.bare);
    }
  });

  it("is no worse for a memory that says nothing", () => {
    const run = (configuration: Configuration, random: RandomStream): FeasibilityTrial => ({
      ...watched(configuration, random, () => 1),
      measured: { peakMemory: Math.exp(random.normal()) },
    });
    for (const count of [12, 30, 80]) {
      const score = brier("useless", count, run, outOfMemory);
      expect(score.measured).toBeLessThan(1.1 * score.bare);
    }
  });

  it("is exactly what it is without measurements where none is of use", () => {
    const random = stream("nothing of use");
    const seen = Array.from({ length: 60 }, () => watched(space.sample(random), random, () => 1));
    const empty = seen.map((trial) => ({ ...trial, measured: { cost: 1 } }));
    const [a, b] = [seen.map(bare), empty].map((trials) => fitFeasibility(space, trials, { seed: 1 }));
    for (let k = 0; k < 20; k++) {
      const configuration = space.sample(random);
      expect(a?.probability(configuration)).toBe(b?.probability(configuration));
    }
  });

  it("keeps a known limit before it was ever broken", () => {
    const random = stream("known");
    const seen: FeasibilityTrial[] = [];
    while (seen.length < 25) {
      const trial = watched(space.sample(random), random, () => 1);
      if (!trial.failed) seen.push(trial);
    }
    const risk = (options: FeasibilityOptions) => {
      const model = fitFeasibility(space, seen, options);
      const huge = { ...space.defaults(), width: 1024, depth: 12, batch: 512 };
      return [model.probability(huge), model.probability(space.defaults())];
    };
    const [unknownHuge = 1] = risk({ seed: 1 });
    const [hugeRisk = 0, smallRisk = 1] = risk({ seed: 1, limits: { peakMemory: memoryLimit } });
    expect(unknownHuge).toBeLessThan(0.02);
    expect(hugeRisk).toBeGreaterThan(0.9);
    expect(smallRisk).toBeLessThan(0.05);
    expect(fitFeasibility(space, seen, { seed: 1, limits: { cost: 10 } }).probability(space.defaults())).toBeLessThan(
      0.02,
    );
  });

  it("learns a limit of time from how long trials took and how far the late ones came", () => {
    const duration = (configuration: Configuration) => demand(configuration) ** 0.6 / 30;
    const run = (configuration: Configuration, random: RandomStream): FeasibilityTrial => {
      const needed = duration(configuration) * Math.exp(0.05 * random.normal());
      return needed > timeLimit
        ? { configuration, failed: true, kind: "timeout", measured: { cost: timeLimit, progress: timeLimit / needed } }
        : { configuration, failed: false, measured: { cost: needed } };
    };
    const score = brier("time", 20, run, (configuration) => duration(configuration) > timeLimit);
    expect(score.measured).toBeLessThan(0.6 * score.bare);
  });

  it("learns from how far failed trials came where the way shows the distance to the border", () => {
    const excess = (c: Configuration) => Math.log10(Number(c.lr)) + 0.5 * Math.log10(Number(c.width)) + 0.6;
    const run = (configuration: Configuration): FeasibilityTrial => {
      const beyond = excess(configuration);
      const measured: Measured = { progress: Math.exp(-2 * beyond) };
      return beyond > 0
        ? { configuration, failed: true, kind: "diverged", measured }
        : { configuration, failed: false };
    };
    const score = brier("progress", 40, run, (configuration) => excess(configuration) > 0);
    expect(score.measured).toBeLessThan(0.95 * score.bare);
  });

  it("is no worse for a progress that is chance", () => {
    const run = (configuration: Configuration, random: RandomStream): FeasibilityTrial =>
      problem.diverges(configuration)
        ? { configuration, failed: true, kind: "diverged", measured: { progress: random.uniform() } }
        : { configuration, failed: false };
    for (const count of [15, 60]) {
      const score = brier("chance", count, run, problem.diverges);
      expect(score.measured).toBeLessThan(1.1 * score.bare);
    }
  });

  it("survives measurements that are absurd", () => {
    const random = stream("absurd");
    const uses = [0, -1, Number.NaN, Infinity, 1e-300, 1e300, undefined];
    const seen = Array.from({ length: 40 }, (_, k): FeasibilityTrial => {
      const peakMemory = uses[k % uses.length];
      const measured = { progress: (k % 3) / 2, ...(peakMemory !== undefined && { peakMemory }) };
      return { configuration: space.sample(random), failed: k % 4 === 0, kind: "out_of_memory", measured };
    });
    for (const trials of [seen, seen.filter(({ failed }) => failed), seen.slice(0, 1)]) {
      const probability = fitFeasibility(space, trials, { seed: 1 }).probability(space.defaults());
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
    }
  });
});
