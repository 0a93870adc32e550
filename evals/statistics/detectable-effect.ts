import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { pseudomedian, walshAverages } from "./pseudomedian.js";
import { quantile } from "./sample.js";
import { criticalRankSum } from "./signed-rank-distribution.js";

export interface PowerOptions {
  /** Of the two-sided test; smaller where several tests are corrected. */
  readonly level?: number;
  /** Share of repetitions in which the effect would be found. */
  readonly power?: number;
  readonly seed?: number;
  readonly resamples?: number;
}

/**
 * The smallest true shift that the signed-rank test of Wilcoxon would have found with the given power, had it been
 * there in as many pairs that vary as these do. What "no difference could be shown" is worth depends on it.
 *
 * By simulation from the observed differences instead of a formula for normal ones, because differences between
 * methods have heavy tails and many near zero: resamples of what is left after the observed shift, with random signs as
 * the hypothesis of no difference has them. The test rejects once the shift lifts a certain Walsh average above zero
 * (Hollander and Wolfe 1973, section 3.3), so that each resample says at once how much it would take.
 *
 * @returns undefined where so few pairs could show nothing, however large it were
 */
export function detectableEffect(
  differences: readonly number[],
  { level = 0.05, power = 0.8, seed = 1, resamples = 500 }: PowerOptions = {},
): number | undefined {
  const count = differences.length;
  const beyond = criticalRankSum(count, level / 2);
  if (beyond < 0) return undefined;
  const shift = pseudomedian(differences);
  // Residuals vary less than what they are residuals of.
  const expansion = Math.sqrt(count / (count - 1));
  const residuals = differences.map((each) => (each - shift) * expansion);
  const random = RandomStream.fromSeed(deriveSeed(seed, "detectable effect"));
  const needed = Array.from({ length: resamples }, () => {
    const sample = residuals.map(() => {
      const residual = residuals[random.integer(count)] ?? 0;
      return random.uniform() < 0.5 ? residual : -residual;
    });
    return -(walshAverages(sample)[beyond] ?? Number.NaN);
  });
  return Math.max(0, quantile(needed, power));
}
