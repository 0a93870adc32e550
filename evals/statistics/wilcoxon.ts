import { normalCdf } from "../../src/math/normal-distribution.js";
import { averageRanks, tieTerm } from "./ranks.js";

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

/** Largest number of pairs for which the distribution is enumerated. */
const mostExact = 50;

/**
 * Signed-rank test of Wilcoxon (1945) for paired values. Exact for up to 50 pairs without ties and without pairs that
 * are equal, otherwise by the normal approximation, corrected for ties.
 */
export function wilcoxon(first: readonly number[], second: readonly number[]): Wilcoxon {
  const differences = first.map((value, k) => value - (second[k] ?? Number.NaN)).filter((each) => each !== 0);
  const pairs = differences.length;
  const sizes = differences.map(Math.abs);
  const ranks = averageRanks(sizes);
  const larger = differences.reduce((sum, each, k) => sum + (each > 0 ? ranks[k]! : 0), 0);
  const smaller = (pairs * (pairs + 1)) / 2 - larger;
  const ties = tieTerm(sizes);
  const exact = pairs <= mostExact && pairs === first.length && ties === 0;
  if (pairs === 0) return { pairs, larger, smaller, p: 1, exact: true };
  const statistic = Math.min(larger, smaller);
  if (exact) return { pairs, larger, smaller, p: Math.min(1, 2 * exactTail(pairs, statistic)), exact };
  const mean = (pairs * (pairs + 1)) / 4;
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1)) / 24 - ties / 48;
  return { pairs, larger, smaller, p: Math.min(1, 2 * normalCdf((statistic - mean) / Math.sqrt(variance))), exact };
}

/** P(W <= w) of the rank sum W of random signs: the share of subsets of {1 ... n} whose sum is at most w. */
function exactTail(n: number, w: number): number {
  const most = (n * (n + 1)) / 2;
  const shares = new Float64Array(most + 1);
  shares[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = most; sum >= 0; sum--) {
      shares[sum] = (shares[sum]! + (sum >= rank ? shares[sum - rank]! : 0)) / 2;
    }
  }
  let tail = 0;
  for (let sum = 0; sum <= Math.floor(w); sum++) tail += shares[sum]!;
  return tail;
}
