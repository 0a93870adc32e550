import { describe, expect, test } from "vitest";
import {
  closeGate,
  decide,
  type GateOptions,
  leastPairs,
  noTries,
  openGate,
  openGateSchema,
  type Pair,
} from "./index.js";

const usual: GateOptions = { confidence: 0.95, lines: { candidate: 200, parent: 200 }, noise: 0.01, maxPairs: 20 };

function open(options: Partial<GateOptions> = {}) {
  return openGate(noTries, { ...usual, ...options }).gate;
}

/** Pairs in which the candidate is better by these amounts, around a loss of 1 that wobbles by the noise. */
function pairsWith(...gains: readonly number[]): readonly Pair[] {
  return gains.map((gain, i) => {
    const parent = 1 + 0.01 * Math.sin(5 * i);
    return { candidate: parent - gain, parent };
  });
}

/** How many of these pairs it looks at before it decides, and what it says then. */
function run(pairs: readonly Pair[], gate = open()) {
  for (let count = 0; count <= pairs.length; count++) {
    const decision = decide(pairs.slice(0, count), gate);
    if (decision.kind !== "more") return { count, decision };
  }
  throw new Error("it wants more pairs than there are");
}

const large = Array.from({ length: 20 }, (_, i) => 0.053 + 0.005 * Math.sin(3 * i));

describe("a candidate that is better", () => {
  test("is kept as soon as the evidence suffices, with its gain", () => {
    const { count, decision } = run(pairsWith(...large));
    expect(count).toBe(5);
    if (decision.kind !== "keep") throw new Error(decision.reason);
    expect(decision.gain.mean).toBeCloseTo(0.053, 2);
    expect(decision.gain.low).toBeGreaterThan(0);
    expect(decision.reason).toMatch(
      /^Better by 0\.05\d+ \(95 % interval 0\.0\d+ to 0\.0\d+\) in 5 pairs: evidence \d+ to 1\.$/,
    );
  });

  test("takes more pairs for a smaller gain, and more after many tries", () => {
    const smaller = Array.from({ length: 20 }, (_, i) => 0.025 + 0.012 * Math.sin(3 * i));
    expect(run(pairsWith(...smaller)).decision.kind).toBe("keep");
    expect(run(pairsWith(...smaller)).count).toBeGreaterThan(5);
    const late = openGate({ begun: 200, kept: 0, simplified: 0 }, usual).gate;
    expect(run(pairsWith(...large), late).count).toBeGreaterThan(5);
  });

  test("is not kept for two identical differences, nor for any that are small next to the noise", () => {
    expect(decide(pairsWith(0.05, 0.05), open()).kind).toBe("more");
    expect(run(pairsWith(...Array.from({ length: 20 }, () => 0.004))).decision.kind).toBe("reject");
  });

  test("has to show more where it was flagged", () => {
    expect(open({ strict: true }).level).toBeCloseTo(open().level / 4, 12);
    const huge = pairsWith(...large.map((gain) => 10 * gain));
    expect(run(huge).count).toBe(4);
    expect(run(huge, open({ strict: true })).count).toBe(5);
  });

  test("gets no unbounded surety from a spread of zero where no noise is known", () => {
    const { noise: _, ...unknown } = usual;
    const gate = openGate(noTries, unknown).gate;
    const same = (count: number) => Array.from({ length: count }, () => ({ candidate: 0.9, parent: 1 }));
    expect(decide(same(3), gate).kind).toBe("more");
    expect(decide(same(gate.leastPairs), gate).kind).toBe("keep");
  });
});

describe("a candidate that is not better", () => {
  test("is given up early when it is worse", () => {
    const { count, decision } = run(pairsWith(-0.03, -0.025, -0.031));
    expect(count).toBe(1);
    expect(decision).toMatchObject({ kind: "reject", failed: false });
    expect(decision.reason).toMatch(/^No gain shown: worse by 0\.03 on average of 1 pair, /);
  });

  test("is rejected after the last pair that the budget allows", () => {
    const gains = [0.03, -0.005, 0.028, 0.004, 0.025, 0.001];
    const { count, decision } = run(pairsWith(...gains), open({ maxPairs: 6 }));
    expect(count).toBeLessThanOrEqual(6);
    expect(decision.kind).toBe("reject");
  });

  test("is not even begun with where the budget cannot show a gain", () => {
    const { count, decision } = run([], open({ maxPairs: 3 }));
    expect(count).toBe(0);
    expect(decision.reason).toBe("There is budget for 3 pairs; a gain shows in 4 at the least.");
    expect(leastPairs(noTries, usual)).toBe(4);
  });
});

describe("failures", () => {
  const fine = pairsWith(0.05)[0];
  const failed = Number.POSITIVE_INFINITY;

  test("one failure where the parent succeeds ends it", () => {
    const decision = decide([...pairsWith(0.05, 0.06), { candidate: failed, parent: 1 }], open());
    expect(decision).toEqual({
      kind: "reject",
      failed: true,
      reason: "The candidate failed in 1 of 3 pairs, its parent in 0.",
    });
  });

  test("a parent that fails as often is no better", () => {
    const pairs = [fine, { candidate: failed, parent: failed }].filter((pair) => pair !== undefined);
    expect(decide(pairs, open()).kind).toBe("more");
    const apart = [
      { candidate: 1, parent: failed },
      { candidate: failed, parent: 1 },
    ];
    expect(decide(apart, open()).kind).toBe("more");
  });

  test("a loss that is not a number is a failure", () => {
    expect(decide([{ candidate: Number.NaN, parent: 1 }], open())).toMatchObject({ kind: "reject", failed: true });
  });

  test("pairs that cannot be compared show nothing", () => {
    const pairs = Array.from({ length: 20 }, () => ({ candidate: failed, parent: failed }));
    expect(run(pairs).decision).toMatchObject({ kind: "reject", failed: false });
  });
});

describe("runs that reproduce exactly", () => {
  const exact = (candidate: number, lines = { candidate: 200, parent: 200 }) => {
    const gate = openGate(noTries, { ...usual, noise: 0, lines }).gate;
    return run(
      Array.from({ length: 20 }, () => ({ candidate, parent: 1 })),
      gate,
    );
  };

  test("three pairs settle it, and the reason says what they cannot tell", () => {
    const { count, decision } = exact(0.99);
    expect(count).toBe(3);
    expect(decision).toMatchObject({ kind: "keep", gain: { mean: expect.closeTo(0.01), pairs: 3 } });
    expect(decision.reason).toContain("whether it is more than other random numbers, repeats cannot tell");
  });

  test("a difference below a thousandth is none", () => {
    expect(exact(0.9995).decision.kind).toBe("reject");
    expect(exact(0.9995, { candidate: 190, parent: 200 }).decision.kind).toBe("keep_simpler");
  });

  test("one pair suffices for a loss", () => {
    expect(exact(1.01)).toMatchObject({ count: 1, decision: { kind: "reject" } });
  });

  test("once they do not reproduce, they are judged like noisy ones", () => {
    const gate = open({ noise: 0 });
    const pairs = [0.9, 0.91, 0.905].map((candidate) => ({ candidate, parent: 1 }));
    expect(decide(pairs, gate).kind).toBe("more");
  });
});

describe("equal and simpler", () => {
  const equal = Array.from({ length: 20 }, (_, i) => 0.002 + 0.004 * Math.sin(3 * i));
  const shorter = { candidate: 180, parent: 200 };

  test("is kept when a loss beyond half the noise is excluded", () => {
    const { count, decision } = run(pairsWith(...equal), open({ lines: shorter }));
    expect(count).toBe(20);
    expect(decision.kind).toBe("keep_simpler");
    expect(decision.reason).toMatch(
      /^Equal and simpler: at most 0\.00\d+ worse, of 0\.005 allowed, with 20 lines fewer\.$/,
    );
  });

  test("is not kept when it is not simpler, nor when it may be worse by more", () => {
    expect(run(pairsWith(...equal)).decision.kind).toBe("reject");
    const worse = equal.map((gain) => gain - 0.006);
    expect(run(pairsWith(...worse), open({ lines: shorter })).decision.kind).toBe("reject");
  });

  test("may cost less after every simplification, so that all of them together cost little", () => {
    const { gate } = openGate({ begun: 4, kept: 0, simplified: 2 }, { ...usual, lines: shorter });
    expect(gate.marginShare).toBe(1 / 4);
    expect(run(pairsWith(...equal), gate).decision.kind).toBe("reject");
  });
});

test("the study's tries count what was begun, kept and simplified", () => {
  const { gate, tries } = openGate(noTries, usual);
  expect(tries.begun).toBe(1);
  expect(closeGate(tries, run(pairsWith(...large), gate).decision)).toEqual({ begun: 1, kept: 1, simplified: 0 });
  expect(closeGate(tries, run(pairsWith(-0.04), gate).decision)).toEqual(tries);
});

test("a test under way can be stored", () => {
  const gate = open({ strict: true });
  expect(openGateSchema.parse(JSON.parse(JSON.stringify(gate)))).toEqual(gate);
});
