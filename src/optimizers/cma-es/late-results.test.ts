import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { SearchSpace } from "../../space/index.js";
import { Gaussian } from "./gaussian.js";
import { type RankedStep, updateGaussian } from "./gaussian-update.js";
import { defaultPopulationSize, strategyParameters } from "./strategy-parameters.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";

const n = 5;
const space = SearchSpace.from({
  parameters: Array.from(
    { length: n },
    (_, j) => ({ kind: "float", name: `p${j}`, low: 0, high: 1, scale: "linear", default: 0.5 }) as const,
  ),
  constraints: [],
  derived: [],
});

/** How the results of a simulated pool of workers are told. */
type Telling = "by candidate" | "late ones as foreign" | "late ones not at all";

/** log10 of the best value of a cond-100 ellipsoid after 400 results with log-normal durations. */
function bestOf(workers: number, telling: Telling, seed: number): number {
  const random = RandomStream.fromSeed(seed);
  const optimum = Array.from({ length: n }, () => 0.25 + 0.5 * random.uniform());
  const optimizer = cmaEs.create(space, { seed, start: space.defaults() });
  const running: { id: number; configuration: Record<string, unknown>; generation: number; end: number }[] = [];
  let now = 0;
  let best = Number.POSITIVE_INFINITY;
  const start = () => {
    const { generation } = optimizer.view();
    running.push({ ...optimizer.ask(), generation, end: now + Math.exp(random.normal()) });
  };
  for (let worker = 0; worker < workers; worker++) start();
  for (let k = 0; k < 400; k++) {
    const first = running.reduce((a, b) => (b.end < a.end ? b : a));
    running.splice(running.indexOf(first), 1);
    now = first.end;
    const configuration = Object.fromEntries(optimum.map((_, j) => [`p${j}`, Number(first.configuration[`p${j}`])]));
    const value = optimum.reduce((sum, o, j) => sum + 100 ** (j / 4) * (Number(configuration[`p${j}`]) - o) ** 2, 0);
    best = Math.min(best, value);
    const late = telling !== "by candidate" && first.generation !== optimizer.view().generation;
    if (late && telling === "late ones not at all") optimizer.forget(first.id);
    else optimizer.tell({ ...(!late && { candidate: first.id }), configuration, evaluation: { kind: "value", value } });
    start();
  }
  if (telling !== "late ones not at all") expect(optimizer.view().told).toBe(400);
  return Math.log10(best);
}

const seeds = Array.from({ length: 15 }, (_, k) => k + 1);
const meanOf = (workers: number, telling: Telling) =>
  seeds.reduce((sum, seed) => sum + bestOf(workers, telling, seed), 0) / seeds.length;

describe("many workers", () => {
  it("get far more out of late results than by discarding them, and the loss with their number is gradual", () => {
    const [two, eight, sixteen] = [2, 8, 16].map((workers) => meanOf(workers, "by candidate"));
    expect(eight).toBeLessThan(meanOf(8, "late ones not at all") - 0.8);
    expect(sixteen).toBeLessThan(meanOf(16, "late ones not at all") - 0.8);
    expect(eight).toBeLessThan((two ?? 0) + 1.2);
    expect(sixteen).toBeLessThan((eight ?? 0) + 1.2);
  });
});

describe("a late result", () => {
  const parameters = strategyParameters(n, defaultPopulationSize(n));

  function gaussianAndSteps() {
    const random = RandomStream.fromSeed(4);
    const gaussian = new Gaussian(
      Float64Array.from({ length: n }, () => random.normal()),
      0.3,
      Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 + k / 10 : 0.1)),
    );
    const points = Array.from({ length: parameters.populationSize }, () => gaussian.sample(random));
    return { gaussian, points };
  }

  it("that was sampled from what is still the distribution teaches what a timely one does", () => {
    const [timely, late] = [gaussianAndSteps(), gaussianAndSteps()];
    const { mean, stepSize, scale } = late.gaussian;
    const origin = { mean: Array.from(mean), stepSize, scale: Array.from(scale), age: 1 };
    updateGaussian(
      timely.gaussian,
      parameters,
      timely.points.map((point) => ({ point, injected: false, succeeded: true })),
    );
    updateGaussian(
      late.gaussian,
      parameters,
      late.points.map((point): RankedStep => ({ point, injected: true, succeeded: true, origin })),
    );
    timely.gaussian.covariance.forEach((entry, k) => {
      expect(late.gaussian.covariance[k]).toBeCloseTo(entry, 9);
    });
    timely.gaussian.mean.forEach((entry, j) => {
      expect(late.gaussian.mean[j]).toBeCloseTo(entry, 9);
    });
  });

  it("from far away cannot stretch the covariance or throw the mean", () => {
    const { gaussian, points } = gaussianAndSteps();
    const before = Array.from(gaussian.mean);
    const origin = { mean: before.map((m) => m + 50), stepSize: 1e-4, scale: before.map(() => 1), age: 30 };
    updateGaussian(
      gaussian,
      parameters,
      points.map(
        (point, k): RankedStep =>
          k === 0
            ? { point: before.map((m) => m + 60), injected: true, succeeded: true, origin }
            : { point, injected: false, succeeded: true },
      ),
      true,
    );
    for (let j = 0; j < n; j++) {
      expect(gaussian.spread(j)).toBeLessThan(3);
      expect(Math.abs((gaussian.mean[j] ?? 0) - (before[j] ?? 0))).toBeLessThan(3 * 0.3);
    }
  });

  it("keeps where it was sampled in the saved state, and only while candidates from there are under way", () => {
    const optimizer = cmaEs.create(space, { seed: 1, start: space.defaults() });
    const origins = () => (JSON.stringify(optimizer.state()).match(/"origins":\[(.*?)\],"pending"/)?.[1] ?? "").length;
    const early = optimizer.ask();
    for (let k = 0; k < 80; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: k } });
    }
    expect(origins()).toBeGreaterThan(50);
    expect(origins()).toBeLessThan(400);
    optimizer.forget(early.id);
    for (let k = 0; k < 8; k++) {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: k } });
    }
    expect(origins()).toBe(0);
  });
});
