import { describe, expect, it } from "vitest";
import { SearchSpace } from "../space/index.js";
import type { Evaluation } from "./optimizer.js";
import { bestConfigurations, compareEvaluations } from "./ranking.js";

const value = (of: number): Evaluation => ({ kind: "value", value: of });
const failure = (severity: number): Evaluation => ({ kind: "failure", severity });

describe("the order of evaluations", () => {
  it("puts values before failures and failures by severity", () => {
    const shuffled = [failure(2), value(3), failure(0), value(-1), value(Number.MAX_VALUE), value(-Number.MAX_VALUE)];
    expect(shuffled.sort(compareEvaluations)).toEqual([
      value(-Number.MAX_VALUE),
      value(-1),
      value(3),
      value(Number.MAX_VALUE),
      failure(0),
      failure(2),
    ]);
  });

  it("finds equal ones equal", () => {
    expect(compareEvaluations(value(0), value(-0))).toBe(0);
    expect(compareEvaluations(failure(1), failure(1))).toBe(0);
  });
});

describe("the best configurations", () => {
  const space = SearchSpace.from({
    parameters: [{ kind: "int", name: "n", low: 1, high: 9, scale: "linear", default: 1 }],
    constraints: ["n != 4"],
    derived: [],
  });

  it("are those that succeeded and are allowed, each once, best first", () => {
    const results = [
      { configuration: { n: 3 }, evaluation: value(5) },
      { configuration: { n: 2 }, evaluation: value(1) },
      { configuration: { n: 3 }, evaluation: value(0) },
      { configuration: { n: 4 }, evaluation: value(-1) },
      { configuration: { n: 5 }, evaluation: failure(0) },
      { configuration: { n: 6 }, evaluation: value(9) },
    ];
    expect(bestConfigurations(space, results, 10)).toEqual([{ n: 3 }, { n: 2 }, { n: 6 }]);
    expect(bestConfigurations(space, results, 1)).toEqual([{ n: 3 }]);
  });
});
