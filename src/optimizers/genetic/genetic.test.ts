import { describe, expect, it } from "vitest";
import { median } from "../../math/vector.js";
import type { SearchSpace } from "../../space/index.js";
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
  wins,
} from "../random/testing/paired-comparison.js";
import { genetic } from "./genetic.js";

describeOptimizer(genetic);

const create = (seed = 1) => genetic.create(mixedSpace, { seed, start: mixedSpace.defaults() });

describe("genetic", () => {
  it("beats random search on a mixed problem", () => {
    const found = (factory: typeof genetic) =>
      comparisonSeeds.map((seed) => bestFound(factory, mixedSpace, mixedObjective, seed, 150));
    const own = found(genetic);
    const random = found(randomSearch);
    expect(wins(own, random)).toBeGreaterThanOrEqual(convincingWins);
    expect(median(own)).toBeLessThan(median(random) / 4);
  });

  it("learns the same from every monotone transformation of the objective", () => {
    const transformed = (value: number | undefined) => (value === undefined ? undefined : Math.log(value + 1e-3));
    const best = bestFound(genetic, mixedSpace, mixedObjective, 3, 120);
    const same = bestFound(genetic, mixedSpace, (...of) => transformed(mixedObjective(...of)), 3, 120);
    expect(same).toBe(transformed(best));
  });

  it("adapts the strength of mutation: it converges beyond what a fixed one reaches", () => {
    const sphere = (space: SearchSpace, configuration: Parameters<typeof mixedObjective>[1]) =>
      space.encode(configuration).numeric.reduce((sum, x) => sum + (x - 0.6) ** 2, 0);
    const found = [0, 1, 2, 3, 4].map((seed) => bestFound(genetic, failingSpace, sphere, seed, 600));
    // Single steps of the initial deviation 0.13 would hit a target of this size about once in 10^7 trials.
    expect(median(found)).toBeLessThan(1e-4);
  });

  it("finds out of a region in which everything fails", () => {
    const found = comparisonSeeds.filter((seed) =>
      Number.isFinite(bestFound(genetic, failingSpace, failingStart, seed, 60, { newcomers: 0 })),
    );
    expect(found.length).toBeGreaterThanOrEqual(20);
  });

  it("breeds from configurations that others proposed", () => {
    const optimizer = create();
    for (let k = 0; k < 20; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: 100 + k } });
    }
    const found = { lr: 0.9, decay: 0.9, depth: 12, width: 1024, activation: "tanh", bias: true };
    optimizer.tell({ configuration: found, evaluation: { kind: "value", value: 0 } });
    const children = Array.from({ length: 40 }, () => optimizer.ask().configuration);
    const related = children.filter(({ activation, depth }) => activation === "tanh" && Number(depth) >= 11);
    expect(related.length).toBeGreaterThan(8);
  });

  it("never asks for what it knows while there is anything else", () => {
    const optimizer = create();
    const keys = new Set<string>();
    for (let k = 0; k < 300; k++) {
      const { id, configuration } = optimizer.ask();
      keys.add(mixedSpace.key(configuration));
      const value = mixedObjective(mixedSpace, configuration, 1) ?? 0;
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    }
    expect(keys.size).toBe(300);
  });

  it("first asks for the best of an earlier study, without counting its results", () => {
    const configurations = [0.2, 0.4, 0.6].map((x) => ({ ...mixedSpace.defaults(), decay: x }));
    const optimizer = genetic.create(mixedSpace, {
      seed: 1,
      start: mixedSpace.defaults(),
      warmStart: configurations.map((configuration, k) => ({
        configuration,
        evaluation: { kind: "value", value: -k },
      })),
    });
    expect(optimizer.view().told).toBe(0);
    // A quarter of the population.
    expect([optimizer.ask(), optimizer.ask()].map(({ configuration }) => configuration["decay"])).toEqual([0.6, 0.4]);
  });

  it("keeps a small state", () => {
    const optimizer = create();
    for (let k = 0; k < 300; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: -k } });
    }
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(8000);
  });
});
