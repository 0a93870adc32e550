import { Cholesky, PANEL } from "../../math/cholesky.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { type Minimum, minimise, type Slope } from "./lbfgs.js";
import {
  type FeatureGroups,
  matern52,
  matern52Gradient,
  matern52Pairs,
  matern52Slope,
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

/** {@link Normal} of many points. */
export interface Normals {
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** {@link Normal} with the gradients of both by the features of the point. */
export interface NormalSlope extends Normal {
  readonly meanGradient: Float64Array;
  readonly varianceGradient: Float64Array;
}

/** Centres of the priors of hyperparameters, for models that are used otherwise than to predict. */
export interface Priors {
  /** Of the log length scales for one feature group; half the logarithm of their number comes on top. */
  readonly lengthScaleCentre?: number;
  /** Of the log noise variance, in the standardised unit of the values. */
  readonly noiseCentre?: number;
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
/** Measurements that a believed value weighs as much as. */
const BELIEF = 100;
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
  /** Features of the points in units of their length scales, row by row; made when many predictions are asked for. */
  private scaled: Float64Array | undefined;
  /** One over the length scale of each feature. */
  private readonly perLengthScale: Float64Array;
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
    this.perLengthScale = Float64Array.from(sample.groups.of, (g) => Math.exp(-hyperparameters.logLengthScales[g]!));
    this.signal = Math.exp(hyperparameters.logSignal);
    this.noise = Math.exp(hyperparameters.logNoise);
  }

  /**
   * Hyperparameters of highest posterior density. Several starts race for a few evaluations and the best goes on;
   * the number of evaluations is fixed, never the time.
   *
   * @param options.start where to begin as well, for example the hyperparameters of the last fit
   */
  static fit(
    sample: GaussianProcessSample,
    options: { readonly seed: number; readonly start?: Hyperparameters; readonly priors?: Priors },
  ): GaussianProcess {
    const posterior = new LogPosterior(sample, options.priors);
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
  static refit(
    sample: GaussianProcessSample,
    hyperparameters: Hyperparameters,
    options: { readonly maxEvaluations?: number; readonly priors?: Priors } = {},
  ): GaussianProcess {
    const posterior = new LogPosterior(sample, options.priors);
    const { at } = posterior.descend(posterior.pack(hyperparameters), options.maxEvaluations ?? REFIT_EVALUATIONS);
    return GaussianProcess.condition(sample, posterior.unpack(at));
  }

  /** The process with given hyperparameters. */
  static condition(sample: GaussianProcessSample, hyperparameters: Hyperparameters): GaussianProcess {
    const n = sample.points.length;
    const covariance = new Float64Array(n * n);
    const rowInto = covarianceRows(sample, hyperparameters);
    for (let i = 0; i < n; i++) rowInto(i, covariance.subarray(i * n, i * n + i + 1));
    return new GaussianProcess(sample, hyperparameters, Cholesky.withJitter(covariance, n));
  }

  /**
   * The process with the same hyperparameters for another sample, at O(n^2) for each point that is new: bit for bit
   * what {@link condition} gives.
   *
   * @param sample its first points may be, with their counts, those of this process; the rest is new. Its values may
   *   all be others.
   */
  regrown(sample: GaussianProcessSample): GaussianProcess {
    const n = sample.points.length;
    const known = this.sample;
    let shared = 0;
    while (
      shared < Math.min(n, known.points.length) &&
      sample.points[shared] === known.points[shared] &&
      sample.counts[shared] === known.counts[shared]
    ) {
      shared++;
    }
    // Jitter belongs to one matrix: whatever needed it is factored anew.
    if (this.factor.jitter > 0) return GaussianProcess.condition(sample, this.hyperparameters);
    const factor = this.factor.leading(shared, n);
    const rowInto = covarianceRows(sample, this.hyperparameters);
    const row = new Float64Array(n);
    for (let i = shared; i < n; i++) {
      rowInto(i, row);
      if (!factor.append(row, row[i]!)) return GaussianProcess.condition(sample, this.hyperparameters);
    }
    return new GaussianProcess(sample, this.hyperparameters, factor);
  }

  /**
   * The process as if it had learned at more points, nearly free of noise, exactly what it expects there (the kriging
   * believer of Ginsbourger, Le Riche and Carraro 2010): means stay, variances around the points shrink. Believing in
   * a noisy measurement would leave room for another one right beside it.
   */
  believing(points: readonly Float64Array[]): GaussianProcess {
    const { sample } = this;
    const added = points.length;
    return this.regrown({
      points: [...sample.points, ...points],
      groups: sample.groups,
      means: joined(sample.means, this.predictMany(points).means),
      counts: joined(sample.counts, new Float64Array(added).fill(BELIEF)),
      scatters: joined(sample.scatters, new Float64Array(added)),
    });
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

  /** Like {@link predict}, for many points at a fraction of the cost. */
  predictMany(points: readonly Float64Array[]): Normals {
    const n = this.sample.points.length;
    const { weights, signal, factor } = this;
    const scaled = this.scaledPoints();
    const features = this.sample.groups.of.length;
    const means = new Float64Array(points.length);
    const variances = new Float64Array(points.length);
    const panel = new Float64Array(n * PANEL);
    const at = new Float64Array(features);
    for (let start = 0; start < points.length; start += PANEL) {
      const width = Math.min(PANEL, points.length - start);
      if (width < PANEL) panel.fill(0);
      for (let c = 0; c < width; c++) {
        this.scaleInto(points[start + c]!, at);
        let mean = 0;
        for (let i = 0, offset = 0; i < n; i++, offset += features) {
          let squared = 0;
          for (let f = 0; f < features; f++) {
            const difference = at[f]! - scaled[offset + f]!;
            squared += difference * difference;
          }
          const covariance = signal * matern52(squared) + MEAN_VARIANCE;
          panel[i * PANEL + c] = covariance;
          mean += covariance * weights[i]!;
        }
        means[start + c] = mean;
        variances[start + c] = this.priorVariance;
      }
      factor.solveLowerPanel(panel);
      for (let i = 0; i < n; i++) {
        for (let c = 0; c < width; c++) {
          const x = panel[i * PANEL + c]!;
          variances[start + c] = variances[start + c]! - x * x;
        }
      }
    }
    for (let c = 0; c < variances.length; c++) variances[c] = Math.max(variances[c]!, 1e-12);
    return { means, variances };
  }

  /** {@link predict} with gradients. */
  slopeAt(point: Float64Array): NormalSlope {
    const { sample, weights, signal, precision } = this;
    const { of } = sample.groups;
    const n = sample.points.length;
    const squares = new Float64Array(n);
    const covariances = new Float64Array(n);
    let mean = 0;
    for (let i = 0; i < n; i++) {
      const squared = scaledSquaredDistance(point, sample.points[i]!, sample.groups, precision);
      squares[i] = squared;
      covariances[i] = signal * matern52(squared) + MEAN_VARIANCE;
      mean += covariances[i]! * weights[i]!;
    }
    this.factor.solveLower(covariances);
    let variance = this.priorVariance;
    for (const c of covariances) variance -= c * c;
    this.factor.solveUpper(covariances);
    const meanGradient = new Float64Array(point.length);
    const varianceGradient = new Float64Array(point.length);
    for (let i = 0; i < n; i++) {
      const other = sample.points[i]!;
      const slope = -signal * matern52Slope(squares[i]!);
      const byMean = slope * weights[i]!;
      const byVariance = -2 * slope * covariances[i]!;
      for (let f = 0; f < point.length; f++) {
        const difference = point[f]! - other[f]!;
        meanGradient[f] = meanGradient[f]! + byMean * difference;
        varianceGradient[f] = varianceGradient[f]! + byVariance * difference;
      }
    }
    for (let f = 0; f < point.length; f++) {
      meanGradient[f] = meanGradient[f]! * precision[of[f]!]!;
      varianceGradient[f] = varianceGradient[f]! * precision[of[f]!]!;
    }
    return { mean, variance: Math.max(variance, 1e-12), meanGradient, varianceGradient };
  }

  /** Means of the function itself at the points of the sample, at no cost: K w = y, and the noise is apart from K. */
  fittedMeans(): Float64Array {
    const { means, counts } = this.sample;
    const extra = this.factor.jitter;
    return means.map((y, i) => y - (this.noise / counts[i]! + extra) * this.weights[i]!);
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

  private scaledPoints(): Float64Array {
    if (this.scaled !== undefined) return this.scaled;
    const { points, groups } = this.sample;
    const features = groups.of.length;
    const scaled = new Float64Array(points.length * features);
    points.forEach((point, i) => {
      this.scaleInto(point, scaled.subarray(i * features, (i + 1) * features));
    });
    this.scaled = scaled;
    return scaled;
  }

  private scaleInto(point: Float64Array, target: Float64Array): void {
    for (let f = 0; f < target.length; f++) target[f] = point[f]! * this.perLengthScale[f]!;
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

/** Writes row i of the lower triangle of the covariance matrix, diagonal included. */
function covarianceRows(
  sample: GaussianProcessSample,
  { logLengthScales, logSignal, logNoise }: Hyperparameters,
): (i: number, row: Float64Array) => void {
  const { points, groups, counts } = sample;
  const precision = logLengthScales.map((l) => Math.exp(-2 * l));
  const signal = Math.exp(logSignal);
  const noise = Math.exp(logNoise);
  return (i, row) => {
    for (let j = 0; j < i; j++) {
      row[j] = signal * matern52(scaledSquaredDistance(points[i]!, points[j]!, groups, precision)) + MEAN_VARIANCE;
    }
    row[i] = signal + MEAN_VARIANCE + noise / counts[i]!;
  };
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Log posterior density of the hyperparameters, as one vector: log length scales, log signal, log noise. */
export class LogPosterior {
  private readonly distances: Float64Array;
  private readonly values: Float64Array;
  private readonly slopes: Float64Array;
  private readonly dimension: number;
  private readonly totalCount: number;
  private readonly scatter: number;

  constructor(
    private readonly sample: GaussianProcessSample,
    private readonly priors: Priors = {},
  ) {
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
    if (index < this.dimension)
      return (this.priors.lengthScaleCentre ?? LENGTH_SCALE_CENTRE) + 0.5 * Math.log(this.dimension);
    return index === this.dimension ? SIGNAL_CENTRE : (this.priors.noiseCentre ?? NOISE_CENTRE);
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
