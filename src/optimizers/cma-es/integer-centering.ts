import { at } from "../../math/vector.js";
import { type Grid, snap } from "./grid.js";

/**
 * Integer centering (Marty et al., PPSN 2024, as used in arXiv 2504.07884): parents whose discrete coordinate left
 * the mean's cell are moved to their cell's value, and the bias this puts on the mean is taken back by moving
 * parents that stayed towards that cell's value.
 *
 * @param parents the coordinate of each parent, best first; changed in place
 * @returns whether any parent left the mean's cell
 */
export function centerParents(parents: Float64Array, mean: number, grid: Grid): boolean {
  const home = snap(grid, mean);
  const original = parents.slice();
  let up = 0;
  let down = 0;
  let bias = 0;
  let mutated = false;
  for (let i = 0; i < parents.length; i++) {
    const value = at(original, i);
    const cell = snap(grid, value);
    const move = cell - value;
    if (cell !== home) {
      mutated = true;
      parents[i] = cell;
      bias += move;
    } else if (move > 0) up += move;
    else down += move;
  }
  // Moves against the bias are available from the parents that stayed: as much of them as takes it back.
  const available = bias > 0 ? down : up;
  const share = bias * available < 0 ? Math.min(1, -bias / available) : 0;
  for (let i = 0; i < parents.length; i++) {
    const value = at(original, i);
    const move = snap(grid, value) - value;
    if (snap(grid, at(parents, i)) === home && bias * move < 0) parents[i] = at(parents, i) + share * move;
  }
  return mutated;
}
