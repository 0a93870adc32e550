/** How numbers are written in sentences and tables. */

/** A p-value: two digits that mean something, never 0. */
export function pText(p: number): string {
  if (p < 1e-4) return "< 0.0001";
  return p >= 0.1 ? p.toFixed(2) : p.toFixed(p >= 0.001 ? 3 : 4);
}

/** `= 0.03` or `< 0.0001`, after the letter p. */
export function pEquals(p: number): string {
  const text = pText(p);
  return text.startsWith("<") ? text : `= ${text}`;
}

/** A number of times: two digits after the first for small ones, as a ratio near 1 is read by its decimals. */
export function timesText(ratio: number): string {
  if (ratio >= 100) return ratio.toFixed(0);
  if (ratio >= 10) return ratio.toFixed(1);
  return ratio.toFixed(ratio < 1.2 ? 2 : 1);
}

/** As {@link timesText}, but never less than the ratio itself: for limits. */
export function timesUp(ratio: number): string {
  const unit = ratio >= 100 ? 1 : ratio >= 10 ? 10 : ratio < 1.2 ? 100 : 10;
  return timesText(Math.ceil(ratio * unit - 1e-9) / unit);
}

/** Normalised regret: three decimals, exponents for what they would hide. */
export function regretText(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
}
