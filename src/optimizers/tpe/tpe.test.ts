import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { median } from "../../math/vector.js";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import type { Candidate, Optimizer, OptimizerOptions, Told } from "../optimizer.js";
import { randomSearch } from "../random/index.js";
import { tpe } from "./index.js";

describeOptimizer(tpe, { expensive: true });

const float = (name: string, more: Partial<Parameter> = {}): Parameter =>
  ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5, ...more }) as Parameter;

function spaceOf(parameters: readonly Parameter[], constraints: readonly string[] = []): SearchSpace {
  return SearchSpace.from({ parameters: [...parameters], constraints: [...constraints], derived: [] });
}

type Objective = (configuration: Configuration) => number;

function create(space: SearchSpace, seed: number, options: Partial<OptimizerOptions> = {}): Optimizer {
  return tpe.create(space, { seed, start: space.defaults(), ...options });
}

function tellValue(optimizer: Optimizer, configuration: Configuration, value: number, candidate?: number): void {
  optimizer.tell({
    ...(candidate !== undefined && { candidate }),
    configuration,
    evaluation: { kind: "value", value },
  });
}

/** Best value of a run. */
function minimise(optimizer: Optimizer, objective: Objective, trials: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    const value = objective(configuration);
    tellValue(optimizer, configuration, value, id);
    best = Math.min(best, value);
  }
  return best;
}

const number = (configuration: Configuration, name: string): number => Number(configuration[name]);
const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, seed) => seed);

const mixed = spaceOf([
  float("lr", { low: 1e-5, high: 1, scale: "log", default: 1e-2 }),
  float("decay", { high: 0.3, default: 0.1 }),
  { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
  { kind: "int", name: "width", low: 64, high: 1024, scale: "log", default: 256 },
  { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "relu" },
  { kind: "boolean", name: "bias", default: true },
]);

/** Optimum at learning rate 2e-4 (less for wide networks), decay 0.07, depth 9, width 512, silu, no bias. */
const training: Objective = (c) =>
  (Math.log10(number(c, "lr")) + 3.7 + 0.4 * Math.log2(number(c, "width") / 512)) ** 2 +
  20 * (number(c, "decay") - 0.07) ** 2 +
  ((number(c, "depth") - 9) / 6) ** 2 +
  0.2 * Math.log2(number(c, "width") / 512) ** 2 +
  (c.activation === "silu" ? 0 : 0.3) +
  (c.bias === false ? 0 : 0.2);

describe("tpe searches", () => {
  it("better than random search in a mixed space, on nearly every seed", () => {
    const wins = seeds(11).filter((seed) => {
      const random = randomSearch.create(mixed, { seed, start: mixed.defaults() });
      return minimise(create(mixed, seed), training, 60) < minimise(random, training, 60);
    });
    expect(wins.length).toBeGreaterThanOrEqual(10);
  });

  it("better than random search with parameters of no influence, each on its own too", () => {
    const space = spaceOf(seeds(10).map((k) => float(`x${k}`)));
    const objective: Objective = (c) => (number(c, "x0") - 0.2) ** 2 + (number(c, "x1") - 0.7) ** 2;
    for (const dependence of ["joint", "independent"]) {
      const ratios = seeds(11).map((seed) => {
        const random = randomSearch.create(space, { seed, start: space.defaults() });
        const best = minimise(create(space, seed, { settings: { dependence } }), objective, 80);
        return best / minimise(random, objective, 80);
      });
      expect(median(ratios)).toBeLessThan(0.5);
    }
  });

  it("a narrow valley across two parameters better jointly than each on its own", () => {
    const space = spaceOf(seeds(4).map((k) => float(`x${k}`)));
    const objective: Objective = (c) =>
      20 * (number(c, "x0") - number(c, "x1")) ** 2 +
      20 * (number(c, "x2") - number(c, "x3")) ** 2 +
      (number(c, "x0") - 0.8) ** 2 +
      (number(c, "x2") - 0.2) ** 2;
    const best = (dependence: string) =>
      median(seeds(11).map((seed) => minimise(create(space, seed, { settings: { dependence } }), objective, 80)));
    expect(best("joint")).toBeLessThan(0.95 * best("independent"));
  });

  it("among constrained configurations without losing its way", () => {
    const space = spaceOf([float("x", { default: 0.1 }), float("y", { default: 0.1 })], ["x + y <= 0.5"]);
    const objective: Objective = (c) => (number(c, "x") - 0.4) ** 2 + (number(c, "y") - 0.3) ** 2;
    // The nearest allowed point is (0.3, 0.2), at 0.02.
    expect(median(seeds(7).map((seed) => minimise(create(space, seed), objective, 60)))).toBeLessThan(0.023);
  });
});

describe("tpe in a conditional space", () => {
  const space = spaceOf([
    { kind: "categorical", name: "kind", choices: ["a", "b"], default: "a" },
    float("a1", { when: "kind == 'a'" }),
    float("b1", { when: "kind == 'b'" }),
    float("b2", { when: "kind == 'b'" }),
    float("b3", { when: "kind == 'b'" }),
  ]);
  /** The better branch has a narrow valley. */
  const objective: Objective = (c) =>
    c.kind === "a"
      ? 1 + (number(c, "a1") - 0.5) ** 2
      : 8 * (number(c, "b1") - number(c, "b2")) ** 2 +
        8 * (number(c, "b2") - number(c, "b3")) ** 2 +
        (number(c, "b1") - 0.85) ** 2;

  it("finds an optimum of interacting parameters better in groups or jointly than each on its own", () => {
    const best = (dependence: string) =>
      median(seeds(15).map((seed) => minimise(create(space, seed, { settings: { dependence } }), objective, 80)));
    const [joint, grouped, independent] = [best("joint"), best("grouped"), best("independent")];
    expect(grouped).toBeLessThan(0.8 * independent);
    expect(joint).toBeLessThan(0.8 * independent);
  });

  it.each(["joint", "grouped", "independent"])("learns a parameter from its own trials only (%s)", (dependence) => {
    /** The density of good values of b1 after trials of b, and as many good ones of a between them or not. */
    const viewOf = (others: boolean) => {
      const optimizer = create(space, 1, { settings: { dependence, gamma: 0.5 } });
      for (let k = 0; k < 20; k++) {
        const u = (k + 0.5) / 20;
        tellValue(optimizer, { kind: "b", b1: u, b2: u, b3: u }, Math.abs(u - 0.8));
        if (others) tellValue(optimizer, { kind: "a", a1: u }, Math.abs(u - 0.8));
      }
      return optimizer.view().numeric?.find(({ name }) => name === "b1");
    };
    const [alone, among] = [viewOf(false), viewOf(true)];
    const uniform = Math.sqrt(1 / 12);
    expect(alone?.mean).toBeGreaterThan(0.65);
    if (dependence === "joint") {
      // Of the mixture half has no b1 and is uniform in it, and there are still ten results that have one.
      expect(among?.mean).toBeGreaterThan(0.58);
      expect(among?.deviation).toBeLessThan(uniform);
    } else expect(among?.mean).toBeCloseTo(alone?.mean ?? 0, 1);
  });
});

describe("tpe with each parameter on its own", () => {
  const settings = { dependence: "independent" };
  const conditional = spaceOf([
    { kind: "categorical", name: "kind", choices: ["a", "b"], default: "a" },
    float("a1", { when: "kind == 'a'" }),
    { kind: "int", name: "b1", low: 1, high: 8, scale: "linear", default: 2, when: "kind == 'b'" },
    float("u"),
  ]);
  const squares =
    (space: SearchSpace): Objective =>
    (c) =>
      space.encode(c).numeric.reduce((sum, x) => sum + (x - 0.6) ** 2, 0);

  it.each([
    ["mixed", mixed],
    ["conditional", conditional],
  ])("continues bit for bit from its saved state, with proper configurations, in a %s space", (_, space) => {
    const original = create(space, 7, { settings });
    let copy = original;
    const open: Candidate[] = [];
    for (let k = 0; k < 40; k++) {
      copy = tpe.restore(space, JSON.parse(JSON.stringify(original.state())));
      const asked = original.ask();
      expect(copy.ask()).toEqual(asked);
      expect(space.read(asked.configuration)).toEqual({ ok: true, configuration: asked.configuration });
      open.push(asked);
      const done = open.length > 2 ? open.shift() : undefined;
      if (!done) continue;
      const told: Told = {
        candidate: done.id,
        configuration: done.configuration,
        evaluation:
          k % 6 === 5 ? { kind: "failure", severity: k } : { kind: "value", value: squares(space)(done.configuration) },
      };
      for (const optimizer of [original, copy]) optimizer.tell(told);
      expect(JSON.stringify(copy.state())).toBe(JSON.stringify(original.state()));
      expect(copy.view()).toEqual(original.view());
    }
  });

  it("comes near the optimum of a sphere, of which the parameters are independent", () => {
    const space = spaceOf(seeds(10).map((k) => float(`x${k}`)));
    const regrets = seeds(7).map((seed) => minimise(create(space, seed, { settings }), squares(space), 100));
    // The start is at 0.1. With eight draws for each parameter, rather than two, the median is above that.
    expect(median(regrets)).toBeLessThan(0.03);
  });
});

describe("tpe with candidates under way", () => {
  /** Median over seeds of the mean distance between twelve parallel candidates. */
  function spread(constantLiar: boolean): number {
    const space = spaceOf([float("x"), float("y")]);
    return median(
      seeds(11).map((seed) => {
        const optimizer = create(space, seed, { settings: { constantLiar } });
        minimise(optimizer, (c) => (number(c, "x") - 0.3) ** 2 + (number(c, "y") - 0.6) ** 2, 12);
        const asked = Array.from({ length: 12 }, () => optimizer.ask().configuration);
        const distances = asked.flatMap((one, k) =>
          asked
            .slice(0, k)
            .map((other) => Math.hypot(number(one, "x") - number(other, "x"), number(one, "y") - number(other, "y"))),
        );
        return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
      }),
    );
  }

  it("keeps them apart by counting them as bad", () => {
    expect(spread(true)).toBeGreaterThan(3 * spread(false));
  });

  it("proposes what it would have proposed when one of them is forgotten", () => {
    const [one, other] = [create(mixed, 3), create(mixed, 3)];
    for (const optimizer of [one, other]) minimise(optimizer, training, 20);
    const before = one.view();
    one.forget(one.ask().id);
    expect(one.view()).toEqual(before);
    expect(one.view()).toEqual(other.view());
  });
});

describe("tpe learns", () => {
  it("to keep away from failures", () => {
    const space = spaceOf([float("x", { default: 0.6 }), float("y")]);
    const failed = seeds(7).map((seed) => {
      const optimizer = create(space, seed);
      let failures = 0;
      for (let k = 0; k < 60; k++) {
        const { id, configuration } = optimizer.ask();
        const [x, y] = [number(configuration, "x"), number(configuration, "y")];
        const fails = x > 0.5;
        if (fails && k >= 30) failures++;
        const evaluation: Told["evaluation"] = fails
          ? { kind: "failure", severity: x }
          : { kind: "value", value: (x - 0.3) ** 2 + (y - 0.6) ** 2 };
        optimizer.tell({ candidate: id, configuration, evaluation });
      }
      return failures / 30;
    });
    // Random search would fail every second time.
    expect(median(failed)).toBeLessThan(0.1);
  });

  it("to look elsewhere when everything failed", () => {
    const space = spaceOf([float("x"), float("y")]);
    const elsewhere = seeds(11).map((seed) => {
      const optimizer = create(space, seed);
      const random = RandomStream.fromSeed(deriveSeed(seed, "failures"));
      for (let k = 0; k < 30; k++) {
        const configuration = { x: 0.5 + 0.08 * (random.uniform() - 0.5), y: 0.5 + 0.08 * (random.uniform() - 0.5) };
        optimizer.tell({ configuration, evaluation: { kind: "failure", severity: 1 } });
      }
      const { configuration } = optimizer.ask();
      return Math.hypot(number(configuration, "x") - 0.5, number(configuration, "y") - 0.5);
    });
    expect(Math.min(...elsewhere)).toBeGreaterThan(0.2);
  });

  it("to start where an earlier study ended", () => {
    const random = RandomStream.fromSeed(5);
    const earlier = Array.from({ length: 80 }, (): Told => {
      const configuration = mixed.sample(random);
      return { configuration, evaluation: { kind: "value", value: training(configuration) } };
    });
    const best = (warmStart: readonly Told[]) =>
      median(seeds(11).map((seed) => minimise(create(mixed, seed, { warmStart }), training, 15)));
    expect(best(earlier)).toBeLessThan(0.8 * best([]));
    expect(create(mixed, 1, { warmStart: earlier }).view().told).toBe(0);
  });

  it("near a start that is good before it has a model", () => {
    const start = { lr: 2e-4, decay: 0.07, depth: 9, width: 512, activation: "silu", bias: false };
    const near = median(seeds(11).map((seed) => minimise(create(mixed, seed, { start }), training, 10)));
    const far = median(seeds(11).map((seed) => minimise(create(mixed, seed), training, 10)));
    expect(near).toBeLessThan(0.5 * far);
  });
});

describe("what tpe shows", () => {
  it("is the density of good results in native units", () => {
    const optimizer = create(mixed, 1);
    minimise(optimizer, training, 120);
    const view = optimizer.view();
    const depth = view.numeric?.find(({ name }) => name === "depth");
    expect(depth?.low).toBeGreaterThanOrEqual(4);
    expect(depth?.low).toBeLessThanOrEqual(9);
    expect(depth?.high).toBeGreaterThanOrEqual(9);
    const activation = view.categorical?.find(({ name }) => name === "activation");
    expect(activation?.probabilities.find(({ choice }) => choice === "silu")?.probability).toBeGreaterThan(0.5);
  });

  it("agrees with its samples", () => {
    const optimizer = create(mixed, 2);
    minimise(optimizer, training, 60);
    const samples = optimizer.sample(1000, 1);
    const { numeric = [], categorical = [] } = optimizer.view();
    for (const { name, deviation } of numeric) {
      const axis = mixed.numericAxes.findIndex((each) => each.name === name);
      const encoded = samples.map((configuration) => mixed.encode(configuration).numeric[axis] ?? Number.NaN);
      const mean = encoded.reduce((sum, x) => sum + x, 0) / encoded.length;
      const spread = Math.sqrt(encoded.reduce((sum, x) => sum + (x - mean) ** 2, 0) / encoded.length);
      expect(Math.abs(spread - deviation)).toBeLessThan(0.04);
    }
    for (const { name, probabilities } of categorical) {
      for (const { choice, probability } of probabilities) {
        const share = samples.filter((configuration) => configuration[name] === choice).length / samples.length;
        expect(Math.abs(share - probability)).toBeLessThan(0.07);
      }
    }
  });
});

describe("settings of tpe", () => {
  it.each([{ gamma: 0 }, { candidates: 0 }, { dependence: "none" }, { unknown: 1 }])("refuses %j", (settings) => {
    expect(() => create(mixed, 1, { settings })).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("refuses an initial deviation that is not positive", () => {
    expect(() => create(mixed, 1, { initialDeviation: { lr: 0 } })).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("keeps the first candidates within a given deviation of the start", () => {
    const narrow = create(mixed, 1, { initialDeviation: { lr: 0.01 } }).view();
    const usual = create(mixed, 1).view();
    const deviation = (view: typeof narrow) => view.numeric?.find(({ name }) => name === "lr")?.deviation ?? 0;
    expect(deviation(narrow)).toBeLessThan(deviation(usual));
  });
});
