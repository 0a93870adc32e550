/** Variance of a uniform distribution over the range. */
const uniformVariance = 1 / 12;

/** Multiple of the normal reference rule, whose densities are too smooth where the good results form a cluster. */
const factor = 0.8;

/**
 * Standard deviation that all kernels of one numeric parameter share, as a share of its range: the normal reference
 * rule (Scott 1992) for one dimension, the spread of the observations times n^(-1/5). The prior counts as one
 * observation with the spread of the whole range. One bandwidth for all kernels, rather than one from the distance
 * to the neighbours (Bergstra et al. 2011), since a product kernel that is wide in one of many parameters because a
 * neighbour happens to be far there is lost for all of them.
 *
 * @param centers positions; not a number where an observation was without the parameter
 * @param weights of the observations
 * @param narrowest floor, as a share of the range, below which a density only repeats what it was shown
 */
export function bandwidth(centers: Float64Array, weights: Float64Array, narrowest: number): number {
  let total = 0;
  let sum = 0;
  for (let k = 0; k < centers.length; k++) {
    if (Number.isNaN(centers[k]!)) continue;
    const weight = weights[k]!;
    total += weight;
    sum += weight * centers[k]!;
  }
  if (total === 0) return 1;
  const mean = sum / total;
  let squares = 0;
  for (let k = 0; k < centers.length; k++) {
    if (!Number.isNaN(centers[k]!)) squares += weights[k]! * (centers[k]! - mean) ** 2;
  }
  const deviation = Math.sqrt((squares + uniformVariance) / (total + 1));
  return Math.min(1, Math.max(narrowest, factor * deviation * total ** -0.2));
}

/**
 * Kernel of a categorical parameter (Aitchison and Aitken 1976): probability of the choice that was observed and of
 * each other one. All observations together see one uniform observation.
 *
 * @param count of choices
 */
export function choiceKernel(count: number, observations: number): { readonly hit: number; readonly miss: number } {
  const prior = 1 / (observations + 1);
  const norm = 1 + prior * count;
  return { hit: (1 + prior) / norm, miss: prior / norm };
}
