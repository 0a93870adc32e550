import { at } from "../../math/vector.js";
import { rim } from "./box-transform.js";
import type { SearchDistribution } from "./search-distribution.js";

/** Beyond this share of the range a Gaussian in a box is hardly distinct from the uniform distribution. */
export const largestDeviation = 1 / 3;

/** A discrete coordinate needs up to the whole range: a margin of 27 % on two values asks for 0.82 of it. */
const largestDiscreteDeviation = 1;

/** With deviations bounded, a larger step size is only the reciprocal of a small C. */
const largestStepSize = 1;

/**
 * Far below every stop rule, so that only a run that goes on without restarts gets here: it must not shrink until
 * nothing can be divided by its step size any more.
 */
const narrowest = 1e-10;

/** Keeps the distribution in proportion to the box [0, 1]: mean, deviations and step size. Done after each update. */
export function confine(distribution: SearchDistribution): void {
  const { gaussian, grids } = distribution;
  if (!gaussian) return;
  gaussian.limitDeviations(grids.map((grid) => (grid ? largestDiscreteDeviation : largestDeviation)));
  const widest = Math.max(...grids.map((_, j) => gaussian.stepSize * gaussian.spread(j)));
  if (widest < narrowest) gaussian.stepSize *= narrowest / widest;
  if (gaussian.stepSize > largestStepSize) gaussian.renormalise(largestStepSize);
  grids.forEach((grid, j) => {
    // The margin places the mean of discrete coordinates.
    if (!grid) gaussian.mean[j] = Math.min(1 + rim, Math.max(-rim, at(gaussian.mean, j)));
  });
}
