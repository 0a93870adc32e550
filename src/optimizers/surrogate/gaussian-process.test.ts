import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { GaussianProcess, type GaussianProcessSample, LogPosterior, subsample } from "./gaussian-process.js";

/** f(x) = sin(5 x_0) with noise 0.1; x_1 does nothing. Some points are measured three times. */
function noisySine(n: number, noise: number): { sample: GaussianProcessSample; truth: (x: Float64Array) => number } {
  const random = RandomStream.fromSeed(deriveSeed(n, "noisy sine"));
  const points = Array.from({ length: n }, () => Float64Array.of(random.uniform(), random.uniform()));
  const truth = (x: Float64Array): number => Math.sin(5 * x[0]!);
  const counts = Float64Array.from(points, (_, i) => (i % 4 === 0 ? 3 : 1));
  const values = points.map((point, i) =>
    Array.from({ length: counts[i]! }, () => truth(point) + noise * random.normal()),
  );
  const means = Float64Array.from(values, (v) => v.reduce((sum, y) => sum + y, 0) / v.length);
  const scatters = Float64Array.from(values, (v, i) => v.reduce((sum, y) => sum + (y - means[i]!) ** 2, 0));
  const groups = { of: Int32Array.of(0, 1), count: 2 };
  return { sample: { points, groups, means, counts, scatters }, truth };
}

describe("GaussianProcess", () => {
  const { sample, truth } = noisySine(60, 0.1);
  const process = GaussianProcess.fit(sample, { seed: 1 });

  it("learns the function, the noise, and which feature matters", () => {
    for (const x of [0.1, 0.35, 0.6, 0.9]) {
      const at = Float64Array.of(x, 0.5);
      const { mean, variance } = process.predict(at);
      expect(Math.abs(mean - truth(at))).toBeLessThan(3 * Math.sqrt(variance) + 0.02);
      expect(Math.sqrt(variance)).toBeLessThan(0.1);
    }
    expect(Math.sqrt(process.noise)).toBeGreaterThan(0.08);
    expect(Math.sqrt(process.noise)).toBeLessThan(0.125);
    const [used, unused] = process.hyperparameters.logLengthScales;
    expect(unused! - used!).toBeGreaterThan(1);
  });

  it("descends along the gradient that finite differences show", () => {
    const posterior = new LogPosterior(sample);
    const at = Float64Array.of(-0.4, 0.9, 0.2, -3.1);
    const { gradient } = posterior.negative(at);
    for (let i = 0; i < at.length; i++) {
      const moved = (by: number): number => posterior.negative(at.map((x, k) => (k === i ? x + by : x))).value;
      expect(gradient[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 4);
    }
  });

  it("finds hyperparameters at least as good as the priors' centre and near a stationary point", () => {
    const posterior = new LogPosterior(sample);
    const found = posterior.negative(posterior.pack(process.hyperparameters));
    expect(found.value).toBeLessThan(posterior.negative(posterior.centre(0, 0)).value);
    expect(Math.hypot(...found.gradient)).toBeLessThan(0.5);
  });

  it("predicts left-out points as a process that never saw them, without refitting it", () => {
    const leftOut = process.leaveOneOut();
    for (const i of [0, 7, 31]) {
      const kept = sample.points.flatMap((_, k) => (k === i ? [] : [k]));
      const without = GaussianProcess.condition(subsample(sample, kept), process.hyperparameters);
      const { mean, variance } = without.predict(sample.points[i]!);
      expect(leftOut[i]!.mean).toBeCloseTo(mean, 8);
      expect(leftOut[i]!.variance).toBeCloseTo(variance + process.noise / sample.counts[i]!, 8);
    }
  });

  it("treats repeats given by mean and scatter exactly as all the single values", () => {
    const few = subsample(sample, [0, 1, 2, 3, 4]);
    const spread: number[][] = [...few.means].map((mean, i) => {
      const count = few.counts[i]!;
      if (count === 1) return [mean];
      const half = Math.sqrt(few.scatters[i]! / 2);
      return [mean - half, mean, mean + half];
    });
    const single: GaussianProcessSample = {
      points: spread.flatMap((values, i) => values.map(() => few.points[i]!)),
      groups: few.groups,
      means: Float64Array.from(spread.flat()),
      counts: new Float64Array(spread.flat().length).fill(1),
      scatters: new Float64Array(spread.flat().length),
    };
    const grouped = GaussianProcess.condition(few, process.hyperparameters);
    const apart = GaussianProcess.condition(single, process.hyperparameters);
    const at = Float64Array.of(0.3, 0.3);
    expect(grouped.predict(at).mean).toBeCloseTo(apart.predict(at).mean, 8);
    expect(grouped.predict(at).variance).toBeCloseTo(apart.predict(at).variance, 8);
    // The likelihoods differ by a constant that no hyperparameter moves.
    const difference = (logNoise: number): number => {
      const hyperparameters = Float64Array.of(-0.5, 0.5, 0, logNoise);
      return (
        new LogPosterior(few).negative(hyperparameters).value - new LogPosterior(single).negative(hyperparameters).value
      );
    };
    expect(difference(-3)).toBeCloseTo(difference(-5), 6);
  });

  it("knows the difference of two neighbours better than either", () => {
    const a = Float64Array.of(0.5, 0.5);
    const b = Float64Array.of(0.52, 0.5);
    const apart = process.predict(a);
    const contrast = process.contrast(a, b);
    expect(contrast.mean).toBeCloseTo(apart.mean - process.predict(b).mean, 9);
    expect(contrast.variance).toBeLessThan(apart.variance);
  });

  it("draws hyperparameters around those it found, wider where the data say less", () => {
    const draws = process.drawHyperparameters(200, RandomStream.fromSeed(deriveSeed(3, "draws")));
    const deviation = (k: number): number => {
      const values = draws.map(({ logLengthScales }) => logLengthScales[k]!);
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
    };
    expect(deviation(0)).toBeGreaterThan(0.05);
    expect(deviation(1)).toBeGreaterThan(deviation(0));
    expect(deviation(1)).toBeLessThan(1.3);
  });

  it("predicts many points as it predicts each, and its own points without a solve", () => {
    const points = Array.from({ length: 11 }, (_, k) => Float64Array.of(k / 10, 0.3));
    const { means, variances } = process.predictMany(points);
    points.forEach((point, k) => {
      const { mean, variance } = process.predict(point);
      expect(means[k]).toBeCloseTo(mean, 9);
      expect(variances[k]).toBeCloseTo(variance, 9);
    });
    const fitted = process.fittedMeans();
    sample.points.forEach((point, i) => {
      expect(fitted[i]).toBeCloseTo(process.predict(point).mean, 8);
    });
  });

  it("has the slopes of mean and variance that finite differences show", () => {
    const at = Float64Array.of(0.37, 0.62);
    const slope = process.slopeAt(at);
    expect(slope.mean).toBeCloseTo(process.predict(at).mean, 10);
    for (let f = 0; f < 2; f++) {
      const moved = (by: number) => process.predict(at.with(f, at[f]! + by));
      expect(slope.meanGradient[f]).toBeCloseTo((moved(1e-5).mean - moved(-1e-5).mean) / 2e-5, 5);
      expect(slope.varianceGradient[f]).toBeCloseTo((moved(1e-5).variance - moved(-1e-5).variance) / 2e-5, 5);
    }
  });

  it("grows point by point, bit for bit into what conditioning on all gives", () => {
    const first = (n: number) =>
      subsample(
        sample,
        Array.from({ length: n }, (_, i) => i),
      );
    let grown = GaussianProcess.condition(first(40), process.hyperparameters);
    for (let n = 41; n <= 60; n++) grown = grown.regrown(first(n));
    const whole = GaussianProcess.condition(sample, process.hyperparameters);
    const at = Float64Array.of(0.41, 0.77);
    expect(grown.predict(at)).toEqual(whole.predict(at));
    // A count in the middle that changed is a change of all that comes after.
    const changed = { ...sample, counts: sample.counts.with(20, 5) };
    expect(grown.regrown(changed).predict(at)).toEqual(
      GaussianProcess.condition(changed, process.hyperparameters).predict(at),
    );
    expect(grown.predict(at)).toEqual(whole.predict(at));
  });

  it("believes of more points what it expects there: means stay, variances shrink", () => {
    const at = Float64Array.of(1.3, 0.5);
    const before = process.predict(at);
    const after = process.believing([Float64Array.of(1.25, 0.5)]).predict(at);
    expect(after.mean).toBeCloseTo(before.mean, 8);
    expect(after.variance).toBeLessThan(0.5 * before.variance);
  });

  it("returns to its prior far from all points", () => {
    const { mean, variance } = process.predict(Float64Array.of(1e6, 0.5));
    expect(variance).toBeGreaterThan(0.8 * Math.exp(process.hyperparameters.logSignal));
    expect(Math.abs(mean)).toBeLessThan(1);
  });

  it("gives the same answer for the same seed", () => {
    expect(GaussianProcess.fit(sample, { seed: 1 }).hyperparameters).toEqual(process.hyperparameters);
  });
});
