/**
 * Keeps continuous coordinates inside [0, 1] without a penalty: the distribution lives in an unbounded coordinate
 * x that is folded onto the box. In the interior the fold is the identity, so nothing is distorted; within `rim`
 * of a bound it is a parabola whose vertex lies on the bound at x = -rim or 1 + rim; beyond, it mirrors.
 *
 * Chosen over the alternatives because it depends on nothing but x. A penalty on the objective needs a scale of
 * the objective, which failures do not have and heavy-tailed training losses do not keep. Resampling needs about
 * 2^k draws when k coordinates have their optimum on a bound, as weight decay or dropout 0 often have. Under the
 * fold such an optimum is an ordinary smooth optimum at the vertex, and the mean has no reason to leave.
 * (The linear-quadratic transformation of pycma, with [0, 1] for every coordinate.)
 */

/** Width of the curved zone on either side of a bound, in encoded units. */
export const rim = 0.05;

/** The point of [0, 1] that stands for x. */
export function intoBox(x: number): number {
  const width = 1 + 2 * rim;
  // Position within one period of 2 * width, measured from the lower vertex, then mirrored into [0, width].
  const offset = x + rim;
  const wrapped = offset - 2 * width * Math.floor(offset / (2 * width));
  const mirrored = wrapped > width ? 2 * width - wrapped : wrapped;
  if (mirrored < 2 * rim) return (mirrored * mirrored) / (4 * rim);
  if (mirrored > width - 2 * rim) return 1 - (width - mirrored) ** 2 / (4 * rim);
  return x >= -rim && x <= 1 + rim ? x : mirrored - rim;
}

/** The x in [-rim, 1 + rim] that stands for the point u of [0, 1]. */
export function outOfBox(u: number): number {
  if (u < rim) return 2 * Math.sqrt(rim * Math.max(0, u)) - rim;
  if (u > 1 - rim) return 1 + rim - 2 * Math.sqrt(rim * Math.max(0, 1 - u));
  return u;
}
