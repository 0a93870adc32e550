import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { median } from "../../math/vector.js";
import { type Parameter, SearchSpace } from "../../space/index.js";
import type { Evaluation, Told } from "../optimizer.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";
import { sourceDistribution } from "./warm-start.js";

const value = (number: number): Evaluation => ({ kind: "value", value: number });

function spaceOf(parameters: readonly Parameter[]): SearchSpace {
  return SearchSpace.from({ parameters, constraints: [], derived: [] });
}

const float = (name: string): Parameter => ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5 });

describe("the distribution of the best earlier points", () => {
  it("has their mean, their covariance and the smoothing on its diagonal", () => {
    // Of twenty points the two best count: (1, 2) and (3, 2).
    const results = Array.from({ length: 20 }, (_, k) => ({ point: [9, 9], value: 5 + k }));
    results[7] = { point: [1, 2], value: 0 };
    results[3] = { point: [3, 2], value: 1 };
    const { mean, stepSize, covariance } = sourceDistribution(results, 0.1, [0.5, 2]);
    expect(mean).toEqual([2, 2]);
    const sigma = Array.from(covariance, (entry) => entry * stepSize ** 2);
    [1 + 0.25, 0, 0, 4].forEach((entry, k) => {
      expect(sigma[k]).toBeCloseTo(entry, 12);
    });
    expect((covariance[0] ?? 0) * (covariance[3] ?? 0) - (covariance[1] ?? 0) ** 2).toBeCloseTo(1, 12);
  });

  it("exists for a single point: that point and the smoothing", () => {
    const { mean, stepSize, covariance } = sourceDistribution([{ point: [0.2, 0.8], value: 3 }], 0.1, [0.1, 0.1]);
    expect(mean).toEqual([0.2, 0.8]);
    expect(stepSize).toBeCloseTo(0.1, 12);
    [1, 0, 0, 1].forEach((entry, k) => {
      expect(covariance[k]).toBeCloseTo(entry, 12);
    });
  });

  it("does not underflow in three hundred dimensions", () => {
    const n = 300;
    const alphas = Array.from({ length: n }, () => 0.05);
    const { stepSize } = sourceDistribution([{ point: alphas, value: 1 }], 0.1, alphas);
    // det(sigma) is 1e-780.
    expect(stepSize).toBeCloseTo(0.05, 12);
  });

  it("leaves out coordinates of which a point says nothing", () => {
    const results = [
      { point: [0.2, Number.NaN, Number.NaN], value: 1 },
      { point: [0.4, 0.6, Number.NaN], value: 2 },
    ];
    const { mean, stepSize, covariance } = sourceDistribution(results, 1, [0.1, 0.1, 0.1], [0, 0, 0.9]);
    expect(mean[0]).toBeCloseTo(0.3, 12);
    expect(mean.slice(1)).toEqual([0.6, 0.9]);
    expect((covariance[8] ?? 0) * stepSize ** 2).toBeCloseTo(0.01, 12);
  });
});

describe("CMA-ES started from earlier results", () => {
  const mixed = spaceOf([
    float("x"),
    float("y"),
    { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
    { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "relu" },
  ]);
  const start = mixed.defaults();
  const loss = (target: number) => (configuration: Readonly<Record<string, unknown>>) =>
    (Number(configuration["x"]) - target) ** 2 +
    (Number(configuration["y"]) - 0.9) ** 2 +
    ((Number(configuration["depth"]) - 9) / 12) ** 2 +
    (configuration["activation"] === "silu" ? 0 : 0.2);

  function earlierResults(count: number, target: number): Told[] {
    const random = RandomStream.fromSeed(3);
    return Array.from({ length: count }, () => {
      const configuration = mixed.sample(random);
      return { configuration, evaluation: value(loss(target)(configuration)) };
    });
  }

  it("stands where the best of them are, in every kind of parameter, and has been told nothing", () => {
    const view = cmaEs.create(mixed, { seed: 1, start, warmStart: earlierResults(200, 0.2) }).view();
    expect(view.told).toBe(0);
    const [x, y, depth] = view.numeric ?? [];
    expect(x?.mean).toBeLessThan(0.4);
    expect(y?.mean).toBeGreaterThan(0.7);
    expect(depth?.mean).toBeGreaterThanOrEqual(7);
    const silu = view.categorical?.[0]?.probabilities.find(({ choice }) => choice === "silu");
    expect(silu?.probability).toBeGreaterThan(0.6);
    for (const { probability } of view.categorical?.[0]?.probabilities ?? []) expect(probability).toBeGreaterThan(0.03);
  });

  it("starts as without them where all of them failed", () => {
    const failed = earlierResults(30, 0.2).map(
      ({ configuration }): Told => ({ configuration, evaluation: { kind: "failure", severity: 1 } }),
    );
    const warm = cmaEs.create(mixed, { seed: 1, start, warmStart: failed });
    expect(warm.view()).toEqual(cmaEs.create(mixed, { seed: 1, start }).view());
  });

  it("leaves failures out, however many", () => {
    const good: Told = { configuration: { x: 0.1, y: 0.9, depth: 9, activation: "silu" }, evaluation: value(7) };
    const failed = earlierResults(50, 0.2).map(
      ({ configuration }): Told => ({ configuration, evaluation: { kind: "failure", severity: 1 } }),
    );
    const [x, y, depth] = cmaEs.create(mixed, { seed: 1, start, warmStart: [...failed, good] }).view().numeric ?? [];
    expect([x?.mean, y?.mean, depth?.mean]).toEqual([0.1, 0.9, 9]);
  });

  it("says nothing about parameters that were inactive in the best of them", () => {
    const conditional = spaceOf([
      { kind: "categorical", name: "method", choices: ["sgd", "adam"], default: "sgd" },
      { ...float("momentum"), when: "method == 'sgd'" },
      float("rate"),
    ]);
    const view = cmaEs
      .create(conditional, {
        seed: 1,
        start: { method: "sgd", momentum: 0.9, rate: 0.5 },
        warmStart: [{ configuration: { method: "adam", rate: 0.2 }, evaluation: value(1) }],
      })
      .view();
    expect(view.numeric?.map(({ mean }) => mean)).toEqual([0.9, 0.2]);
    expect(view.categorical?.[0]?.probabilities[1]?.probability).toBeGreaterThan(0.65);
  });

  it("never starts wider than a start without them would be, but for the spread of the best", () => {
    const one: Told = { configuration: start, evaluation: value(1) };
    const narrow = { x: 0.01, y: 0.01, depth: 0.2 };
    const [x] =
      cmaEs.create(mixed, { seed: 1, start, initialDeviation: narrow, warmStart: [one] }).view().numeric ?? [];
    expect(x?.deviation).toBeCloseTo(0.01, 6);
  });

  it("needs fewer trials on a similar task", () => {
    const needed = (seed: number, warmStart: readonly Told[]) => {
      const optimizer = cmaEs.create(mixed, { seed, start, warmStart });
      for (let k = 1; k <= 400; k++) {
        const { id, configuration } = optimizer.ask();
        const reached = loss(0.25)(configuration);
        if (reached < 0.01) return k;
        optimizer.tell({ candidate: id, configuration, evaluation: value(reached) });
      }
      return 400;
    };
    const seeds = Array.from({ length: 11 }, (_, seed) => seed + 1);
    const earlier = earlierResults(100, 0.2);
    const cold = seeds.map((seed) => needed(seed, []));
    const warm = seeds.map((seed) => needed(seed, earlier));
    expect(median(warm)).toBeLessThan(0.6 * median(cold));
    // One-sided sign test: nine or more of eleven have a probability of 0.03 by chance.
    expect(warm.filter((count, k) => count < (cold[k] ?? 0)).length).toBeGreaterThanOrEqual(9);
  });
});
