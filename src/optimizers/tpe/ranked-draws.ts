import type { ParzenEstimator } from "./parzen-estimator.js";

/** By what draws are ranked: the density of good results over that of the others, each at one point for each draw. */
export interface RankedBy {
  readonly points: readonly Float64Array[];
  readonly good: ParzenEstimator;
  readonly bad: ParzenEstimator;
}

/**
 * Draws of which mostly only the best is wanted. Finding it takes a part of the work of ranking all: a draw is out
 * of the running as soon as a few of the bad results that are near it outweigh its density of good ones, since the
 * others could only add to that.
 */
export class RankedDraws {
  private order: readonly number[] | undefined;
  private logGood: Float64Array | undefined;

  /** @param by absent where the draws come in the order in which they were drawn */
  constructor(
    private readonly draws: readonly Float64Array[],
    private readonly by?: RankedBy,
  ) {}

  get size(): number {
    return this.draws.length;
  }

  /** @param rank 0 for the best; of equal ones the first that was drawn comes first */
  at(rank: number): Float64Array {
    if (!this.by) return this.draws[rank]!;
    return this.draws[rank === 0 && !this.order ? this.best(this.by) : this.ranked(this.by)[rank]!]!;
  }

  private best(by: RankedBy): number {
    const { points, bad } = by;
    const logGood = this.goodOf(by);
    let best = 0;
    // A first one that is hard to beat.
    for (let k = 1; k < logGood.length; k++) if (logGood[k]! > logGood[best]!) best = k;
    const first = best;
    let highest = logGood[best]! - bad.logDensity(points[best]!);
    for (let k = 0; k < logGood.length; k++) {
      if (k === first) continue;
      const score = logGood[k]! - bad.logDensity(points[k]!, logGood[k]! - highest);
      if (score > highest || (score === highest && k < best)) {
        best = k;
        highest = score;
      }
    }
    return best;
  }

  private ranked(by: RankedBy): readonly number[] {
    if (!this.order) {
      const logGood = this.goodOf(by);
      const scores = by.points.map((point, k) => logGood[k]! - by.bad.logDensity(point));
      this.order = scores.map((_, k) => k).sort((a, b) => scores[b]! - scores[a]!);
    }
    return this.order;
  }

  private goodOf({ points, good }: RankedBy): Float64Array {
    this.logGood ??= Float64Array.from(points, (point) => good.logDensity(point));
    return this.logGood;
  }
}
