import { expect, it } from "vitest";
import { failedRuns, failedRunsText } from "./failed-runs.js";

const job = (method: string, task: string, seed: number) => ({ method, task, seed, trials: 10 });

it("says each error of a method once, with all its tasks and seeds", () => {
  const error = { message: "The advisor gave up.", where: "its third call", remedy: "Ask another one." };
  const another = { message: "Another one." };
  const failed = [
    ...[2, 1, 3].map((seed) => ({ job: job("a", "own/x", seed), error })),
    ...[1, 2, 3].map((seed) => ({ job: job("a", "own/y", seed), error })),
    // What differs in where it happened only is the same.
    { job: job("a", "own/z", 4), error: { ...error, where: "its fourth call" } },
    { job: job("a", "own/z", 1), error: another },
    { job: job("b", "own/x", 1), error },
    { job: job("b", "own/x", 2), error },
    { job: job("b", "own/x", 7), error },
  ];
  expect(failedRuns(failed)).toEqual([
    { name: "a on own/x and own/y, seeds 1 to 3; own/z, seed 4", error },
    { name: "a on own/z, seed 1", error: another },
    { name: "b on own/x, seeds 1, 2 and 7", error },
  ]);
});

it("says what happened, where, and what to do", () => {
  const error = { message: "The advisor gave up.", where: "its third call", remedy: "Ask another one." };
  expect(failedRunsText({ name: "a on own/x, seed 1", error })).toBe(
    "failed: a on own/x, seed 1: The advisor gave up.\n  where: its third call\n  do: Ask another one.",
  );
});

it("has nothing to say where nothing failed", () => {
  expect(failedRuns([])).toEqual([]);
});
