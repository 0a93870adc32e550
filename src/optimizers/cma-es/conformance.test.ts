import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RandomStream } from "../../math/random.js";
import { type Deviations, replayCategorical, replayMargin, replayMixed, replayPlain } from "./conformance.js";
import { longestInjection } from "./injection.js";
import { defaultPopulationSize, strategyParameters } from "./strategy-parameters.js";

/**
 * The tutorial's equations once more, for two dimensions and written down differently: C^(-1/2) in closed form
 * instead of by eigenvectors, everything spelt out. Records a trace in the shared format.
 */
function tutorialTrace(objective: (x: readonly [number, number]) => number, generations: number) {
  type Pair = [number, number];
  const random = RandomStream.fromSeed(8);
  const lambda = 6;
  const prime = [1, 2, 3, 4, 5, 6].map((i) => Math.log(3.5) - Math.log(i));
  const [w1 = 0, w2 = 0, w3 = 0] = prime;
  const mueff = (w1 + w2 + w3) ** 2 / (w1 ** 2 + w2 ** 2 + w3 ** 2);
  const worse = prime.slice(3);
  const sumWorse = worse.reduce((a, b) => a + b, 0);
  const mueffWorse = sumWorse ** 2 / worse.reduce((a, b) => a + b * b, 0);
  const c1 = 2 / (3.3 ** 2 + mueff);
  const cmu = (2 * (mueff - 2 + 1 / mueff)) / (16 + mueff);
  const alpha = Math.min(1 + c1 / cmu, 1 + (2 * mueffWorse) / (mueff + 2), (1 - c1 - cmu) / (2 * cmu));
  const weights = prime.map((w, i) => (i < 3 ? w / (w1 + w2 + w3) : (alpha * w) / -sumWorse));
  const cs = (mueff + 2) / (mueff + 7);
  const ds = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / 3) - 1) + cs;
  const cc = (4 + mueff / 2) / (6 + mueff);
  const chi = Math.SQRT2 * (1 - 1 / 8 + 1 / 84);

  let mean: Pair = [0.5, 0.5];
  let sigma = 0.3;
  let ps: Pair = [0, 0];
  let pc: Pair = [0, 0];
  let [a, b, d] = [1, 0, 1]; // C = [[a, b], [b, d]]
  const trace = { mean0: 0.5, sigma0: 0.3, params: { popsize: lambda }, generations: [] as unknown[] };
  for (let g = 0; g < generations; g++) {
    const X = Array.from({ length: lambda }, (): Pair => {
      // Any points will do, near or far.
      return [mean[0] + sigma * random.normal(), mean[1] + 1.5 * sigma * random.normal()];
    });
    const f = X.map(objective);
    const order = f.map((_, k) => k).sort((i, j) => (f[i] ?? 0) - (f[j] ?? 0));
    const y = order.map((k): Pair => [((X[k]?.[0] ?? 0) - mean[0]) / sigma, ((X[k]?.[1] ?? 0) - mean[1]) / sigma]);
    // sqrt(C) = (C + s I) / t with s = sqrt(det C), t = sqrt(trace C + 2 s); its inverse by Cramer's rule.
    const s = Math.sqrt(a * d - b * b);
    const t = Math.sqrt(a + d + 2 * s);
    const invert = (v: Pair): Pair => [
      (t * ((d + s) * v[0] - b * v[1])) / (s * t * t),
      (t * ((a + s) * v[1] - b * v[0])) / (s * t * t),
    ];
    const yw: Pair = [0, 0];
    for (let k = 0; k < 3; k++) {
      yw[0] += (weights[k] ?? 0) * (y[k]?.[0] ?? 0);
      yw[1] += (weights[k] ?? 0) * (y[k]?.[1] ?? 0);
    }
    mean = [mean[0] + sigma * yw[0], mean[1] + sigma * yw[1]];
    const zw = invert(yw);
    const gs = Math.sqrt(cs * (2 - cs) * mueff);
    ps = [(1 - cs) * ps[0] + gs * zw[0], (1 - cs) * ps[1] + gs * zw[1]];
    const length = Math.hypot(...ps);
    sigma *= Math.exp((cs / ds) * (length / chi - 1));
    const h = length / Math.sqrt(1 - (1 - cs) ** (2 * (g + 2))) < (1.4 + 2 / 3) * chi ? 1 : 0;
    const gc = h * Math.sqrt(cc * (2 - cc) * mueff);
    pc = [(1 - cc) * pc[0] + gc * yw[0], (1 - cc) * pc[1] + gc * yw[1]];
    const kept = 1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * weights.reduce((p, q) => p + q, 0);
    let [na, nb, nd] = [kept * a + c1 * pc[0] ** 2, kept * b + c1 * pc[0] * pc[1], kept * d + c1 * pc[1] ** 2];
    y.forEach((v, k) => {
      const w = weights[k] ?? 0;
      const full = w >= 0 ? w : (2 * w) / (Math.hypot(...invert(v)) ** 2 + 1e-8);
      na += cmu * full * v[0] ** 2;
      nb += cmu * full * v[0] * v[1];
      nd += cmu * full * v[1] ** 2;
    });
    [a, b, d] = [na, nb, nd];
    trace.generations.push({
      X,
      f,
      mean,
      sigma,
      ps,
      pc,
      C: [
        [a, b],
        [b, d],
      ],
    });
  }
  return trace;
}

describe("the tutorial's equations, written down twice", () => {
  it.each([
    ["an ellipse", ([u, v]: readonly [number, number]) => u * u + 100 * v * v],
    ["a banana", ([u, v]: readonly [number, number]) => 100 * (v - u * u) ** 2 + (1 - u) ** 2],
    ["a slope, where the step size grows", ([u, v]: readonly [number, number]) => u + v],
  ])("give the same state on %s for 40 generations", (_, objective) => {
    const trace = tutorialTrace(objective, 40);
    const deviations = replayPlain(trace);
    expect(Object.keys(deviations)).toEqual(["mean", "sigma", "C", "ps", "pc"]);
    expect(Math.max(...Object.values(deviations))).toBeLessThan(1e-9);
  });

  it("and a replay notices a single changed digit", () => {
    const trace = tutorialTrace(([u, v]) => u * u + v * v, 10);
    const [first] = trace.params ? trace.generations : [];
    expect(replayPlain({ ...trace, generations: [{ ...Object(first), sigma: 0.3001 }] }).sigma).toBeGreaterThan(1e-6);
  });
});

const file = process.env.AGENT_TUNE_CMA_TRACES;

describe.skipIf(!file)("traces of other implementations (AGENT_TUNE_CMA_TRACES)", () => {
  const traces = file ? z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8"))) : {};

  function replay(key: string): Deviations {
    if (key.startsWith("CMAwM")) return replayMargin(traces[key]);
    if (key.startsWith("CatCMAwM")) return replayMixed(traces[key]);
    if (key.startsWith("CatCMA")) return replayCategorical(traces[key]);
    return replayPlain(traces[key], key.startsWith("CMA_lra"));
  }

  it.each([
    "CMA_elli_2",
    "CMA_rosen_5",
    "CMA_elli_10",
    "CMA_lra_elli_2",
    "CMA_lra_rosen_5",
    "CMA_lra_elli_10",
    "CMAwM_mixed_6",
    "CatCMA_3_3",
    "CatCMAwM_3_2_2",
  ])("%s is reproduced to 1e-9", (key) => {
    const deviations = replay(key);
    expect(Object.keys(deviations).length).toBeGreaterThanOrEqual(4);
    for (const [quantity, deviation] of Object.entries(deviations)) {
      expect(deviation, `${key} ${quantity}`).toBeLessThan(1e-9);
    }
  });

  it("pycma_params: what does not depend on its own offsets, and the injection length, are the same", () => {
    const shared = z.record(
      z.string(),
      z.object({ popsize: z.number(), mueff: z.number(), c1: z.number(), cc: z.number(), inj_len: z.number() }),
    );
    for (const [dimension, expected] of Object.entries(shared.parse(traces.pycma_params))) {
      const n = Number(dimension);
      const parameters = strategyParameters(n, defaultPopulationSize(n));
      expect(parameters.populationSize).toBe(expected.popsize);
      expect(parameters.effectiveParents).toBeCloseTo(expected.mueff, 12);
      expect(parameters.rankOneRate).toBeCloseTo(expected.c1, 12);
      expect(parameters.covarianceCumulation).toBeCloseTo(expected.cc, 12);
      expect(longestInjection(n)).toBeCloseTo(expected.inj_len, 12);
    }
  });
});
