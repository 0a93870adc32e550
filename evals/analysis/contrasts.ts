import {
  clusteredBootstrapMean,
  criticalRankSum,
  detectableEffect,
  effortRatio,
  holm,
  mean,
  speedUp,
  type Wilcoxon,
  wilcoxon,
} from "../statistics/index.js";
import type { Contrast, EffortUnit, SpeedUpResult } from "./analysis.js";
import type { Cells } from "./cells.js";
import { contrastSentence } from "./sentence.js";

/** Level of every statement. */
export const level = 0.05;

/**
 * Pairs of methods over tasks, at the end of the budget. The tests are one family: they are corrected together, so that
 * the chance of any false claim among them is 5 %.
 *
 * @param end mean regrets at the end of a method, one for each task
 */
export function contrastsOf(
  pairs: readonly (readonly [string, string])[],
  cells: Cells,
  end: (method: string) => readonly number[],
  resamples: number,
): readonly Contrast[] {
  const tests = pairs.map(([a, b]) => wilcoxon(end(a), end(b)));
  const adjusted = holm(tests.map(({ p }) => p));
  return pairs.map(([a, b], k) => {
    const [own, other] = [end(a), end(b)];
    const differences = own.map((value, t) => value - other[t]!);
    const test = tests[k]!;
    const ratios = ratiosOf(cells, a, b, cells.budget);
    const strictest = { level: level / pairs.length, resamples: Math.min(500, resamples) };
    const ratio = detectableEffect(ratios.map(Math.log), strictest);
    const outcome = {
      a,
      b,
      wins: differences.filter((each) => each < 0).length,
      losses: differences.filter((each) => each > 0).length,
      ties: differences.filter((each) => each === 0).length,
      p: test.p,
      adjusted: adjusted[k] ?? Number.NaN,
      family: pairs.length,
      verdict: verdictOf(test, adjusted[k] ?? Number.NaN, differences.length, pairs.length),
      difference: { mean: mean(differences), ...differenceIntervals(cells, a, b, resamples) },
      speedUp: { ...speedUpOf(ratios, strictest.level), unit: cells.budget },
      timeSpeedUp:
        cells.budget === "trials" && cells.timed ? speedUpOf(ratiosOf(cells, a, b, "time"), strictest.level) : null,
      detectable: {
        regret: detectableEffect(differences, strictest) ?? null,
        ratio: ratio === undefined ? null : Math.exp(ratio),
      },
    };
    return { ...outcome, sentence: contrastSentence(outcome) };
  });
}

function verdictOf(test: Wilcoxon, adjusted: number, tasks: number, family: number): Contrast["verdict"] {
  if (adjusted <= level && test.larger !== test.smaller) return test.smaller > test.larger ? "better" : "worse";
  // Before too few: that nothing differs needs no test.
  if (test.pairs === 0) return "equal";
  return criticalRankSum(tasks, level / family / 2) < 0 ? "too few" : "not shown";
}

function ratiosOf(cells: Cells, a: string, b: string, unit: EffortUnit): readonly number[] {
  return cells.tasks.map((task) =>
    effortRatio(
      cells.of(task, a).course(unit),
      cells.of(task, b).course(unit),
      cells.horizon(task, unit),
      unit === "trials" ? 1 : 0,
    ),
  );
}

function speedUpOf(ratios: readonly number[], strictest: number): SpeedUpResult {
  const { median, interval, atMost } = speedUp(ratios, strictest);
  return { median, interval: interval ?? null, atMost: atMost ?? null };
}

/** Of mean regret differences, seed by seed where both have as many. */
function differenceIntervals(
  cells: Cells,
  a: string,
  b: string,
  resamples: number,
): Pick<Contrast["difference"], "overTasks" | "overSeeds"> {
  const clusters = cells.tasks.map((task) => {
    const [own, other] = [cells.of(task, a).after("end"), cells.of(task, b).after("end")];
    return own.slice(0, other.length).map((value, seed) => value - other[seed]!);
  });
  return {
    overTasks: clusteredBootstrapMean(clusters, { over: "clusters", resamples }) ?? null,
    overSeeds: clusteredBootstrapMean(clusters, { over: "members", resamples }) ?? null,
  };
}
