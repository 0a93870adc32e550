/** Three significant digits, without an exponent where that stays short. */
export function short(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

/**
 * A value of the objective with as many digits as tell it from its neighbours: one digit below the noise where that
 * is known, otherwise five significant digits.
 */
export function objectiveValue(value: number, noise: number | undefined): string {
  const decimals = objectiveDecimals(noise);
  return decimals === undefined ? short(value, 5) : String(Number(value.toFixed(decimals)));
}

/** Digits behind the point of a value of the objective: one below the noise; undefined while that is not known. */
export function objectiveDecimals(noise: number | undefined): number | undefined {
  if (noise === undefined || noise === 0 || !Number.isFinite(noise)) return undefined;
  return Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(noise))));
}

export function megabytes(bytes: number): string {
  return `${short(bytes / 1_048_576)} MiB`;
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${short(seconds)} s`;
  if (seconds < 7200) return `${short(seconds / 60)} min`;
  return `${short(seconds / 3600)} h`;
}
