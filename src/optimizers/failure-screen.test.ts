import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../math/random.js";
import { median } from "../math/vector.js";
import type { Configuration } from "../space/parameter.js";
import { SearchSpace } from "../space/search-space.js";
import { unscreened as cmaEs } from "./cma-es/testing/unscreened.js";
import { type FailureScreenOptions, screenFailures } from "./failure-screen.js";
import { localGaussian } from "./local-gaussian/index.js";
import type { Candidate, Optimizer, OptimizerFactory } from "./optimizer.js";
import { randomSearch } from "./random/index.js";

const space = SearchSpace.from({
  parameters: ["a", "b", "c", "d"].map((name) => ({
    kind: "float",
    name,
    low: 0,
    high: 1,
    scale: "linear",
    default: 0.2,
  })),
  constraints: [],
  derived: [],
});

/** The best values lie close to a border beyond which 38 % of the box fails. */
function fails({ a, b, c }: Configuration): boolean {
  return Number(a) + Number(b) + Number(c) > 1.65;
}

function loss(configuration: Configuration): number {
  return Object.values(configuration).reduce<number>((sum, x) => sum + (Number(x) - 0.5) ** 2, 0);
}

interface Study {
  readonly failures: number;
  readonly best: number;
  readonly screened: number;
}

function study(optimizer: Optimizer, trials: number, failing = fails): Study {
  let failures = 0;
  let screened = 0;
  let best = Infinity;
  for (let k = 0; k < trials; k++) {
    const candidate = optimizer.ask();
    const { id, configuration } = candidate;
    if (candidate.screened) screened++;
    if (failing(configuration)) {
      failures++;
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "failure", severity: 1 } });
    } else {
      best = Math.min(best, loss(configuration));
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: loss(configuration) } });
    }
  }
  return { failures, best, screened };
}

function create(factory: OptimizerFactory, seed: number): Optimizer {
  return factory.create(space, { seed, start: space.defaults() });
}

const seeds = Array.from({ length: 15 }, (_, seed) => seed);

describe("screenFailures", () => {
  it.each([
    { factory: randomSearch, share: 0.5 },
    { factory: localGaussian, share: 0.75 },
    { factory: cmaEs, share: 0.85 },
  ])("cuts the failures of $factory.name near a border, and costs no value", ({ factory, share }) => {
    const runs = (of: OptimizerFactory) => seeds.map((seed) => study(create(of, seed), 60));
    const plain = runs(factory);
    const screened = runs(screenFailures(factory));
    const failures = (of: readonly Study[]) => of.reduce((sum, { failures }) => sum + failures, 0);
    expect(failures(screened)).toBeLessThan(share * failures(plain));
    expect(median(screened.map(({ best }) => best))).toBeLessThan(1.15 * median(plain.map(({ best }) => best)));
  });

  it("asks for exactly what the optimizer draws while nothing has failed", () => {
    const plain = create(cmaEs, 3);
    const screened = create(screenFailures(cmaEs), 3);
    for (let k = 0; k < 40; k++) {
      const candidate = plain.ask();
      expect(screened.ask()).toEqual(candidate);
      const { id, configuration } = candidate;
      const evaluation = { kind: "value", value: loss(configuration) } as const;
      for (const each of [plain, screened]) each.tell({ candidate: id, configuration, evaluation });
    }
    expect(screened.view()).toEqual(plain.view());
  });

  it("says how it screened a candidate", () => {
    const optimizer = create(screenFailures(randomSearch), 1);
    const screened: Candidate[] = [];
    for (let k = 0; k < 80; k++) {
      const candidate = optimizer.ask();
      if (candidate.screened) screened.push(candidate);
      const { id, configuration } = candidate;
      optimizer.tell({
        candidate: id,
        configuration,
        evaluation: fails(configuration) ? { kind: "failure", severity: 1 } : { kind: "value", value: 1 },
      });
    }
    expect(screened.length).toBeGreaterThan(10);
    for (const { screened: of } of screened) {
      expect(of?.redrawn).toBeGreaterThan(0);
      expect(of?.kept).toBeLessThanOrEqual(of?.risk ?? 0);
    }
  });

  it("comes back to a region that it wrongly condemned", () => {
    // Everything with a large `a` fails for a while, and then no more.
    const large = (configuration: Configuration) => Number(configuration["a"]) > 0.5;
    const later = seeds.map((seed) => {
      const optimizer = create(screenFailures(randomSearch), seed);
      study(optimizer, 60, large);
      let visits = 0;
      study(optimizer, 150, (configuration) => {
        if (large(configuration)) visits++;
        return false;
      });
      return visits;
    });
    expect(Math.min(...later)).toBeGreaterThan(15);
  });

  it("learns the border from memory with fewer failures than without", () => {
    const failures = (measures: boolean) =>
      seeds.reduce((sum, seed) => {
        const optimizer = create(screenFailures(randomSearch), seed);
        const random = RandomStream.fromSeed(deriveSeed(seed, "memory"));
        for (let k = 0; k < 50; k++) {
          const { id, configuration } = optimizer.ask();
          const failed = fails(configuration);
          if (failed) sum++;
          const use = Object.values(configuration).reduce<number>((total, x) => total + Number(x), 0);
          const needed = Math.exp(use - Number(configuration["d"]) + 0.02 * random.normal());
          optimizer.tell({
            candidate: id,
            configuration,
            evaluation: failed
              ? { kind: "failure", severity: 1, failure: "out_of_memory" }
              : { kind: "value", value: loss(configuration) },
            ...(measures && { measured: { peakMemory: Math.min(needed, Math.exp(1.65)) } }),
          });
        }
        return sum;
      }, 0);
    expect(failures(true)).toBeLessThan(0.8 * failures(false));
  });

  it("keeps a known limit from the first failure on, or before", () => {
    const limited: FailureScreenOptions = { limits: { peakMemory: 1.65 } };
    const failures = (options: FailureScreenOptions) =>
      seeds.reduce((sum, seed) => {
        const optimizer = create(screenFailures(localGaussian, options), seed);
        for (let k = 0; k < 40; k++) {
          const { id, configuration } = optimizer.ask();
          const { a, b, c } = configuration;
          const failed = fails(configuration);
          if (failed) sum++;
          optimizer.tell({
            candidate: id,
            configuration,
            evaluation: failed
              ? { kind: "failure", severity: 1, failure: "out_of_memory" }
              : { kind: "value", value: loss(configuration) },
            measured: { peakMemory: Math.min(1.65, Number(a) + Number(b) + Number(c)) },
          });
        }
        return sum;
      }, 0);
    expect(failures(limited)).toBeLessThan(failures({}));
  });

  it("is switched on and off by avoidFailures, and a state that was saved without goes on without", () => {
    const start = { seed: 5, start: space.defaults() };
    const draws = (optimizer: Optimizer) => {
      study(optimizer, 30);
      return optimizer.state();
    };
    const plain = create(cmaEs, 5);
    const state = draws(plain);
    expect(draws(screenFailures(cmaEs).create(space, { ...start, settings: { avoidFailures: false } }))).toEqual(state);
    expect(draws(screenFailures(cmaEs, { usually: false }).create(space, start))).toEqual(state);
    const on = { ...start, settings: { avoidFailures: true } };
    expect(draws(screenFailures(cmaEs, { usually: false }).create(space, on))).toEqual(
      draws(screenFailures(cmaEs).create(space, start)),
    );
    expect(screenFailures(cmaEs).restore(space, state).ask()).toEqual(plain.ask());
    expect(() => screenFailures(cmaEs).create(space, { ...start, settings: { avoidFailures: 3 } })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });

  it("continues bit for bit far beyond what it learns from, and its state stays small", () => {
    const factory = screenFailures(randomSearch);
    let optimizer = create(factory, 1);
    study(optimizer, 340);
    const other = factory.restore(space, JSON.parse(JSON.stringify(optimizer.state())));
    for (let k = 0; k < 40; k++) {
      if (k % 7 === 3) optimizer = factory.restore(space, JSON.parse(JSON.stringify(optimizer.state())));
      expect(study(optimizer, 1)).toEqual(study(other, 1));
    }
    expect(JSON.stringify(optimizer.state())).toBe(JSON.stringify(other.state()));
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(80_000);
  });
});
