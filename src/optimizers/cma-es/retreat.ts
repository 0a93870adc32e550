import { at } from "../../math/vector.js";
import type { SearchDistribution } from "./search-distribution.js";

/** How far towards the anchor the mean goes back. */
const share = 0.5;
const closer = 0.7;
const wider = 1.2;

/** The step size does not shrink below this share of its start: a success may have been luck. */
const closest = 0.01;

/**
 * What a generation teaches in which everything failed: where not to be, and nothing about where to go. The least
 * severe failure is no direction, so nothing is ranked, no path and no covariance is learned. The mean goes half
 * of the way back to the anchor. Where the anchor is known to work, the step size shrinks, which brings samples
 * back to it; where nothing has worked yet, the start itself is suspect and the step size grows, so that the next
 * generation looks further afield.
 *
 * @param anchor numeric coordinates of the best success so far, else of the start
 */
export function retreat(
  distribution: SearchDistribution,
  anchor: ArrayLike<number>,
  anchorSucceeded: boolean,
  initialStepSize: number,
): void {
  const { gaussian } = distribution;
  if (!gaussian) return;
  for (let j = 0; j < gaussian.dimension; j++) {
    gaussian.mean[j] = at(gaussian.mean, j) + share * (at(anchor, j) - at(gaussian.mean, j));
  }
  if (!anchorSucceeded) gaussian.stepSize *= wider;
  else if (gaussian.stepSize > closest * initialStepSize) gaussian.stepSize *= closer;
  distribution.correctMargins();
}
