/** Shares of a further model in the answer that are tried. */
const SHARES = [0, 0.15, 0.3, 0.5, 0.75, 1] as const;
/** A share must be this much better, in log score over all trials, to replace a smaller one. */
const SHARE_ADVANTAGE = 0.5;

/**
 * The share of a further model with the best log score on trials that neither model has seen.
 *
 * @param further probabilities of the further model; NaN where it has seen the trial
 */
export function shareOf(labels: Uint8Array, planes: ArrayLike<number>, further: Float64Array): number {
  let chosen = 0;
  let best = -Infinity;
  for (const share of SHARES) {
    let score = 0;
    for (let i = 0; i < labels.length; i++) {
      const other = further[i]!;
      if (Number.isNaN(other)) continue;
      const p = (1 - share) * planes[i]! + share * other;
      score += Math.log(labels[i] === 1 ? p : 1 - p);
    }
    if (score > best + SHARE_ADVANTAGE || best === -Infinity) {
      best = score;
      chosen = share;
    }
  }
  return chosen;
}

/** The answer of two models of which the further one has this share. */
export function mixed(planes: Float64Array, further: Float64Array | undefined, share: number): Float64Array {
  if (further === undefined || share === 0) return planes;
  return planes.map((p, i) => (1 - share) * p + share * further[i]!);
}
