import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { SuccessHistory } from "./success-history.js";

const draws = (history: SuccessHistory, count: number) => {
  const random = RandomStream.fromSeed(1);
  return Array.from({ length: count }, () => history.draw(random));
};
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

describe("the success history", () => {
  it("draws F in (0, 1] and CR in [0, 1], around one half at first", () => {
    const all = draws(new SuccessHistory(), 2001);
    for (const { scaleFactor, crossoverRate } of all) {
      expect(scaleFactor > 0 && scaleFactor <= 1).toBe(true);
      expect(crossoverRate >= 0 && crossoverRate <= 1).toBe(true);
    }
    expect(sorted(all.map(({ scaleFactor }) => scaleFactor))[1000]).toBeCloseTo(0.5, 1);
    expect(sorted(all.map(({ crossoverRate }) => crossoverRate))[1000]).toBeCloseTo(0.5, 1);
  });

  it("moves entry by entry to the weighted Lehmer mean of what succeeded", () => {
    const history = new SuccessHistory();
    history.succeeded({ scaleFactor: 0.2, crossoverRate: 0.9 }, 1);
    history.succeeded({ scaleFactor: 0.8, crossoverRate: 0.9 }, 3);
    history.endGeneration();
    const { scaleFactors, crossoverRates, next, successes } = history.state();
    expect(scaleFactors[0]).toBeCloseTo((0.04 + 3 * 0.64) / (0.2 + 3 * 0.8), 12);
    expect(crossoverRates[0]).toBeCloseTo(0.9, 12);
    expect(scaleFactors.slice(1)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect([next, successes]).toEqual([1, []]);
  });

  it("stays as it is in a generation without a success", () => {
    const history = new SuccessHistory();
    const before = history.state();
    history.endGeneration();
    expect(history.state()).toEqual(before);
  });

  it("keeps to one coordinate at a time for good once only that succeeds", () => {
    const history = new SuccessHistory();
    for (let k = 0; k < 5; k++) {
      history.succeeded({ scaleFactor: 0.5, crossoverRate: 0 }, 1);
      history.endGeneration();
    }
    for (const { crossoverRate } of draws(history, 50)) expect(crossoverRate).toBe(0);
    history.succeeded({ scaleFactor: 0.5, crossoverRate: 1 }, 1);
    history.endGeneration();
    for (const { crossoverRate } of draws(history, 50)) expect(crossoverRate).toBe(0);
  });
});
