/** About `count` round numbers (1, 2 or 5 times a power of ten apart) within [low, high]. */
export function niceTicks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) {
    // Multiples of a decimal step carry its rounding error; the digits beyond it mean nothing.
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}
