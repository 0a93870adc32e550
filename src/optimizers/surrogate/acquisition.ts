import { normalCdf } from "../../math/normal-distribution.js";

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
/** Below this z the cancelling form is left for continued fractions, and below the second for its limit. */
const TAIL = -2;
const FAR_TAIL = -1000;
const FRACTION_TERMS = 100;

/**
 * Expected improvement E[max(best - f, 0)] for f ~ N(mean, deviation^2), when minimising (Jones, Schonlau and
 * Welch 1998). Same unit as `best`; 0 or more.
 */
export function expectedImprovement(mean: number, deviation: number, best: number): number {
  if (!(deviation > 0)) return Math.max(0, best - mean);
  return Math.exp(logExpectedImprovement(mean, deviation, best));
}

/**
 * log of the expected improvement: finite and with a slope wherever `deviation` is positive, also where the
 * improvement itself underflows to zero, so that an optimizer of it is not lost on a plateau (Ament et al. 2023,
 * arXiv 2310.20708).
 */
export function logExpectedImprovement(mean: number, deviation: number, best: number): number {
  if (!(deviation > 0)) return Math.log(Math.max(0, best - mean));
  return Math.log(deviation) + logStandardImprovement((best - mean) / deviation);
}

/** {@link logExpectedImprovement} with its derivatives by mean and deviation; `deviation` must be positive. */
export function logExpectedImprovementSlope(
  mean: number,
  deviation: number,
  best: number,
): { readonly value: number; readonly byMean: number; readonly byDeviation: number } {
  const z = (best - mean) / deviation;
  const logStandard = logStandardImprovement(z);
  // cdf / (density + z cdf) and density / (density + z cdf), which tend to -z and z^2.
  const far = z < FAR_TAIL;
  const cdfShare = far ? -z : Math.exp(logCdf(z) - logStandard);
  const densityShare = far ? z * z : Math.exp(-0.5 * z * z - LOG_SQRT_2PI - logStandard);
  return {
    value: Math.log(deviation) + logStandard,
    byMean: -cdfShare / deviation,
    byDeviation: densityShare / deviation,
  };
}

function logCdf(z: number): number {
  if (z > TAIL) return Math.log(normalCdf(z));
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(lowerMillsRatio(z));
}

/** log(density(z) + z cdf(z)), in three regions where each form keeps its digits. */
function logStandardImprovement(z: number): number {
  const logDensity = -0.5 * z * z - LOG_SQRT_2PI;
  if (z > TAIL) return Math.log(Math.exp(logDensity) + z * normalCdf(z));
  // density * (1 + z * cdf / density); the bracket tends to z^-2 and loses z^2 roundings on the way.
  if (z > FAR_TAIL) return logDensity + Math.log1p(z * lowerMillsRatio(z));
  return logDensity - 2 * Math.log(-z) + Math.log1p(-3 / (z * z));
}

/** cdf(z) / density(z) for z below {@link TAIL}: Laplace's continued fraction, from the far end. */
function lowerMillsRatio(z: number): number {
  let tail = -z;
  for (let k = FRACTION_TERMS; k >= 1; k--) tail = -z + k / tail;
  return 1 / tail;
}
