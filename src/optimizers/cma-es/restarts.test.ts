import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { type Parameter, SearchSpace } from "../../space/index.js";
import type { Optimizer, OptimizerSettings } from "../optimizer.js";
import { firstRun, nextRun, type Run } from "./restarts.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";

/** The run after one that took that many evaluations. */
function following(policy: "ipop" | "bipop", run: Run, evaluations: number, random = RandomStream.fromSeed(1)) {
  return nextRun(policy, { ...run, evaluations }, 8, random);
}

describe("nextRun", () => {
  it("ipop: doubles the population, five times at most", () => {
    let run = firstRun(8);
    const populations = Array.from({ length: 7 }, () => {
      const next = following("ipop", run, 300);
      expect(next.stepSizeFactor).toBe(1);
      run = next.run;
      return run.populationSize;
    });
    expect(populations).toEqual([16, 32, 64, 128, 256, 256, 256]);
    expect(run.restarts).toBe(7);
  });

  it("bipop: the regime that has used fewer evaluations is next", () => {
    const random = RandomStream.fromSeed(2);
    let run = firstRun(8);
    const regimes: string[] = [];
    for (const evaluations of [300, 500, 150, 200, 700, 90]) {
      ({ run } = following("bipop", run, evaluations, random));
      regimes.push(run.regime);
    }
    // small 300 | large 500 | small 450 | small 650, so large | large 1200 | small 740
    expect(regimes).toEqual(["large", "small", "small", "large", "small", "small"]);
    expect(run).toMatchObject({ small: 740, large: 1200, doublings: 2, restarts: 6 });
  });

  it("bipop: small runs have lambda_0 (lambda / (2 lambda_0))^(U^2) points, a step of 10^(-2 U) and half the budget", () => {
    const random = RandomStream.fromSeed(3);
    const ended: Run = { ...firstRun(64), regime: "large", doublings: 3, small: 400 };
    const runs = Array.from({ length: 400 }, () => following("bipop", ended, 1001, random));
    const populations = runs.map(({ run }) => run.populationSize);
    expect(Math.min(...populations)).toBe(8);
    expect(Math.max(...populations)).toBeGreaterThan(25);
    expect(Math.max(...populations)).toBeLessThanOrEqual(32);
    // The median of 8 * 4^(U^2) is 8 * 4^(1/4), about 11.
    const middle = populations.sort((a, b) => a - b)[200];
    expect(middle).toBeGreaterThanOrEqual(10);
    expect(middle).toBeLessThanOrEqual(13);
    const factors = runs.map(({ stepSizeFactor }) => Math.log10(stepSizeFactor)).sort((a, b) => a - b);
    expect(factors[0]).toBeGreaterThanOrEqual(-2);
    expect(factors[200]).toBeGreaterThan(-1.2);
    expect(factors[200]).toBeLessThan(-0.8);
    for (const { run } of runs) expect(run).toMatchObject({ regime: "small", limit: 501, doublings: 3 });
  });
});

describe("restarts of the optimizer", () => {
  const float = (name: string): Parameter => ({ kind: "float", name, low: 0, high: 1, scale: "linear", default: 0.5 });
  const space = SearchSpace.from({ parameters: [float("a"), float("b")], constraints: [], derived: [] });
  const start = (settings: OptimizerSettings, seed = 1, initialDeviation?: Record<string, number>) =>
    cmaEs.create(space, { seed, start: space.defaults(), settings, ...(initialDeviation && { initialDeviation }) });
  const bowl = (a: unknown, b: unknown) => (Number(a) - 0.3) ** 2 + (Number(b) - 0.6) ** 2;

  function run(optimizer: Optimizer, trials: number): void {
    for (let k = 0; k < trials; k++) {
      const { id, configuration } = optimizer.ask();
      const value = bowl(configuration["a"], configuration["b"]);
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    }
  }

  function runUntilStopped(optimizer: Optimizer): void {
    for (let k = 0; k < 2000 && !optimizer.view().stop; k++) run(optimizer, 1);
  }

  it("tolx is a setting", () => {
    const told = (tolx: number) => {
      const optimizer = start({ tolx });
      runUntilStopped(optimizer);
      expect(optimizer.view().stop?.reason).toBe("tolx");
      return optimizer.view().told;
    };
    expect(told(1e-3)).toBeLessThan(told(1e-7) / 1.5);
  });

  it("around=best begins at the best, around=uniform somewhere else each time", () => {
    const means = (settings: OptimizerSettings, seed: number) => {
      const optimizer = start(settings, seed);
      runUntilStopped(optimizer);
      optimizer.ask();
      return optimizer.view().numeric?.map(({ mean }) => mean) ?? [];
    };
    const [a = 0, b = 0] = means({}, 1);
    expect(bowl(a, b)).toBeLessThan(1e-6);
    const uniform = [1, 2, 3, 4].map((seed) => means({ around: "uniform" }, seed));
    expect(new Set(uniform.map(String)).size).toBe(4);
    expect(Math.max(...uniform.map(([x, y]) => bowl(x, y)))).toBeGreaterThan(0.05);
  });

  it("restarts=none goes on, says why it need not, and stays sound", () => {
    const optimizer = start({ restarts: "none", tolx: 1e-4 });
    runUntilStopped(optimizer);
    run(optimizer, 3000);
    const { stop, stepSize, populationSize, numeric } = optimizer.view();
    expect(stop?.reason).toMatch(/tolx|tolfun|flatfitness/);
    expect(populationSize).toBe(6);
    expect(stepSize?.value).toBeGreaterThan(0);
    for (const { deviation } of numeric ?? []) expect(deviation).toBeGreaterThan(1e-13);
  });

  it("bipop: a small run ends with maxiter where no other rule ends it", () => {
    const optimizer = start({ restarts: "bipop", tolx: 1e-9 });
    const reasons = new Set<string>();
    for (let k = 0; k < 6000; k++) {
      run(optimizer, 1);
      const { stop } = optimizer.view();
      if (stop) reasons.add(stop.reason);
      if (stop?.reason === "maxiter") {
        expect(stop.detail).toMatch(/^a run with a small population ended after \d+ trials$/);
      }
    }
    expect([...reasons]).toContain("maxiter");
  });

  it("tolxup: a start that was far too narrow is given up for the usual one", () => {
    const slope = start({}, 1, { a: 1e-6, b: 1e-6 });
    for (let k = 0; k < 2000 && !slope.view().stop; k++) {
      const { id, configuration } = slope.ask();
      const value = bowl(configuration["a"], configuration["b"]);
      slope.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
    }
    expect(slope.view().stop?.reason).toBe("tolxup");
    slope.ask();
    for (const { deviation } of slope.view().numeric ?? []) expect(deviation).toBeGreaterThan(0.1);
  });

  it("refuses settings that there are not", () => {
    expect(() => start({ restarts: "often" })).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => start({ tolx: 1 })).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
