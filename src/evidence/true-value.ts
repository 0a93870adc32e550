/**
 * What a configuration is really worth, as far as its runs tell.
 *
 * The best of many noisy runs looks better than it is (the winner's curse). Under a normal model, values of
 * configurations spread around a centre with variance spread^2 and each run adds noise with variance noise^2; the
 * posterior of the true value then lies between the runs' mean and the centre (James and Stein 1961; Efron and
 * Morris 1975), nearer to the mean the more runs there are. The configurations of a search are no normal sample,
 * though: one that is clearly worse than the others is not better for it. So the way to the centre is limited to one
 * standard error of the runs' mean (limited translation, Efron and Morris 1972).
 */
export interface TrueValue {
  /** Posterior mean, in the objective's units (or as a loss, whichever the values were). */
  readonly mean: number;
  /** Posterior standard deviation; 0 where the noise is not known. */
  readonly deviation: number;
  readonly runs: number;
}

/** Where the values of configurations lie: centre and standard deviation of the better half of them. */
export interface Prior {
  readonly centre: number;
  readonly spread: number;
}

export function trueValue(values: readonly number[], noise: number, prior: Prior): TrueValue {
  const runs = values.length;
  const mean = average(values);
  const spreadSquared = prior.spread ** 2;
  const errorSquared = noise ** 2 / runs;
  if (errorSquared === 0 || spreadSquared === 0) return { mean, deviation: Math.sqrt(errorSquared), runs };
  const weight = spreadSquared / (spreadSquared + errorSquared);
  const standardError = Math.sqrt(errorSquared);
  const towardsCentre = (1 - weight) * (prior.centre - mean);
  return {
    mean: mean + Math.min(standardError, Math.max(-standardError, towardsCentre)),
    deviation: Math.sqrt(weight * errorSquared),
    runs,
  };
}

/**
 * Prior for {@link trueValue} from the mean losses of all configurations: only the better half, since diverged-but-
 * finite runs would widen it beyond meaning, and never narrower than the noise itself.
 *
 * @param ascending at least one, smallest first
 */
export function priorOf(ascending: readonly number[], noise: number): Prior {
  const better = Math.max(1, Math.ceil(ascending.length / 2));
  let centre = 0;
  for (let i = 0; i < better; i++) centre += ascending[i]! / better;
  let squares = 0;
  for (let i = 0; i < better; i++) squares += (ascending[i]! - centre) ** 2;
  return { centre, spread: Math.max(Math.sqrt(squares / Math.max(1, better - 1)), noise) };
}

export function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
