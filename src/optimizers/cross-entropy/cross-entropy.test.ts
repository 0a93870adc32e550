import { describe, expect, it } from "vitest";
import { median } from "../../math/vector.js";
import { SearchSpace } from "../../space/index.js";
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
import { crossEntropy } from "./cross-entropy.js";

describeOptimizer(crossEntropy);

const line = SearchSpace.from({
  parameters: [{ kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.1 }],
  constraints: [],
  derived: [],
});

const onLine = (options: { readonly initialDeviation?: Readonly<Record<string, number>> } = {}) =>
  crossEntropy.create(line, { seed: 1, start: line.defaults(), ...options });

describe("cross-entropy", () => {
  it("beats random search on a mixed problem", () => {
    const found = (factory: typeof crossEntropy) =>
      comparisonSeeds.map((seed) => bestFound(factory, mixedSpace, mixedObjective, seed, 150));
    const own = found(crossEntropy);
    const random = found(randomSearch);
    expect(wins(own, random)).toBeGreaterThanOrEqual(convincingWins);
    expect(median(own)).toBeLessThan(median(random) / 4);
  });

  it("learns the same from every monotone transformation of the objective", () => {
    const transformed = (value: number | undefined) => (value === undefined ? undefined : Math.log(value + 1e-3));
    const best = bestFound(crossEntropy, mixedSpace, mixedObjective, 3, 120);
    const same = bestFound(crossEntropy, mixedSpace, (...of) => transformed(mixedObjective(...of)), 3, 120);
    expect(same).toBe(transformed(best));
  });

  it("climbs a slope that is long against its deviation", () => {
    const optimizer = onLine({ initialDeviation: { x: 0.02 } });
    for (let k = 0; k < 200; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({
        candidate: id,
        configuration,
        evaluation: { kind: "value", value: -Number(configuration["x"]) },
      });
    }
    expect(optimizer.view().numeric?.[0]?.mean).toBeGreaterThan(0.95);
  });

  it("never takes a failure for one of the best", () => {
    const optimizer = onLine();
    for (let k = 0; k < 10; k++) {
      const x = k < 8 ? 0.9 : 0.2;
      optimizer.tell({
        configuration: { x: x + k / 1000 },
        evaluation: k < 8 ? { kind: "failure", severity: 0 } : { kind: "value", value: 1e9 },
      });
    }
    expect(optimizer.view().generation).toBe(1);
    expect(optimizer.view().numeric?.[0]?.mean).toBeLessThan(0.21);
  });

  it("finds out of a region in which everything fails", () => {
    const found = comparisonSeeds.filter((seed) =>
      Number.isFinite(bestFound(crossEntropy, failingSpace, failingStart, seed, 100)),
    );
    expect(found.length).toBeGreaterThanOrEqual(20);
  });

  it("begins again around the best when it has converged", () => {
    const optimizer = onLine();
    const deviations: number[] = [];
    for (let k = 0; k < 1000; k++) {
      const { id, configuration } = optimizer.ask();
      const value = (Number(configuration["x"]) - 0.3) ** 2;
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
      deviations.push(optimizer.view().numeric?.[0]?.deviation ?? 0);
    }
    expect(Math.min(...deviations)).toBeLessThan(0.01);
    const lowest = deviations.findIndex((deviation) => deviation < 0.01);
    expect(Math.max(...deviations.slice(lowest))).toBe(deviations[0]);
  });

  it("starts at the best of an earlier study", () => {
    const optimizer = crossEntropy.create(line, {
      seed: 1,
      start: line.defaults(),
      warmStart: [
        { configuration: { x: 0.4 }, evaluation: { kind: "failure", severity: 0 } },
        { configuration: { x: 0.7 }, evaluation: { kind: "value", value: 1 } },
        { configuration: { x: 0.8 }, evaluation: { kind: "value", value: 2 } },
      ],
    });
    expect(optimizer.view()).toMatchObject({ told: 0, numeric: [{ name: "x", mean: 0.7 }] });
  });

  it("judges a configuration by what was told of it last", () => {
    const optimizer = onLine();
    for (let k = 0; k < 9; k++) {
      optimizer.tell({ configuration: { x: 0.2 + k / 100 }, evaluation: { kind: "value", value: 1 + k } });
    }
    // A lucky run of 0.9, and the mean of its repeats.
    optimizer.tell({ configuration: { x: 0.9 }, evaluation: { kind: "value", value: -5 } });
    for (let k = 0; k < 10; k++)
      optimizer.tell({ configuration: { x: 0.9 }, evaluation: { kind: "value", value: 50 } });
    const mean = optimizer.view().numeric?.[0]?.mean ?? 1;
    expect(mean).toBeLessThan(0.3);
  });

  it("shows its distribution in the user's units", () => {
    const { numeric, categorical } = crossEntropy.create(mixedSpace, { seed: 1, start: mixedSpace.defaults() }).view();
    expect(numeric?.map(({ name }) => name)).toEqual(["lr", "decay", "depth", "width"]);
    expect(numeric?.[0]).toMatchObject({ mean: 0.001 });
    expect(categorical?.map(({ name }) => name)).toEqual(["activation", "bias"]);
    expect(categorical?.[0]?.probabilities).toContainEqual({ choice: "gelu", probability: 0.625 });
  });

  it("keeps a small state", () => {
    const optimizer = crossEntropy.create(mixedSpace, { seed: 1, start: mixedSpace.defaults() });
    for (let k = 0; k < 300; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: k } });
    }
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(10_000);
  });
});
