/**
 * Significant digits of a canonical float. Twelve are more than any training run can tell apart and few enough
 * that a value survives the way to its encoded coordinate and back, in which up to about 1,000 units in the last
 * place are lost on a wide log scale.
 */
export const CANONICAL_DIGITS = 12;

/** Rounds to twelve significant digits. The result is the double that its own decimal text parses to. */
export function roundSignificant(value: number): number {
  return Number(value.toPrecision(CANONICAL_DIGITS)) + 0; // + 0 turns -0 into 0
}

/**
 * Rounds to as many decimals as give `magnitude` twelve significant digits. Where values of both signs occur,
 * those near zero carry the absolute error of the large ones, and digits relative to themselves would be noise:
 * -0.3 + 3 * 0.1 is 0 here and 5.55e-17 in plain arithmetic.
 */
export function roundToMagnitude(value: number, magnitude: number): number {
  const decimals = CANONICAL_DIGITS - 1 - Math.floor(Math.log10(magnitude));
  if (decimals < 0) return roundSignificant(value);
  return Number(value.toFixed(Math.min(100, decimals))) + 0;
}
