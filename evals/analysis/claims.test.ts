import { describe, expect, it } from "vitest";
import { analyse } from "./analyse.js";
import type { Analysis } from "./analysis.js";
import { type SimulatedMethod, simulatedRuns, simulatedTasks } from "./testing/simulated-runs.js";

const tasks = simulatedTasks(20, 50);

/** Evaluations of 20 tasks with 5 seeds, each with other random numbers. */
function repeated(
  times: number,
  methods: readonly SimulatedMethod[],
  contrasts: readonly (readonly [string, string])[],
): readonly Analysis[] {
  return Array.from({ length: times }, (_, repetition) =>
    analyse(simulatedRuns(tasks, methods, { seeds: 5, repetition }), {
      tasks,
      methods: methods.map(({ method }) => method),
      reference: "a",
      contrasts,
      checkpoints: [],
      resamples: 20,
    }),
  );
}

const beats = ({ contrasts, duels }: Analysis): boolean =>
  [...contrasts, ...duels].some(({ verdict, sentence }) => verdict !== "not shown" || sentence.includes(" beats "));

/** A claim by the tests of all methods together. */
const differs = ({ overall, stands, methods }: Analysis): boolean =>
  !overall?.startsWith("that any of the methods differs from the others could not be shown") ||
  stands.some(({ friedman }) => friedman?.indistinguishable[0]?.length !== methods.length);

describe("repeated analyses", { timeout: 60_000 }, () => {
  it("of two methods that are the same report no difference in at least 95 of 100", () => {
    const same = ["a", "b"].map((method) => ({ method, draws: 1 }));
    const analyses = repeated(100, same, [["a", "b"]]);
    expect(analyses.filter(beats).length).toBeLessThanOrEqual(5);
    expect(analyses.filter(differs).length).toBeLessThanOrEqual(5);
  });

  it("of three methods that are the same claim no more than chance allows, all contrasts together", () => {
    const same = ["a", "b", "c"].map((method) => ({ method, draws: 1 }));
    const analyses = repeated(40, same, [
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
    ]);
    // 2 are expected at most; more than 6 are so in less than one of a hundred such tests.
    expect(
      analyses.filter(({ contrasts }) => contrasts.some(({ verdict }) => verdict !== "not shown")).length,
    ).toBeLessThanOrEqual(6);
    expect(analyses.filter(differs).length).toBeLessThanOrEqual(6);
  });

  it("find a method that is twice as fast in nine of ten, and say about how much faster it is", () => {
    const analyses = repeated(
      30,
      [
        { method: "a", draws: 2 },
        { method: "b", draws: 1 },
      ],
      [["a", "b"]],
    );
    const found = analyses.filter(({ contrasts }) => contrasts[0]?.sentence.startsWith("a beats b on "));
    expect(found.length).toBeGreaterThanOrEqual(27);
    expect(analyses.every(({ contrasts }) => contrasts[0]?.verdict !== "worse")).toBe(true);
    const medians = analyses.map(({ contrasts }) => contrasts[0]?.speedUp.median ?? 0).sort((x, y) => x - y);
    // Few seeds draw it towards 1.
    expect(medians[15]).toBeGreaterThan(1.5);
    expect(medians[15]).toBeLessThan(2.1);
  });
});
