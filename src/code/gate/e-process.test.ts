import { describe, expect, test } from "vitest";
import { RandomStream } from "../../math/random.js";
import { halfWidth, leastCount, logEvidence } from "./e-process.js";

/** The ratio of marginal likelihoods by quadrature over the effect and the logarithm of the scale. */
function byQuadrature(differences: readonly number[], g: number): number {
  const likelihood = (effect: number, sigma: number) =>
    Math.exp(differences.reduce((sum, x) => sum - (x / sigma - effect) ** 2 / 2 - Math.log(sigma), 0));
  const marginal = (effect: number) => {
    let sum = 0;
    for (let logSigma = -8; logSigma < 8; logSigma += 0.02) sum += likelihood(effect, Math.exp(logSigma)) * 0.02;
    return sum;
  };
  let alternative = 0;
  const step = 0.02;
  for (let effect = step / 2; effect < 20; effect += step) {
    alternative += 2 * Math.exp((-effect * effect) / (2 * g)) * marginal(effect) * step;
  }
  return alternative / Math.sqrt(2 * Math.PI * g) / marginal(0);
}

function summaryOf(differences: readonly number[]) {
  const count = differences.length;
  const mean = differences.reduce((sum, x) => sum + x, 0) / count;
  const squares = differences.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { count, mean, deviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) };
}

describe("evidence for a positive mean", () => {
  test.each([
    { differences: [1.3, 0.4, 2.1] },
    { differences: [-0.5, 0.2, -1.1, 0.3] },
    { differences: [2, 2.2, 1.9, 2.4, 1.7] },
  ])("is the ratio of marginal likelihoods: $differences", ({ differences }) => {
    expect(Math.exp(logEvidence(summaryOf(differences)))).toBeCloseTo(byQuadrature(differences, 9), 2);
  });

  test("does not depend on the unit", () => {
    const differences = { count: 6, mean: 0.8, deviation: 0.5 };
    const inThousandths = { count: 6, mean: 800, deviation: 500 };
    expect(logEvidence(inThousandths)).toBeCloseTo(logEvidence(differences), 10);
  });

  test("has mean one where the mean is zero, whatever the scale", () => {
    const random = RandomStream.fromSeed(1);
    const repetitions = 20_000;
    let sum = 0;
    for (let i = 0; i < repetitions; i++) {
      sum += Math.exp(logEvidence(summaryOf([random.normal(), random.normal(), random.normal()])));
    }
    expect(sum / repetitions).toBeGreaterThan(0.9);
    expect(sum / repetitions).toBeLessThan(1.1);
  });

  test("is below one against a negative mean, and nothing without a spread and a mean", () => {
    expect(logEvidence({ count: 5, mean: -0.3, deviation: 1 })).toBeLessThan(0);
    expect(logEvidence({ count: 5, mean: 0, deviation: 0 })).toBe(0);
    expect(logEvidence({ count: 0, mean: 0, deviation: 0 })).toBe(0);
  });

  test("needs some differences, however alike they are", () => {
    const sure = (count: number) => logEvidence({ count, mean: 1, deviation: 1e-9 });
    for (const level of [0.01, 0.001, 0.0001]) {
      const count = leastCount(level);
      expect(sure(count)).toBeGreaterThan(-Math.log(level));
      expect(sure(count - 1)).toBeLessThan(-Math.log(level));
    }
    expect([0.01, 0.001, 0.0001].map(leastCount)).toEqual([4, 5, 6]);
  });
});

test("the interval covers the true mean at all numbers of differences at once", () => {
  const random = RandomStream.fromSeed(2);
  const rows = 400;
  let everOutside = 0;
  for (let row = 0; row < rows; row++) {
    const differences: number[] = [];
    let outside = false;
    for (let count = 1; count <= 40; count++) {
      differences.push(0.7 + random.normal());
      const seen = summaryOf(differences);
      if (Math.abs(seen.mean - 0.7) > halfWidth(seen, 0.05)) outside = true;
    }
    if (outside) everOutside += 1;
  }
  expect(everOutside / rows).toBeLessThan(0.05);
  expect(everOutside).toBeGreaterThan(0);
});
