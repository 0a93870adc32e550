import type { NumericAxis } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

/** The values that one parameter takes on the grid. */
export interface GridLevels {
  /** Encoded coordinates of a numeric parameter, indices of the choices of a categorical one; ascending. */
  readonly coordinates: readonly number[];
  /** Whether the grid of the round before had the level already. */
  readonly known: readonly boolean[];
}

/**
 * Levels of each numeric and then each categorical axis. A continuous parameter has evenly spaced levels, both ends
 * included; every round halves their distance, so that each grid holds the one before. A discrete parameter has all of
 * its values, or as many levels as a continuous one until the rounds have come to all of them.
 *
 * @param points levels of a continuous parameter in round 0, at least 2
 * @param round refinements, from 0
 */
export function gridLevels(space: SearchSpace, points: number, round: number): readonly GridLevels[] {
  const numeric = space.numericAxes.map((axis): GridLevels => {
    const coordinates = numericLevels(space, axis, points, round);
    const before = new Set(round === 0 ? [] : numericLevels(space, axis, points, round - 1));
    return { coordinates, known: coordinates.map((coordinate) => before.has(coordinate)) };
  });
  const categorical = space.categoricalAxes.map(
    ({ choices }): GridLevels => ({ coordinates: choices.map((_, k) => k), known: choices.map(() => round > 0) }),
  );
  return [...numeric, ...categorical];
}

function numericLevels(space: SearchSpace, axis: NumericAxis, points: number, round: number): readonly number[] {
  const steps = (points - 1) * 2 ** round;
  const { grid } = axis;
  if (grid) {
    if (grid.length <= steps + 1) return grid;
    return Array.from({ length: steps + 1 }, (_, k) => grid[Math.round((k * (grid.length - 1)) / steps)] ?? 0);
  }
  // Values of a long discrete range repeat once the steps are shorter than its cells.
  const levels = new Map<number, number>();
  for (let k = 0; k <= steps; k++) {
    const value = space.decodeNumeric(axis.name, k / steps);
    if (!levels.has(value)) levels.set(value, k / steps);
  }
  return [...levels.values()];
}
