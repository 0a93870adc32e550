import { describe, expect, it } from "vitest";
import { gridOf } from "./grid.js";
import { SearchDistribution } from "./search-distribution.js";
import { emptyHistory, remember, stopReason, type ValueHistory } from "./stop.js";

function distribution(changes: { stepSize?: number; covariance?: readonly number[] } = {}): SearchDistribution {
  return new SearchDistribution({ mean: [0.5, 0.5], stepSize: 0.2, populationSize: 6, ...changes });
}

/** The history of that many generations. */
function historyOf(generations: number, valuesOf: (generation: number) => readonly number[]): ValueHistory {
  const history = emptyHistory();
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
        historyOf(20, (g) => [1 - 4e-13 * g, 1, 1]),
        [1, 1, 1.1],
      ),
    ).toBeUndefined();
  });

  it("tolx: nothing varies any more", () => {
    const stop = stopReason(distribution({ stepSize: 1e-10 }), historyOf(5, improving), [1, 2]);
    expect(stop).toEqual({ reason: "tolx", detail: "no parameter varies by more than 1.0e-10 of its range" });
  });

  it("tolx: as coarse as is wished", () => {
    const search = distribution({ stepSize: 1e-4 });
    expect(stopReason(search, historyOf(5, improving), [1, 2], { tolx: 1e-3 })?.reason).toBe("tolx");
    expect(stopReason(search, historyOf(5, improving), [1, 2], { tolx: 1e-5 })).toBeUndefined();
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

  it("conditioncov: the covariance is close to singular", () => {
    const stop = stopReason(distribution({ covariance: [1, 0, 0, 1e-15] }), historyOf(5, improving), [1, 2]);
    expect(stop).toEqual({ reason: "conditioncov", detail: "the covariance has condition 1.0e+15" });
    expect(stopReason(distribution({ covariance: [1, 0, 0, 1e-13] }), historyOf(5, improving), [1, 2])).toBeUndefined();
  });

  it("tolfunhist: the best of each generation stays the same while the others differ", () => {
    const settled = (g: number) => [1, 2 + (g % 3), 3];
    expect(stopReason(distribution(), historyOf(19, settled), settled(19))).toBeUndefined();
    expect(stopReason(distribution(), historyOf(20, settled), settled(20))).toEqual({
      reason: "tolfunhist",
      detail: "the best values of 20 generations lie within 0.0",
    });
  });

  it("flatfitness: more than three generations in a row of which all values are the same", () => {
    const flat = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
    const rising = (g: number) => flat.map((value) => value + g);
    expect(stopReason(distribution(), historyOf(3, rising), flat)).toBeUndefined();
    expect(stopReason(distribution(), historyOf(4, rising), flat)).toEqual({
      reason: "flatfitness",
      detail: "all values of the last 4 generations are the same",
    });
    // One that differs starts the count again; where trials failed, equal values still say something.
    const interrupted = (g: number) => (g === 3 ? [...flat.slice(1), 1] : flat);
    expect(stopReason(distribution(), historyOf(7, interrupted), flat)).toBeUndefined();
    expect(
      stopReason(
        distribution(),
        historyOf(9, (g) => rising(g).slice(1)),
        flat,
      ),
    ).toBeUndefined();
  });

  it("flatfitness: bears more flat generations the more coordinates are discrete", () => {
    const mixed = new SearchDistribution({
      mean: [0.5, 0.5],
      stepSize: 0.2,
      populationSize: 6,
      grids: [undefined, gridOf([0.1, 0.5, 0.9])],
    });
    const rising = (g: number) => Array.from({ length: 6 }, () => g);
    expect(stopReason(mixed, historyOf(18, rising), rising(17))).toBeUndefined();
    expect(stopReason(mixed, historyOf(19, rising), rising(18))?.reason).toBe("flatfitness");
  });

  it("noeffectcoord: a fifth of a deviation of one parameter makes no other configuration", () => {
    const narrow = (deviation: number) =>
      distribution({ stepSize: 1e-7, covariance: [1, 0, 0, (deviation / 1e-7) ** 2] });
    expect(stopReason(narrow(12e-12), historyOf(5, improving), [1, 2])).toBeUndefined();
    expect(stopReason(narrow(4e-12), historyOf(5, improving), [1, 2])).toEqual({
      reason: "noeffectcoord",
      detail: "one parameter varies by 4.0e-12 of its range, too little for another configuration",
    });
  });

  it("noeffectaxis: a tenth of a principal axis makes no other configuration", () => {
    // Along (1, -1) next to nothing, along (1, 1) enough.
    const tilted = (thin: number, generation: number) => {
      const [wide, narrow] = [1e-7 ** 2, thin ** 2];
      const [equal, other] = [(wide + narrow) / 2, (wide - narrow) / 2];
      const search = distribution({ stepSize: 1, covariance: [equal, other, other, equal] });
      if (search.gaussian) search.gaussian.generation = generation;
      return search;
    };
    expect(stopReason(tilted(5e-12, 2), historyOf(5, improving), [1, 2])).toEqual({
      reason: "noeffectaxis",
      detail: "one principal axis is 5.0e-12 long, too little for another configuration",
    });
    // The axes take turns, one in each generation.
    expect(stopReason(tilted(5e-12, 3), historyOf(5, improving), [1, 2])).toBeUndefined();
    expect(stopReason(tilted(5e-11, 2), historyOf(5, improving), [1, 2])).toBeUndefined();
  });

  it("tolxup: a deviation grew a thousandfold over its start", () => {
    const stop = stopReason(distribution(), historyOf(5, improving), [1, 2], { initialDeviations: [0.2, 1e-4] });
    expect(stop).toEqual({
      reason: "tolxup",
      detail: "the deviation of one parameter grew 2.0e+3 times over its start",
    });
    expect(
      stopReason(distribution(), historyOf(5, improving), [1, 2], { initialDeviations: [0.2, 3e-4] }),
    ).toBeUndefined();
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
