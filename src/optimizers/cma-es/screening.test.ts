import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import type { Evaluation, Optimizer } from "../optimizer.js";
import { cmaEs } from "./index.js";

const float = (name: string): Parameter => ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5 });
const names = ["a", "b", "c", "d", "e", "f"];
const cube = SearchSpace.from({ parameters: names.map(float), constraints: [], derived: [] });

const create = (space: SearchSpace, seed: number, screening: boolean): Optimizer =>
  cmaEs.create(space, { seed, start: space.defaults(), settings: { screening } });

/** An ellipsoid of condition 100 around a place that the seed decides. */
function ellipsoid(seed: number): (configuration: Configuration) => number {
  return (configuration) =>
    names.reduce((sum, name, j) => {
      const optimum = 0.5 + 0.25 * Math.sin(seed * 7 + j * 3);
      return sum + 100 ** (j / (names.length - 1)) * (Number(configuration[name]) - optimum) ** 2;
    }, 0);
}

interface Run {
  readonly best: number;
  readonly failures: number;
}

function run(optimizer: Optimizer, evaluate: (configuration: Configuration) => Evaluation, trials: number): Run {
  let best = Number.POSITIVE_INFINITY;
  let failures = 0;
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    const evaluation = evaluate(configuration);
    if (evaluation.kind === "value") best = Math.min(best, evaluation.value);
    else failures += 1;
    optimizer.tell({ candidate: id, configuration, evaluation });
  }
  return { best, failures };
}

const seeds = [1, 2, 3, 4, 5, 6];
const meanLog = (values: readonly number[]) => values.reduce((sum, v) => sum + Math.log10(v), 0) / values.length;

describe("screening", () => {
  it("finds several times better configurations in the same number of trials", () => {
    const bestWith = (screening: boolean) =>
      meanLog(
        seeds.map((seed) => {
          const objective = ellipsoid(seed);
          const evaluate = (configuration: Configuration) =>
            ({ kind: "value", value: objective(configuration) }) as const;
          return run(create(cube, seed, screening), evaluate, 60).best;
        }),
      );
    expect(bestWith(true)).toBeLessThan(bestWith(false) - 0.6);
  });

  it("follows up at once what somebody else found far away", () => {
    for (const seed of seeds) {
      const optimizer = create(cube, seed, true);
      // Around the start everything is slightly worse than the start.
      const near = (configuration: Configuration) =>
        names.reduce((sum, name) => sum + (Number(configuration[name]) - 0.5) ** 2, 1);
      // Long enough for the distribution to be a narrow one.
      run(optimizer, (configuration) => ({ kind: "value", value: near(configuration) }), 60);
      const found = Object.fromEntries(names.map((name) => [name, 0.95]));
      optimizer.tell({ configuration: found, evaluation: { kind: "value", value: 0.2 } });
      const asked = Array.from({ length: 5 }, () => optimizer.ask().configuration);
      const nearer = asked.filter((configuration) => names.every((name) => Number(configuration[name]) > 0.725));
      // One of the five is not screened.
      expect(nearer.length).toBeGreaterThanOrEqual(3);
    }
  });

  it("runs fewer configurations that fail, and still finds the better ones", () => {
    const runs = (screening: boolean) =>
      seeds.map((seed) => {
        const objective = ellipsoid(seed);
        return run(
          create(cube, seed, screening),
          // Everything beyond a border through the start fails.
          (configuration) =>
            Number(configuration.a) + Number(configuration.b) > 1.02
              ? { kind: "failure", severity: 1, failure: "out_of_memory" }
              : { kind: "value", value: objective(configuration) },
          60,
        );
      });
    const [screened, plain] = [runs(true), runs(false)];
    const failures = (all: readonly Run[]) => all.reduce((sum, each) => sum + each.failures, 0);
    expect(failures(screened)).toBeLessThan(failures(plain));
    expect(meanLog(screened.map(({ best }) => best))).toBeLessThan(meanLog(plain.map(({ best }) => best)) - 0.3);
  });

  it("does not let the step size collapse before the optimum is near", () => {
    for (const seed of seeds.slice(0, 3)) {
      const optimizer = create(cube, seed, true);
      const objective = ellipsoid(seed);
      for (let k = 0; k < 100; k++) {
        const { id, configuration } = optimizer.ask();
        optimizer.tell({
          candidate: id,
          configuration,
          evaluation: { kind: "value", value: objective(configuration) },
        });
        const { numeric = [] } = optimizer.view();
        const away = Math.hypot(...numeric.map(({ mean }, j) => mean - (0.5 + 0.25 * Math.sin(seed * 7 + j * 3))));
        const widest = Math.max(...numeric.map(({ deviation }) => deviation));
        expect(widest).toBeGreaterThan(Math.min(0.002, 0.02 * away));
      }
    }
  });

  it("proposes nothing twice in a space of few configurations", () => {
    const space = SearchSpace.from({
      parameters: [
        { kind: "int", name: "i", low: 0, high: 9, scale: "linear", default: 5 },
        { kind: "categorical", name: "c", choices: ["x", "y", "z"], default: "x" },
      ],
      constraints: [],
      derived: [],
    });
    const optimizer = create(space, 1, true);
    const keys = new Set<string>();
    for (let k = 0; k < 20; k++) {
      const { id, configuration } = optimizer.ask();
      keys.add(space.key(configuration));
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: Number(configuration.i) } });
    }
    expect(keys.size).toBe(20);
  });

  it("is kept in the saved state only where it is on", () => {
    expect(create(cube, 1, true).state().data).toHaveProperty("screening");
    expect(create(cube, 1, false).state().data).not.toHaveProperty("screening");
  });
});

describeOptimizer(
  {
    ...cmaEs,
    name: "cma-es with screening",
    create: (space, options) => cmaEs.create(space, { ...options, settings: { screening: true } }),
  },
  { expensive: true },
);
