/** Shapes of the warp that are tried: where the logarithm takes over, in units of the spread of the values. */
const KNEES = [0.3, 1, 3, Infinity] as const;

/** Warped values this many times as far from the best as the median is count as no worse than that. */
const FENCE = 4;

/** Values beyond this many spreads do not take part in choosing the shape. */
const OUTLYING = 10;

/** With fewer values their shape is chance, and the knee stays at the spread. */
const FEWEST_FOR_SHAPE = 8;

/**
 * A monotone map from objective values (minimised, any unit) to a scale on which a Gaussian process is at home:
 * mean 0, standard deviation 1, and near-normal. Training metrics are skewed, with a floor below and explosions
 * above, so the warp is linear below the best value seen and logarithmic above it,
 *
 *   t(y) = log(1 + z / knee) for z >= 0, z / knee below,   z = (y - best) / spread,
 *
 * where `spread` is the distance from the best to the median, which stands even when nearly half of all runs
 * explode, and the knee is the one under which the values are most normal
 * (profile likelihood of the shifted logarithm; Box and Cox 1964). What still sticks out above is cut off: a run
 * that exploded says that it was bad, and nothing is learned from how bad.
 */
export class ValueWarp {
  private constructor(
    private readonly best: number,
    private readonly spread: number,
    /** Where the logarithm takes over, in units of the spread; Infinity where there is none. */
    readonly knee: number,
    private readonly centre: number,
    private readonly deviation: number,
    private readonly ceiling: number,
  ) {}

  /**
   * @param values finite; at least one
   * @param shape the knee of an earlier fit, to keep the shape and renew only place and scale
   */
  static fit(values: readonly number[], shape?: number): ValueWarp {
    const sorted = Float64Array.from(values).sort();
    const best = sorted[0]!;
    const spread = robustSpread(sorted);
    // Outliers must not choose the shape, or the fence that is there for them would never be needed.
    const inside = sorted.map((y) => (y - best) / spread).filter((z) => z <= OUTLYING);
    let knee = 1;
    let highest = -Infinity;
    const shapes = shape !== undefined ? [shape] : inside.length < FEWEST_FOR_SHAPE ? [1] : KNEES;
    for (const candidate of shapes) {
      const likelihood = logLikelihood(inside, candidate);
      if (likelihood > highest) {
        highest = likelihood;
        knee = candidate;
      }
    }
    const warped = sorted.map((y) => bend((y - best) / spread, knee));
    const ceiling = FENCE * Math.max(quantile(warped, 0.5), bend(1, knee));
    const { mean, variance } = moments(warped.map((t) => Math.min(t, ceiling)));
    return new ValueWarp(best, spread, knee, mean, variance > 0 ? Math.sqrt(variance) : 1, ceiling);
  }

  /** Warped value, standardised. */
  forward(value: number): number {
    const bent = Math.min(bend((value - this.best) / this.spread, this.knee), this.ceiling);
    return (bent - this.centre) / this.deviation;
  }

  /** Original value of a warped one; nothing is above the highest value that was told apart. */
  inverse(warped: number): number {
    const bent = Math.min(warped * this.deviation + this.centre, this.ceiling);
    return this.best + this.spread * unbend(bent, this.knee);
  }
}

/** Of a normal distribution of the warped values, with its mean and variance profiled out, in units of z. */
function logLikelihood(z: Float64Array, knee: number): number {
  const warped = z.map((x) => bend(x, knee));
  const { mean, variance } = moments(warped);
  if (!(variance > 0)) return 0;
  // log dt/dz is -log(knee) - t above the best value, and there is nothing below it.
  const slope = knee === Infinity ? 0 : Math.log(knee) + mean;
  return -z.length * (0.5 * Math.log(variance) + slope);
}

function moments(values: Float64Array): { readonly mean: number; readonly variance: number } {
  let mean = 0;
  for (const v of values) mean += v / values.length;
  let variance = 0;
  for (const v of values) variance += (v - mean) ** 2 / values.length;
  return { mean, variance };
}

/** From the best to the median; where these tie, to the median of the values that differ; else a share of it. */
function robustSpread(sorted: Float64Array): number {
  const best = sorted[0]!;
  const toMedian = quantile(sorted, 0.5) - best;
  if (toMedian > 0) return toMedian;
  const different = sorted.filter((y) => y > best);
  if (different.length > 0) return quantile(different, 0.5) - best;
  return Math.max(Math.abs(best) * 0.05, Number.MIN_VALUE * 2 ** 52);
}

function bend(z: number, knee: number): number {
  if (knee === Infinity) return z;
  return z >= 0 ? Math.log1p(z / knee) : z / knee;
}

function unbend(t: number, knee: number): number {
  if (knee === Infinity) return t;
  return t >= 0 ? knee * Math.expm1(t) : knee * t;
}

/** Quantile of ascending numbers, linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}
