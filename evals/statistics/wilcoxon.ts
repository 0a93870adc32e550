import { normalCdf } from "../../src/math/normal-distribution.js";
import { averageRanks, tieTerm } from "./ranks.js";
import { mostExact, signedRankMoments, signedRankTail } from "./signed-rank-distribution.js";

export interface Wilcoxon {
  /** Pairs that differ; the others say nothing and are left out (Wilcoxon 1945). */
  readonly pairs: number;
  /** Sum of the ranks of pairs in which the first is larger, and of those in which it is smaller. */
  readonly larger: number;
  readonly smaller: number;
  /** Two-sided. */
  readonly p: number;
  readonly exact: boolean;
}

/**
 * Signed-rank test of Wilcoxon (1945) for paired values. Exact for up to 50 pairs that differ, by the distribution of
 * random signs on the ranks that there are, shared ones included: the normal approximation would find five wins of one
 * size significant, which no five pairs can be. Beyond, by that approximation, corrected for ties.
 */
export function wilcoxon(first: readonly number[], second: readonly number[]): Wilcoxon {
  const differences = first.map((value, k) => value - (second[k] ?? Number.NaN)).filter((each) => each !== 0);
  const pairs = differences.length;
  const sizes = differences.map(Math.abs);
  const ranks = averageRanks(sizes);
  const larger = differences.reduce((sum, each, k) => sum + (each > 0 ? ranks[k]! : 0), 0);
  const smaller = (pairs * (pairs + 1)) / 2 - larger;
  const exact = pairs <= mostExact;
  if (pairs === 0) return { pairs, larger, smaller, p: 1, exact: true };
  const statistic = Math.min(larger, smaller);
  if (exact) return { pairs, larger, smaller, p: Math.min(1, 2 * signedRankTail(ranks, statistic)), exact };
  const { mean, deviation } = signedRankMoments(pairs);
  const corrected = Math.sqrt(deviation ** 2 - tieTerm(sizes) / 48);
  return { pairs, larger, smaller, p: Math.min(1, 2 * normalCdf((statistic - mean) / corrected)), exact };
}
