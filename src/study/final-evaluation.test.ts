import { describe, expect, it } from "vitest";
import { Evidence } from "../evidence/index.js";
import { complete, failed, finishedTrial } from "../evidence/testing/finished-trials.js";
import { SearchSpace } from "../space/index.js";
import { finalRuns, finalSeeds, latestFinalRuns, trialSeed } from "./final-evaluation.js";
import { finishOrder } from "./finish-order.js";

const space = SearchSpace.from({
  parameters: [{ name: "x", kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 }],
  constraints: [],
  derived: [],
});

function evidence(...trials: readonly Parameters<typeof finishedTrial>[]): Evidence {
  const found = new Evidence(space, { metric: "loss", direction: "minimize" });
  for (const trial of trials) found.add(finishedTrial(...trial));
  return found;
}

/** Of a study that does not search its code. */
const runsOf = (found: Evidence, seed: number, seeds: number, used?: number) =>
  finalRuns({ evidence: found }, { evidence: found }, seed, seeds, used);

describe("the final runs", () => {
  it("run the default and the answer on the same fresh seeds", () => {
    const runs = runsOf(evidence([0, { x: 0.5 }, complete(2)], [1, { x: 0.2 }, complete(1)]), 7, 3);
    expect(runs.map(({ proposal }) => [proposal.replicateOf, proposal.purpose])).toEqual([
      ...Array(3).fill([0, "final"]),
      ...Array(3).fill([1, "final"]),
    ]);
    const seeds = runs.map(({ seed }) => seed);
    expect(seeds.slice(0, 3)).toEqual(seeds.slice(3));
    expect(new Set(seeds).size).toBe(3);
    const searched = Array.from({ length: 1000 }, (_, number) => trialSeed(7, "trial", number));
    expect(seeds.some((seed) => searched.includes(seed))).toBe(false);
    expect(Math.max(...seeds, ...searched)).toBeLessThan(2 ** 31);
  });

  it("take further seeds after an earlier end", () => {
    const found = evidence([0, { x: 0.5 }, complete(2)], [1, { x: 0.2 }, complete(1)]);
    const before = runsOf(found, 7, 3).map(({ seed }) => seed);
    expect(runsOf(found, 7, 3, 3).some(({ seed }) => before.includes(seed))).toBe(false);
  });

  it("leave out a default that failed, run a default that is the answer once, and nothing without an answer", () => {
    const onlyAnswer = runsOf(evidence([0, { x: 0.5 }, failed("diverged")], [1, { x: 0.2 }, complete(1)]), 7, 2);
    expect(onlyAnswer.map(({ proposal }) => proposal.replicateOf)).toEqual([1, 1]);
    const onlyDefault = runsOf(evidence([0, { x: 0.5 }, complete(1)], [1, { x: 0.2 }, complete(2)]), 7, 2);
    expect(onlyDefault.map(({ proposal }) => proposal.replicateOf)).toEqual([0, 0]);
    expect(runsOf(evidence([0, { x: 0.5 }, failed("diverged")]), 7, 2)).toEqual([]);
  });

  it("need one seed where repeats have shown that the seed changes nothing", () => {
    const noisy = evidence([0, { x: 0.5 }, complete(2)], [1, { x: 0.5 }, complete(2.1)]);
    const exact = evidence([0, { x: 0.5 }, complete(2)], [1, { x: 0.5 }, complete(2)]);
    expect([finalSeeds(noisy, 3), finalSeeds(exact, 3), finalSeeds(exact, 0)]).toEqual([3, 1, 0]);
  });

  it("of a study that went on are those of its latest end", () => {
    const trial = (number: number, purpose: "search" | "final") =>
      finishedTrial(number, { x: 0.5 }, complete(1), { purpose });
    const trials = [trial(0, "search"), trial(1, "final"), trial(2, "search"), trial(3, "final"), trial(4, "final")];
    expect(latestFinalRuns(trials).map(({ number }) => number)).toEqual([3, 4]);
  });
});

describe("the order of finishing", () => {
  it("is that of the journal, and of a trial that ran again the last", () => {
    const finished = (sequence: number, trial: number) => ({
      sequence,
      at: 0,
      type: "trial.finished",
      trial,
      data: {},
    });
    const started = { sequence: 2, at: 0, type: "trial.started", trial: 9, data: {} };
    expect(finishOrder([finished(1, 0), started, finished(3, 2), finished(4, 1), finished(5, 0)])).toEqual([2, 1, 0]);
  });
});
