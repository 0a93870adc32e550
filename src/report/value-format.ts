import type { NoiseFloor } from "../evidence/index.js";
import { objectiveDecimals } from "../evidence/numbers.js";

export type ValueFormat = (value: number) => string;

/** Significant digits where the noise does not say how many mean something. */
const usualDigits = 5;
/** Repeats from which on a small noise is believed enough to show more digits than usual. */
const believed = 3;

/**
 * How the values of one objective are written: all with the same decimals, so that columns align and equal values
 * look equal. One digit below the noise where that is known; otherwise five significant digits of the middle value.
 * What does not fit that form, such as a loss just before it diverged, is written with an exponent.
 */
export function valueFormat(values: readonly number[], noise: NoiseFloor | undefined): ValueFormat {
  const magnitudes = values
    .filter((value) => Number.isFinite(value) && value !== 0)
    .map(Math.abs)
    .sort((a, b) => a - b);
  const typical = magnitudes[Math.floor((magnitudes.length - 1) / 2)] ?? 1;
  const leading = Math.floor(Math.log10(typical));
  const usual = Math.min(12, Math.max(0, usualDigits - 1 - leading));
  const byNoise = objectiveDecimals(noise?.deviation) ?? usual;
  const decimals = (noise?.degreesOfFreedom ?? 0) >= believed ? byNoise : Math.min(byNoise, usual);
  // Tiny values: the fixed form would be mostly zeros.
  const tiny = leading < -5;
  return (value) => {
    if (!Number.isFinite(value)) return String(value);
    if (Math.abs(value) >= 1e7 || (tiny && value !== 0)) return value.toExponential(3);
    const text = value.toFixed(decimals);
    return Number(text) === 0 && text.startsWith("-") ? text.slice(1) : text;
  };
}

/** Share as a percentage with two to three significant digits: "0.42 %", "13.5 %". */
export function percent(share: number): string {
  const value = 100 * share;
  const size = Math.abs(value);
  return `${size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)} %`;
}

/** "1 trial", "3 trials", "34,200 tokens". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  // By hand: loading the locale's own formatter would cost every command that counts some 20 ms.
  const digits = String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
  return `${digits} ${count === 1 ? noun : plural}`;
}

/** US dollars, never rounded to nothing. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}
