import { normalCdf, normalQuantile } from "../../math/normal-distribution.js";
import type { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { CategoricalView, NumericView } from "../optimizer.js";

/** One good point with the axes that were active in it: the others say nothing about their parameter. */
export interface ElitePoint {
  readonly point: EncodedPoint;
  readonly activeNumeric: readonly boolean[];
  readonly activeCategorical: readonly boolean[];
}

/** How far the parameters of the distribution move towards those of the elite, in [0, 1]. */
export interface Smoothing {
  readonly mean: number;
  /** Of deviations that grow, and of those that shrink. */
  readonly growth: number;
  readonly shrinkage: number;
  readonly probabilities: number;
}

/** Deviation below which a grid would be left at one value, as a share of the distance to the nearest neighbour. */
const gridFloor = 0.3;
/** Probability that is kept for all choices together that are not the most probable one. */
const choiceFloor = 0.1;
/** Wider a Gaussian on [0, 1] need not be: it is uniform for all that matters. */
const largestDeviation = 0.5;

/**
 * Independent truncated Gaussians on the numeric axes of a space and independent probabilities on the categorical
 * ones, all in encoded coordinates.
 */
export class ProductDistribution {
  private readonly floors: readonly number[];

  /** The arrays are kept and changed in place. */
  constructor(
    private readonly space: SearchSpace,
    readonly mean: Float64Array,
    readonly deviation: Float64Array,
    readonly probabilities: readonly Float64Array[],
  ) {
    this.floors = space.numericAxes.map(({ grid }) => (grid ? gridFloor * narrowestGap(grid) : 0));
  }

  sample(random: RandomStream): EncodedPoint {
    return {
      numeric: Array.from(this.mean, (mean, j) => truncatedNormal(mean, this.spread(j), random.uniform())),
      categorical: this.probabilities.map((row) => random.index(row)),
    };
  }

  /**
   * Moves towards the maximum likelihood estimate of the elite (Rubinstein and Kroese 2004, section 5.1), axis by axis;
   * an axis that only part of the elite had moves by that part of the way. Deviations are taken from the present mean
   * and not from that of the elite: those of an elite that lies on a slope would shrink along it (Hansen 2006).
   */
  update(elite: readonly ElitePoint[], smoothing: Smoothing): void {
    for (let j = 0; j < this.mean.length; j++) {
      const values = elite.filter((e) => e.activeNumeric[j]).map((e) => at(e.point.numeric, j));
      if (values.length === 0) continue;
      const share = values.length / elite.length;
      const mean = average(values);
      const old = at(this.mean, j);
      const deviation = Math.sqrt(average(values.map((x) => (x - old) ** 2)));
      this.mean[j] = old + share * smoothing.mean * (mean - old);
      const change = deviation - at(this.deviation, j);
      const rate = change > 0 ? smoothing.growth : smoothing.shrinkage;
      this.deviation[j] = at(this.deviation, j) + share * rate * change;
    }
    this.probabilities.forEach((row, i) => {
      const chosen = elite.filter((e) => e.activeCategorical[i]).map((e) => e.point.categorical[i]);
      if (chosen.length === 0) return;
      const rate = (smoothing.probabilities * chosen.length) / elite.length;
      for (let k = 0; k < row.length; k++) {
        const frequency = chosen.filter((choice) => choice === k).length / chosen.length;
        row[k] = at(row, k) + rate * (frequency - at(row, k));
      }
      keepAlive(row);
    });
    this.limit();
  }

  /** Multiplies all deviations, within their limits. */
  widen(factor: number): void {
    for (let j = 0; j < this.deviation.length; j++) this.deviation[j] = at(this.deviation, j) * factor;
    this.limit();
  }

  /** Moves the mean a share of the way to a point. */
  approach(point: EncodedPoint, share: number): void {
    for (let j = 0; j < this.mean.length; j++) {
      this.mean[j] = at(this.mean, j) + share * (at(point.numeric, j) - at(this.mean, j));
    }
  }

  /** Whether no axis has anything left to vary but its floor. */
  collapsed(tolerance: number): boolean {
    return (
      this.deviation.every((deviation, j) => deviation <= Math.max(tolerance, at(this.floors, j) * (1 + tolerance))) &&
      this.probabilities.every((row) => Math.max(...row) > 1 - 1.5 * choiceFloor)
    );
  }

  views(): { readonly numeric: readonly NumericView[]; readonly categorical: readonly CategoricalView[] } {
    const { space } = this;
    return {
      numeric: space.numericAxes.map(({ name }, j) => {
        const mean = at(this.mean, j);
        const deviation = this.spread(j);
        const native = (x: number) => space.decodeNumeric(name, x);
        return { name, mean: native(mean), low: native(mean - deviation), high: native(mean + deviation), deviation };
      }),
      categorical: space.categoricalAxes.map(({ name, choices }, i) => ({
        name,
        probabilities: choices.map((choice, k) => ({ choice, probability: at(this.probabilities[i] ?? [], k) })),
      })),
    };
  }

  private spread(j: number): number {
    return Math.max(at(this.deviation, j), at(this.floors, j));
  }

  private limit(): void {
    for (let j = 0; j < this.deviation.length; j++) {
      this.deviation[j] = Math.min(largestDeviation, Math.max(1e-12, at(this.deviation, j)));
    }
  }
}

/** Which axes of a point stand for parameters that are active. */
export function elitePoint(space: SearchSpace, configuration: Configuration): ElitePoint {
  const isActive = ({ name }: { readonly name: string }) => configuration[name] !== undefined;
  return {
    point: space.encode(configuration),
    activeNumeric: space.numericAxes.map(isActive),
    activeCategorical: space.categoricalAxes.map(isActive),
  };
}

/** Quantile u of a Gaussian cut off outside [0, 1]. */
export function truncatedNormal(mean: number, deviation: number, u: number): number {
  const low = normalCdf(-mean / deviation);
  const high = normalCdf((1 - mean) / deviation);
  return Math.min(1, Math.max(0, mean + deviation * normalQuantile(low + u * (high - low))));
}

/** Raises small probabilities to their floor and takes what that needs from the others in proportion. */
function keepAlive(row: Float64Array): void {
  const floor = choiceFloor / row.length;
  let lacking = 0;
  let spare = 0;
  for (const p of row) {
    lacking += Math.max(0, floor - p);
    spare += Math.max(0, p - floor);
  }
  for (let k = 0; k < row.length; k++) {
    const p = at(row, k);
    row[k] = p <= floor ? floor : floor + (p - floor) * (1 - lacking / spare);
  }
  const sum = row.reduce((total, p) => total + p, 0);
  for (let k = 0; k < row.length; k++) row[k] = at(row, k) / sum;
}

function narrowestGap(grid: readonly number[]): number {
  return grid.slice(1).reduce((gap, position, k) => Math.min(gap, position - at(grid, k)), 1);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
