import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { mean, quantile } from "../bench/sample.js";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % confidence interval of a mean by the percentile bootstrap (Efron 1979).
 *
 * @param values one for each task: tasks are what is resampled
 */
export function bootstrapMean(values: readonly number[], seed = 1, resamples = 10_000): Interval {
  const random = RandomStream.fromSeed(deriveSeed(seed, "bootstrap"));
  const means = Array.from({ length: resamples }, () =>
    mean(values.map(() => values[random.integer(values.length)] ?? Number.NaN)),
  );
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
}
