import type { Axis } from "./axis.js";
import { axisGroups } from "./groups.js";
import { ParzenEstimator } from "./parzen-estimator.js";
import type { RankedResults } from "./ranked-results.js";
import type { TpeSettings } from "./tpe-settings.js";

/** The densities of good and of other results over one group of axes. */
export interface DensityRatio {
  /** Indices of the axes. */
  readonly over: readonly number[];
  readonly good: ParzenEstimator;
  /** Absent before there is anything to tell good from bad. */
  readonly bad: ParzenEstimator | undefined;
}

/** What is known before the first result; coordinates as everywhere, one for each axis. */
export interface PriorKnowledge {
  readonly start: Float64Array;
  /** Standard deviations around the start that were given, by name of the parameter, as a share of the range. */
  readonly deviations: Readonly<Record<string, number>>;
  /** Configurations of an earlier study: its best, and some of the others. */
  readonly earlier: { readonly good: readonly Float64Array[]; readonly others: readonly Float64Array[] };
}

/** What the best of an earlier study weigh together, in results of this one, and what the others do. */
const earlierWeight = 2;

/**
 * Narrowest kernels, as shares of the range. Those of the others are wider: there are many of them, and a narrow
 * density of them would have holes that look promising only because nobody was there.
 */
const narrowestGood = 0.05;
const narrowestBad = 0.1;

/** Before there are enough results: where to look first, which is near the start and anywhere. */
export function priorDensities(
  axes: readonly Axis[],
  { start, deviations }: PriorKnowledge,
  { dependence, priorWeight }: TpeSettings,
): readonly DensityRatio[] {
  return axisGroups(axes, [], dependence).map((over) => ({
    over,
    good: new ParzenEstimator(axes, over, [start], {
      weights: Float64Array.of(1),
      ...{ priorWeight, narrowest: narrowestGood, deviations },
    }),
    bad: undefined,
  }));
}

/**
 * The densities that the results show. Good results weigh by rank, the best most (compare the weights of expected
 * improvement in Watanabe 2023, section 3.4; ranks do not depend on the scale of the values). Old results weigh as
 * much as new ones: to let them fade was no better.
 *
 * @param liars coordinates of candidates under way, which count as bad results (constant liar, Ginsbourger et al. 2010)
 */
export function learnedDensities(
  axes: readonly Axis[],
  { earlier }: PriorKnowledge,
  results: RankedResults,
  liars: readonly Float64Array[],
  settings: TpeSettings,
): readonly DensityRatio[] {
  const split = results.split(settings);
  const even = (rows: readonly unknown[]): readonly number[] => rows.map(() => 1);
  const good = {
    rows: [...split.good, ...earlier.good],
    weights: Float64Array.from([...rankWeights(split.good.length), ...shared(earlier.good)]),
  };
  const bad = {
    rows: [...split.bad, ...liars, ...earlier.others],
    weights: Float64Array.from([...even(split.bad), ...even(liars), ...shared(earlier.others)]),
  };
  const { dependence, priorWeight } = settings;
  return axisGroups(axes, dependence === "grouped" ? results.activities : [], dependence).map((over) => {
    // A joint kernel that lacks a parameter is uniform there; one that has nothing to say of a group is no kernel.
    const whole = dependence === "joint" || !over.some((a) => axes[a]?.conditional);
    const of = ({ rows, weights }: typeof good, narrowest: number): ParzenEstimator => {
      if (whole) return new ParzenEstimator(axes, over, rows, { weights, priorWeight, narrowest });
      const concerns = rows.map((row) => over.some((a) => !Number.isNaN(row[a])));
      return new ParzenEstimator(
        axes,
        over,
        rows.filter((_, k) => concerns[k]),
        { weights: weights.filter((_, k) => concerns[k]), priorWeight, narrowest },
      );
    };
    return { over, good: of(good, narrowestGood), bad: of(bad, narrowestBad) };
  });
}

/** Weights of results from the best to the worst, 1 on average: those of recombination in CMA-ES (Hansen 2016). */
function rankWeights(count: number): readonly number[] {
  const weights = Array.from({ length: count }, (_, k) => Math.log((count + 1) / (k + 1)));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / count;
  return weights.map((weight) => weight / mean);
}

function shared(earlier: readonly Float64Array[]): readonly number[] {
  return earlier.map(() => earlierWeight / earlier.length);
}
