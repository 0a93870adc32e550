/**
 * How the mixed-integer suite makes discrete variables of continuous ones (Tušar, Brockhoff and Hansen 2019,
 * "Mixed-integer benchmark problems for single- and bi-objective optimization", GECCO).
 */

/** Values of a variable in each of the five groups; undefined for a continuous one. */
const groups: readonly (number | undefined)[] = [2, 4, 8, 16, undefined];

/**
 * Number of values of each variable: a fifth of the variables has 2 values, the next fifths have 4, 8 and 16, the last
 * is continuous. Where five does not divide the dimension, which the suite leaves out, group sizes differ by one and
 * groups are left out of fewer than five variables; the last variable is continuous always: 2 variables have 8 values
 * and a continuum, 3 have 4 and 16 values and a continuum.
 */
export function cardinalities(dimension: number): readonly (number | undefined)[] {
  const last = groups.length - 1;
  return Array.from(
    { length: dimension },
    (_, i) => groups[last - Math.floor(((dimension - 1 - i) * groups.length) / dimension)],
  );
}

/** The coordinates that a discrete variable can take. */
export interface Grid {
  /** Ascending, in [-5, 5]. */
  readonly coordinates: readonly number[];
  /** Position of the optimum among them. */
  readonly optimum: number;
}

/**
 * Equal steps of 10 / (count + 1) in [-5, 5], moved by at most one step so that the optimum is one of them: the
 * discrete problem's optimum is the continuous one's, and its value is the same.
 *
 * @param optimum coordinate of the optimum, in [-5, 5]
 */
export function gridThrough(optimum: number, count: number): Grid {
  const step = 10 / (count + 1);
  const nearest = Math.floor((optimum + 5) / step - 1 + 0.5);
  const position = Math.min(count - 1, Math.max(0, nearest));
  return {
    coordinates: Array.from({ length: count }, (_, k) => optimum + (k - position) * step),
    optimum: position,
  };
}
