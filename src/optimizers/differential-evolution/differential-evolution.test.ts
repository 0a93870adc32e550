import { describe, expect, it } from "vitest";
import { median } from "../../math/vector.js";
import type { Configuration } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import { randomSearch } from "../random/index.js";
import {
  bestFound,
  comparisonSeeds,
  convincingWins,
  failingSpace,
  failingStart,
  mixedObjective,
  mixedSpace,
  type Objective,
  wins,
} from "../random/testing/paired-comparison.js";
import { differentialEvolution } from "./differential-evolution.js";

describeOptimizer(differentialEvolution);

const create = (seed = 1) => differentialEvolution.create(mixedSpace, { seed, start: mixedSpace.defaults() });

describe("differential evolution", () => {
  it("beats random search on a mixed problem", () => {
    const found = (factory: typeof differentialEvolution) =>
      comparisonSeeds.map((seed) => bestFound(factory, mixedSpace, mixedObjective, seed, 150));
    const own = found(differentialEvolution);
    const random = found(randomSearch);
    expect(wins(own, random)).toBeGreaterThanOrEqual(convincingWins);
    expect(median(own)).toBeLessThan(median(random) / 4);
  });

  it("learns the same from every monotone transformation of the objective", () => {
    const transformed = (value: number | undefined) => (value === undefined ? undefined : Math.log(value + 1e-3));
    const best = bestFound(differentialEvolution, mixedSpace, mixedObjective, 3, 120);
    const same = bestFound(differentialEvolution, mixedSpace, (...of) => transformed(mixedObjective(...of)), 3, 120);
    expect(same).toBe(transformed(best));
  });

  it("adapts to the scales of a badly conditioned problem", () => {
    const ellipsoid: Objective = (space, configuration) =>
      space.encode(configuration).numeric.reduce((sum, x, j) => sum + 1000 ** (j / 5) * (x - 0.6) ** 2, 0);
    const found = [0, 1, 2, 3, 4].map((seed) => bestFound(differentialEvolution, failingSpace, ellipsoid, seed, 800));
    expect(median(found)).toBeLessThan(1e-4);
  });

  it("finds out of a region in which everything fails", () => {
    const found = comparisonSeeds.filter((seed) =>
      Number.isFinite(bestFound(differentialEvolution, failingSpace, failingStart, seed, 100)),
    );
    expect(found.length).toBeGreaterThanOrEqual(20);
  });

  it("has the start in its population, without asking for it", () => {
    const optimizer = create();
    const start = mixedSpace.key(mixedSpace.defaults());
    const told = (configuration: Configuration, value: number, candidate?: number) =>
      optimizer.tell({
        ...(candidate !== undefined && { candidate }),
        configuration,
        evaluation: { kind: "value", value },
      });
    // The start is the only good one: trials come to resemble it.
    const distance = (configuration: Configuration) => {
      const center = mixedSpace.encode(mixedSpace.defaults()).numeric;
      return mixedSpace.encode(configuration).numeric.reduce((sum, x, j) => sum + (x - (center[j] ?? 0)) ** 2, 0);
    };
    told(mixedSpace.defaults(), 0);
    for (let k = 0; k < 60; k++) {
      const { id, configuration } = optimizer.ask();
      expect(mixedSpace.key(configuration)).not.toBe(start);
      told(configuration, 1 + distance(configuration), id);
    }
    const later = Array.from({ length: 10 }, () => distance(optimizer.ask().configuration));
    expect(median(later)).toBeLessThan(0.05);
  });

  it("shrinks its population to the smallest over the horizon", () => {
    const optimizer = differentialEvolution.create(mixedSpace, {
      seed: 1,
      start: mixedSpace.defaults(),
      settings: { population: 20, smallest: 5, horizon: 60 },
    });
    const sizes = Array.from({ length: 70 }, (_, k) => {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: k } });
      return optimizer.view().populationSize ?? 0;
    });
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect([sizes[0], sizes.at(-1)]).toEqual([20, 5]);
  });

  it("takes a good configuration of somebody else in, in place of the worst", () => {
    const optimizer = create();
    for (let k = 0; k < 30; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: 100 + k } });
    }
    const found = { lr: 0.9, decay: 0.9, depth: 12, width: 1024, activation: "tanh", bias: true };
    optimizer.tell({ configuration: found, evaluation: { kind: "value", value: 0 } });
    const rates = Array.from({ length: 30 }, () => Number(optimizer.ask().configuration["lr"]));
    expect(rates.filter((lr) => lr > 0.05).length).toBeGreaterThan(4);
  });

  it("begins again around the best when its population has come together", () => {
    const optimizer = differentialEvolution.create(failingSpace, { seed: 1, start: failingSpace.defaults() });
    let narrowest = Number.POSITIVE_INFINITY;
    let after = 0;
    let window: number[] = [];
    for (let k = 0; k < 1500; k++) {
      const { id, configuration } = optimizer.ask();
      const { numeric } = failingSpace.encode(configuration);
      const value = numeric.reduce((sum, x) => sum + (x - 0.4) ** 2, 0);
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
      window = [...window, value].slice(-20);
      const spread = Math.max(...window);
      if (k > 100) narrowest = Math.min(narrowest, spread);
      if (narrowest < 1e-6) after = Math.max(after, spread);
    }
    expect(narrowest).toBeLessThan(1e-6);
    expect(after).toBeGreaterThan(1e-3);
  });

  it("keeps a small state", () => {
    const optimizer = create();
    for (let k = 0; k < 300; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: -k } });
    }
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(10_000);
  });
});
