const levels = "▁▂▃▄▅▆▇█";

/** The last `width` values as bars from their smallest to their largest; values that are not finite are left out. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.filter(Number.isFinite).slice(-width);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  return shown
    .map((value) => levels[high === low ? 3 : Math.round(((value - low) / (high - low)) * (levels.length - 1))] ?? "")
    .join("");
}
