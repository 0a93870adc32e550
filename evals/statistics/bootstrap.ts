import { normalCdf } from "../../src/math/normal-distribution.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import { studentQuantile } from "../../src/math/student.js";
import type { Interval } from "./interval.js";
import { quantile } from "./sample.js";

export interface BootstrapOptions {
  readonly seed?: number;
  readonly resamples?: number;
}

const confidence = 0.95;

/**
 * 95 % confidence interval of a statistic by the bootstrap (Efron 1979). Percentiles are expanded for small samples,
 * whose resamples vary too little (Hesterberg 2015). Undefined below 2 values: nothing says how they vary.
 *
 * @param count number of what is resampled
 * @param statistic of a resample, given as positions
 */
export function bootstrap(
  count: number,
  statistic: (positions: Int32Array) => number,
  options: BootstrapOptions = {},
): Interval | undefined {
  if (count < 2) return undefined;
  const values: number[] = [];
  eachResample(count, options, (positions) => void values.push(statistic(positions)));
  return percentiles(values, expandedTail(count));
}

/** 95 % confidence interval of a mean; see {@link bootstrap}. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval | undefined {
  return bootstrap(
    values.length,
    (positions) => {
      let sum = 0;
      for (const at of positions) sum += values[at]!;
      return sum / positions.length;
    },
    options,
  );
}

/** 95 % confidence interval of a median; see {@link bootstrap}. */
export function bootstrapMedian(values: readonly number[], options: BootstrapOptions = {}): Interval | undefined {
  const sample = new Float64Array(values.length);
  const middle = values.length >> 1;
  return bootstrap(
    values.length,
    (positions) => {
      for (let k = 0; k < positions.length; k++) sample[k] = values[positions[k]!]!;
      sample.sort();
      return values.length % 2 === 1 ? sample[middle]! : (sample[middle - 1]! + sample[middle]!) / 2;
    },
    options,
  );
}

/**
 * 95 % confidence interval of a mean curve, point by point. All points of a resample are of the same curves.
 *
 * @param curves of one length; undefined below 2 of them
 */
export function bootstrapBand(
  curves: readonly (readonly number[])[],
  options: BootstrapOptions = {},
): readonly Interval[] | undefined {
  const count = curves.length;
  if (count < 2) return undefined;
  const points = curves[0]?.length ?? 0;
  const means = Array.from({ length: points }, (): number[] => []);
  eachResample(count, options, (positions) => {
    for (let point = 0; point < points; point++) {
      let sum = 0;
      for (const at of positions) sum += curves[at]![point]!;
      means[point]!.push(sum / count);
    }
  });
  const tail = expandedTail(count);
  return means.map((values) => percentiles(values, tail));
}

/**
 * 95 % confidence interval of the mean over clusters of the means of their members, such as tasks and the seeds on each.
 *
 * `clusters`: whole clusters are resampled, their members stay (Davison and Hinkley 1997, section 3.8): what would be
 * found on other tasks like these. Resampling members too would count their spread twice, as means of clusters carry it
 * already. `members`: members are resampled within each cluster: what other seeds would show on these tasks.
 *
 * Undefined where there is only one of what is resampled.
 */
export function clusteredBootstrapMean(
  clusters: readonly (readonly number[])[],
  { over, ...options }: BootstrapOptions & { readonly over: "clusters" | "members" },
): Interval | undefined {
  if (over === "clusters") return bootstrapMean(clusters.map(meanOf), options);
  const fewest = Math.min(...clusters.map((members) => members.length));
  if (!(fewest >= 2)) return undefined;
  const { seed = 1, resamples = usualResamples } = options;
  const random = RandomStream.fromSeed(deriveSeed(seed, "bootstrap", "members"));
  const means: number[] = [];
  for (let k = 0; k < resamples; k++) {
    let total = 0;
    for (const members of clusters) {
      let sum = 0;
      for (let draw = 0; draw < members.length; draw++) sum += members[random.integer(members.length)]!;
      total += sum / members.length;
    }
    means.push(total / clusters.length);
  }
  // Each cluster's resamples vary too little by its own number of members; degrees of freedom add up.
  const freedom = clusters.reduce((sum, members) => sum + members.length - 1, 0);
  return percentiles(means, expandedTail(fewest, freedom));
}

const usualResamples = 2000;

function eachResample(
  count: number,
  { seed = 1, resamples = usualResamples }: BootstrapOptions,
  visit: (positions: Int32Array) => void,
): void {
  const random = RandomStream.fromSeed(deriveSeed(seed, "bootstrap"));
  const positions = new Int32Array(count);
  for (let resample = 0; resample < resamples; resample++) {
    for (let k = 0; k < count; k++) positions[k] = random.integer(count);
    visit(positions);
  }
}

/** Share of resamples beyond each end of an interval, for a sample of so many. */
function expandedTail(count: number, freedom = count - 1): number {
  return normalCdf(-Math.sqrt(count / (count - 1)) * studentQuantile((1 + confidence) / 2, freedom));
}

function percentiles(values: readonly number[], tail: number): Interval {
  return { low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
