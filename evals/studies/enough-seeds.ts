/**
 * Fewest seeds with which a difference can be shown at all: with n pairs the smallest two-sided p that the signed-rank
 * test of Wilcoxon (1945) can give is 2 / 2^n, when one arm is better with every seed.
 *
 * @param contrasts comparisons that are made, each of which then needs a p as much smaller (Bonferroni)
 */
export function enoughSeeds(contrasts: number, level = 0.05): number {
  let seeds = 1;
  while (contrasts * smallestP(seeds) > level) seeds++;
  return seeds;
}

/** Smallest two-sided p of a signed-rank test of so many pairs. */
export function smallestP(pairs: number): number {
  return Math.min(1, 2 ** (1 - pairs));
}
