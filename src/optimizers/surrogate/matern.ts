/**
 * The Matern 5/2 covariance with one length scale for each group of features (automatic relevance
 * determination; Rasmussen and Williams 2006, equation 4.17):
 *
 *   k(r) = (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r),   r^2 = sum_g d_g^2 / l_g^2
 *
 * where d_g^2 is the squared distance over the features of group g. One-hot columns of one parameter share a
 * group; every other feature is its own.
 */

const SQRT_5 = Math.sqrt(5);

/** k at squared scaled distance r^2. */
export function matern52(squared: number): number {
  const s = SQRT_5 * Math.sqrt(squared);
  return (1 + s + (s * s) / 3) * Math.exp(-s);
}

/**
 * The factor F in dk / d log l_g = F(r) d_g^2 / l_g^2, which is -2 dk/d(r^2). Free of the division by r that
 * makes the textbook form undefined where two points coincide.
 */
export function matern52Slope(squared: number): number {
  const s = SQRT_5 * Math.sqrt(squared);
  return (5 / 3) * (1 + s) * Math.exp(-s);
}

/** Which length scale each feature is measured with: `of[feature]` in [0, count). */
export interface FeatureGroups {
  readonly of: Int32Array;
  readonly count: number;
}

/** Squared scaled distance r^2 of two points; `precision[g]` is 1 / l_g^2. */
export function scaledSquaredDistance(
  a: Float64Array,
  b: Float64Array,
  groups: FeatureGroups,
  precision: Float64Array,
): number {
  let sum = 0;
  for (let f = 0; f < a.length; f++) {
    const difference = a[f]! - b[f]!;
    sum += difference * difference * precision[groups.of[f]!]!;
  }
  return sum;
}

/**
 * Squared distances by group for all pairs i > j, pair-major: entry ((i (i - 1) / 2 + j) * groups + g). Computed
 * once for a fit, so that each evaluation of the likelihood is a product with the precisions.
 */
export function pairwiseGroupDistances(points: readonly Float64Array[], groups: FeatureGroups): Float64Array {
  const n = points.length;
  const distances = new Float64Array(((n * (n - 1)) / 2) * groups.count);
  let offset = 0;
  for (let i = 1; i < n; i++) {
    const a = points[i]!;
    for (let j = 0; j < i; j++) {
      const b = points[j]!;
      for (let f = 0; f < a.length; f++) {
        const difference = a[f]! - b[f]!;
        const at = offset + groups.of[f]!;
        distances[at] = distances[at]! + difference * difference;
      }
      offset += groups.count;
    }
  }
  return distances;
}

/**
 * Kernel values and slopes of all pairs i > j, in the order of {@link pairwiseGroupDistances}, written to
 * `values` and `slopes`.
 */
export function matern52Pairs(
  distances: Float64Array,
  precision: Float64Array,
  values: Float64Array,
  slopes: Float64Array,
): void {
  const groups = precision.length;
  let offset = 0;
  for (let pair = 0; pair < values.length; pair++) {
    let squared = 0;
    for (let g = 0; g < groups; g++) squared += distances[offset + g]! * precision[g]!;
    offset += groups;
    const s = SQRT_5 * Math.sqrt(squared);
    const decay = Math.exp(-s);
    values[pair] = (1 + s + (s * s) / 3) * decay;
    slopes[pair] = (5 / 3) * (1 + s) * decay;
  }
}

/**
 * Gradient of sum over pairs of weight_p k_p with respect to each log length scale, given the slopes of the pairs.
 */
export function matern52Gradient(
  distances: Float64Array,
  precision: Float64Array,
  slopes: Float64Array,
  weights: Float64Array,
): Float64Array {
  const groups = precision.length;
  const gradient = new Float64Array(groups);
  let offset = 0;
  for (let pair = 0; pair < slopes.length; pair++) {
    const factor = slopes[pair]! * weights[pair]!;
    for (let g = 0; g < groups; g++) gradient[g] = gradient[g]! + factor * distances[offset + g]!;
    offset += groups;
  }
  for (let g = 0; g < groups; g++) gradient[g] = gradient[g]! * precision[g]!;
  return gradient;
}
