import { type Objective, toLoss } from "../evidence/index.js";
import { studentQuantile } from "../math/student.js";

/** Values of one configuration on fresh seeds. */
export interface Sample {
  readonly values: readonly number[];
  readonly mean: number;
  /** Sample standard deviation; 0 for a single value. */
  readonly deviation: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { values, mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** What the answer gains over the default. */
export interface Gain {
  /** Improvement in the objective's units, positive where the answer is better. */
  readonly absolute: number;
  /** Improvement as a share of the default's absolute value; undefined where that is zero. */
  readonly relative?: number;
  /** 95 % interval of the absolute improvement (Welch 1947); absent with fewer than two seeds each. */
  readonly interval?: [number, number];
  /** Whether the interval lies above zero. */
  readonly significant: boolean;
}

/**
 * Compares the answer with the default on fresh seeds: Welch's t interval, since the two configurations need not be
 * equally noisy. Runs on seeds that the search never used, so the winner's curse is not in it.
 *
 * @param exact repeats gave the same value, so that one run of each says all
 */
export function gainOf(objective: Objective, fallback: Sample, best: Sample, exact = false): Gain {
  const absolute = toLoss(objective, fallback.mean) - toLoss(objective, best.mean);
  const relative = fallback.mean === 0 ? {} : { relative: absolute / Math.abs(fallback.mean) };
  const n = fallback.values.length;
  const m = best.values.length;
  if (exact) return { absolute, ...relative, interval: [absolute, absolute], significant: absolute > 0 };
  if (n < 2 || m < 2) return { absolute, ...relative, significant: false };
  const a = fallback.deviation ** 2 / n;
  const b = best.deviation ** 2 / m;
  if (a + b === 0) return { absolute, ...relative, interval: [absolute, absolute], significant: absolute > 0 };
  const degreesOfFreedom = (a + b) ** 2 / (a ** 2 / (n - 1) + b ** 2 / (m - 1));
  const half = studentQuantile(0.975, degreesOfFreedom) * Math.sqrt(a + b);
  return { absolute, ...relative, interval: [absolute - half, absolute + half], significant: absolute - half > 0 };
}
