import { z } from "zod";
import { at, median } from "../../math/vector.js";
import type { SearchDistribution } from "./search-distribution.js";

/**
 * Why a run can end, in the field's names (Hansen, arXiv 1604.00772, appendix B.3; pycma). `maxiter` is the limit of a
 * BIPOP run with a small population (restarts.ts), the others are rules of this file.
 */
export const stopReasons = [
  "flatfitness",
  "tolfun",
  "tolfunhist",
  "tolx",
  "noeffectcoord",
  "noeffectaxis",
  "tolxup",
  "conditioncov",
  "stagnation",
  "maxiter",
] as const;
export type StopReason = (typeof stopReasons)[number];

/** Why the distribution has nothing left to learn where it is. */
export interface Stop {
  readonly reason: StopReason;
  /** The values that show it. */
  readonly detail: string;
}
export const stopSchema = z.object({ reason: z.enum(stopReasons), detail: z.string() });

/** What the rules look back to. */
export interface ValueHistory {
  /** Best and median value of recent generations, oldest first. */
  readonly best: number[];
  readonly median: number[];
  /** Generations in a row whose values were all the same. */
  flat: number;
}
export const valueHistorySchema = z.object({
  best: z.array(z.number()),
  median: z.array(z.number()),
  flat: z.number(),
});

export function emptyHistory(): ValueHistory {
  return { best: [], median: [], flat: 0 };
}

const tolfun = 1e-11;
const tolfunhist = 1e-12;
/** Growth of a deviation over its start that only a start far too small explains. */
const tolfacupx = 1e3;
const largestCondition = 1e14;
/** Values are canonical to twelve significant digits: a change below this makes no other configuration. */
const resolution = 1e-12;
/** Shares of a standard deviation that must have an effect, along an axis and along a coordinate. */
const axisShare = 0.1;
const coordinateShare = 0.2;

/** Generations that `stagnation` looks back over: 120 + 30 n / lambda (appendix B.3). */
function stagnationWindow({ parameters }: SearchDistribution): number {
  return Math.ceil(120 + (30 * parameters.dimension) / parameters.populationSize);
}

/** Generations that `tolfun` and `tolfunhist` look back over (appendix B.3). */
function flatWindow({ parameters }: SearchDistribution): number {
  return 10 + Math.ceil((30 * parameters.dimension) / parameters.populationSize);
}

/**
 * Generations in a row that may be flat: three, and more the more coordinates are discrete, since those have plateaus
 * by nature (Marty et al., PPSN 2024).
 */
function toleratedFlat({ grids, categorical }: SearchDistribution): number {
  const discrete = grids.filter((grid) => grid !== undefined).length + categorical.probabilities.length;
  const all = grids.length + categorical.probabilities.length;
  return 3 + Math.ceil((30 * discrete) / Math.max(1, all));
}

/**
 * Adds one generation and forgets what no rule looks back to.
 *
 * @param values of those results that have one, at least one
 */
export function remember(history: ValueHistory, distribution: SearchDistribution, values: readonly number[]): void {
  const lowest = Math.min(...values);
  history.best.push(lowest);
  history.median.push(median(values));
  while (history.best.length > stagnationWindow(distribution)) {
    history.best.shift();
    history.median.shift();
  }
  // Next to a failure even equal values say something.
  const complete = values.length >= distribution.parameters.populationSize;
  history.flat = complete && Math.max(...values) === lowest ? history.flat + 1 : 0;
}

/** What a run is judged by besides its distribution and values. */
export interface StopOptions {
  /** Deviation, as a share of the range, below which nothing varies any more. Default 1e-9. */
  readonly tolx?: number;
  /** Of the numeric coordinates when the run started; without them `tolxup` never holds. */
  readonly initialDeviations?: readonly number[];
}

/**
 * The first rule that holds.
 *
 * @param values of the generation just learned from, at least one
 */
export function stopReason(
  distribution: SearchDistribution,
  history: ValueHistory,
  values: readonly number[],
  options: StopOptions = {},
): Stop | undefined {
  return (
    ofValues(distribution, history, values) ?? ofGaussian(distribution, options) ?? ofStagnation(distribution, history)
  );
}

function ofValues(
  distribution: SearchDistribution,
  history: ValueHistory,
  values: readonly number[],
): Stop | undefined {
  if (history.flat > toleratedFlat(distribution)) {
    return { reason: "flatfitness", detail: `all values of the last ${history.flat} generations are the same` };
  }
  const window = flatWindow(distribution);
  if (history.best.length < window) return undefined;
  const recent = history.best.slice(-window);
  const rangeOfBest = rangeOf(recent);
  const range = rangeOf([...recent, ...values]);
  if (range < tolfun) {
    return {
      reason: "tolfun",
      detail: `all values of the last generation and the best of ${window} lie within ${range.toPrecision(2)}`,
    };
  }
  if (rangeOfBest < tolfunhist) {
    return {
      reason: "tolfunhist",
      detail: `the best values of ${window} generations lie within ${rangeOfBest.toPrecision(2)}`,
    };
  }
  return undefined;
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

function ofGaussian(
  { gaussian, grids }: SearchDistribution,
  { tolx = 1e-9, initialDeviations = [] }: StopOptions,
): Stop | undefined {
  if (!gaussian) return undefined;
  const n = gaussian.dimension;
  // The margin keeps discrete coordinates moving, so their scale is left out.
  const widest = Math.max(
    ...Array.from({ length: n }, (_, j) => {
      const scale = grids[j] ? 1 : at(gaussian.scale, j);
      return gaussian.stepSize * scale * Math.max(gaussian.spread(j), Math.abs(at(gaussian.pathC, j)));
    }),
  );
  if (widest < tolx) {
    return { reason: "tolx", detail: `no parameter varies by more than ${widest.toPrecision(2)} of its range` };
  }

  for (let j = 0; j < n; j++) {
    if (grids[j]) continue;
    const deviation = gaussian.deviation(j);
    if (coordinateShare * deviation < resolution) {
      return {
        reason: "noeffectcoord",
        detail: `one parameter varies by ${deviation.toPrecision(2)} of its range, too little for another configuration`,
      };
    }
    const growth = deviation / at(initialDeviations, j);
    if (growth > tolfacupx) {
      return {
        reason: "tolxup",
        detail: `the deviation of one parameter grew ${growth.toPrecision(2)} times over its start`,
      };
    }
  }

  // Where an axis ends between two grid values says nothing; the margin sees to those.
  if (!grids.some((grid) => grid !== undefined)) {
    const axis = gaussian.generation % n;
    const { length, reach } = gaussian.axis(axis);
    if (axisShare * reach < resolution) {
      return {
        reason: "noeffectaxis",
        detail: `one principal axis is ${length.toPrecision(2)} long, too little for another configuration`,
      };
    }
  }

  const condition = gaussian.condition();
  if (condition > largestCondition) {
    return { reason: "conditioncov", detail: `the covariance has condition ${condition.toPrecision(2)}` };
  }
  return undefined;
}

function ofStagnation(distribution: SearchDistribution, history: ValueHistory): Stop | undefined {
  const length = stagnationWindow(distribution);
  if (history.best.length < length || improved(history.best) || improved(history.median)) return undefined;
  return { reason: "stagnation", detail: `neither best nor median value improved over ${length} generations` };
}

/** Whether the median of the newest 30 % is better than that of the oldest 30 %. */
function improved(values: readonly number[]): boolean {
  const part = Math.ceil(0.3 * values.length);
  return median(values.slice(-part)) < median(values.slice(0, part));
}
