import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { GaussianProcess } from "./gaussian-process.js";
import { squaredDistance } from "./point-selection.js";
import { quantile } from "./value-warp.js";

/** How much farther from the trials than they are from each other still counts as near. */
const NEAR_RATIO = 1.5;
/** Near in any case: within this distance per square root of the feature groups, where a range is 1. */
const ALWAYS_NEAR = 0.05;
/** Near in any case: variance below this share of what it was before any data. */
const WELL_KNOWN = 0.05;
/** Part of a numeric parameter's range by which a value may lie outside those tried. */
const BEYOND_SHARE = 0.05;

/**
 * Tells whether the trials can say anything about a configuration. The model's own variance is not enough: with
 * few trials its length scales are guesses, and along a parameter that never moved it believes that nothing
 * happens. So a configuration is near only if it is also no farther from the trials, in plain distance, than
 * they are from each other, and if no parameter leaves the range that was tried.
 */
export class Support {
  private constructor(
    private readonly space: SearchSpace,
    private readonly points: readonly Float64Array[],
    private readonly variance: number,
    private readonly squaredReach: number,
    private readonly lowest: readonly number[],
    private readonly highest: readonly number[],
    private readonly tried: readonly ReadonlySet<number>[],
  ) {}

  /** @param configurations those of the process's points */
  static of(space: SearchSpace, process: GaussianProcess, configurations: readonly Configuration[]): Support {
    const { points, counts, groups } = process.sample;
    const latent = process
      .leaveOneOut()
      .map(({ variance }, i) => Math.max(0, variance - process.noise / counts[i]!))
      .sort((a, b) => a - b);
    const nearest = points
      .map((point, i) => {
        let smallest = Infinity;
        for (let j = 0; j < points.length; j++) {
          if (j !== i) smallest = Math.min(smallest, squaredDistance(point, points[j]!));
        }
        return Math.sqrt(smallest);
      })
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    const floor = ALWAYS_NEAR * Math.sqrt(groups.count);
    const reach = Math.max(floor, nearest.length > 0 ? NEAR_RATIO * quantile(nearest, 0.9) : 0);
    const known = nearest.length > 0 ? NEAR_RATIO ** 2 * quantile(latent, 0.9) : 0;
    const encoded = configurations.map((configuration) => space.encode(configuration));
    return new Support(
      space,
      points,
      Math.max(known, WELL_KNOWN * process.priorVariance),
      reach * reach,
      space.numericAxes.map(({ name }, k) => extreme(configurations, name, (i) => encoded[i]!.numeric[k]!, Math.min)),
      space.numericAxes.map(({ name }, k) => extreme(configurations, name, (i) => encoded[i]!.numeric[k]!, Math.max)),
      space.categoricalAxes.map(
        ({ name }, k) => new Set(configurations.flatMap((c, i) => (name in c ? [encoded[i]!.categorical[k]!] : []))),
      ),
    );
  }

  /** @param vector features of the configuration; `variance` of the function there */
  at(
    configuration: Configuration,
    vector: Float64Array,
    variance: number,
  ): { readonly near: boolean; readonly beyond: readonly string[] } {
    const point = this.space.encode(configuration);
    const beyond: string[] = [];
    this.space.numericAxes.forEach(({ name }, k) => {
      const at = point.numeric[k]!;
      if (!(name in configuration)) return;
      // Never active so far: extremes are infinite the wrong way round, and everything is beyond.
      if (at < this.lowest[k]! - BEYOND_SHARE || at > this.highest[k]! + BEYOND_SHARE) beyond.push(name);
    });
    this.space.categoricalAxes.forEach(({ name }, k) => {
      if (name in configuration && !this.tried[k]!.has(point.categorical[k]!)) beyond.push(name);
    });
    const near =
      beyond.length === 0 &&
      variance <= this.variance &&
      this.points.some((other) => squaredDistance(vector, other) <= this.squaredReach);
    return { near, beyond };
  }
}

function extreme(
  configurations: readonly Configuration[],
  name: string,
  coordinate: (index: number) => number,
  pick: (a: number, b: number) => number,
): number {
  const start = pick(-Infinity, Infinity) === Infinity ? -Infinity : Infinity;
  return configurations.reduce((so, c, i) => (name in c ? pick(so, coordinate(i)) : so), start);
}
