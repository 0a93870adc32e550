/**
 * What a configuration is really worth, as far as its runs tell.
 *
 * The best of many noisy runs looks better than it is (the winner's curse). Under a normal model, values of
 * configurations spread around a centre with variance spread^2 and each run adds noise with variance noise^2; the
 * posterior of the true value then lies between the runs' mean and the centre (James and Stein 1961; Efron and
 * Morris 1975), nearer to the mean the more runs there are.
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
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  const spreadSquared = prior.spread ** 2;
  const errorSquared = noise ** 2 / runs;
  if (errorSquared === 0 || spreadSquared === 0) return { mean, deviation: Math.sqrt(errorSquared), runs };
  const weight = spreadSquared / (spreadSquared + errorSquared);
  return {
    mean: weight * mean + (1 - weight) * prior.centre,
    deviation: Math.sqrt(weight * errorSquared),
    runs,
  };
}

/**
 * Prior for {@link trueValue} from the losses of all configurations: only the better half, since diverged-but-
 * finite runs would widen it beyond meaning, and never narrower than the noise itself.
 */
export function priorOf(losses: readonly number[], noise: number): Prior {
  const sorted = [...losses].sort((a, b) => a - b);
  const better = sorted.slice(0, Math.max(1, Math.ceil(sorted.length / 2)));
  const centre = better.reduce((sum, loss) => sum + loss, 0) / better.length;
  const variance = better.reduce((sum, loss) => sum + (loss - centre) ** 2, 0) / Math.max(1, better.length - 1);
  return { centre, spread: Math.max(Math.sqrt(variance), noise) };
}
