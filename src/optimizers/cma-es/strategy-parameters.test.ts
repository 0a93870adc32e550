import { describe, expect, it } from "vitest";
import { longestInjection } from "./injection.js";
import { defaultPopulationSize, strategyParameters } from "./strategy-parameters.js";

describe("strategyParameters", () => {
  // Published implementations agree on these.
  it.each([
    [2, 6, 2.028611, 0.154815, 0.057859, 0.446205, 1.446205],
    [5, 8, 2.600179, 0.047292, 0.038169, 0.365088, 1.365088],
    [10, 10, 3.167299, 0.015284, 0.020154, 0.284429, 1.284429],
  ])("in %d dimensions are those of the tutorial", (n, lambda, mueff, c1, cmu, cs, ds) => {
    expect(defaultPopulationSize(n)).toBe(lambda);
    const parameters = strategyParameters(n, lambda);
    expect(parameters.effectiveParents).toBeCloseTo(mueff, 6);
    expect(parameters.rankOneRate).toBeCloseTo(c1, 6);
    expect(parameters.rankMuRate).toBeCloseTo(cmu, 6);
    expect(parameters.stepSizeCumulation).toBeCloseTo(cs, 6);
    expect(parameters.stepSizeDamping).toBeCloseTo(ds, 6);
  });

  // Published by pycma 4.4.
  it.each([
    [2, 6, 0.085593, 0.573173, 1.573173],
    [5, 8, 0.047859, 0.433972, 1.433972],
    [10, 10, 0.023552, 0.319614, 1.319614],
    [14, 11, 0.015093, 0.265238, 1.265238],
    [20, 12, 0.009217, 0.21435, 1.21435],
  ])("in %d dimensions after pycma's convention are those of pycma", (n, lambda, cmu, cs, damping) => {
    const parameters = strategyParameters(n, lambda, true, "pycma");
    expect(parameters.rankMuRate).toBeCloseTo(cmu, 6);
    expect(parameters.stepSizeCumulation).toBeCloseTo(cs, 6);
    expect(parameters.stepSizeDamping).toBeCloseTo(damping, 6);
    expect(parameters.rankOneRate).toBe(strategyParameters(n, lambda).rankOneRate);
    expect(strategyParameters(n, 4, true, "pycma").rankOneRate).toBeCloseTo(
      (strategyParameters(n, 4).rankOneRate * 4) / 6,
      12,
    );
  });

  it("of pycma give its weights", () => {
    const weights = [0.5856451, 0.2928226, 0.1215323, 0, -0.4241269, -0.7706639, -1.0636567];
    strategyParameters(3, 7, true, "pycma").weights.forEach((weight, k) => {
      expect(weight).toBeCloseTo(weights[k] ?? Number.NaN, 6);
    });
  });

  it("gives weights that fall with the rank, the better half summing to one and the worse half to less than zero", () => {
    for (const n of [1, 2, 7, 40]) {
      for (const lambda of [4, 5, 11, 200]) {
        const { weights, parents, rankOneRate, rankMuRate } = strategyParameters(n, lambda);
        expect([...weights]).toEqual([...weights].sort((a, b) => b - a));
        expect(weights.slice(0, parents).reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
        expect(weights.slice(parents).reduce((sum, w) => sum + w, 0)).toBeLessThan(0);
        expect(rankOneRate + rankMuRate).toBeLessThan(1);
        // With every negative weight at its largest effect C keeps a positive share of itself (52).
        const negative = weights.reduce((sum, w) => sum + Math.min(0, w), 0);
        expect(1 - rankOneRate - rankMuRate + n * rankMuRate * negative).toBeGreaterThan(-1e-9);
      }
    }
  });

  it("has no negative weights where the covariance is not active", () => {
    expect(Math.min(...strategyParameters(5, 8, false).weights)).toBeGreaterThanOrEqual(-0);
  });
});

it("an injected step is at most sqrt(n) + 2 n / (n + 2) long", () => {
  expect(longestInjection(5)).toBeCloseTo(3.6646, 4);
  expect(longestInjection(10)).toBeCloseTo(4.8289, 4);
  expect(longestInjection(14)).toBeCloseTo(5.4917, 4);
  expect(longestInjection(20)).toBeCloseTo(6.2903, 4);
});
