import type { EncodedPoint } from "./parameter.js";

/** Euclidean over numeric coordinates; each differing category counts like half the range of a number. */
export function encodedDistance(a: EncodedPoint, b: EncodedPoint): number {
  let squares = 0;
  for (const [i, value] of a.numeric.entries()) squares += (value - b.numeric[i]!) ** 2;
  for (const [i, value] of a.categorical.entries()) if (value !== b.categorical[i]) squares += 0.25;
  return Math.sqrt(squares);
}
