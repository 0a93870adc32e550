import { averageRanks, tieTerm } from "./ranks.js";
import { chiSquaredTail, fTail } from "./tails.js";

export interface Friedman {
  /** One for each method, 1 is best. */
  readonly meanRanks: readonly number[];
  readonly chiSquared: number;
  readonly p: number;
  /** The less conservative statistic of Iman and Davenport (1980). */
  readonly imanDavenport: { readonly f: number; readonly p: number };
}

/**
 * Friedman's test (1937) that methods do not differ, over tasks, corrected for ties; after Demsar (2006).
 *
 * @param scores one row for each task, one column for each method; smaller is better
 */
export function friedman(scores: readonly (readonly number[])[]): Friedman {
  const tasks = scores.length;
  const methods = scores[0]?.length ?? 0;
  const ranked = scores.map(averageRanks);
  const sums = Array.from({ length: methods }, (_, k) => ranked.reduce((sum, row) => sum + row[k]!, 0));
  const ties = scores.reduce((sum, row) => sum + tieTerm(row), 0);
  const correction = 1 - ties / (tasks * methods * (methods ** 2 - 1));
  const squares = sums.reduce((sum, rank) => sum + rank ** 2, 0);
  const uncorrected = (12 * squares) / (tasks * methods * (methods + 1)) - 3 * tasks * (methods + 1);
  // Where all are equal on all tasks there is nothing to tell apart.
  const chiSquared = correction > 0 ? Math.max(0, uncorrected / correction) : 0;
  const left = tasks * (methods - 1) - chiSquared;
  const f = left > 1e-12 ? ((tasks - 1) * chiSquared) / left : Number.POSITIVE_INFINITY;
  return {
    meanRanks: sums.map((sum) => sum / tasks),
    chiSquared,
    p: chiSquaredTail(chiSquared, methods - 1),
    imanDavenport: { f, p: fTail(f, methods - 1, (methods - 1) * (tasks - 1)) },
  };
}
