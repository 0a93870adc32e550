import { Cholesky } from "../../math/cholesky.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { type Minimum, minimise, type Slope } from "./lbfgs.js";
import {
  type FeatureGroups,
  matern52,
  matern52Gradient,
  matern52Pairs,
  pairwiseGroupDistances,
  scaledSquaredDistance,
} from "./matern.js";

/**
 * What a Gaussian process is fitted to. Repeats of one point are given once, by their mean, their number and
 * their scatter, which loses nothing: the likelihood of all of them is that of their means times that of the
 * scatter (Binois, Gramacy and Ludkovski 2018).
 */
export interface GaussianProcessSample {
  /** n distinct points. */
  readonly points: readonly Float64Array[];
  readonly groups: FeatureGroups;
  /** Mean of the values at each point; about mean 0 and standard deviation 1 over all points. */
  readonly means: Float64Array;
  /** How many values each mean is of. */
  readonly counts: Float64Array;
  /** At each point, the sum over its values of (value - mean)^2. */
  readonly scatters: Float64Array;
}

/** Some of the points, in the order of the indices. */
export function subsample(sample: GaussianProcessSample, indices: readonly number[]): GaussianProcessSample {
  return {
    points: indices.map((i) => sample.points[i]!),
    groups: sample.groups,
    means: Float64Array.from(indices, (i) => sample.means[i]!),
    counts: Float64Array.from(indices, (i) => sample.counts[i]!),
    scatters: Float64Array.from(indices, (i) => sample.scatters[i]!),
  };
}

/** Natural logarithms of length scales (one for each feature group), signal variance and noise variance. */
export interface Hyperparameters {
  readonly logLengthScales: Float64Array;
  readonly logSignal: number;
  readonly logNoise: number;
}

/** Mean and variance of the function itself at a point; a new measurement there also has the noise. */
export interface Normal {
  readonly mean: number;
  readonly variance: number;
}

/**
 * Log-normal priors. That of the length scales moves with the square root of the dimension, so that distances
 * between typical points stay comparable to the length scales however many parameters there are (Hvarfner,
 * Hellsten and Nardi 2024, arXiv 2402.02229); it is narrower than theirs because a study has tens of trials.
 */
const LENGTH_SCALE_CENTRE = 0;
const LENGTH_SCALE_DEVIATION = 1;
const SIGNAL_CENTRE = 0;
const SIGNAL_DEVIATION = 1;
const NOISE_CENTRE = -3;
const NOISE_DEVIATION = 1.5;
/** Prior variance of the constant mean, in the standardised unit of the values. */
const MEAN_VARIANCE = 1;
/** Evaluations of the likelihood. */
const RACE_EVALUATIONS = 9;
const FINAL_EVALUATIONS = 22;
const REFIT_EVALUATIONS = 9;
/** A gain in log density too small to matter beside what the data leave open. */
const NEGLIGIBLE_GAIN = 5e-3;
/** Bounds no data can argue for: outside them the likelihood is flat and only rounding errors live. */
const LOWEST_LOG_NOISE = Math.log(1e-6);
const HIGHEST_LOG_LENGTH_SCALE = 7;

/**
 * Gaussian process regression (Rasmussen and Williams 2006, chapters 2 and 5): Matern 5/2 with one length scale
 * for each feature group, a constant mean with a normal prior, and independent noise.
 */
export class GaussianProcess {
  /** K^-1 y. */
  private readonly weights: Float64Array;
  private readonly precision: Float64Array;
  private readonly signal: number;
  /** Variance of the noise of one measurement. */
  readonly noise: number;

  private constructor(
    readonly sample: GaussianProcessSample,
    readonly hyperparameters: Hyperparameters,
    private readonly factor: Cholesky,
  ) {
    this.weights = Float64Array.from(sample.means);
    factor.solve(this.weights);
    this.precision = hyperparameters.logLengthScales.map((l) => Math.exp(-2 * l));
    this.signal = Math.exp(hyperparameters.logSignal);
    this.noise = Math.exp(hyperparameters.logNoise);
  }

  /**
   * Hyperparameters of highest posterior density. Several starts race for a few evaluations and the best goes on;
   * the number of evaluations is fixed, never the time.
   *
   * @param start where to begin as well, for example the hyperparameters of the last fit
   */
  static fit(
    sample: GaussianProcessSample,
    options: { readonly seed: number; readonly start?: Hyperparameters },
  ): GaussianProcess {
    const posterior = new LogPosterior(sample);
    const starts = [posterior.centre(0, 0), posterior.centre(-1, -1)];
    // With this many points one likelihood is expensive and has one mode as a rule.
    if (sample.points.length <= 120) {
      starts.push(posterior.drawn(RandomStream.fromSeed(deriveSeed(options.seed, "hyperparameters"))));
    }
    if (options.start !== undefined) starts.unshift(posterior.pack(options.start));
    let best = posterior.descend(starts[0]!, RACE_EVALUATIONS);
    for (const start of starts.slice(1)) {
      const found = posterior.descend(start, RACE_EVALUATIONS);
      if (found.value < best.value) best = found;
    }
    return GaussianProcess.condition(sample, posterior.unpack(posterior.descend(best.at, FINAL_EVALUATIONS).at));
  }

  /** Like {@link fit}, from hyperparameters of nearly the same data, which takes a few evaluations only. */
  static refit(sample: GaussianProcessSample, hyperparameters: Hyperparameters): GaussianProcess {
    const posterior = new LogPosterior(sample);
    const { at } = posterior.descend(posterior.pack(hyperparameters), REFIT_EVALUATIONS);
    return GaussianProcess.condition(sample, posterior.unpack(at));
  }

  /** The process with given hyperparameters. */
  static condition(sample: GaussianProcessSample, hyperparameters: Hyperparameters): GaussianProcess {
    const n = sample.points.length;
    const precision = hyperparameters.logLengthScales.map((l) => Math.exp(-2 * l));
    const signal = Math.exp(hyperparameters.logSignal);
    const noise = Math.exp(hyperparameters.logNoise);
    const covariance = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const squared = scaledSquaredDistance(sample.points[i]!, sample.points[j]!, sample.groups, precision);
        covariance[i * n + j] = signal * matern52(squared) + MEAN_VARIANCE;
      }
      covariance[i * n + i] = signal + MEAN_VARIANCE + noise / sample.counts[i]!;
    }
    return new GaussianProcess(sample, hyperparameters, Cholesky.withJitter(covariance, n));
  }

  /** Variance of the function before any data. */
  get priorVariance(): number {
    return this.signal + MEAN_VARIANCE;
  }

  predict(point: Float64Array): Normal {
    const covariances = this.covariancesWith(point);
    let mean = 0;
    for (let i = 0; i < covariances.length; i++) mean += covariances[i]! * this.weights[i]!;
    this.factor.solveLower(covariances);
    let variance = this.priorVariance;
    for (const c of covariances) variance -= c * c;
    return { mean, variance: Math.max(variance, 1e-12) };
  }

  /** The difference f(a) - f(b), whose variance is less than the sum of both because they are correlated. */
  contrast(a: Float64Array, b: Float64Array): Normal {
    const difference = this.covariancesWith(a);
    const withB = this.covariancesWith(b);
    let mean = 0;
    for (let i = 0; i < difference.length; i++) {
      difference[i] = difference[i]! - withB[i]!;
      mean += difference[i]! * this.weights[i]!;
    }
    this.factor.solveLower(difference);
    let variance = 2 * this.signal * (1 - matern52(scaledSquaredDistance(a, b, this.sample.groups, this.precision)));
    for (const d of difference) variance -= d * d;
    return { mean, variance: Math.max(variance, 1e-12) };
  }

  /**
   * What the process would have said of each point's mean without it, its noise included; hyperparameters kept
   * (Rasmussen and Williams, equation 5.12).
   */
  leaveOneOut(): readonly Normal[] {
    const n = this.sample.points.length;
    const inverse = this.factor.inverseLower();
    return Array.from({ length: n }, (_, i) => {
      const variance = 1 / inverse[i * n + i]!;
      return { mean: this.sample.means[i]! - this.weights[i]! * variance, variance };
    });
  }

  /**
   * Draws hyperparameters from the normal distribution that matches the posterior at its mode in height and
   * curvature (Laplace). Curvature is the finite difference of the analytic gradient.
   */
  drawHyperparameters(count: number, random: RandomStream): readonly Hyperparameters[] {
    const posterior = new LogPosterior(this.sample);
    const mode = posterior.pack(this.hyperparameters);
    const n = mode.length;
    const curvature = new Float64Array(n * n);
    const step = 0.05;
    const base = posterior.negative(mode).gradient;
    for (let i = 0; i < n; i++) {
      const moved = Float64Array.from(mode);
      moved[i] = moved[i]! + step;
      const gradient = posterior.negative(moved).gradient;
      for (let j = 0; j < n; j++) curvature[i * n + j] = (gradient[j]! - base[j]!) / step;
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        curvature[i * n + j] = 0.5 * (curvature[i * n + j]! + curvature[j * n + i]!);
      }
      // Where the likelihood bends the wrong way the prior's curvature is all that is known.
      curvature[i * n + i] = Math.max(curvature[i * n + i]!, posterior.priorPrecision(i));
    }
    let factor = Cholesky.factor(curvature, n);
    for (let shrink = 0; factor === undefined; shrink++) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) curvature[i * n + j] = shrink < 6 ? 0.5 * curvature[i * n + j]! : 0;
      }
      factor = Cholesky.factor(curvature, n);
    }
    const precisionFactor = factor;
    return Array.from({ length: count }, () => {
      const draw = Float64Array.from({ length: n }, () => random.normal());
      precisionFactor.solveUpper(draw);
      return posterior.unpack(draw.map((d, i) => mode[i]! + d));
    });
  }

  private covariancesWith(point: Float64Array): Float64Array {
    const { points, groups } = this.sample;
    const covariances = new Float64Array(points.length);
    for (let i = 0; i < points.length; i++) {
      const squared = scaledSquaredDistance(point, points[i]!, groups, this.precision);
      covariances[i] = this.signal * matern52(squared) + MEAN_VARIANCE;
    }
    return covariances;
  }
}

/** Log posterior density of the hyperparameters, as one vector: log length scales, log signal, log noise. */
export class LogPosterior {
  private readonly distances: Float64Array;
  private readonly values: Float64Array;
  private readonly slopes: Float64Array;
  private readonly dimension: number;
  private readonly totalCount: number;
  private readonly scatter: number;

  constructor(private readonly sample: GaussianProcessSample) {
    this.distances = pairwiseGroupDistances(sample.points, sample.groups);
    const n = sample.points.length;
    this.values = new Float64Array((n * (n - 1)) / 2);
    this.slopes = new Float64Array((n * (n - 1)) / 2);
    this.dimension = sample.groups.count;
    this.scatter = sample.scatters.reduce((sum, scatter) => sum + scatter, 0);
    this.totalCount = sample.counts.reduce((sum, count) => sum + count, 0);
  }

  pack(hyperparameters: Hyperparameters): Float64Array {
    return Float64Array.of(...hyperparameters.logLengthScales, hyperparameters.logSignal, hyperparameters.logNoise);
  }

  unpack(at: Float64Array): Hyperparameters {
    return {
      logLengthScales: at
        .slice(0, this.dimension)
        .map((l) => Math.min(Math.max(l, -HIGHEST_LOG_LENGTH_SCALE), HIGHEST_LOG_LENGTH_SCALE)),
      logSignal: Math.min(Math.max(at[this.dimension]!, -10), 10),
      logNoise: Math.max(at[this.dimension + 1]!, LOWEST_LOG_NOISE),
    };
  }

  /** The priors' centre, with length scales and noise moved by so many prior standard deviations. */
  centre(lengthScaleShift: number, noiseShift: number): Float64Array {
    const at = new Float64Array(this.dimension + 2);
    for (let i = 0; i < at.length; i++) at[i] = this.priorCentre(i);
    for (let i = 0; i < this.dimension; i++) at[i] = at[i]! + lengthScaleShift * LENGTH_SCALE_DEVIATION;
    at[this.dimension + 1] = at[this.dimension + 1]! + noiseShift * NOISE_DEVIATION;
    return at;
  }

  drawn(random: RandomStream): Float64Array {
    const at = this.centre(0, 0);
    return at.map((centre, i) => centre + random.normal() / Math.sqrt(this.priorPrecision(i)));
  }

  /** Hyperparameters of higher density, found from `start` with at most so many evaluations. */
  descend(start: Float64Array, maxEvaluations: number): Minimum {
    return minimise((at) => this.negative(at), start, { maxEvaluations, tolerance: NEGLIGIBLE_GAIN, maxStep: 2 });
  }

  priorPrecision(index: number): number {
    const deviation =
      index < this.dimension ? LENGTH_SCALE_DEVIATION : index === this.dimension ? SIGNAL_DEVIATION : NOISE_DEVIATION;
    return 1 / (deviation * deviation);
  }

  private priorCentre(index: number): number {
    if (index < this.dimension) return LENGTH_SCALE_CENTRE + 0.5 * Math.log(this.dimension);
    return index === this.dimension ? SIGNAL_CENTRE : NOISE_CENTRE;
  }

  /** Minus the log posterior, up to a constant, and its gradient. */
  negative(at: Float64Array): Slope {
    const { sample, dimension: d, values, slopes } = this;
    const n = sample.points.length;
    const { logLengthScales, logSignal, logNoise } = this.unpack(at);
    const precision = logLengthScales.map((l) => Math.exp(-2 * l));
    const signal = Math.exp(logSignal);
    const noise = Math.exp(logNoise);
    matern52Pairs(this.distances, precision, values, slopes);
    const covariance = new Float64Array(n * n);
    for (let i = 0, pair = 0; i < n; i++) {
      for (let j = 0; j < i; j++) covariance[i * n + j] = signal * values[pair++]! + MEAN_VARIANCE;
      covariance[i * n + i] = signal + MEAN_VARIANCE + noise / sample.counts[i]!;
    }
    const factor = Cholesky.withJitter(covariance, n);
    const weights = Float64Array.from(sample.means);
    factor.solve(weights);
    const inverse = factor.inverseLower();

    let fit = 0;
    for (let i = 0; i < n; i++) fit += weights[i]! * sample.means[i]!;
    const repeats = this.totalCount - n;
    let value = 0.5 * (fit + factor.logDeterminant() + repeats * logNoise + this.scatter / noise);

    // d/dtheta = 0.5 tr((K^-1 - w w^T) dK/dtheta); each pair stands for two entries of the symmetric matrix.
    let signalGradient = 0;
    let noiseGradient = 0.5 * (repeats - this.scatter / noise);
    const pairWeights = new Float64Array(values.length);
    for (let i = 0, pair = 0; i < n; i++) {
      const w = weights[i]!;
      for (let j = 0; j < i; j++, pair++) {
        const entry = signal * (inverse[i * n + j]! - w * weights[j]!);
        pairWeights[pair] = entry;
        signalGradient += entry * values[pair]!;
      }
      const diagonal = inverse[i * n + i]! - w * w;
      signalGradient += 0.5 * signal * diagonal;
      noiseGradient += (0.5 * noise * diagonal) / sample.counts[i]!;
    }
    const gradient = new Float64Array(d + 2);
    gradient.set(matern52Gradient(this.distances, precision, slopes, pairWeights));
    gradient[d] = signalGradient;
    gradient[d + 1] = noiseGradient;
    for (let i = 0; i < d + 2; i++) {
      const weight = this.priorPrecision(i);
      const offset = at[i]! - this.priorCentre(i);
      value += 0.5 * weight * offset * offset;
      gradient[i] = gradient[i]! + weight * offset;
    }
    return { value, gradient };
  }
}
