import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { confine } from "./confine.js";
import { Gaussian } from "./gaussian.js";
import { updateGaussian } from "./gaussian-update.js";
import { gridOf } from "./grid.js";
import { SearchDistribution } from "./search-distribution.js";
import { strategyParameters } from "./strategy-parameters.js";

const correlated = () => new Gaussian(Float64Array.of(1, -2), 0.5, Float64Array.of(4, 1.2, 1.2, 1));

describe("Gaussian", () => {
  it("samples with its mean, deviations and correlation", () => {
    const gaussian = correlated();
    const random = RandomStream.fromSeed(3);
    const count = 20_000;
    let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0];
    for (let k = 0; k < count; k++) {
      const [x = 0, y = 0] = gaussian.sample(random);
      sumX += x - 1;
      sumY += y + 2;
      sumXX += (x - 1) ** 2;
      sumYY += (y + 2) ** 2;
      sumXY += (x - 1) * (y + 2);
    }
    // Standard errors are below 0.01 of each.
    expect(sumX / count).toBeCloseTo(0, 1);
    expect(sumY / count).toBeCloseTo(0, 1);
    expect(sumXX / count).toBeCloseTo(1, 1);
    expect(sumYY / count / 0.25).toBeCloseTo(1, 1);
    expect(sumXY / Math.sqrt(sumXX * sumYY)).toBeCloseTo(0.6, 1);
  });

  it("whitens: y C^-1 y is the squared length", () => {
    const whitened = correlated().whiten([1, 2]);
    // C^-1 = [[1, -1.2], [-1.2, 4]] / 2.56
    expect(whitened.reduce((sum, z) => sum + z * z, 0)).toBeCloseTo((1 - 4.8 + 16) / 2.56, 12);
  });

  it("renormalised is the same distribution, and learns the same", () => {
    const [one, other] = [correlated(), correlated()];
    const steps = [
      [1.2, -1.9],
      [0.7, -2.4],
      [1.5, -1.5],
      [0.2, -2.2],
      [2.5, -3],
      [-1, -1],
    ].map((point) => ({ point, injected: false, succeeded: true }));
    const parameters = strategyParameters(2, 6);
    updateGaussian(one, parameters, steps);
    updateGaussian(other, parameters, steps);
    other.renormalise(0.05);
    expect(other.stepSize).toBe(0.05);
    updateGaussian(one, parameters, steps);
    updateGaussian(other, parameters, steps);
    for (const j of [0, 1]) {
      expect(other.mean[j]).toBeCloseTo(one.mean[j] ?? 0, 12);
      expect(other.deviation(j)).toBeCloseTo(one.deviation(j), 12);
    }
  });

  it("limits the deviation of single coordinates and keeps correlations", () => {
    const gaussian = correlated();
    gaussian.limitDeviations([0.3, 5]);
    expect(gaussian.deviation(0)).toBeCloseTo(0.3, 12);
    expect(gaussian.deviation(1)).toBeCloseTo(0.5, 12);
    expect((gaussian.covariance[1] ?? 0) / (gaussian.spread(0) * gaussian.spread(1))).toBeCloseTo(0.6, 12);
  });
});

describe("updateGaussian", () => {
  it("changes the step size by a factor of at most e, whatever it is told", () => {
    const gaussian = correlated();
    const far = Array.from({ length: 6 }, (_, k) => ({ point: [1e9 + k, 1e9], injected: false, succeeded: true }));
    updateGaussian(gaussian, strategyParameters(2, 6, true, "pycma"), far);
    expect(gaussian.stepSize).toBeCloseTo(0.5 * Math.E, 12);
  });
});

describe("confine", () => {
  it("keeps mean, deviations and step size in proportion to the box", () => {
    const search = new SearchDistribution({
      mean: [7, 0.5, -3],
      stepSize: 40,
      populationSize: 7,
      grids: [undefined, gridOf([0, 0.5, 1]), undefined],
    });
    confine(search);
    expect([...(search.gaussian?.mean ?? [])]).toEqual([1.05, 0.5, -0.05]);
    expect(search.gaussian?.stepSize).toBe(1);
    expect(search.gaussian?.deviation(0)).toBeCloseTo(1 / 3, 12);
    expect(search.gaussian?.deviation(1)).toBeCloseTo(1, 12);
  });
});
