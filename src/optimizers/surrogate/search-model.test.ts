import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { type Configuration, SearchSpace, type SpaceDefinition } from "../../space/index.js";
import type { Evaluation } from "../optimizer.js";
import { ToldResults } from "../told-results.js";
import { SearchModel } from "./search-model.js";

const definition: SpaceDefinition = {
  parameters: [
    { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
    { kind: "float", name: "decay", low: 0, high: 0.3, scale: "linear", default: 0.1 },
    { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
    { kind: "int", name: "width", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
    { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "gelu" },
    {
      kind: "float",
      name: "momentum",
      low: 0,
      high: 0.99,
      scale: "linear",
      default: 0.9,
      when: "activation != 'silu'",
    },
  ],
  constraints: [],
  derived: [{ name: "size", formula: "depth * width * width" }],
};
const space = SearchSpace.from(definition);

function loss(configuration: Configuration): number {
  const { numeric, categorical } = space.encode(configuration);
  return numeric.reduce((sum, u) => sum + (u - 0.55) ** 2, 0) + 0.1 * (categorical[0] ?? 0);
}

/** Fails where the network is large. */
function evaluate(configuration: Configuration, random: RandomStream, noise = 0.01): Evaluation {
  if ((space.derive(configuration)["size"] ?? 0) > 3e5) {
    return { kind: "failure", severity: 1, failure: "out_of_memory" };
  }
  return { kind: "value", value: loss(configuration) + noise * random.normal() };
}

function tell(results: ToldResults, count: number, random: RandomStream, from: readonly Configuration[] = []): void {
  for (let k = 0; k < count; k++) {
    const configuration = from[k % Math.max(1, from.length)] ?? space.sample(random);
    results.add({ configuration, evaluation: evaluate(configuration, random) });
  }
}

const random = (name: string) => RandomStream.fromSeed(deriveSeed(7, name));
const grid = Array.from({ length: 40 }, () => space.sample(random("probe")));
const probes = (() => {
  const stream = random("probes");
  return grid.map(() => space.sample(stream));
})();

describe("SearchModel", () => {
  it("is not ready before three distinct configurations succeeded", () => {
    const model = SearchModel.create(space, { seed: 1 });
    const results = new ToldResults(space);
    const [a, b, c] = probes.filter((each) => evaluate(each, random("none")).kind === "value");
    for (const configuration of [a, a, a, b]) {
      if (configuration) results.add({ configuration, evaluation: { kind: "value", value: 1 } });
    }
    model.update(results);
    expect(model.ready).toBe(false);
    expect(() => model.score(probes)).toThrow(expect.objectContaining({ code: "internal" }));
    if (c) results.add({ configuration: c, evaluation: { kind: "value", value: 2 } });
    model.update(results);
    expect(model.ready).toBe(true);
    expect(model.size).toBe(3);
  });

  it("predicts and ranks after a hundred results, failures included", () => {
    const results = new ToldResults(space);
    tell(results, 100, random("hundred"));
    const model = SearchModel.create(space, { seed: 1 });
    model.update(results);
    const succeeding = probes.filter((each) => evaluate(each, random("x")).kind === "value");
    const { means, failures } = model.predictMany(probes);
    const order = probes.map((_, i) => i).filter((i) => succeeding.includes(probes[i]!));
    expect(
      rankCorrelation(
        order.map((i) => means[i]!),
        order.map((i) => loss(probes[i]!)),
      ),
    ).toBeGreaterThan(0.8);
    const mean = (of: (i: number) => boolean) => {
      const chosen = probes.flatMap((_, i) => (of(i) ? [failures[i]!] : []));
      return chosen.reduce((sum, p) => sum + p, 0) / chosen.length;
    };
    const fails = (i: number) => !succeeding.includes(probes[i]!);
    expect(mean(fails)).toBeGreaterThan(mean((i) => !fails(i)) + 0.3);
  });

  it("says the same, bit for bit, whether results came one by one, or its state was saved and restored at each", () => {
    const results = new ToldResults(space);
    const stream = random("one by one");
    const model = SearchModel.create(space, { seed: 3 });
    let copy = SearchModel.create(space, { seed: 3 });
    const repeated = probes.slice(0, 3);
    for (let k = 0; k < 70; k++) {
      tell(results, 1 + (k % 2), stream, k % 9 === 0 ? repeated : []);
      model.update(results);
      copy = SearchModel.restore(
        space,
        ToldResults.restore(space, results.state()),
        JSON.parse(JSON.stringify(copy.state())),
      );
      copy.update(results);
      expect(copy.state()).toEqual(model.state());
      if (!model.ready) continue;
      expect(copy.predictMany(probes)).toEqual(model.predictMany(probes));
      expect(copy.score(probes, { pending: grid })).toEqual(model.score(probes, { pending: grid }));
    }
    const again = SearchModel.restore(space, ToldResults.restore(space, results.state()), model.state());
    expect(again.predictMany(probes)).toEqual(model.predictMany(probes));
    expect(again.best(5)).toEqual(model.best(5));
  });

  it("keeps to a limit with thousands of results, and still says the same when restored after results were forgotten", () => {
    const results = new ToldResults(space, 700);
    const stream = random("many");
    const model = SearchModel.create(space, { seed: 4 });
    for (let k = 0; k < 9; k++) {
      tell(results, k < 5 ? 160 : 20, stream);
      model.update(results);
    }
    const restored = ToldResults.restore(space, results.state(), 700);
    const copy = SearchModel.restore(space, restored, JSON.parse(JSON.stringify(model.state())));
    for (const each of [model, copy]) expect(each.size).toBeLessThan(620);
    expect(copy.predictMany(probes.slice(0, 8))).toEqual(model.predictMany(probes.slice(0, 8)));
    expect(JSON.stringify(model.state()).length).toBeLessThan(6000);
  });

  it("takes the best by what it expects and not the luckiest of noisy runs", () => {
    const one = SearchSpace.from({
      parameters: [{ kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 }],
      constraints: [],
      derived: [],
    });
    let luck = 0;
    let expectation = 0;
    for (let seed = 0; seed < 12; seed++) {
      const stream = RandomStream.fromSeed(deriveSeed(seed, "noisy"));
      const results = new ToldResults(one);
      let luckiest = { x: 0, value: Infinity };
      for (let k = 0; k < 40; k++) {
        const configuration = one.sample(stream);
        const x = Number(configuration["x"]);
        const value = 4 * (x - 0.3) ** 2 + 0.3 * stream.normal();
        if (value < luckiest.value) luckiest = { x, value };
        results.add({ configuration, evaluation: { kind: "value", value } });
      }
      const model = SearchModel.create(one, { seed });
      model.update(results);
      luck += Math.abs(luckiest.x - 0.3) / 12;
      expectation += Math.abs(Number(model.best(1)[0]?.["x"]) - 0.3) / 12;
    }
    expect(expectation).toBeLessThan(0.75 * luck);
  });

  it("finds a running configuration and its neighbours less worth trying", () => {
    const results = new ToldResults(space);
    tell(results, 60, random("pending"));
    const model = SearchModel.create(space, { seed: 5 });
    model.update(results);
    const alone = model.score(probes);
    const favourite = probes[alone.indexOf(Math.max(...alone))]!;
    const beside = model.score([favourite], { pending: [favourite] })[0]!;
    expect(beside).toBeLessThan(Math.max(...alone) - 0.5);
  });

  it("prefers what is likely to succeed among equals", () => {
    const results = new ToldResults(space);
    tell(results, 80, random("success"));
    const model = SearchModel.create(space, { seed: 6 });
    model.update(results);
    const acquisition = model.acquisition();
    const scores = acquisition.scores(probes);
    const improvements = acquisition.improvements(probes.map((each) => acquisition.map.vector(each)));
    probes.forEach((probe, i) => {
      expect(scores[i]).toBeCloseTo(improvements[i]! + 8 * Math.log(1 - model.failure(probe)), 9);
    });
  });

  it("has the gradient of the acquisition that finite differences show", () => {
    const results = new ToldResults(space);
    tell(results, 50, random("gradient"));
    const model = SearchModel.create(space, { seed: 7 });
    model.update(results);
    const acquisition = model.acquisition(grid.slice(0, 2));
    const axes = space.numericAxes.length;
    for (const probe of probes.slice(0, 5)) {
      const vector = acquisition.map.vector(probe);
      const { gradient } = acquisition.slope(vector, axes);
      for (let j = 0; j < axes; j++) {
        const moved = (by: number) => acquisition.slope(vector.with(j, vector[j]! + by), axes).value;
        const difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(gradient[j]! - difference)).toBeLessThan(1e-3 * (1 + Math.abs(difference)));
      }
    }
  });

  it("learns where configurations fail before anything has succeeded", () => {
    const results = new ToldResults(space);
    for (const configuration of probes) {
      results.add({ configuration, evaluation: { kind: "failure", severity: 1 } });
    }
    const model = SearchModel.create(space, { seed: 8 });
    model.update(results);
    expect(model.ready).toBe(false);
    expect(model.failure(probes[0]!)).toBeGreaterThan(0.5);
  });

  it("is not thrown by a run that exploded", () => {
    const calm = new ToldResults(space);
    const wild = new ToldResults(space);
    const stream = random("exploded");
    for (let k = 0; k < 60; k++) {
      const configuration = space.sample(stream);
      const evaluation: Evaluation = { kind: "value", value: loss(configuration) };
      calm.add({ configuration, evaluation });
      wild.add(
        k % 12 === 5 ? { configuration, evaluation: { kind: "value", value: 1e12 } } : { configuration, evaluation },
      );
    }
    const rank = (results: ToldResults) => {
      const model = SearchModel.create(space, { seed: 9 });
      model.update(results);
      return rankCorrelation([...model.predictMany(probes).means], probes.map(loss));
    };
    // One run in twelve that says nothing, wherever it was, costs something.
    expect(rank(calm)).toBeGreaterThan(0.9);
    expect(rank(wild)).toBeGreaterThan(0.5);
  });
});

/** Spearman's. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
    const rank = new Array<number>(values.length);
    order.forEach((i, position) => {
      rank[i] = position;
    });
    return rank;
  };
  const x = ranks(a);
  const y = ranks(b);
  const n = a.length;
  return 1 - (6 * x.reduce((sum, rank, i) => sum + (rank - y[i]!) ** 2, 0)) / (n * (n * n - 1));
}
