import type { RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { type Axis, pointAt } from "./axis.js";
import type { DensityRatio } from "./density-ratio.js";
import { RankedDraws } from "./ranked-draws.js";

/** Draws for each parameter at most, where one density is over all of them. */
const mostPerParameter = 8;

/**
 * The same where there are several groups. The best of m draws in each of d groups is the best of m^d points, and a
 * search that trusts its model so far looks at the same place again and again: on a sphere of ten parameters, each
 * on its own, 24 draws end with fifty times the regret of two.
 */
const mostPerParameterOfSeveral = 2;

/**
 * Configurations in the order in which they are worth trying: of each model's draws the best first, and where that
 * one will not do, because it has run or breaks a constraint, the next best. New draws follow when all were used.
 */
export class Proposals {
  private batches: readonly RankedDraws[] = [];
  private used = 0;
  private readonly conditional: boolean;

  constructor(
    private readonly space: SearchSpace,
    private readonly axes: readonly Axis[],
    private readonly models: readonly DensityRatio[],
    private readonly candidates: number,
    private readonly random: RandomStream,
  ) {
    this.conditional = axes.some((axis) => axis.conditional);
  }

  next(): Configuration {
    const { models, random } = this;
    if (this.batches.every((batch) => this.used >= batch.size)) {
      this.batches = models.map((model) => this.drawBatch(model));
      this.used = 0;
    }
    const rank = this.used++;
    const coordinates = new Float64Array(this.axes.length);
    models.forEach(({ over }, m) => {
      const batch = this.batches[m]!;
      // The next best of all groups at once would change every parameter.
      const drawn = batch.at(models.length === 1 ? rank : random.integer(Math.min(rank + 1, batch.size)));
      for (const a of over) coordinates[a] = drawn[a]!;
    });
    return this.space.decode(pointAt(this.axes, coordinates));
  }

  private drawBatch({ over, good, bad }: DensityRatio): RankedDraws {
    const perParameter = this.models.length === 1 ? mostPerParameter : mostPerParameterOfSeveral;
    const count = Math.min(this.candidates, perParameter * over.length);
    const draws = Array.from({ length: count }, () => {
      const coordinates = new Float64Array(this.axes.length).fill(Number.NaN);
      good.sample(this.random, coordinates);
      return coordinates;
    });
    if (!bad || this.candidates === 1) return new RankedDraws(draws);
    const points =
      this.conditional && over.length === this.axes.length ? draws.map((each) => this.activePart(each)) : draws;
    return new RankedDraws(draws, { points, good, bad });
  }

  /** The coordinates, without those of parameters that are inactive there. */
  private activePart(coordinates: Float64Array): Float64Array {
    const configuration = this.space.decode(pointAt(this.axes, coordinates));
    return coordinates.map((x, a) => (configuration[this.axes[a]?.name ?? ""] === undefined ? Number.NaN : x));
  }
}
