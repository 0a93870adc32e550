import { studentCdf } from "../../math/student.js";

/**
 * How strongly paired differences speak for a positive mean, in a form that may be looked at after every pair.
 *
 * The differences x1, x2, ... are taken as normal with mean sigma * delta and unknown sigma. With the right Haar prior
 * 1 / sigma on the scale and a normal prior of variance g on the effect delta, cut to delta > 0, the ratio of the
 * marginal likelihoods of delta > 0 and delta = 0 after n of them is
 *
 *   E(n) = 2 P(mu > 0 | x) (1 + n g)^(-1/2) [(S + n m^2) / (S + n m^2 / (1 + n g))]^(n/2)
 *
 * with m the mean, S the sum of squared deviations from it, and mu a posteriori Student with n degrees of freedom,
 * location n m / (n + 1/g) and squared scale (S + n m^2 / (1 + n g)) / (n (n + 1/g)). Under delta = 0 it is a
 * non-negative martingale of mean one in the filtration of the ratios between the differences, whatever sigma is (Lai
 * 1976; Perez-Ortiz, Lardy, de Heide and Grunwald 2024; Wang and Ramdas 2024), and it only grows with Student's t, so
 * that a negative mean makes it smaller still. By Ville's inequality it ever reaches 1 / alpha with probability at most
 * alpha, however the stopping is chosen: that is what "anytime valid" means.
 */

/**
 * Variance g of the effect, in units of the differences' variance. Mixtures of several widths between 1 and 100 need
 * about as many pairs for gains of one to five deviations of a run; one width has an interval in closed form.
 */
const effectVariance = 9;

/** What a row of differences comes down to. */
export interface Differences {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation; the sum of squared deviations is (count - 1) times its square. */
  readonly deviation: number;
}

/** ln E for a mean above zero; 0 before the first difference, and where there is neither a mean nor a spread. */
export function logEvidence({ count, mean, deviation }: Differences): number {
  const squares = Math.max(0, count - 1) * deviation ** 2;
  const growth = 1 + count * effectVariance;
  const inner = squares + (count * mean ** 2) / growth;
  if (count === 0 || inner === 0) return 0;
  const twoSided = (count / 2) * Math.log((squares + count * mean ** 2) / inner) - Math.log(growth) / 2;
  const precision = count + 1 / effectVariance;
  const standardised = (count * mean) / precision / Math.sqrt(inner / (count * precision));
  return twoSided + Math.log(2 * studentCdf(standardised, count));
}

/** The fewest differences with which evidence of 1 / level can be reached at all: identical ones, without a spread. */
export function leastCount(level: number): number {
  let count = 1;
  while (Math.log(2) + ((count - 1) / 2) * Math.log1p(count * effectVariance) < -Math.log(level)) count += 1;
  return count;
}

/**
 * Half the width of the interval around the mean of all values against which the two-sided evidence, E without its
 * first factor and the cut, is below 1 / error. It covers the true mean with probability 1 - error at every number of
 * differences at once, and so at the one where a test happened to stop, which the usual t interval does not. Infinite
 * while there are too few.
 */
export function halfWidth({ count, deviation }: Differences, error: number): number {
  if (count === 0) return Number.POSITIVE_INFINITY;
  const growth = 1 + count * effectVariance;
  const ratio = (Math.sqrt(growth) / error) ** (2 / count);
  if (ratio >= growth) return Number.POSITIVE_INFINITY;
  return deviation * Math.sqrt(((count - 1) * (ratio - 1)) / (count * (1 - ratio / growth)));
}
