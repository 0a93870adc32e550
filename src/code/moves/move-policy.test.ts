import { describe, expect, test } from "vitest";
import { creditedGain, decideMove, type Moves, movesSchema, noMoves, recordMove, structureShare } from "./index.js";

const ready = { defaultDone: true, noise: true, trials: 20 };

/** A study of so many trials where each kind brings this gain a trial; a version takes 20 trials. */
function study(trials: number, gainPerTrial: { structure: number; numbers: (trial: number) => number }) {
  let moves = noMoves;
  let spent = 0;
  let structure = 0;
  while (spent < trials) {
    const { kind } = decideMove(moves, ready);
    const cost = kind === "structure" ? 20 : 1;
    const gain = kind === "structure" ? 20 * gainPerTrial.structure : gainPerTrial.numbers(spent);
    moves = recordMove(moves, { kind, trials: cost, gain });
    spent += cost;
    if (kind === "structure") structure += cost;
  }
  return { moves, structure: structure / spent };
}

describe("what there has to be before a version is tried", () => {
  test("a result of the code as it was given", () => {
    const decision = decideMove(noMoves, { defaultDone: false, noise: false, trials: 0 });
    expect(decision).toMatchObject({ kind: "numbers", reason: "The code as it was given has no result yet." });
  });

  test("the noise, or a few trials", () => {
    expect(decideMove(noMoves, { defaultDone: true, noise: false, trials: 1 }).kind).toBe("numbers");
    expect(decideMove(noMoves, { defaultDone: true, noise: true, trials: 1 }).kind).toBe("structure");
    expect(decideMove(noMoves, { defaultDone: true, noise: false, trials: 5 }).kind).toBe("structure");
  });
});

describe("the share of structure", () => {
  test("is a half while nothing is known", () => {
    expect(structureShare(noMoves)).toBe(0.5);
  });

  test("follows the gain per trial", () => {
    expect(study(1000, { structure: 0.03, numbers: () => 0.01 }).structure).toBeGreaterThan(0.6);
    expect(study(1000, { structure: 0.01, numbers: () => 0.03 }).structure).toBeLessThan(0.4);
  });

  test("does not depend on the unit of the objective", () => {
    const small = study(500, { structure: 0.03, numbers: () => 0.01 }).structure;
    const large = study(500, { structure: 3000, numbers: () => 1000 }).structure;
    expect(large).toBe(small);
  });

  test("starves neither kind", () => {
    expect(study(2000, { structure: 0, numbers: () => 1 }).structure).toBeGreaterThan(0.08);
    expect(study(2000, { structure: 1, numbers: () => 0 }).structure).toBeLessThan(0.82);
  });

  test("rises when the numbers are tuned out", () => {
    const early = study(60, { structure: 0.01, numbers: (trial) => 0.1 * 0.9 ** trial });
    const late = study(600, { structure: 0.01, numbers: (trial) => 0.1 * 0.9 ** trial });
    expect(structureShare(late.moves)).toBeGreaterThan(structureShare(early.moves));
    expect(structureShare(late.moves)).toBeGreaterThan(0.6);
  });

  test("is kept over trials, not over moves: a version costs what it took", () => {
    const afterVersion = recordMove(noMoves, { kind: "structure", trials: 30, gain: 0 });
    let moves: Moves = afterVersion;
    let numbers = 0;
    while (decideMove(moves, ready).kind === "numbers") {
      moves = recordMove(moves, { kind: "numbers", trials: 1, gain: 0 });
      numbers += 1;
    }
    expect(numbers).toBe(30);
  });

  test("is explained", () => {
    const moves = recordMove(recordMove(noMoves, { kind: "numbers", trials: 1, gain: 0.02 }), {
      kind: "structure",
      trials: 20,
      gain: 0.1,
    });
    expect(decideMove(moves, ready).reason).toMatch(
      /^\d+ % of trials for structure \(structure gained 0\.005 a trial, numbers gained 0\.02 a trial\)\.$/,
    );
  });
});

test("a kept version counts for its gain less about one standard error, never below zero", () => {
  expect(creditedGain({ mean: 2, low: 0.4, high: 3.6, pairs: 8 })).toBeCloseTo(1.6, 10);
  expect(creditedGain({ mean: 0.1, low: -1, high: 1.2, pairs: 4 })).toBe(0);
});

test("the account can be stored", () => {
  const moves = recordMove(noMoves, { kind: "structure", trials: 24, gain: 0.4 });
  expect(movesSchema.parse(JSON.parse(JSON.stringify(moves)))).toEqual(moves);
});
