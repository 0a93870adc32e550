import { normalCdf } from "../../../src/math/normal-distribution.js";
import { averageRanks, tieTerm } from "../../statistics/ranks.js";

/**
 * Two-sided p of the rank-sum test for two independent samples (Mann and Whitney 1947), by the normal approximation
 * with corrections for ties and continuity: to about 0.01 from eight values a side on.
 */
export function rankSum(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length];
  const all = [...first, ...second];
  const ranks = averageRanks(all);
  const sum = first.reduce((total, _, k) => total + (ranks[k] ?? Number.NaN), 0);
  const away = Math.abs(sum - (m * (m + n + 1)) / 2);
  const variance = ((m * n) / 12) * (m + n + 1 - tieTerm(all) / ((m + n) * (m + n - 1)));
  return variance === 0 ? 1 : Math.min(1, 2 * normalCdf(-Math.max(0, away - 0.5) / Math.sqrt(variance)));
}
