/** What a value axis shows. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
  /** Something lies beyond this edge and is drawn at it. */
  readonly beyond?: "low" | "high";
}

/** How far the worse side reaches, as a multiple of the distance from the best to three quarters of the points. */
const reach = 1.5;
/** The same for the value that everything is compared with, which should be seen where possible. */
const reachOfReference = 10;

/**
 * What the y axis shows: all of the better side, and the worse side up to a limit. One run that almost diverged would
 * otherwise press all others into one row.
 *
 * @param line values of a line, all of the better side
 */
export function valueRange(
  line: readonly number[],
  points: readonly number[],
  reference: number | undefined,
  direction: "minimize" | "maximize",
): ValueRange {
  const sign = direction === "minimize" ? 1 : -1;
  const compared = reference !== undefined && Number.isFinite(reference) ? [reference] : [];
  const losses = [...line, ...points, ...compared].map((value) => sign * value);
  if (losses.length === 0) return { low: 0, high: 1 };
  const spread = (points.length > 0 ? points : line).map((value) => sign * value).sort((a, b) => a - b);
  const best = Math.min(...losses);
  const worst = Math.max(...losses);
  const quartile = spread[Math.ceil(0.75 * (spread.length - 1))] ?? worst;
  const distance = quartile - best;
  const limit = Math.max(
    best + reach * distance,
    ...compared.map((value) => Math.min(sign * value, best + reachOfReference * distance)),
  );
  const clipped = limit > best && worst > limit;
  const edge = clipped ? limit : worst;
  const pad = edge > best ? 0 : best === 0 ? 1 : Math.abs(best) * 0.01;
  const [a, b] = [sign * (best - pad), sign * (edge + pad)];
  return {
    low: Math.min(a, b),
    high: Math.max(a, b),
    ...(clipped ? { beyond: direction === "minimize" ? "high" : "low" } : {}),
  };
}
