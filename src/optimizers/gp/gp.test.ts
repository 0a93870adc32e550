import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { median } from "../../math/vector.js";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import { localGaussian } from "../local-gaussian/index.js";
import type { Evaluation, Optimizer, OptimizerFactory, OptimizerOptions } from "../optimizer.js";
import { randomSearch } from "../random/index.js";
import { gp } from "./gp.js";

describeOptimizer(gp, { expensive: true });

const float = (name: string, start: number): Parameter => ({
  kind: "float",
  name,
  low: 0,
  high: 1,
  scale: "linear",
  default: start,
});
const spaceOf = (parameters: readonly Parameter[]) => SearchSpace.from({ parameters, constraints: [], derived: [] });

const smooth = spaceOf(["a", "b", "c", "d", "e", "f"].map((name) => float(name, 0.3)));
const mixed = spaceOf([
  { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
  float("dropout", 0.5),
  { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 3 },
  { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu", "tanh"], default: "relu" },
  { kind: "boolean", name: "bias", default: false },
]);

interface Problem {
  readonly space: SearchSpace;
  readonly value: (configuration: Configuration) => number;
  readonly noise: number;
  readonly fails?: (configuration: Configuration) => boolean;
}

const at = (configuration: Configuration, name: string) => Number(configuration[name]);
const problems: Readonly<Record<string, Problem>> = {
  "a curved valley of six parameters": {
    space: smooth,
    value: ({ a, b, c, d, e, f }) =>
      4 * (Number(b) - Number(a) ** 2 - 0.3) ** 2 +
      (Number(a) - 0.7) ** 2 +
      2 * (Number(c) - Number(d)) ** 2 +
      (Number(d) - 0.8) ** 2 +
      0.3 * (Number(e) - 0.1) ** 2 +
      0.1 * Number(f),
    noise: 0,
  },
  "a mixed space": {
    space: mixed,
    value: (configuration) =>
      (Math.log10(at(configuration, "lr")) + 1.8) ** 2 / 4 +
      (at(configuration, "dropout") - 0.1) ** 2 +
      (at(configuration, "depth") - 8) ** 2 / 50 +
      { relu: 0.3, gelu: 0.1, silu: 0, tanh: 0.5 }[String(configuration["activation"])]! +
      (configuration["bias"] === true ? 0 : 0.1),
    noise: 0.02,
  },
  "a bowl beside a wall of failures": {
    space: smooth,
    value: (configuration) =>
      ["a", "b", "c", "d", "e", "f"].reduce(
        (sum, name, k) => sum + (at(configuration, name) - 0.35 - 0.06 * k) ** 2,
        0,
      ),
    noise: 0.005,
    fails: (configuration) => at(configuration, "a") + at(configuration, "b") > 0.85,
  },
};

function evaluate({ value, noise, fails }: Problem, configuration: Configuration, random: RandomStream): Evaluation {
  if (fails?.(configuration)) return { kind: "failure", severity: 1, failure: "out_of_memory" };
  return { kind: "value", value: value(configuration) + noise * random.normal() };
}

/** Tells the default, then asks so many times. @returns all configurations in order */
function run(optimizer: Optimizer, problem: Problem, trials: number, seed: number): Configuration[] {
  const random = RandomStream.fromSeed(deriveSeed(seed, "noise"));
  const defaults = problem.space.defaults();
  optimizer.tell({ configuration: defaults, evaluation: evaluate(problem, defaults, random) });
  const tried = [defaults];
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    optimizer.tell({ candidate: id, configuration, evaluation: evaluate(problem, configuration, random) });
    tried.push(configuration);
  }
  return tried;
}

function create(factory: OptimizerFactory, { space }: Problem, seed: number, options: Partial<OptimizerOptions> = {}) {
  return factory.create(space, { seed, start: space.defaults(), ...options });
}

const bestOf = (problem: Problem, tried: readonly Configuration[]) =>
  Math.min(...tried.map((each) => (problem.fails?.(each) ? Infinity : problem.value(each))));
const seeds = [11, 12, 13, 14, 15, 16, 17];

describe("gp finds more with few trials", () => {
  it.each(Object.keys(problems))("than random search and a plain Gaussian: %s", (title) => {
    const problem = problems[title]!;
    const results = (factory: OptimizerFactory) =>
      seeds.map((seed) => bestOf(problem, run(create(factory, problem, seed), problem, 40, seed)));
    const found = results(gp);
    const plain = results(localGaussian);
    const random = results(randomSearch);
    // Seven of seven by chance: once in 128. No seed may be stuck.
    expect(found.filter((value, k) => value < random[k]!)).toHaveLength(seeds.length);
    expect(median(found)).toBeLessThan(0.7 * median(plain));
    expect(Math.max(...found)).toBeLessThan(median(random));
  });
});

describe("gp and failures", () => {
  it("learns to stay away from where configurations fail, though the best lies beside it", () => {
    const problem = problems["a bowl beside a wall of failures"]!;
    const late = seeds.slice(0, 4).map((seed) => {
      const tried = run(create(gp, problem, seed), problem, 50, seed).slice(-20);
      return tried.filter((each) => problem.fails?.(each)).length / 20;
    });
    expect(median(late)).toBeLessThan(0.35);
  });

  it("leaves a start at which everything fails for the region where nothing does", () => {
    const problem: Problem = {
      space: smooth,
      value: (configuration) => (at(configuration, "c") - 0.5) ** 2,
      noise: 0,
      fails: (configuration) => at(configuration, "a") < 0.65,
    };
    for (const seed of seeds.slice(0, 5)) {
      const tried = run(create(gp, problem, seed), problem, 40, seed);
      expect(tried.slice(-15).filter((each) => !problem.fails?.(each)).length).toBeGreaterThan(8);
    }
  });
});

describe("gp", () => {
  it("spreads what runs at the same time", () => {
    const problem = problems["a mixed space"]!;
    const optimizer = create(gp, problem, 3);
    run(optimizer, problem, 12, 3);
    const { space } = problem;
    const batch = Array.from({ length: 8 }, () => optimizer.ask().configuration);
    expect(new Set(batch.map((each) => space.key(each))).size).toBe(8);
    const distances = batch.flatMap((a, i) =>
      batch.slice(0, i).map((b) => {
        const x = space.encode(a);
        const y = space.encode(b);
        return Math.hypot(
          ...x.numeric.map((u, j) => u - y.numeric[j]!),
          ...x.categorical.map((c, j) => +(c !== y.categorical[j])),
        );
      }),
    );
    expect(Math.min(...distances)).toBeGreaterThan(0.01);
  });

  it("samples what it would ask next, also after results it has not yet been asked about", () => {
    const problem = problems["a mixed space"]!;
    const optimizer = create(gp, problem, 4);
    run(optimizer, problem, 30, 4);
    const sampled = optimizer.sample(6, 1);
    const values = sampled.map(problem.value);
    expect(median(values)).toBeLessThan(problem.value(problem.space.defaults()));
  });

  it("shows the trust region in native units", () => {
    const problem = problems["a mixed space"]!;
    const optimizer = create(gp, problem, 5);
    run(optimizer, problem, 20, 5);
    const { numeric = [], told } = optimizer.view();
    expect(told).toBe(21);
    expect(numeric.map(({ name }) => name)).toEqual(["lr", "dropout", "depth"]);
    for (const { low, mean, high, deviation } of numeric) {
      expect(low <= mean && mean <= high && low < high).toBe(true);
      expect(deviation).toBeGreaterThan(0);
    }
  });

  it("tries the best of an earlier study first, and counts none of it as a result", () => {
    const problem = problems["a mixed space"]!;
    const { space } = problem;
    const random = RandomStream.fromSeed(9);
    const earlier = Array.from({ length: 12 }, () => space.sample(random));
    const warmStart = earlier.map((configuration) => ({
      configuration,
      evaluation: { kind: "value", value: problem.value(configuration) } as const,
    }));
    const optimizer = create(gp, problem, 6, { warmStart });
    const best = [...earlier].sort((a, b) => problem.value(a) - problem.value(b));
    const asked = [optimizer.ask(), optimizer.ask(), optimizer.ask()].map(({ configuration }) => configuration);
    expect(asked).toEqual(best.slice(0, 3));
    expect(optimizer.view().told).toBe(0);
  });

  it("refuses settings that it does not have", () => {
    const create = () => gp.create(mixed, { seed: 1, start: mixed.defaults(), settings: { kernel: "rbf" } });
    expect(create).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
