import { normalQuantile } from "../../src/math/normal-distribution.js";

/** Largest number of pairs for which the distribution is enumerated. */
export const mostExact = 50;

/**
 * P(W <= w) of the rank sum W of random signs: the share of subsets of the ranks whose sum is at most w.
 *
 * @param ranks whole or half, as ties share them
 */
export function signedRankTail(ranks: readonly number[], w: number): number {
  // Twice the ranks are whole.
  const shares = subsetSumShares(ranks.map((rank) => Math.round(2 * rank)));
  let tail = 0;
  for (let sum = 0; sum <= Math.round(2 * w); sum++) tail += shares[sum] ?? 0;
  return tail;
}

/** Mean and standard deviation of W without ties. */
export function signedRankMoments(n: number): { readonly mean: number; readonly deviation: number } {
  return { mean: (n * (n + 1)) / 4, deviation: Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24) };
}

/**
 * Largest w with P(W <= w) <= `share`; -1 where even P(W = 0) is larger, that is, where no result of so few pairs would
 * be rare enough.
 */
export function criticalRankSum(n: number, share: number): number {
  if (n > mostExact) {
    const { mean, deviation } = signedRankMoments(n);
    return Math.max(-1, Math.floor(mean + normalQuantile(share) * deviation));
  }
  const shares = subsetSumShares(Array.from({ length: n }, (_, k) => k + 1));
  let tail = 0;
  let w = -1;
  // The sum of exact powers of 1/2 carries no error worth speaking of.
  while (w + 1 < shares.length && tail + (shares[w + 1] ?? 1) <= share) tail += shares[++w] ?? 0;
  return w;
}

/** Of all subsets of whole numbers, the share that has each sum. */
function subsetSumShares(numbers: readonly number[]): Float64Array {
  const most = numbers.reduce((sum, each) => sum + each, 0);
  const shares = new Float64Array(most + 1);
  shares[0] = 1;
  for (const rank of numbers) {
    for (let sum = most; sum >= 0; sum--) {
      shares[sum] = (shares[sum]! + (sum >= rank ? shares[sum - rank]! : 0)) / 2;
    }
  }
  return shares;
}
