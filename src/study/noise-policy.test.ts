import { describe, expect, it } from "vitest";
import { Evidence } from "../evidence/index.js";
import { complete, failed, finishedTrial } from "../evidence/testing/finished-trials.js";
import { SearchSpace } from "../space/index.js";
import { nextRepeat } from "./noise-policy.js";

const space = SearchSpace.from({
  parameters: [{ name: "lr", kind: "float", low: 0, high: 100, scale: "linear", default: 1 }],
  constraints: [],
  derived: [],
});

/** Runs `[lr, value]`; a configuration that comes again is a repeat. */
function evidenceOf(runs: readonly (readonly [lr: number, value: number | "out_of_memory"])[]): Evidence {
  const evidence = new Evidence(space, { metric: "loss", direction: "minimize" });
  for (const [number, [lr, value]] of runs.entries()) {
    const purpose = evidence.group({ lr }) === undefined ? "search" : "replicate";
    const outcome = typeof value === "number" ? complete(value) : failed(value);
    evidence.add(finishedTrial(number, { lr }, outcome, { purpose }));
  }
  return evidence;
}

const repeatOf = (evidence: Evidence, running: readonly number[] = []) => {
  const keys = new Set(running.map((lr) => space.key({ lr })));
  const repeat = nextRepeat({ replicates: "auto" }, evidence, keys);
  return repeat && { lr: repeat.group.configuration["lr"], reason: repeat.reason };
};
const five = [
  [1, 5],
  [2, 4],
  [3, 3],
  [4, 2],
  [5, 1],
] as const;
/** Many search trials, so that the quota of repeats leaves room. */
const far = Array.from({ length: 30 }, (_, k) => [20 + k, 9 + k] as const);

describe("repeats", () => {
  it("measure the noise once five configurations have completed, on the incumbent", () => {
    expect(repeatOf(evidenceOf(five.slice(0, 4)))).toBeUndefined();
    expect(repeatOf(evidenceOf([...five.slice(0, 4), [9, "out_of_memory"]]))).toBeUndefined();
    expect(repeatOf(evidenceOf(five))).toEqual({ lr: 5, reason: "to measure the noise between seeds" });
  });

  it("stop for good when one gave exactly the same value: the runs do not depend on the seed", () => {
    expect(repeatOf(evidenceOf([...five, [5, 1], ...far]))).toBeUndefined();
  });

  it("are not made twice at the same time", () => {
    expect(repeatOf(evidenceOf(five), [5])).toBeUndefined();
  });

  it("settle who leads, as long as the noise could explain the lead", () => {
    const close = [...five, [6, 1.1], [5, 1.3], ...far] as const;
    expect(repeatOf(evidenceOf(close))?.reason).toMatch(/^it (leads trial \d+|is behind the incumbent) by less than/);
    const clear = [...five, [5, 1.001], ...far] as const;
    expect(repeatOf(evidenceOf(clear))).toBeUndefined();
  });

  it("go to the one of both that has run less", () => {
    const rivalLess = evidenceOf([...five, [6, 1.15], [5, 1.0], [5, 1.2], ...far]);
    expect(repeatOf(rivalLess)).toEqual({
      lr: 6,
      reason: "it is behind the incumbent by less than the noise can explain",
    });
    expect(repeatOf(rivalLess, [6])).toBeUndefined();
  });

  it("take no more than 15 % of the trials, and four runs of one configuration", () => {
    expect(repeatOf(evidenceOf([...five, [6, 1.1], [5, 1.3]]))).toBeUndefined();
    const enough = evidenceOf([
      ...five,
      [6, 1.02],
      [5, 1.1],
      [5, 0.9],
      [5, 1.0],
      [6, 1],
      [6, 1.1],
      [6, 1],
      ...far,
      ...far.map(([lr, v]) => [lr + 40, v] as const),
    ]);
    expect(repeatOf(enough)).toBeUndefined();
  });

  it("can be switched off, and need somebody who leads", () => {
    expect(nextRepeat({ replicates: "off" }, evidenceOf(five), new Set())).toBeUndefined();
    expect(repeatOf(evidenceOf([[1, "out_of_memory"]]))).toBeUndefined();
  });
});
