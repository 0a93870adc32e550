import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { CategoricalDistributions, noChoice } from "./categorical.js";

function uniform(...counts: number[]): CategoricalDistributions {
  return new CategoricalDistributions(
    counts.map((count) => new Float64Array(count).fill(1 / count)),
    counts.map((count) => 0.1 / (count - 1)),
  );
}

describe("CategoricalDistributions", () => {
  it("learns the better choice of each coordinate and keeps the margin of the others", () => {
    const distributions = uniform(3, 2, 5);
    const random = RandomStream.fromSeed(1);
    const best = [2, 0, 3];
    const cost = (choices: readonly number[]) => choices.filter((choice, i) => choice !== best[i]).length;
    for (let generation = 0; generation < 60; generation++) {
      const ranked = Array.from({ length: 10 }, () => distributions.sample(random)).sort((a, b) => cost(a) - cost(b));
      distributions.update(ranked.slice(0, 5), [0.4, 0.25, 0.17, 0.11, 0.07]);
    }
    distributions.probabilities.forEach((row, i) => {
      const margin = distributions.margins[i] ?? 0;
      expect(row[best[i] ?? 0]).toBeGreaterThan(0.8);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(margin * 0.999);
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    });
  });

  it("takes no side where a coordinate says nothing", () => {
    const distributions = uniform(3, 2);
    distributions.update(
      [
        [0, noChoice],
        [0, noChoice],
      ],
      [0.7, 0.3],
    );
    expect(distributions.probabilities[0]?.[0]).toBeGreaterThan(0.5);
    expect([...(distributions.probabilities[1] ?? [])]).toEqual([0.5, 0.5]);
  });

  it("learns nothing from a generation without successes", () => {
    const distributions = uniform(4);
    distributions.update([], []);
    expect([...(distributions.probabilities[0] ?? [])]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("stays defined when the trust region has grown beyond one", () => {
    const distributions = uniform(3);
    distributions.gradient.caution = 0.2;
    distributions.gradient.trustRegion = 5;
    distributions.update([[0], [1]], [0.7, 0.3]);
    expect(distributions.gradient.caution).toBeGreaterThan(0);
    expect(distributions.gradient.path.every(Number.isFinite)).toBe(true);
    expect(distributions.probabilities[0]?.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  it("draws choices at their probabilities", () => {
    const distributions = new CategoricalDistributions([Float64Array.of(0.2, 0.5, 0.3)], [0.01]);
    const random = RandomStream.fromSeed(2);
    const counts = [0, 0, 0];
    for (let k = 0; k < 20_000; k++) {
      const [choice = 0] = distributions.sample(random);
      counts[choice] = (counts[choice] ?? 0) + 1;
    }
    expect(counts[0]).toBeGreaterThan(3800);
    expect(counts[0]).toBeLessThan(4200);
    expect(counts[1]).toBeGreaterThan(9750);
    expect(counts[1]).toBeLessThan(10_250);
  });
});
