import { normalCdf, normalQuantile } from "../../math/normal-distribution.js";
import { at } from "../../math/vector.js";
import { cellOf, type Grid, snap } from "./grid.js";

/**
 * The margin: a lower bound on the probability that a discrete coordinate leaves the cell of its mean, so that it
 * cannot freeze while others still move. Two published rules: `cma-es-with-margin` (arXiv 2205.13482) and
 * `catcma-with-margin` (arXiv 2504.07884), which in addition limits the mutation rate while mutations do not
 * succeed and raises the scale where the mean sits in an outermost cell.
 */
export type MarginRule = "cma-es-with-margin" | "catcma-with-margin";

/** One discrete coordinate of the distribution. */
export interface DiscreteMarginal {
  readonly mean: number;
  /** A_j: the scale that the margin puts on this coordinate's samples. */
  readonly scale: number;
  /** Probability of leaving the mean's cell that the last correction left behind. */
  readonly mutationRate: number;
}

/** Keeps probabilities where their quantiles are finite and not zero. */
const edge = 1e-8;

/** The margin alpha of CatCMA with margin for that many discrete and categorical coordinates together. */
export function mixedMargin(discrete: number, categorical: number): number {
  return 1 - 0.73 ** (1 / (discrete + categorical));
}

/**
 * @param deviation stepSize * sqrt(C_jj), the standard deviation before the scale
 * @param margin alpha
 * @param mutated whether a recombined sample of this generation left the mean's cell
 */
export function correctMargin(
  marginal: DiscreteMarginal,
  grid: Grid,
  deviation: number,
  margin: number,
  mutated: boolean,
  rule: MarginRule,
): DiscreteMarginal {
  const { mean, scale } = marginal;
  const last = grid.thresholds.length - 1;
  const cell = cellOf(grid, mean);
  const lowThreshold = at(grid.thresholds, Math.max(0, Math.min(cell - 1, last)));
  const highThreshold = at(grid.thresholds, Math.min(cell, last));
  const low = normalCdf((lowThreshold - mean) / (scale * deviation));
  const high = 1 - normalCdf((highThreshold - mean) / (scale * deviation));
  const limited = rule === "catcma-with-margin" && !mutated;

  if (lowThreshold === highThreshold) {
    // The mean is in an outermost cell: one threshold, mutation to one side.
    const side = mean > highThreshold ? 1 : -1;
    if (rule === "cma-es-with-margin") {
      if (Math.min(low, high) >= margin) return marginal;
      return { mean: highThreshold + side * scale * deviation * -normalQuantile(margin), scale, mutationRate: margin };
    }
    const wanted = Math.max(Math.min(low, high), margin);
    const mutationRate = clip(limited ? Math.min(wanted, marginal.mutationRate) : wanted);
    const smallestScale = Math.abs(snap(grid, mean) - highThreshold) / (deviation * -normalQuantile(margin));
    const raised = Math.max(scale, smallestScale);
    return {
      mean: highThreshold + side * raised * deviation * -normalQuantile(mutationRate),
      scale: raised,
      mutationRate,
    };
  }

  const stay = 1 - (low + high);
  const lowest = Math.max(low, margin / 2);
  const highest = Math.max(high, margin / 2);
  const staying = limited ? Math.max(stay, 1 - marginal.mutationRate) : stay;
  const spare = lowest + highest + staying - (limited ? margin + 1 - marginal.mutationRate : (3 * margin) / 2);
  // Nothing can be taken from probabilities that all stand at their lower bounds already.
  const share = Math.abs(spare) < 1e-14 ? 0 : (1 - lowest - highest - staying) / spare;
  const newLow = clip(lowest + share * (lowest - margin / 2));
  const newHigh = clip(highest + share * (highest - margin / 2));
  const lowLength = -normalQuantile(newLow);
  const highLength = -normalQuantile(newHigh);
  return {
    mean: (lowThreshold * highLength + highThreshold * lowLength) / (lowLength + highLength),
    scale: (highThreshold - lowThreshold) / ((lowLength + highLength) * deviation),
    mutationRate: newLow + newHigh,
  };
}

function clip(probability: number): number {
  return Math.min(Math.max(probability, edge), 0.5 - edge);
}
