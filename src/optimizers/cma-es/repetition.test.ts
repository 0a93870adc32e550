import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { median } from "../../math/vector.js";
import { type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import type { Candidate, Optimizer } from "../optimizer.js";
import { afterRepetition, noNoise, rankChange } from "./repetition.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";

const generation = [5, 1, 4, 8, 3, 7, 2, 6];

describe("rankChange", () => {
  it("is not positive where a second measurement says the same or leaves the rank as it was", () => {
    for (const [row, value] of generation.entries()) {
      expect(rankChange(generation, row, value)).toBeLessThanOrEqual(0);
      expect(rankChange(generation, row, value + 0.1)).toBeLessThanOrEqual(0);
    }
  });

  it("is the larger, the further the rank moves", () => {
    const changes = [1.5, 3.5, 5.5, 7.5, 9].map((repeated) => rankChange(generation, 1, repeated));
    expect(changes).toEqual([...changes].sort((a, b) => a - b));
    expect(changes[4]).toBeGreaterThan(10);
  });

  it("is positive on average where values are nothing but noise, and negative where there is next to none", () => {
    const random = RandomStream.fromSeed(4);
    const average = (noise: number) => {
      let sum = 0;
      for (let k = 0; k < 400; k++) {
        const truth = Array.from({ length: 8 }, () => random.normal());
        const values = truth.map((value) => value + noise * random.normal());
        const row = values.indexOf(Math.min(...values));
        sum += rankChange(values, row, (truth[row] ?? 0) + noise * random.normal());
      }
      return sum / 400;
    };
    expect(average(3)).toBeGreaterThan(3);
    expect(average(0.02)).toBeLessThan(-0.5);
  });
});

describe("afterRepetition", () => {
  it("averages the two, and enlarges the population step by step while ranks move, to four times at most", () => {
    let noise = noNoise;
    const factors = Array.from({ length: 10 }, () => {
      const after = afterRepetition(noise, generation, 1, 9);
      expect(after.average).toBe(5);
      noise = after.noise;
      return noise.factor;
    });
    expect(factors[0]).toBe(1.25);
    expect(factors[9]).toBe(4);
  });

  it("takes the enlargement back when ranks stay", () => {
    let noise = { uncertainty: 2, factor: 4 };
    for (let k = 0; k < 40; k++) ({ noise } = afterRepetition(noise, generation, 1, 1));
    expect(noise.factor).toBe(1);
  });

  it("stays finite at the limits of floating point", () => {
    const { average } = afterRepetition(noNoise, [Number.MAX_VALUE, 1], 0, Number.MAX_VALUE);
    expect(average).toBe(Number.MAX_VALUE);
  });
});

const float = (name: string): Parameter => ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5 });
const space = SearchSpace.from({
  parameters: ["a", "b", "c", "d", "e"].map(float),
  constraints: [],
  derived: [],
});
const truth = (configuration: Readonly<Record<string, unknown>>) =>
  Object.values(configuration).reduce((sum: number, x, j) => sum + 25 * (Number(x) - (j % 2 ? 0.3 : 0.75)) ** 2, 0);

function start(noise: string, seed = 1): Optimizer {
  return cmaEs.create(space, { seed, start: space.defaults(), settings: { noise } });
}

function tell(optimizer: Optimizer, { id, configuration }: Candidate, value: number): void {
  optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
}

/** Asks and tells one generation of eight, the k-th with value k. */
function first(optimizer: Optimizer): readonly Candidate[] {
  return Array.from({ length: 8 }, (_, k) => {
    const candidate = optimizer.ask();
    tell(optimizer, candidate, k);
    return candidate;
  });
}

/** How far the mean moved towards a candidate, times the candidate's distance. */
function shift(optimizer: Optimizer, towards: Candidate | undefined): number {
  return (optimizer.view().numeric ?? []).reduce(
    (sum, { name, mean }) => sum + (mean - 0.5) * (Number(towards?.configuration[name]) - 0.5),
    0,
  );
}

describe("noise=reevaluate", () => {
  it("asks for the best of each generation once more, as a candidate of its own, before it learns", () => {
    const optimizer = start("reevaluate");
    const [best] = first(optimizer);
    expect(optimizer.view().generation).toBe(0);
    const again = optimizer.ask();
    expect(again.configuration).toEqual(best?.configuration);
    expect(again).toMatchObject({ id: 8, again: true });
    // Others that are asked for meanwhile are new.
    expect(optimizer.ask().configuration).not.toEqual(best?.configuration);
    tell(optimizer, again, 0);
    expect(optimizer.view()).toMatchObject({ generation: 1, told: 9 });
  });

  it("learns from the average: a lucky first measurement does not lead", () => {
    const averaged = start("reevaluate");
    const [lucky] = first(averaged);
    tell(averaged, averaged.ask(), 100);
    const fooled = start("none");
    first(fooled);
    expect(shift(averaged, lucky)).toBeLessThan(0.5 * shift(fooled, lucky));
  });

  it("learns without it where the second measurement is vetoed, edited, or takes longer than another generation", () => {
    const vetoed = start("reevaluate");
    first(vetoed);
    vetoed.forget(vetoed.ask().id);
    expect(vetoed.view().generation).toBe(1);

    const edited = start("reevaluate");
    first(edited);
    const { id, configuration } = edited.ask();
    tell(edited, { id, configuration: { ...configuration, a: 0.9 } }, 3);
    expect(edited.view()).toMatchObject({ generation: 1, told: 9 });

    const late = start("reevaluate");
    first(late);
    const slow = late.ask();
    for (let k = 0; k < 8; k++) tell(late, late.ask(), k);
    expect(late.view().generation).toBe(1);
    tell(late, slow, 1);
    expect(late.view().told).toBe(17);
  });

  it("ranks a configuration that fails the second time with the failures", () => {
    const optimizer = start("reevaluate");
    const [best] = first(optimizer);
    const { id, configuration } = optimizer.ask();
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "failure", severity: 1 } });
    expect(optimizer.view().generation).toBe(1);
    const fooled = start("none");
    first(fooled);
    expect(shift(optimizer, best)).toBeLessThan(0.5 * shift(fooled, best));
  });

  it("enlarges the population under noise, and not without", () => {
    const populationAfter = (noise: number) => {
      const random = RandomStream.fromSeed(9);
      const optimizer = start("reevaluate");
      for (let k = 0; k < 250; k++) {
        const candidate = optimizer.ask();
        tell(optimizer, candidate, truth(candidate.configuration) + noise * random.normal());
      }
      return optimizer.view().populationSize ?? 0;
    };
    expect(populationAfter(0)).toBe(8);
    expect(populationAfter(2)).toBeGreaterThanOrEqual(16);
  });

  it("brings the mean closer to the optimum after 300 noisy trials", () => {
    const reached = (noise: string, seed: number) => {
      const random = RandomStream.fromSeed(100 + seed);
      const optimizer = start(noise, seed);
      for (let k = 0; k < 300; k++) {
        const candidate = optimizer.ask();
        tell(optimizer, candidate, truth(candidate.configuration) + random.normal());
      }
      return truth(Object.fromEntries((optimizer.view().numeric ?? []).map(({ name, mean }) => [name, mean])));
    };
    const seeds = Array.from({ length: 15 }, (_, seed) => seed + 1);
    const [without, reevaluated] = ["none", "reevaluate"].map((noise) => seeds.map((seed) => reached(noise, seed)));
    expect(median(reevaluated ?? [])).toBeLessThan(0.7 * median(without ?? []));
  });
});

describeOptimizer({
  ...cmaEs,
  create: (of, options) =>
    cmaEs.create(of, { ...options, settings: { noise: "reevaluate", restarts: "bipop", around: "uniform" } }),
});
