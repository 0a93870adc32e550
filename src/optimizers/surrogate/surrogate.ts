import { AgentTuneError } from "../../errors.js";
import { normalQuantile } from "../../math/normal-distribution.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { INTERVAL_DEVIATIONS, spreadFactor } from "./calibration.js";
import { type Feature, FeatureMap } from "./features.js";
import {
  GaussianProcess,
  type GaussianProcessSample,
  type Hyperparameters,
  type Normal,
  subsample,
} from "./gaussian-process.js";
import { selectPoints } from "./point-selection.js";
import { type Sensitivities, type SensitivityOptions, sensitivitiesAround } from "./sensitivities.js";
import { Support } from "./support.js";
import { ValueWarp } from "./value-warp.js";

/** One complete result. Values are minimised; whoever maximises negates before and after. */
export interface SurrogateObservation {
  /** Canonical. */
  readonly configuration: Configuration;
  /** Finite. */
  readonly value: number;
}

export interface SurrogateOptions {
  readonly seed: number;
  /** Distinct configurations the model is fitted to at most; the best, recent and most spread out are kept. */
  readonly maxPoints?: number;
  /** Hyperparameters of an earlier fit with the same features, from which the search starts as well. */
  readonly start?: Hyperparameters;
}

/** What the surrogate expects of one configuration. In the unit of the values unless said otherwise. */
export interface Prediction {
  /** Expected value of one new trial. */
  readonly mean: number;
  /** Central 80 % interval of the value of one new trial, noise included; calibrated by cross-validation. */
  readonly low: number;
  readonly high: number;
  /** Central 80 % interval of the true value, which is what many trials would average to. */
  readonly trueLow: number;
  readonly trueHigh: number;
  /** `far`: the trials say little about this configuration, whatever the interval looks like. */
  readonly support: "near" | "far";
  /** Parameters whose value here lies beyond everything tried. */
  readonly beyond: readonly string[];
  /** The true value as a normal distribution in the warped unit, for acquisition functions. */
  readonly warped: { readonly mean: number; readonly deviation: number };
}

/** How far results of one configuration scatter. */
export interface NoiseEstimate {
  /** Standard deviation of a single trial near the incumbent, in the unit of the values. */
  readonly deviation: number;
  /** Repeats behind it (degrees of freedom); with 0 it is the model's guess from how rough the results look. */
  readonly repeats: number;
}

/** What cross-validation says of the model. */
export interface HeldOutCheck {
  /** Share of held-out results inside their 80 % interval; undefined with fewer than four configurations. */
  readonly coverage: number | undefined;
  /** One entry for each distinct configuration in the model. */
  readonly points: readonly HeldOutPoint[];
}

/** One configuration's mean result and what a model that was fitted without it says. */
export interface HeldOutPoint {
  readonly configuration: Configuration;
  readonly value: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A distinct configuration with all its results, warped. */
interface Place {
  readonly configuration: Configuration;
  readonly vector: Float64Array;
  readonly warped: readonly number[];
}

const DEFAULT_MAX_POINTS = 200;
/** With fewer distinct configurations there is nothing to check a model against. */
const FEWEST_TO_HOLD_OUT = 4;
/** Equally probable points of a normal distribution, over which a mean is taken in the original unit. */
const AVERAGING = Array.from({ length: 15 }, (_, i) => normalQuantile((i + 0.5) / 15));

/**
 * Learns the objective over a search space from a study's results: a Gaussian process on {@link FeatureMap}
 * features and {@link ValueWarp} values, its spread rescaled by held-out residuals. Deterministic: the same
 * observations in the same order and the same seed give the same model.
 *
 * @param observations in the order in which they finished; the same configuration may appear several times
 * @throws AgentTuneError `nothing_completed` without observations, `internal` for a value that is not finite
 */
export function fitSurrogate(
  space: SearchSpace,
  observations: readonly SurrogateObservation[],
  options: SurrogateOptions,
): Surrogate {
  if (observations.length === 0) {
    throw new AgentTuneError("nothing_completed", {
      message: "No trial has a value yet, so there is nothing to predict from.",
      remedy: "Let at least one trial complete first.",
    });
  }
  for (const { configuration, value } of observations) {
    if (Number.isFinite(value)) continue;
    throw new AgentTuneError("internal", {
      message: `The surrogate was given ${value} as a result; results are finite.`,
      where: space.key(configuration),
      remedy: "Report this with the study's journal.",
    });
  }
  const configurations = observations.map(({ configuration }) => configuration);
  const map = FeatureMap.fit(space, configurations);
  const warp = ValueWarp.fit(observations.map(({ value }) => value));
  const everywhere = placesOf(space, map, warp, observations);
  const kept = selectPoints(
    everywhere.map(({ vector }) => vector),
    everywhere.map(({ warped }) => average(warped)),
    options.maxPoints ?? DEFAULT_MAX_POINTS,
  );
  const places = kept.map((i) => everywhere[i]!);
  const means = Float64Array.from(places, ({ warped }) => average(warped));
  const sample: GaussianProcessSample = {
    points: places.map(({ vector }) => vector),
    groups: map.groups,
    means,
    counts: Float64Array.from(places, ({ warped }) => warped.length),
    scatters: Float64Array.from(places, ({ warped }, i) => squaredDeviations(warped, means[i]!)),
  };
  const fitted = options.start?.logLengthScales.length === map.groups.count ? { start: options.start } : {};
  const process = GaussianProcess.fit(sample, { seed: options.seed, ...fitted });
  const heldOut = crossValidate(process, RandomStream.fromSeed(deriveSeed(options.seed, "folds")));
  return new Surrogate(space, map, warp, process, heldOut, places, options.seed);
}

/** A fitted model of the objective; see {@link fitSurrogate}. Immutable. */
export class Surrogate {
  /** What the predictive deviation is multiplied by, so that intervals hold what they promise. */
  private readonly spread: number;
  private readonly support: Support;

  /** @internal */
  constructor(
    private readonly space: SearchSpace,
    private readonly map: FeatureMap,
    private readonly warp: ValueWarp,
    private readonly process: GaussianProcess,
    private readonly heldOutPredictions: readonly Normal[],
    private readonly places: readonly Place[],
    private readonly seed: number,
  ) {
    this.spread = spreadFactor(this.heldOutResiduals());
    this.support = Support.of(
      space,
      process,
      places.map(({ configuration }) => configuration),
    );
  }

  /** Hyperparameters found by the fit, to start a later one from; length scales in the order of the groups. */
  get hyperparameters(): Hyperparameters {
    return this.process.hyperparameters;
  }

  get features(): readonly Feature[] {
    return this.map.features;
  }

  /** @param configuration canonical */
  predict(configuration: Configuration): Prediction {
    const vector = this.map.vector(configuration);
    const latent = this.process.predict(vector);
    const deviation = this.spread * Math.sqrt(latent.variance);
    const { mean, low, high } = this.unwarped({
      mean: latent.mean,
      variance: latent.variance + this.process.noise,
    });
    const { near, beyond } = this.support.at(configuration, vector, latent.variance);
    return {
      mean,
      low,
      high,
      trueLow: this.warp.inverse(latent.mean - INTERVAL_DEVIATIONS * deviation),
      trueHigh: this.warp.inverse(latent.mean + INTERVAL_DEVIATIONS * deviation),
      support: near ? "near" : "far",
      beyond,
      warped: { mean: latent.mean, deviation },
    };
  }

  predictMany(configurations: readonly Configuration[]): readonly Prediction[] {
    return configurations.map((configuration) => this.predict(configuration));
  }

  /** A value in the unit of {@link Prediction.warped}. */
  toWarped(value: number): number {
    return this.warp.forward(value);
  }

  /** The incumbent: best by posterior mean, which does not reward luck, among the configurations in the model. */
  incumbent(): { readonly configuration: Configuration; readonly prediction: Prediction } {
    const { configuration } = this.incumbentPlace();
    return { configuration, prediction: this.predict(configuration) };
  }

  get noise(): NoiseEstimate {
    const { mean } = this.process.predict(this.incumbentPlace().vector);
    const deviation = Math.sqrt(this.process.noise);
    return {
      deviation: (this.warp.inverse(mean + deviation) - this.warp.inverse(mean - deviation)) / 2,
      repeats: this.places.reduce((sum, { warped }) => sum + warped.length - 1, 0),
    };
  }

  /**
   * How much the predicted value varies when one parameter moves and the others stay at a centre (the incumbent
   * where none is given). What could be chance is named apart and has no number.
   */
  sensitivities(options: SensitivityOptions = {}): Sensitivities {
    return sensitivitiesAround(
      {
        space: this.space,
        process: this.process,
        spread: this.spread,
        vector: (configuration) => this.map.vector(configuration),
        unwarp: (warped) => this.warp.inverse(warped),
        seed: this.seed,
      },
      options.centre ?? this.incumbentPlace().configuration,
      options.region ?? {},
    );
  }

  /**
   * What models fitted without a configuration say of it. The interval of each is rescaled by the residuals of
   * the others only, so that `coverage` is a check and not a tautology.
   */
  heldOut(): HeldOutCheck {
    const residuals = this.heldOutResiduals();
    const points = this.heldOutPredictions.map((predicted, i): HeldOutPoint => {
      const { configuration, warped } = this.places[i]!;
      const spread = spreadFactor(residuals.filter((_, j) => j !== i));
      return { configuration, value: this.warp.inverse(average(warped)), ...this.unwarped(predicted, spread) };
    });
    const inside = points.filter(({ value, low, high }) => value >= low && value <= high).length;
    return { coverage: points.length < FEWEST_TO_HOLD_OUT ? undefined : inside / points.length, points };
  }

  private heldOutResiduals(): Float64Array {
    const { means } = this.process.sample;
    return Float64Array.from(
      this.heldOutPredictions,
      ({ mean, variance }, i) => Math.abs(means[i]! - mean) / Math.sqrt(variance),
    );
  }

  private incumbentPlace(): Place {
    let lowest = Infinity;
    let incumbent = this.places[0]!;
    for (const place of this.places) {
      const { mean } = this.process.predict(place.vector);
      if (mean < lowest) {
        lowest = mean;
        incumbent = place;
      }
    }
    return incumbent;
  }

  private unwarped(
    { mean, variance }: Normal,
    spread: number = this.spread,
  ): { readonly mean: number; readonly low: number; readonly high: number } {
    const deviation = spread * Math.sqrt(variance);
    let sum = 0;
    for (const z of AVERAGING) sum += this.warp.inverse(mean + z * deviation);
    return {
      mean: sum / AVERAGING.length,
      low: this.warp.inverse(mean - INTERVAL_DEVIATIONS * deviation),
      high: this.warp.inverse(mean + INTERVAL_DEVIATIONS * deviation),
    };
  }
}

/**
 * Predictions of the mean result at each point, noise included, by models that were fitted without it, their
 * hyperparameters too: those found on all points have seen the answers, and leaving a point out afterwards makes
 * intervals too narrow. Empty where there are too few points.
 */
function crossValidate(process: GaussianProcess, random: RandomStream): readonly Normal[] {
  const { sample } = process;
  const n = sample.points.length;
  if (n < FEWEST_TO_HOLD_OUT) return [];
  const folds = n <= 40 ? Math.min(n, 10) : 5;
  const order = sample.points.map((_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const predictions: Normal[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const kept = order.filter((_, position) => position % folds !== fold).sort((a, b) => a - b);
    const without = GaussianProcess.refit(subsample(sample, kept), process.hyperparameters);
    for (let position = fold; position < n; position += folds) {
      const i = order[position]!;
      const { mean, variance } = without.predict(sample.points[i]!);
      predictions[i] = { mean, variance: variance + without.noise / sample.counts[i]! };
    }
  }
  return predictions;
}

/** Distinct configurations in the order of their last result. */
function placesOf(
  space: SearchSpace,
  map: FeatureMap,
  warp: ValueWarp,
  observations: readonly SurrogateObservation[],
): readonly Place[] {
  const byKey = new Map<string, { configuration: Configuration; warped: number[] }>();
  for (const { configuration, value } of observations) {
    const key = space.key(configuration);
    const earlier = byKey.get(key);
    byKey.delete(key);
    byKey.set(key, { configuration, warped: [...(earlier?.warped ?? []), warp.forward(value)] });
  }
  return [...byKey.values()].map(({ configuration, warped }) => ({
    configuration,
    warped,
    vector: map.vector(configuration),
  }));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function squaredDeviations(values: readonly number[], from: number): number {
  return values.reduce((sum, v) => sum + (v - from) ** 2, 0);
}
