import { describe, expect, test } from "vitest";
import { type Candidate, candidateSchema, nextForCandidate, noTries, openGate, planCandidate } from "./index.js";

const failed = Number.POSITIVE_INFINITY;

function plan(options: { budget?: number; parameters?: number; noise?: number } = {}): Candidate {
  const { budget = 60, parameters = 6, noise = 0.01 } = options;
  const candidate = planCandidate({
    parameters,
    budget,
    leastPairs: 4,
    noise,
    parentBefore: { best: 1, median: 1.1 },
  });
  if (candidate === undefined) throw new Error("not affordable");
  return candidate;
}

describe("the plan", () => {
  test("tunes one trial for each parameter, within bounds and budget", () => {
    expect(plan({ parameters: 6 }).tuning).toBe(6);
    expect(plan({ parameters: 1 }).tuning).toBe(4);
    expect(plan({ parameters: 40 }).tuning).toBe(12);
    expect(plan({ parameters: 40, budget: 21 }).tuning).toBe(6);
  });

  test("is not made where the budget is too small for check, tuning and pairs", () => {
    const parentBefore = { best: 1, median: 1.1 };
    expect(planCandidate({ parameters: 6, budget: 12, leastPairs: 4, parentBefore })).toBeUndefined();
    expect(planCandidate({ parameters: 6, budget: 13, leastPairs: 4, parentBefore })?.tuning).toBe(2);
  });
});

describe("what a candidate is due", () => {
  test("check, tuning in two halves, the parent's tuning, pairs, verdict", () => {
    let state = plan();
    const kinds: string[] = [];
    for (let step = nextForCandidate(state); step.kind !== "verdict"; step = nextForCandidate(state)) {
      kinds.push(`${step.kind} ${step.count}`);
      switch (step.kind) {
        case "check":
          state = { ...state, candidateLosses: [1.02] };
          break;
        case "tune-candidate": {
          const more = Array.from({ length: step.count }, () => 0.95);
          state = { ...state, candidateLosses: [...state.candidateLosses, ...more] };
          break;
        }
        case "tune-parent":
          state = { ...state, parentLosses: Array.from({ length: step.count }, () => 1) };
          break;
        case "pairs": {
          const { maxPairs } = step;
          const options = { confidence: 0.95, lines: { candidate: 10, parent: 10 }, noise: 0.01, maxPairs };
          const gate = state.gate ?? openGate(noTries, options).gate;
          const parent = 1 + 0.005 * Math.sin(state.pairs.length);
          state = { ...state, gate, pairs: [...state.pairs, { candidate: parent - 0.05, parent }] };
        }
      }
      // Whatever is stored leads on as what was never stored.
      expect(candidateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
    }
    expect(kinds).toEqual([
      "check 1",
      "tune-candidate 3",
      "tune-candidate 3",
      "tune-parent 6",
      ...Array.from({ length: 5 }, () => "pairs 1"),
    ]);
    expect(nextForCandidate(state)).toMatchObject({ kind: "verdict", decision: { kind: "keep" } });
  });

  test("only the trials that the parent lacks", () => {
    const state = { ...plan(), candidateLosses: [1, 1, 1, 1, 1, 1, 1], parentLosses: [1, 1, failed, 1] };
    expect(nextForCandidate(state)).toMatchObject({ kind: "tune-parent", count: 2 });
    const enough = { ...state, parentLosses: [1, 1, 1, 1, 1, 1, 1, 1] };
    expect(nextForCandidate(enough)).toMatchObject({ kind: "pairs", count: 1, maxPairs: 20 });
  });

  test("as many pairs at most as the budget has left", () => {
    const losses = [1, 1, 1, 1, 1];
    const state = { ...plan({ budget: 21, parameters: 1 }), candidateLosses: losses, parentLosses: losses.slice(1) };
    expect(nextForCandidate(state)).toMatchObject({ kind: "pairs", maxPairs: 6 });
  });
});

describe("an early end", () => {
  test("for a failed check run", () => {
    const step = nextForCandidate({ ...plan(), candidateLosses: [failed] });
    expect(step).toMatchObject({ kind: "verdict", decision: { kind: "reject", failed: true } });
  });

  test("for one that is hopelessly behind, sooner the further it is", () => {
    const behind = (...candidateLosses: number[]) => nextForCandidate({ ...plan(), candidateLosses }).kind;
    expect(behind(1.5)).toBe("verdict");
    expect(behind(1.2)).toBe("tune-candidate");
    expect(behind(1.2, 1.19, 1.18, 1.17)).toBe("verdict");
    expect(behind(1.2, 1.1, 1.05, 1.05)).toBe("tune-candidate");
  });

  test("but not for bad luck within the noise", () => {
    const state = { ...plan(), candidateLosses: [1.1, 1.08, 1.06, 1.04, 1.04, 1.04, 1.04] };
    expect(nextForCandidate(state).kind).toBe("tune-parent");
  });

  test("says by how much", () => {
    const step = nextForCandidate({ ...plan(), candidateLosses: [1.5] });
    if (step.kind !== "verdict") throw new Error(step.reason);
    expect(step.decision.reason).toBe(
      "After 1 run its best is 0.5 behind its parent's, more than the 0.242 that chance and further tuning could make good.",
    );
  });
});

test("a failed run survives being stored", () => {
  const state = { ...plan(), candidateLosses: [1, failed] };
  expect(candidateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
});
