import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { deviationFactors } from "./diagonal-acceleration.js";
import { Gaussian } from "./gaussian.js";
import { SearchDistribution } from "./search-distribution.js";
import { defaultPopulationSize, strategyParameters } from "./strategy-parameters.js";

const n = 10;
const lambda = defaultPopulationSize(n);

function gaussianWith(correlation: number): Gaussian {
  return new Gaussian(
    new Float64Array(n),
    1,
    Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : correlation)),
  );
}

/** A generation whose better half moves along the first coordinate and whose worse half does not. */
function alongFirst(gaussian: Gaussian, random: RandomStream, age = 0) {
  const { weights } = strategyParameters(n, lambda);
  return weights.map((weight) => {
    const whitened = gaussian.whiten(gaussian.sample(random)).map((z, j) => (j === 0 ? (weight > 0 ? 2 : 0.1) : z));
    return { whitened, weight, length: Math.hypot(...whitened), age };
  });
}

/** Mean of log10 of the best value after each of `checkpoints` evaluations, over seeds. */
function meanBest(
  accelerateDiagonal: boolean,
  evaluations: number,
  seeds: number,
  objective: (x: readonly number[], axes: readonly (readonly number[])[]) => number,
): number {
  let sum = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const random = RandomStream.fromSeed(seed);
    const axes = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal() / Math.sqrt(n)));
    const search = new SearchDistribution({
      mean: Array.from({ length: n }, () => 1 + random.uniform()),
      stepSize: 0.5,
      populationSize: lambda,
      accelerateDiagonal,
    });
    let best = Number.POSITIVE_INFINITY;
    for (let told = 0; told < evaluations; told += lambda) {
      search.update(
        Array.from({ length: lambda }, () => {
          const point = search.sample(random);
          const value = objective(Array.from(point.numeric), axes);
          best = Math.min(best, value);
          return { ...point, injected: false, evaluation: { kind: "value", value } as const };
        }),
      );
    }
    sum += Math.log10(best);
  }
  return sum / seeds;
}

const ellipsoid = (x: readonly number[]) => x.reduce((sum, v, j) => sum + 1e4 ** (j / (n - 1)) * v * v, 0);
const skewed = (x: readonly number[], axes: readonly (readonly number[])[]) =>
  ellipsoid(axes.map((axis) => axis.reduce((sum, a, j) => sum + a * (x[j] ?? 0), 0)));

describe("deviationFactors", () => {
  it("widen the coordinate along which the better half lies, and only that one", () => {
    const factors = deviationFactors(
      gaussianWith(0),
      strategyParameters(n, lambda),
      alongFirst(gaussianWith(0), RandomStream.fromSeed(1)),
    );
    expect(factors[0]).toBeGreaterThan(1.1);
    expect(Math.max(...factors.slice(1))).toBeLessThan(factors[0] ?? 0);
  });

  it("are held back where coordinates are correlated, and where the result is old", () => {
    const first = (correlation: number, age: number) =>
      Math.log(
        deviationFactors(
          gaussianWith(correlation),
          strategyParameters(n, lambda),
          alongFirst(gaussianWith(0), RandomStream.fromSeed(1), age),
        )[0] ?? Number.NaN,
      );
    expect(first(0.9, 0)).toBeLessThan(0.5 * first(0, 0));
    expect(first(0, 3)).toBeCloseTo(0.5 * first(0, 0), 12);
  });

  it("are one on average where the ranks say nothing", () => {
    const random = RandomStream.fromSeed(2);
    const gaussian = gaussianWith(0);
    const parameters = strategyParameters(n, lambda);
    const logs = Array.from({ length: 2000 }, () => {
      const steps = parameters.weights.map((weight) => {
        const whitened = gaussian.sample(random);
        return { whitened, weight, length: Math.hypot(...whitened), age: 0 };
      });
      return Math.log(deviationFactors(gaussian, parameters, steps)[3] ?? Number.NaN);
    });
    const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, v) => sum + (v - mean) ** 2, 0) / logs.length);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(logs.length));
  });
});

describe("a distribution with it", () => {
  it("is several times ahead after 500 evaluations where parameters have different scales and do not interact", () => {
    expect(meanBest(true, 500, 12, ellipsoid)).toBeLessThan(meanBest(false, 500, 12, ellipsoid) - 0.5);
  });

  it("loses nothing to speak of where all of them interact", () => {
    expect(meanBest(true, 500, 12, skewed)).toBeLessThan(meanBest(false, 500, 12, skewed) + 0.25);
  });
});
