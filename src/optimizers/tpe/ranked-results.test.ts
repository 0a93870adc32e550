import { describe, expect, it } from "vitest";
import { SearchSpace } from "../../space/search-space.js";
import type { Evaluation } from "../optimizer.js";
import { ToldResults } from "../told-results.js";
import { axesOf } from "./axis.js";
import { RankedResults } from "./ranked-results.js";

const space = SearchSpace.from({
  parameters: [{ kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 }],
  constraints: [],
  derived: [],
});

/** Each result stands at its position over 1000. */
function ranked(evaluations: readonly Evaluation[], capacity?: number): RankedResults {
  const told = new ToldResults(space, capacity);
  const results = new RankedResults(axesOf(space), []);
  evaluations.forEach((evaluation, k) => {
    results.add(told.add({ configuration: { x: k / 1000 }, evaluation }));
    results.keepOnly(told.results);
  });
  return results;
}

const value = (v: number): Evaluation => ({ kind: "value", value: v });
const failure = (severity: number): Evaluation => ({ kind: "failure", severity });
const positions = (rows: readonly Float64Array[]): readonly number[] =>
  rows.map(([x]) => Math.round((x ?? Number.NaN) * 1000));
const split = { gamma: 0.1, gammaRule: "linear", mostGood: 25 } as const;

describe("RankedResults", () => {
  it("puts values before failures, and both in order", () => {
    const { good, bad } = ranked([failure(2), value(3), failure(1), value(-1), value(3)]).split(split);
    expect(positions(good)).toEqual([3]);
    expect(positions(bad)).toEqual([1, 4, 2, 0]);
  });

  it("orders values whose difference overflows", () => {
    const { good, bad } = ranked([value(Number.MAX_VALUE), value(-Number.MAX_VALUE), value(0)]).split(split);
    expect(positions([...good, ...bad])).toEqual([1, 2, 0]);
  });

  it("calls no failure good, and counts shares of successes", () => {
    expect(ranked([failure(1), failure(2)]).split(split).good).toEqual([]);
    const many = [...Array.from({ length: 40 }, (_, k) => value(k)), ...Array.from({ length: 200 }, () => failure(1))];
    expect(ranked(many).split(split).good).toHaveLength(4);
    expect(ranked(many).split({ ...split, gamma: 1, gammaRule: "sqrt" }).good).toHaveLength(7);
    expect(ranked(many).split({ ...split, gamma: 0.9, mostGood: 25 }).good).toHaveLength(25);
  });

  it("drops what is no longer kept", () => {
    const { good, bad } = ranked([value(9), value(1), failure(1), value(2), value(3)], 3).split(split);
    expect(positions(good)).toEqual([1]);
    expect(positions([...good, ...bad])).toHaveLength(3);
  });
});
