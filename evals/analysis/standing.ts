import { counted } from "../../src/report/value-format.js";
import { bootstrapMean, criticalDifference, friedman, indistinguishable, mean, quantile } from "../statistics/index.js";
import type { Stand } from "./analysis.js";
import { level } from "./contrasts.js";
import { pEquals } from "./wording.js";

/**
 * All methods after so many trials.
 *
 * @param scores mean regrets, one row for each task and one column for each method
 */
export function standOf(
  after: Stand["after"],
  scores: readonly (readonly number[])[],
  methods: readonly string[],
  resamples: number,
): Stand {
  const compared = methods.length >= 2 && scores.length >= 2;
  const { meanRanks, chiSquared, p, imanDavenport } = friedman(scores);
  return {
    after,
    methods: methods.map((method, k) => {
      const column = scores.map((row) => row[k] ?? Number.NaN);
      return {
        method,
        regret: mean(column),
        interval: bootstrapMean(column, { resamples }) ?? null,
        medianRegret: quantile(column, 0.5),
        meanRank: meanRanks[k] ?? Number.NaN,
      };
    }),
    friedman: compared
      ? {
          chiSquared,
          p,
          imanDavenport: { f: Number.isFinite(imanDavenport.f) ? imanDavenport.f : null, p: imanDavenport.p },
          ...groups(meanRanks, imanDavenport.p, scores.length, methods),
        }
      : null,
  };
}

/** Nemenyi's test follows one that has found something (Demsar 2006). */
function groups(
  meanRanks: readonly number[],
  p: number,
  tasks: number,
  methods: readonly string[],
): Pick<NonNullable<Stand["friedman"]>, "criticalDifference" | "indistinguishable"> {
  const difference = criticalDifference(methods.length, tasks);
  const sets = indistinguishable(meanRanks, p <= level ? difference : Number.POSITIVE_INFINITY);
  return { criticalDifference: difference, indistinguishable: sets.map((set) => set.map((at) => methods[at] ?? "")) };
}

/** Whether methods differ at all; null where that was not tested. */
export function overallSentence({ methods, friedman: test }: Stand, tasks: number): string | null {
  if (test === null) return null;
  const { f, p } = test.imanDavenport;
  const shown = `Friedman test${f === null ? "" : `, F = ${f.toFixed(1)}`}, p ${pEquals(p)}, ${counted(methods.length, "method")} on ${counted(tasks, "task")}`;
  return p <= level
    ? `the methods differ (${shown})`
    : `that any of the methods differs from the others could not be shown (${shown})`;
}
