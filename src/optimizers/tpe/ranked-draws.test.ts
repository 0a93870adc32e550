import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import type { Axis } from "./axis.js";
import { ParzenEstimator } from "./parzen-estimator.js";
import { RankedDraws } from "./ranked-draws.js";

const axes: readonly Axis[] = [
  ...[0, 1, 2].map((index): Axis => ({ kind: "continuous", name: `x${index}`, index, conditional: false })),
  { kind: "choice", name: "c", index: 0, conditional: false, count: 3 },
];

function randomRows(random: RandomStream, count: number, width: number): readonly Float64Array[] {
  return Array.from({ length: count }, () =>
    Float64Array.from(axes, (axis) =>
      axis.kind === "choice" ? random.integer(axis.count) : 0.5 + width * (random.uniform() - 0.5),
    ),
  );
}

function estimator(rows: readonly Float64Array[], narrowest: number): ParzenEstimator {
  const over = axes.map((_, a) => a);
  return new ParzenEstimator(axes, over, rows, {
    weights: new Float64Array(rows.length).fill(1),
    priorWeight: 1,
    narrowest,
  });
}

describe("ranked draws", () => {
  it("have as the best, found by bounds, the one that ranking all of them puts first", () => {
    const random = RandomStream.fromSeed(3);
    for (let repetition = 0; repetition < 50; repetition++) {
      const good = estimator(randomRows(random, 10, 0.3), 0.05);
      const bad = estimator(randomRows(random, 90, 1), 0.1);
      const draws = Array.from({ length: 32 }, () => {
        const into = new Float64Array(axes.length);
        good.sample(random, into);
        return into;
      });
      const scores = draws.map((draw) => good.logDensity(draw) - bad.logDensity(draw));
      const sorted = draws.map((_, k) => k).sort((a, b) => scores[b]! - scores[a]!);
      const by = { points: draws, good, bad };
      expect(new RankedDraws(draws, by).at(0)).toBe(draws[sorted[0]!]);
      const all = new RankedDraws(draws, by);
      expect(draws.map((_, rank) => all.at(rank))).toEqual(sorted.map((k) => draws[k]));
    }
  });

  it("that are equal come in the order in which they were drawn", () => {
    const density = estimator([Float64Array.of(0.5, 0.5, 0.5, 1)], 0.1);
    const draws = [0, 1, 2].map(() => Float64Array.of(0.4, 0.4, 0.4, 0));
    expect(new RankedDraws(draws, { points: draws, good: density, bad: estimator([], 0.1) }).at(0)).toBe(draws[0]);
  });

  it("stay in the order in which they were drawn where there is nothing to rank them by", () => {
    const draws = [Float64Array.of(1), Float64Array.of(0)];
    expect([0, 1].map((rank) => new RankedDraws(draws).at(rank))).toEqual(draws);
  });
});

describe("a density that is asked whether it is large enough", () => {
  it("answers between that and the truth, or the truth", () => {
    const random = RandomStream.fromSeed(4);
    const of = estimator(randomRows(random, 100, 1), 0.1);
    let cutShort = 0;
    for (const point of randomRows(random, 200, 1)) {
      const truth = of.logDensity(point);
      const enough = truth + 4 * (random.uniform() - 0.5);
      const answer = of.logDensity(point, enough);
      if (answer < truth) cutShort++;
      expect(answer).toBeLessThanOrEqual(truth);
      if (truth <= enough) expect(answer).toBe(truth);
      else expect(answer).toBeGreaterThan(enough);
    }
    expect(cutShort).toBeGreaterThan(20);
  });
});
