import { z } from "zod";
import { AgentTuneError } from "../../errors.js";
import { deriveSeed } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { ToldResult, ToldResults } from "../told-results.js";
import { logExpectedImprovement, logExpectedImprovementSlope } from "./acquisition.js";
import { type Feasibility, fitFeasibility } from "./feasibility.js";
import { FeatureMap } from "./features.js";
import {
  GaussianProcess,
  type GaussianProcessSample,
  type Hyperparameters,
  type Priors,
  subsample,
} from "./gaussian-process.js";
import type { Slope } from "./lbfgs.js";
import { selectPoints } from "./point-selection.js";
import { ValueWarp } from "./value-warp.js";

/** Distinct configurations with values that a model can be made from. */
const FEWEST_PLACES = 3;
/** Distinct configurations in the model right after a fit; those told since come on top. */
const MOST_PLACES = 500;
/** Of these the hyperparameters are learned: beyond, more say the same at cubic cost. */
const MOST_TO_FIT = 160;
/** Hyperparameters are learned again when the model has grown by this share. */
const GROWTH = 0.12;
/** Up to this many places the search for hyperparameters starts from several points every time. */
const FEW_PLACES = 10;
/** Evaluations of the likelihood where hyperparameters start from the last ones. */
const WARM_EVALUATIONS = 16;
/**
 * Shorter length scales than those of a model that only predicts: one that takes the objective for smoother than it
 * is is sure of things far away that it has not seen, and searches there. And more noise, since with short length
 * scales every lucky run looks like a valley.
 */
const PRIORS: Priors = { lengthScaleCentre: -1.3, noiseCentre: -2 };
/**
 * Least knee of the value warp: sharper logarithms stretch the differences among the best, where they are noise, at
 * the cost of all others.
 */
const SHARPEST_KNEE = 1;
/** Ended trials that the model of failures is learned from: the last ones. */
const MOST_TRIALS = 600;
/** So many new trials at most before failures are learned again. */
const LONGEST_UNLEARNED = 40;
/** Running configurations that are taken account of. */
const MOST_PENDING = 32;
/** Values beyond are counted as this: differences of larger ones overflow. */
const LARGEST_VALUE = 1e150;

export const searchModelStateSchema = z.object({
  seed: z.number(),
  /** Results told when the model was last updated. */
  told: z.number(),
  fitted: z
    .object({
      /** Results told and places known at this fit, and places at the last fit from several starts. */
      told: z.number(),
      places: z.number(),
      thorough: z.number(),
      logLengthScales: z.array(z.number()),
      logSignal: z.number(),
      logNoise: z.number(),
      /** Of the value warp; absent where it is linear. */
      knee: z.number().exactOptional(),
      scales: z.array(z.object({ quantity: z.string(), log: z.boolean(), centre: z.number(), scale: z.number() })),
      /** First results of the places in the model, where these were too many; those told since are in it as well. */
      chosen: z.array(z.number()).exactOptional(),
    })
    .exactOptional(),
  /** Results told when failures were last learned; absent while nothing failed. */
  failuresLearned: z.number().exactOptional(),
});
export type SearchModelState = z.infer<typeof searchModelStateSchema>;
type Fitted = NonNullable<SearchModelState["fitted"]>;

/** What the model expects of one configuration. */
export interface Expectation {
  /** Of the true value, in the model's own unit: warped, about mean 0 and standard deviation 1, minimised. */
  readonly mean: number;
  readonly deviation: number;
  /** Probability of failure. */
  readonly failure: number;
}

/** {@link Expectation} of many configurations, in their order. */
export interface Expectations {
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  readonly failures: Float64Array;
}

/** A distinct configuration that succeeded, with all its values. */
interface Place {
  /** Id of its first result that is still known. */
  readonly first: number;
  readonly configuration: Configuration;
  readonly vector: Float64Array;
  readonly values: number[];
}

/** What follows from the state and the results; made when it is first needed. */
interface Conditioned {
  readonly places: readonly Place[];
  readonly process: GaussianProcess;
  /** Posterior mean of each place. */
  readonly expected: Float64Array;
}

/**
 * The model of objective and failures that an optimizer keeps over its told results: a Gaussian process on
 * {@link FeatureMap} features and {@link ValueWarp} values that takes in a result in O(n^2), and a model of where
 * configurations fail. Hyperparameters are learned again as results accumulate; where there are too many results, the
 * best, the recent and the most spread out stand for all. Failures have no value: they only count in the probability
 * of failure.
 *
 * It answers as of the last {@link update}. All it knows follows from its small state and the results, bit for bit.
 */
export class SearchModel {
  private results: readonly ToldResult[] = [];
  private conditioned: Conditioned | undefined;
  private feasibility: { readonly told: number; readonly model: Feasibility } | undefined;
  private map: FeatureMap;
  /** Key and features of results, which never change under one map. */
  private readings = new WeakMap<ToldResult, { readonly key: string; readonly vector: Float64Array }>();

  private constructor(
    private readonly space: SearchSpace,
    private readonly seed: number,
    private told: number,
    private fitted: Fitted | undefined,
    private failuresLearned: number | undefined,
  ) {
    this.map = FeatureMap.restore(space, fitted?.scales ?? []);
  }

  static create(space: SearchSpace, { seed }: { readonly seed: number }): SearchModel {
    return new SearchModel(space, seed, 0, undefined, undefined);
  }

  /** @param results those of the last update, and perhaps some more that {@link update} then takes in */
  static restore(space: SearchSpace, results: ToldResults, state: SearchModelState): SearchModel {
    const model = new SearchModel(space, state.seed, state.told, state.fitted, state.failuresLearned);
    model.results = results.results;
    return model;
  }

  state(): SearchModelState {
    return {
      seed: this.seed,
      told: this.told,
      ...(this.fitted !== undefined && { fitted: this.fitted }),
      ...(this.failuresLearned !== undefined && { failuresLearned: this.failuresLearned }),
    };
  }

  /** Takes in what was told since the last time. Costs next to nothing where there is nothing new. */
  update(results: ToldResults): void {
    this.results = results.results;
    if (results.told === this.told) return;
    this.told = results.told;
    const places = this.placesNow();
    if (this.isDue(places)) this.fit(places);
    this.conditioned = this.condition(places, this.conditioned?.process);
    this.scheduleFailures();
  }

  /** Whether there are enough results to predict from. */
  get ready(): boolean {
    return this.fitted !== undefined && this.now().places.length > 0;
  }

  /** Distinct configurations in the model; 0 before it is ready. */
  get size(): number {
    return this.fitted === undefined ? 0 : this.now().places.length;
  }

  /** The configurations in the model by posterior mean, which does not reward luck, best first. */
  best(count: number): readonly Configuration[] {
    if (this.fitted === undefined) return [];
    const { places, expected } = this.now();
    const order = places.map((_, i) => i).sort((a, b) => expected[a]! - expected[b]! || a - b);
    return order.slice(0, count).map((i) => places[i]!.configuration);
  }

  /** Lowest posterior mean of a configuration that was run: what has to be improved on. */
  get lowest(): number {
    return this.now().expected.reduce((lowest, mean) => Math.min(lowest, mean), Infinity);
  }

  /** Length scale of each numeric axis of the space, in encoded units; one by one undefined without a model. */
  lengthScales(): readonly number[] | undefined {
    return this.fitted?.logLengthScales.slice(0, this.space.numericAxes.length).map(Math.exp);
  }

  predict(configuration: Configuration): Expectation {
    const { means, deviations, failures } = this.predictMany([configuration]);
    return { mean: means[0]!, deviation: deviations[0]!, failure: failures[0]! };
  }

  /** @param configurations canonical */
  predictMany(configurations: readonly Configuration[]): Expectations {
    const vectors = configurations.map((configuration) => this.map.vector(configuration));
    const { means, variances } = this.now().process.predictMany(vectors);
    return {
      means,
      deviations: variances.map(Math.sqrt),
      failures: Float64Array.from(configurations, (configuration) => this.failure(configuration)),
    };
  }

  /** Probability that a configuration fails; also before there are enough values for anything else. */
  failure(configuration: Configuration): number {
    return this.learnedFeasibility()?.probability(configuration) ?? 0;
  }

  /** Scores of configurations as of {@link acquisition}. */
  score(
    configurations: readonly Configuration[],
    { pending = [] }: { readonly pending?: readonly Configuration[] } = {},
  ): Float64Array {
    return this.acquisition(pending).scores(configurations);
  }

  /**
   * How promising configurations are, given those that are running, of which the model believes its own expectation.
   *
   * @throws AgentTuneError `internal` where the model is not {@link ready}
   */
  acquisition(pending: readonly Configuration[] = []): Acquisition {
    const { process } = this.now();
    const running = pending.slice(-MOST_PENDING).map((configuration) => this.map.vector(configuration));
    return new Acquisition(
      running.length > 0 ? process.believing(running) : process,
      this.lowest,
      this.map,
      (configuration) => this.failure(configuration),
    );
  }

  private now(): Conditioned {
    this.conditioned ??= this.condition(this.placesNow(), undefined);
    if (this.conditioned !== undefined) return this.conditioned;
    throw new AgentTuneError("internal", {
      message: "A model of the objective was asked before it had enough results.",
      remedy: "Report this with the study's journal; the study itself is not damaged.",
    });
  }

  /** All distinct configurations that succeeded, in the order of their first results. */
  private placesNow(): readonly Place[] {
    const places = new Map<string, Place>();
    for (const result of this.results) {
      const { id, configuration, evaluation } = result;
      if (evaluation.kind !== "value" || id >= this.told) continue;
      const { key, vector } = this.read(result);
      const value = Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, evaluation.value));
      const known = places.get(key);
      if (known) known.values.push(value);
      else places.set(key, { first: id, configuration, vector, values: [value] });
    }
    return [...places.values()];
  }

  private read(result: ToldResult): { readonly key: string; readonly vector: Float64Array } {
    let reading = this.readings.get(result);
    if (!reading) {
      reading = { key: this.space.key(result.configuration), vector: this.map.vector(result.configuration) };
      this.readings.set(result, reading);
    }
    return reading;
  }

  private isDue(places: readonly Place[]): boolean {
    if (places.length < FEWEST_PLACES) return false;
    const { fitted } = this;
    if (fitted === undefined) return true;
    const fresh = places.reduce((count, { first }) => count + (first >= fitted.told ? 1 : 0), 0);
    return fresh >= Math.max(1, GROWTH * Math.min(fitted.places, MOST_PLACES));
  }

  private fit(all: readonly Place[]): void {
    const map = FeatureMap.fit(
      this.space,
      all.map(({ configuration }) => configuration),
    );
    const remapped = map.derivedScales.length > 0 || this.map.derivedScales.length > 0;
    let everywhere = all;
    if (remapped) {
      this.map = map;
      this.readings = new WeakMap();
      everywhere = this.placesNow();
    }
    const values = everywhere.flatMap((place) => place.values);
    const warp = ValueWarp.fit(values, Math.max(SHARPEST_KNEE, ValueWarp.fit(values).knee));
    const points = everywhere.map(({ vector }) => vector);
    const means = everywhere.map((place) => average(place.values.map((value) => warp.forward(value))));
    const kept = selectPoints(points, means, MOST_PLACES);
    const sample = this.sampleOf(
      kept.map((i) => everywhere[i]!),
      warp,
    );
    const toFit = subsample(sample, selectPoints(sample.points, sample.means, MOST_TO_FIT));
    const earlier = this.hyperparameters();
    const start = earlier?.logLengthScales.length === map.groups.count ? earlier : undefined;
    const thorough = start === undefined || all.length <= FEW_PLACES || all.length >= 2 * (this.fitted?.thorough ?? 0);
    const seed = deriveSeed(this.seed, "fit", this.told);
    const { hyperparameters } =
      start === undefined || thorough
        ? GaussianProcess.fit(toFit, { seed, priors: PRIORS, ...(start !== undefined && { start }) })
        : GaussianProcess.refit(toFit, start, { maxEvaluations: WARM_EVALUATIONS, priors: PRIORS });
    this.fitted = {
      told: this.told,
      places: all.length,
      thorough: thorough ? all.length : (this.fitted?.thorough ?? 0),
      logLengthScales: [...hyperparameters.logLengthScales],
      logSignal: hyperparameters.logSignal,
      logNoise: hyperparameters.logNoise,
      ...(warp.knee !== Infinity && { knee: warp.knee }),
      scales: [...map.derivedScales],
      ...(kept.length < everywhere.length && { chosen: kept.map((i) => everywhere[i]!.first) }),
    };
    this.conditioned = undefined;
  }

  private hyperparameters(): Hyperparameters | undefined {
    const { fitted } = this;
    return fitted && { ...fitted, logLengthScales: Float64Array.from(fitted.logLengthScales) };
  }

  /** @param earlier a process of which some points may be shared, if its hyperparameters are these */
  private condition(all: readonly Place[], earlier: GaussianProcess | undefined): Conditioned | undefined {
    const hyperparameters = this.hyperparameters();
    const { fitted } = this;
    if (hyperparameters === undefined || fitted === undefined) return undefined;
    const chosen = fitted.chosen && new Set(fitted.chosen);
    // A fit may have changed the features under the places that were read before it.
    const current = this.map.derivedScales.length > 0 ? this.placesNow() : all;
    const places = chosen ? current.filter(({ first }) => first >= fitted.told || chosen.has(first)) : current;
    const values = places.flatMap((place) => place.values);
    const sample = this.sampleOf(places, ValueWarp.fit(values.length > 0 ? values : [0], fitted.knee ?? Infinity));
    const process = earlier ? earlier.regrown(sample) : GaussianProcess.condition(sample, hyperparameters);
    return { places, process, expected: process.fittedMeans() };
  }

  private sampleOf(places: readonly Place[], warp: ValueWarp): GaussianProcessSample {
    const warped = places.map(({ values }) => values.map((value) => warp.forward(value)));
    const means = Float64Array.from(warped, average);
    return {
      points: places.map(({ vector }) => vector),
      groups: this.map.groups,
      means,
      counts: Float64Array.from(warped, ({ length }) => length),
      scatters: Float64Array.from(warped, (values, i) => values.reduce((sum, v) => sum + (v - means[i]!) ** 2, 0)),
    };
  }

  private scheduleFailures(): void {
    const learned = this.failuresLearned;
    if (learned !== undefined && this.told - learned < Math.min(LONGEST_UNLEARNED, 0.1 * learned)) return;
    if (learned === undefined && !this.results.some(({ evaluation }) => evaluation.kind === "failure")) return;
    this.failuresLearned = this.told;
  }

  private learnedFeasibility(): Feasibility | undefined {
    const told = this.failuresLearned;
    if (told === undefined) return undefined;
    if (this.feasibility?.told !== told) {
      const trials = this.results
        .filter(({ id }) => id < told && id >= told - MOST_TRIALS)
        .map(({ configuration, evaluation }) => ({
          configuration,
          failed: evaluation.kind === "failure",
          ...(evaluation.kind === "failure" && evaluation.failure !== undefined && { kind: evaluation.failure }),
        }));
      this.feasibility = { told, model: fitFeasibility(this.space, trials, { seed: this.seed }) };
    }
    return this.feasibility.model;
  }
}

/** Least probability of success that counts, so that every score is a number. */
const LEAST_SUCCESS = 1e-6;
/**
 * Weight of the logarithm of the probability of success next to that of the expected improvement. By expected
 * improvement alone it would be 1; but an optimum often lies at the border of what fails, and a search that presses on
 * it loses every other trial: at 8 half as many fail as at 2, and what is found is as good.
 */
const CAUTION = 8;

/**
 * Log expected improvement on the best posterior mean, plus twice the log probability of success. Log scale keeps an
 * order where the improvement underflows.
 */
export class Acquisition {
  /** @internal */
  constructor(
    private readonly process: GaussianProcess,
    private readonly lowest: number,
    /** Of the process's points. */
    readonly map: FeatureMap,
    private readonly failureOf: (configuration: Configuration) => number,
  ) {}

  /** @param configurations canonical */
  scores(configurations: readonly Configuration[]): Float64Array {
    const improvements = this.improvements(configurations.map((configuration) => this.map.vector(configuration)));
    return improvements.map((improvement, i) => improvement + this.success(configurations[i]!));
  }

  /** Log expected improvement alone, of feature vectors: an upper bound of the score. */
  improvements(vectors: readonly Float64Array[]): Float64Array {
    const { means, variances } = this.process.predictMany(vectors);
    return means.map((mean, i) => logExpectedImprovement(mean, Math.sqrt(variances[i]!), this.lowest));
  }

  /** What the probability of success adds to the score; at most 0. */
  success(configuration: Configuration): number {
    return CAUTION * Math.log(Math.max(1 - this.failureOf(configuration), LEAST_SUCCESS));
  }

  /**
   * Minus the log expected improvement of a feature vector and its gradient by the first `count` features, which are
   * the encoded numeric coordinates.
   */
  slope(vector: Float64Array, count: number): Slope {
    const { mean, variance, meanGradient, varianceGradient } = this.process.slopeAt(vector);
    const deviation = Math.sqrt(variance);
    const { value, byMean, byDeviation } = logExpectedImprovementSlope(mean, deviation, this.lowest);
    const gradient = new Float64Array(count);
    for (let j = 0; j < count; j++) {
      gradient[j] = -(byMean * meanGradient[j]! + (byDeviation * varianceGradient[j]!) / (2 * deviation));
    }
    return { value: -value, gradient };
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
