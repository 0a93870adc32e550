/**
 * How much the objective differs between runs of one configuration that differ only in their seed.
 */
export interface NoiseFloor {
  /** Standard deviation between seeds, in the objective's units. */
  readonly deviation: number;
  /** Runs beyond the first of each repeated configuration; 0 is never reported (then the floor is unknown). */
  readonly degreesOfFreedom: number;
}

/**
 * Pooled within-configuration standard deviation: sqrt(sum of squared deviations from each configuration's mean
 * over the pooled degrees of freedom). Undefined until a configuration has been run twice: an unknown floor is not
 * a floor of zero.
 *
 * @param groups the values of each configuration, in the objective's units
 */
export function noiseFloor(groups: Iterable<readonly number[]>): NoiseFloor | undefined {
  let squares = 0;
  let degreesOfFreedom = 0;
  for (const values of groups) {
    if (values.length < 2) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const value of values) squares += (value - mean) ** 2;
    degreesOfFreedom += values.length - 1;
  }
  if (degreesOfFreedom === 0) return undefined;
  return { deviation: Math.sqrt(squares / degreesOfFreedom), degreesOfFreedom };
}
