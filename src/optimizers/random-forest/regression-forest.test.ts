import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { type ForestData, RegressionForest } from "./regression-forest.js";

const options = { trees: 24, rowsOfTree: 400, smallestSplit: 4 };

/** Two numbers, of which the first matters, and a choice of five, of which the third is good. */
function data(count: number, seed: number): ForestData {
  const random = RandomStream.fromSeed(deriveSeed(seed, "rows"));
  const rows = Array.from({ length: count }, () =>
    Float64Array.of(random.uniform(), random.uniform(), random.integer(5)),
  );
  return { rows, targets: Float64Array.from(rows, truth), isChoice: [false, false, true] };
}

function truth(row: Float64Array): number {
  return Math.sin(4 * (row[0] ?? 0)) + (row[2] === 2 ? -1 : 0);
}

function forestOf(of: ForestData, seed = 1): RegressionForest {
  return RegressionForest.fit(of, options, RandomStream.fromSeed(seed));
}

describe("RegressionForest", () => {
  it("predicts numbers and choices it has not seen", () => {
    const forest = forestOf(data(200, 1));
    const unseen = data(200, 2);
    const error = unseen.rows.reduce((sum, row) => sum + (forest.predict(row).mean - truth(row)) ** 2, 0) / 200;
    const average = unseen.targets.reduce((sum, y) => sum + y / 200, 0);
    const spread = unseen.targets.reduce((sum, y) => sum + (y - average) ** 2 / 200, 0);
    expect(error).toBeLessThan(0.1 * spread);
  });

  it("is less sure far from its rows than among them", () => {
    const rows = Array.from({ length: 60 }, (_, k) => Float64Array.of(k < 30 ? k / 100 : 0.7 + k / 200));
    const forest = forestOf({ rows, targets: Float64Array.from(rows, ([x = 0]) => 3 * x), isChoice: [false] });
    expect(forest.predict(Float64Array.of(0.5)).variance).toBeGreaterThan(
      3 * forest.predict(Float64Array.of(0.15)).variance,
    );
  });

  it("takes noise within its leaves for uncertainty", () => {
    const random = RandomStream.fromSeed(5);
    const rows = Array.from({ length: 200 }, () => Float64Array.of(random.integer(2)));
    const targets = Float64Array.from(rows, ([x = 0]) => (x === 0 ? 0 : random.normal()));
    const forest = forestOf({ rows, targets, isChoice: [true] });
    expect(forest.predict(Float64Array.of(0)).variance).toBeLessThan(0.01);
    expect(forest.predict(Float64Array.of(1)).variance).toBeGreaterThan(0.5);
  });

  it("is the same forest for the same stream, and another for another", () => {
    const of = data(80, 3);
    const at = Float64Array.of(0.3, 0.6, 1);
    expect(forestOf(of, 7).predict(at)).toEqual(forestOf(of, 7).predict(at));
    expect(forestOf(of, 8).predict(at)).not.toEqual(forestOf(of, 7).predict(at));
  });

  it("answers from one row, and from rows that are all the same", () => {
    const one = forestOf({ rows: [Float64Array.of(1)], targets: Float64Array.of(2), isChoice: [false] });
    expect(one.predict(Float64Array.of(9))).toEqual({ mean: 2, variance: 0 });
    const same = Array.from({ length: 10 }, () => Float64Array.of(1));
    const forest = forestOf({ rows: same, targets: Float64Array.from(same, (_, k) => k), isChoice: [false] });
    expect(forest.predict(Float64Array.of(1)).mean).toBeCloseTo(4.5, 0);
    expect(forest.predict(Float64Array.of(1)).variance).toBeGreaterThan(4);
  });
});
