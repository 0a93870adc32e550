import type { Pair } from "../../src/code/gate/index.js";
import { studentCdf } from "../../src/math/student.js";
import type { Judge } from "./simulate.js";

/** What most systems that edit training code do: keep what came out better, in one run or in the mean of a few. */
function keepIfMeanBetter(runs: number): Judge {
  return {
    name: runs === 1 ? "one run better" : `mean of ${runs} better`,
    start: () => (pair) => {
      const pairs = Array.from({ length: runs }, pair);
      return { kept: meanOf(pairs, "candidate") < meanOf(pairs, "parent"), runs: 2 * runs };
    },
  };
}

/** Welch's t test, one-sided, with a number of runs that is fixed beforehand and the same level for every version. */
function welch(runs: number, level: number): Judge {
  return {
    name: `Welch at ${100 * (1 - level)} %, ${runs} runs each`,
    start: () => (pair) => {
      const pairs = Array.from({ length: runs }, pair);
      const errors = (["candidate", "parent"] as const).map((side) => squaredError(pairs, side));
      const [candidate = 0, parent = 0] = errors;
      const difference = meanOf(pairs, "parent") - meanOf(pairs, "candidate");
      const both = candidate + parent;
      if (both === 0) return { kept: difference > 0, runs: 2 * runs };
      const freedom = (both ** 2 * (runs - 1)) / (candidate ** 2 + parent ** 2);
      return { kept: 1 - studentCdf(difference / Math.sqrt(both), freedom) < level, runs: 2 * runs };
    },
  };
}

function meanOf(pairs: readonly Pair[], side: keyof Pair): number {
  return pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
}

function squaredError(pairs: readonly Pair[], side: keyof Pair): number {
  const mean = meanOf(pairs, side);
  return pairs.reduce((sum, pair) => sum + (pair[side] - mean) ** 2, 0) / (pairs.length - 1) / pairs.length;
}

export const rivals: readonly Judge[] = [keepIfMeanBetter(1), keepIfMeanBetter(3), welch(5, 0.05)];
