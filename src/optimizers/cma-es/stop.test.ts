import { describe, expect, it } from "vitest";
import { gridOf } from "./grid.js";
import { SearchDistribution } from "./search-distribution.js";
import { remember, stopReason, type ValueHistory } from "./stop.js";

function distribution(changes: { stepSize?: number; covariance?: readonly number[] } = {}): SearchDistribution {
  return new SearchDistribution({ mean: [0.5, 0.5], stepSize: 0.2, populationSize: 6, ...changes });
}

/** The history of that many generations. */
function historyOf(generations: number, valuesOf: (generation: number) => readonly number[]): ValueHistory {
  const history: ValueHistory = { best: [], median: [] };
  for (let g = 0; g < generations; g++) remember(history, distribution(), valuesOf(g));
  return history;
}

const improving = (g: number) => [1 / (g + 1), 2 / (g + 1), 3 / (g + 1)];

describe("stopReason", () => {
  it("is absent while values improve", () => {
    for (const generations of [1, 30, 500]) {
      expect(stopReason(distribution(), historyOf(generations, improving), improving(generations))).toBeUndefined();
    }
  });

  it("tolfun: values that do not differ any more, for 10 + 30 n / lambda generations", () => {
    expect(
      stopReason(
        distribution(),
        historyOf(19, () => [1, 1, 1]),
        [1, 1, 1],
      ),
    ).toBeUndefined();
    expect(
      stopReason(
        distribution(),
        historyOf(20, () => [1, 1, 1]),
        [1, 1, 1],
      )?.reason,
    ).toBe("tolfun");
    expect(
      stopReason(
        distribution(),
        historyOf(20, () => [1, 1, 1]),
        [1, 1, 1.1],
      ),
    ).toBeUndefined();
  });

  it("tolx: nothing varies any more", () => {
    const stop = stopReason(distribution({ stepSize: 1e-10 }), historyOf(5, improving), [1, 2]);
    expect(stop).toEqual({ reason: "tolx", detail: "no parameter varies by more than 1.0e-10 of its range" });
  });

  it("tolx: does not wait for discrete parameters, which the margin keeps moving", () => {
    const mixed = new SearchDistribution({
      mean: [0.5, 0.5],
      stepSize: 1e-10,
      populationSize: 6,
      grids: [undefined, gridOf([0.1, 0.5, 0.9])],
    });
    mixed.correctMargins();
    expect(mixed.gaussian?.deviation(1)).toBeGreaterThan(0.1);
    expect(stopReason(mixed, historyOf(5, improving), [1, 2])?.reason).toBe("tolx");
  });

  it("condition: the covariance is close to singular", () => {
    const stop = stopReason(distribution({ covariance: [1, 0, 0, 1e-15] }), historyOf(5, improving), [1, 2]);
    expect(stop).toEqual({ reason: "condition", detail: "the covariance has condition 1.0e+15" });
  });

  it("stagnation: neither best nor median improved over 120 + 30 n / lambda generations", () => {
    const noise = (g: number) => [1 + ((g * 7) % 11), 20 + ((g * 5) % 13), 40];
    expect(stopReason(distribution(), historyOf(129, noise), noise(129))).toBeUndefined();
    expect(stopReason(distribution(), historyOf(130, noise), noise(130))?.reason).toBe("stagnation");
    const falling = (g: number) => [1000 - g + ((g * 7) % 11), 2000, 2000];
    expect(stopReason(distribution(), historyOf(400, falling), falling(400))).toBeUndefined();
  });

  it("looks back over a bounded history", () => {
    expect(historyOf(5000, improving).best).toHaveLength(130);
  });
});
