import { Cholesky } from "../../math/cholesky.js";

/** Standard deviations of the coefficients' prior that are tried; features have standard deviation 1. */
const PRIOR_DEVIATIONS = [0.4, 1, 2.5] as const;
/** The same for the intercept around the base rate's log odds. */
const INTERCEPT_DEVIATION = 2;
const NEWTON_STEPS = 12;
/** Twice the log density that the next step could gain; far below what the data leave open. */
const NEGLIGIBLE_DECREMENT = 1e-4;

/**
 * What one row says of its linear predictor eta, for {@link fitLaplace}: its negative log likelihood, the first and
 * the second derivative of that, and the probability that is meant.
 */
export interface RowLikelihood {
  /** eta where nothing but the base rate is known. */
  readonly offset: number;
  value(eta: number, row: number): number;
  slope(eta: number, row: number): number;
  /** Positive: the likelihood is log-concave. */
  curvature(eta: number, row: number): number;
  /** Mean probability of a 1 for an eta that is normal with this mean and variance; inside (0, 1). */
  probability(mean: number, variance: number): number;
}

/** A fitted generalised linear model with its normal approximation. */
export interface LaplaceFit {
  /** Intercept first. */
  readonly coefficients: Float64Array;
  /** Probabilities of the fitted rows, each as if it had been left out. */
  readonly leftOut: Float64Array;
  /** Mean probability of a 1 at a standardised row. */
  probability(row: Float64Array): number;
}

/**
 * Bayesian regression for small samples: normal priors on the coefficients, posterior mode by Newton's method, a
 * normal approximation around it (Laplace), and probabilities averaged over it (MacKay 1992), which draws them
 * towards one half where the data say little. The width of the prior is the one with the best approximate
 * leave-one-out log score.
 *
 * @param rows standardised features, n x d
 * @param labels 0 or 1
 */
export function fitLaplace(rows: readonly Float64Array[], labels: Uint8Array, likelihood: RowLikelihood): LaplaceFit {
  let best: Fitted | undefined;
  for (const deviation of PRIOR_DEVIATIONS) {
    const fitted = fitWithPrior(rows, labels, likelihood, deviation, best?.coefficients);
    if (best === undefined || fitted.score > best.score) best = fitted;
  }
  const { coefficients, curvature, leftOut } = best!;
  return {
    coefficients,
    leftOut,
    probability(row) {
      const design = new Float64Array(coefficients.length);
      design[0] = 1;
      design.set(row, 1);
      let mean = 0;
      for (let f = 0; f < design.length; f++) mean += coefficients[f]! * design[f]!;
      curvature.solveLower(design);
      let variance = 0;
      for (const z of design) variance += z * z;
      return likelihood.probability(mean, variance);
    },
  };
}

/** Logistic regression by {@link fitLaplace}: the log odds of a 1 are linear in the features. */
export class LogisticRegression {
  private constructor(private readonly fitted: LaplaceFit) {}

  /**
   * @param rows standardised features, n x d
   * @param labels 0 or 1
   * @param baseRate prior probability of a 1, in (0, 1)
   */
  static fit(rows: readonly Float64Array[], labels: Uint8Array, baseRate: number): LogisticRegression {
    return new LogisticRegression(
      fitLaplace(rows, labels, {
        offset: Math.log(baseRate / (1 - baseRate)),
        value(eta, row) {
          const signed = labels[row] === 1 ? eta : -eta;
          return signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed;
        },
        slope: (eta, row) => logistic(eta) - labels[row]!,
        curvature(eta) {
          const p = logistic(eta);
          return p * (1 - p);
        },
        probability: moderated,
      }),
    );
  }

  /** Intercept first. */
  get coefficients(): Float64Array {
    return this.fitted.coefficients;
  }

  /** Probabilities of the fitted rows, each as if it had been left out. */
  get leftOut(): Float64Array {
    return this.fitted.leftOut;
  }

  probability(row: Float64Array): number {
    return this.fitted.probability(row);
  }
}

interface Fitted {
  readonly coefficients: Float64Array;
  readonly curvature: Cholesky;
  readonly leftOut: Float64Array;
  readonly score: number;
}

function fitWithPrior(
  rows: readonly Float64Array[],
  labels: Uint8Array,
  likelihood: RowLikelihood,
  priorDeviation: number,
  start: Float64Array | undefined,
): Fitted {
  const size = (rows[0]?.length ?? 0) + 1;
  const precision = new Float64Array(size).fill(1 / (priorDeviation * priorDeviation));
  precision[0] = 1 / (INTERCEPT_DEVIATION * INTERCEPT_DEVIATION);
  let coefficients = start === undefined ? new Float64Array(size) : Float64Array.from(start);
  if (start === undefined) coefficients[0] = likelihood.offset;
  let current = evaluate(rows, likelihood, coefficients, precision);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const direction = Float64Array.from(current.gradient);
    current.curvature.solve(direction);
    let decrement = 0;
    for (let f = 0; f < size; f++) decrement += direction[f]! * current.gradient[f]!;
    if (decrement < NEGLIGIBLE_DECREMENT) break;
    // The objective is convex; halving is needed only where the first steps overshoot.
    let length = 1;
    let next = current;
    let moved = coefficients;
    for (; length > 1e-3; length /= 2) {
      moved = coefficients.map((c, f) => c - length * direction[f]!);
      next = evaluate(rows, likelihood, moved, precision);
      if (next.value <= current.value) break;
    }
    if (length <= 1e-3) break;
    coefficients = moved;
    current = next;
  }

  const leftOut = new Float64Array(rows.length);
  const design = new Float64Array(size);
  let score = 0;
  for (let i = 0; i < rows.length; i++) {
    design[0] = 1;
    design.set(rows[i]!, 1);
    current.curvature.solveLower(design);
    let leverage = 0;
    for (const z of design) leverage += z * z;
    const eta = current.linear[i]!;
    // One Newton step from the mode to that without row i.
    const remaining = Math.max(1e-3, 1 - leverage * likelihood.curvature(eta, i));
    const mean = eta + (leverage * likelihood.slope(eta, i)) / remaining;
    leftOut[i] = likelihood.probability(mean, leverage / remaining);
    score += Math.log(labels[i] === 1 ? leftOut[i]! : 1 - leftOut[i]!);
  }
  return { coefficients, curvature: current.curvature, leftOut, score };
}

interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
  readonly curvature: Cholesky;
  readonly linear: Float64Array;
}

/** Negative log posterior of the coefficients with its gradient and its Hessian, factored. */
function evaluate(
  rows: readonly Float64Array[],
  likelihood: RowLikelihood,
  coefficients: Float64Array,
  precision: Float64Array,
): Evaluated {
  const size = coefficients.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const linear = new Float64Array(rows.length);
  let value = 0;
  for (let f = 0; f < size; f++) {
    const distance = coefficients[f]! - (f === 0 ? likelihood.offset : 0);
    value += 0.5 * precision[f]! * distance * distance;
    gradient[f] = precision[f]! * distance;
    hessian[f * size + f] = precision[f]!;
  }
  const weighted = new Float64Array(size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let eta = coefficients[0]!;
    for (let f = 1; f < size; f++) eta += coefficients[f]! * row[f - 1]!;
    linear[i] = eta;
    value += likelihood.value(eta, i);
    const residual = likelihood.slope(eta, i);
    weighted[0] = likelihood.curvature(eta, i);
    for (let f = 1; f < size; f++) weighted[f] = weighted[0]! * row[f - 1]!;
    gradient[0] = gradient[0]! + residual;
    hessian[0] = hessian[0]! + weighted[0]!;
    for (let f = 1; f < size; f++) {
      const x = row[f - 1]!;
      gradient[f] = gradient[f]! + residual * x;
      const target = f * size;
      for (let g = 0; g <= f; g++) hessian[target + g] = hessian[target + g]! + x * weighted[g]!;
    }
  }
  return { value, gradient, curvature: Cholesky.withJitter(hessian, size), linear };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Mean of logistic(x) for normal x, by MacKay's approximation; inside (0, 1). */
function moderated(mean: number, variance: number): number {
  const p = logistic(mean / Math.sqrt(1 + (Math.PI * variance) / 8));
  return Math.min(1 - 1e-9, Math.max(1e-9, p));
}
