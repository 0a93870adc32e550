import { walshAverages } from "./pseudomedian.js";
import { criticalRankSum } from "./signed-rank-distribution.js";

/**
 * Upper limit of a ratio, such as of the trials that a method needs to those that another needs: "at most 1.10 times".
 * One-sided, from the signed-rank test of the ratios' logarithms, so that a limit below a margin shows non-inferiority
 * by that margin at the same level. A test that finds no difference shows no such thing.
 *
 * @param ratios one for each pair, all above 0
 * @param level 0.05 for a limit that holds with 95 %
 * @returns undefined where there are too few pairs for any limit
 */
export function ratioAtMost(ratios: readonly number[], level = 0.05): number | undefined {
  const beyond = criticalRankSum(ratios.length, level);
  if (beyond < 0) return undefined;
  const averages = walshAverages(ratios.map(Math.log));
  return Math.exp(averages[averages.length - 1 - beyond] ?? Number.NaN);
}

/** Whether a ratio lies between 1 / margin and margin: both one-sided limits do (Schuirmann 1987). */
export function equivalentWithin(ratios: readonly number[], margin: number, level = 0.05): boolean {
  const above = ratioAtMost(ratios, level);
  const below = ratioAtMost(
    ratios.map((ratio) => 1 / ratio),
    level,
  );
  return above !== undefined && below !== undefined && above < margin && below < margin;
}
