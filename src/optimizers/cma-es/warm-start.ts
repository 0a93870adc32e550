import { symmetricEigen } from "../../math/symmetric-eigen.js";
import { at } from "../../math/vector.js";
import type { Told } from "../optimizer.js";
import { noChoice } from "./categorical.js";
import type { Coordinates } from "./coordinates.js";
import type { SearchDistributionOptions } from "./search-distribution.js";

/**
 * Warm start from the results of an earlier, similar task (WS-CMA-ES, Nomura, Watanabe, Akimoto, Ozaki and Onishi,
 * arXiv 2012.06932): the Gaussian that is closest to the distribution of the earlier task's best points, each of them
 * smoothed by a small Gaussian of its own.
 */

/** gamma: share of the earlier results that counts as good. */
export const goodShare = 0.1;

/** alpha: standard deviation of the smoothing, as a share of the encoded range. Never more than a fresh start has. */
export const smoothing = 0.1;

/** What a single earlier choice is worth against the even distribution, and how sure many of them can make it. */
const evenObservations = 1;
const surest = 0.8;

/** N(mean, stepSize^2 covariance) with det covariance = 1. */
export interface SourceDistribution {
  readonly mean: readonly number[];
  readonly stepSize: number;
  /** Row-major n x n. */
  readonly covariance: Float64Array;
}

/**
 * @param results at least one, with n coordinates each; an entry that is not a number says nothing of its coordinate
 * @param gamma share of them that is used, at least one
 * @param alphas n standard deviations of the smoothing
 * @param fallback mean of coordinates of which no result that is used says anything
 */
export function sourceDistribution(
  results: readonly { readonly point: readonly number[]; readonly value: number }[],
  gamma: number,
  alphas: readonly number[],
  fallback: readonly number[] = [],
): SourceDistribution {
  const n = alphas.length;
  const good = best(results, gamma).map(({ point }) => point);
  const mean = Array.from({ length: n }, (_, j) => {
    const said = good.map((point) => at(point, j)).filter((x) => !Number.isNaN(x));
    return said.length === 0 ? at(fallback, j) : said.reduce((sum, x) => sum + x, 0) / said.length;
  });
  const sigma = new Float64Array(n * n);
  for (const point of good) {
    const away = mean.map((center, j) => (Number.isNaN(at(point, j)) ? 0 : at(point, j) - center));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) sigma[i * n + j] = at(sigma, i * n + j) + (at(away, i) * at(away, j)) / good.length;
    }
  }
  for (let j = 0; j < n; j++) sigma[j * n + j] = at(sigma, j * n + j) + at(alphas, j) ** 2;
  // From logarithms: the determinant itself underflows in a hundred dimensions.
  const logDeterminant = symmetricEigen(sigma, n).values.reduce((sum, value) => sum + Math.log(value), 0);
  const stepSize = Math.exp(logDeterminant / (2 * n));
  return { mean, stepSize, covariance: sigma.map((entry) => entry / stepSize ** 2) };
}

/**
 * Where and how wide to start, given earlier results over the same parameters. Failures are left out: what failed
 * elsewhere need not fail here, and says nothing of where the good ones are.
 *
 * @param fallback distribution without earlier results
 * @param deviations standard deviation of each numeric coordinate without earlier results
 */
export function warmStarted(
  fallback: SearchDistributionOptions,
  coordinates: Coordinates,
  deviations: readonly number[],
  earlier: readonly Told[],
): SearchDistributionOptions {
  const unsaid = coordinates.numeric.map(() => Number.NaN);
  const results = earlier.flatMap(({ configuration, evaluation }) => {
    if (evaluation.kind !== "value" || !Number.isFinite(evaluation.value)) return [];
    const { numeric, categorical } = coordinates.point(configuration, unsaid);
    return [{ point: Array.from(numeric), categorical, value: evaluation.value }];
  });
  if (results.length === 0) return fallback;
  const good = best(results, goodShare);
  const probabilities = fallback.probabilities?.map((row, i) => {
    const choices = good.map(({ categorical }) => at(categorical, i)).filter((choice) => choice !== noChoice);
    if (choices.length === 0) return row;
    const weight = Math.min(surest, choices.length / (choices.length + evenObservations));
    return row.map(
      (_, k) => (1 - weight) / row.length + (weight * choices.filter((choice) => choice === k).length) / choices.length,
    );
  });
  const alphas = deviations.map((deviation) => Math.min(smoothing, deviation));
  return {
    ...fallback,
    ...(deviations.length > 0 && sourceDistribution(results, goodShare, alphas, Array.from(fallback.mean))),
    ...(probabilities && { probabilities }),
  };
}

/** The share of them with the smallest values, at least one; equal ones in their order. */
function best<Result extends { readonly value: number }>(results: readonly Result[], share: number): readonly Result[] {
  // The product of a share such as 0.1 and a whole number can fall just short of a whole number.
  const count = Math.max(1, Math.floor(share * results.length + 1e-9));
  return [...results].sort((a, b) => a.value - b.value).slice(0, count);
}
