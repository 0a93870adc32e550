/**
 * Recombination weights of CMA-ES by rank (Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772,
 * equations 49 to 53): the better half positive, the worse half negative.
 */

/** Preliminary weights w' of a population before they are scaled. */
export interface RawWeights {
  /** ln((lambda + 1) / 2) - ln(i), i = 1..lambda, best rank first. */
  readonly raw: readonly number[];
  /** Number of parents: half of the population, rounded down. */
  readonly parents: number;
  /** Variance effective selection mass of the parents, mu_eff. */
  readonly effectiveParents: number;
  /** The same of the others, mu_eff^-. */
  readonly effectiveOthers: number;
}

export function rawWeights(populationSize: number): RawWeights {
  const raw = Array.from({ length: populationSize }, (_, i) => Math.log((populationSize + 1) / 2) - Math.log(i + 1)); // (49)
  const parents = Math.floor(populationSize / 2);
  return {
    raw,
    parents,
    effectiveParents: selectionMass(raw.slice(0, parents)),
    effectiveOthers: selectionMass(raw.slice(parents)),
  };
}

function selectionMass(weights: readonly number[]): number {
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  return (sum * sum) / squares;
}

/** Positive weights sum to one, negative ones to `-negativeSum` (53). */
export function scaledWeights(raw: readonly number[], negativeSum: number): readonly number[] {
  const positive = raw.reduce((total, w) => total + Math.max(w, 0), 0);
  const negative = raw.reduce((total, w) => total + Math.max(-w, 0), 0);
  return raw.map((w) => (w >= 0 ? w / positive : (w * negativeSum) / negative));
}
