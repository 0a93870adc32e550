import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { replayPlain } from "./conformance.js";
import { conformanceTolerance, reportOnTraces, type TraceReport } from "./conformance-report.js";

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
    const { generations, deviations } = replayPlain(trace);
    expect(generations).toBe(40);
    expect(Object.keys(deviations)).toEqual(["mean", "sigma", "C", "ps", "pc"]);
    expect(Math.max(...Object.values(deviations))).toBeLessThan(1e-9);
  });

  it("and a replay notices a single changed digit", () => {
    const trace = tutorialTrace(([u, v]) => u * u + v * v, 10);
    const [first] = trace.params ? trace.generations : [];
    expect(
      replayPlain({ ...trace, generations: [{ ...Object(first), sigma: 0.3001 }] }).deviations.sigma,
    ).toBeGreaterThan(1e-6);
  });
});

describe("a report on traces", () => {
  const trace = tutorialTrace(([u, v]) => u * u + v * v, 5);
  const outcomes = (file: unknown) => reportOnTraces(file).map(({ trace: key, outcome }) => [key, outcome]);

  it("replays any number of traces of a variant, whatever follows its name", () => {
    const file = { _about: "remarks", CMA_sphere_2: trace, "CMA-another": trace, CMA: [trace, trace] };
    expect(outcomes(file)).toEqual([
      ["CMA_sphere_2", "replayed"],
      ["CMA-another", "replayed"],
      ["CMA[0]", "replayed"],
      ["CMA[1]", "replayed"],
    ]);
    for (const report of reportOnTraces(file)) {
      expect(report).toMatchObject({ variant: "CMA-ES", replay: { generations: 5 } });
      expect("deviation" in report && report.deviation).toBeLessThan(conformanceTolerance);
    }
  });

  it("tells the variants apart by the start of the key", () => {
    const variants = (file: unknown) =>
      reportOnTraces(file).map((report: TraceReport) => ("variant" in report ? report.variant : report.outcome));
    const keys = ["CMA_lra_elli_3", "CMAwM_x", "CatCMA_3_3", "CatCMAwM_1_1_1", "warm_start_b", "pycma_params", "CMA_x"];
    expect(variants(Object.fromEntries(keys.map((key) => [key, {}])))).toEqual([
      "LRA-CMA-ES",
      "CMA-ES with margin",
      "CatCMA",
      "CatCMA with margin",
      "WS-CMA-ES",
      "parameters of pycma",
      "CMA-ES",
    ]);
  });

  it("names variants that it does not know, and does not take a plain trace of them for CMA-ES", () => {
    expect(outcomes({ sepCMA_elli_2: trace, CMAESSoP_3: {}, NES: trace, text: "none" })).toEqual([
      ["sepCMA_elli_2", "not known"],
      ["CMAESSoP_3", "not known"],
      ["NES", "not known"],
      ["text", "not known"],
    ]);
  });

  it("goes by the fields that only one variant has where the key says nothing", () => {
    const [report] = reportOnTraces({ first: { generations: [{ v_raw: [] }] } });
    expect(report).toMatchObject({ outcome: "malformed", variant: "CatCMA with margin" });
  });

  it("says in one line what is wrong with a malformed trace", () => {
    const [first, ...others] = trace.generations.map((generation) => Object(generation));
    const reports = reportOnTraces({
      CMA_a: { ...trace, sigma0: "wide" },
      CMA_b: { ...trace, generations: [{ ...first, X: first.X.slice(1) }, ...others] },
      CMA_c: { ...trace, generations: [] },
      CMA_d: { ...trace, generations: [{ ...first, X: first.X.map(() => [0, 0, 0]) }, ...others] },
      CMA_e: null,
    });
    expect(reports.map(({ outcome }) => outcome)).toEqual(reports.map(() => "malformed"));
    for (const report of reports) expect("problem" in report && report.problem).toMatch(/^[^\n]{10,200}$/);
    expect(reports[0]).toMatchObject({ problem: expect.stringContaining("sigma0") });
    expect(reports[1]).toMatchObject({ problem: expect.stringContaining("generation 0 has 5 points") });
  });

  it("counts a missing entry as infinitely far", () => {
    const [first] = trace.generations.map((generation) => Object(generation));
    const [report] = reportOnTraces({ CMA_a: { ...trace, generations: [{ ...first, pc: [1] }] } });
    expect(report).toMatchObject({ outcome: "replayed", deviation: Number.POSITIVE_INFINITY });
  });

  it("compares strategy parameters where a trace has them", () => {
    const [right] = reportOnTraces({ CMA_a: { ...trace, params: { popsize: 6, mueff: 2.0286114646100617 } } });
    expect(right).toMatchObject({ outcome: "replayed" });
    expect("deviation" in Object(right) && Object(right).deviation).toBeLessThan(conformanceTolerance);
    const [wrong] = reportOnTraces({ CMA_a: { ...trace, params: { popsize: 6, mueff: 2.03 } } });
    expect(Object(wrong).replay.deviations.mueff).toBeGreaterThan(1e-4);
  });
});

const file = process.env.AGENT_TUNE_CMA_TRACES;

describe.skipIf(!file)("traces of other implementations (AGENT_TUNE_CMA_TRACES)", () => {
  const reports = file ? reportOnTraces(JSON.parse(readFileSync(file, "utf8"))) : [];

  it.each(reports)("$trace is reproduced to 1e-9", (report) => {
    expect(report).toMatchObject({ outcome: "replayed" });
    const { deviations } = Object(report).replay;
    expect(Object.keys(deviations).length).toBeGreaterThanOrEqual(3);
    for (const [quantity, deviation] of Object.entries(deviations)) {
      expect(deviation, quantity).toBeLessThan(conformanceTolerance);
    }
  });
});
