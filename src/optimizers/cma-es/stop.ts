import { at, median } from "../../math/vector.js";
import type { SearchDistribution } from "./search-distribution.js";

/** Why the distribution has nothing left to learn where it is. */
export interface Stop {
  readonly reason: "tolfun" | "tolx" | "condition" | "stagnation";
  /** The values that show it. */
  readonly detail: string;
}

/** Best and median value of recent generations, oldest first. */
export interface ValueHistory {
  readonly best: number[];
  readonly median: number[];
}

const tolfun = 1e-11;
const tolx = 1e-9;
const largestCondition = 1e14;

/** Generations that `stagnation` looks back over: 120 + 30 n / lambda (arXiv 1604.00772, appendix B.3). */
function stagnationWindow({ parameters }: SearchDistribution): number {
  return Math.ceil(120 + (30 * parameters.dimension) / parameters.populationSize);
}

/** Generations that `tolfun` looks back over (appendix B.3). */
function flatWindow({ parameters }: SearchDistribution): number {
  return 10 + Math.ceil((30 * parameters.dimension) / parameters.populationSize);
}

/** Adds one generation and forgets what no rule looks back to. */
export function remember(history: ValueHistory, distribution: SearchDistribution, values: readonly number[]): void {
  history.best.push(Math.min(...values));
  history.median.push(median(values));
  while (history.best.length > stagnationWindow(distribution)) {
    history.best.shift();
    history.median.shift();
  }
}

/**
 * The first rule that holds, in the field's names. Rules that ask whether a step still changes the mean in floating
 * point are left out: in coordinates of order one `tolx` is reached long before.
 *
 * @param values of the generation just learned from, at least one
 */
export function stopReason(
  distribution: SearchDistribution,
  history: ValueHistory,
  values: readonly number[],
): Stop | undefined {
  const { gaussian, grids } = distribution;
  const window = flatWindow(distribution);
  const recent = history.best.slice(-window);
  const range = Math.max(...recent, ...values) - Math.min(...recent, ...values);
  if (history.best.length >= window && range < tolfun) {
    return {
      reason: "tolfun",
      detail: `all values of the last generation and the best of ${window} lie within ${range.toPrecision(2)}`,
    };
  }
  if (gaussian) {
    // The margin keeps discrete coordinates moving, so their scale is left out.
    const widest = Math.max(
      ...Array.from({ length: gaussian.dimension }, (_, j) => {
        const scale = grids[j] ? 1 : at(gaussian.scale, j);
        return gaussian.stepSize * scale * Math.max(gaussian.spread(j), Math.abs(at(gaussian.pathC, j)));
      }),
    );
    if (widest < tolx) {
      return { reason: "tolx", detail: `no parameter varies by more than ${widest.toPrecision(2)} of its range` };
    }
    const condition = gaussian.condition();
    if (condition > largestCondition) {
      return { reason: "condition", detail: `the covariance has condition ${condition.toPrecision(2)}` };
    }
  }
  const length = stagnationWindow(distribution);
  if (history.best.length >= length && !improved(history.best) && !improved(history.median)) {
    return { reason: "stagnation", detail: `neither best nor median value improved over ${length} generations` };
  }
  return undefined;
}

/** Whether the median of the newest 30 % is better than that of the oldest 30 %. */
function improved(values: readonly number[]): boolean {
  const part = Math.ceil(0.3 * values.length);
  return median(values.slice(-part)) < median(values.slice(0, part));
}
