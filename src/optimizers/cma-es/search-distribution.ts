import { z } from "zod";
import type { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Evaluation } from "../optimizer.js";
import { compareEvaluations } from "../ranking.js";
import { CategoricalDistributions } from "./categorical.js";
import { leadingSeverity } from "./failure-grading.js";
import { Gaussian } from "./gaussian.js";
import { type RankedStep, updateGaussian } from "./gaussian-update.js";
import type { Grid } from "./grid.js";
import { centerParents } from "./integer-centering.js";
import { LearningRateAdaptation, learningRatesSchema } from "./learning-rate-adaptation.js";
import { correctMargin, type MarginRule, mixedMargin } from "./margin.js";
import type { LateOrigin } from "./origin.js";
import { type ParameterConvention, type StrategyParameters, strategyParameters } from "./strategy-parameters.js";

/** A point in the distribution's own coordinates: numeric ones unbounded, categorical ones choice indices. */
export interface SearchPoint {
  readonly numeric: ArrayLike<number>;
  readonly categorical: readonly number[];
}

/** One evaluated point of a generation. */
export interface EvaluatedPoint extends SearchPoint {
  readonly evaluation: Evaluation;
  /** True where the present distribution did not sample it. */
  readonly injected: boolean;
  /** What it was sampled from, where that was this distribution before it moved on. */
  readonly origin?: LateOrigin | undefined;
}

/** Share of choices that a neighbour of a point has in common with it. */
const keptChoices = 0.8;

const numbers = z.array(z.number());

/** A saved search distribution. */
export const searchDistributionStateSchema = z.object({
  generation: z.number(),
  mean: numbers,
  stepSize: z.number(),
  covariance: numbers,
  pathSigma: numbers,
  pathC: numbers,
  scale: numbers,
  mutationRates: numbers,
  probabilities: z.array(numbers),
  gradient: z.object({ path: numbers, pathWeight: z.number(), caution: z.number(), trustRegion: z.number() }),
  learningRates: learningRatesSchema.optional(),
});
export type SearchDistributionState = z.infer<typeof searchDistributionStateSchema>;

/** Shape and start of a search distribution. */
export interface SearchDistributionOptions {
  /** Initial mean, n numeric coordinates. */
  readonly mean: ArrayLike<number>;
  readonly stepSize: number;
  /** Initial C, row-major n x n; identity where absent. */
  readonly covariance?: ArrayLike<number>;
  /** The grid of each discrete coordinate; undefined for continuous ones. */
  readonly grids?: readonly (Grid | undefined)[];
  /** Initial probabilities of each categorical coordinate. */
  readonly probabilities?: readonly (readonly number[])[];
  readonly populationSize: number;
  /** Whether the worse half teaches the covariance with negative weights. Default true. */
  readonly active?: boolean;
  /** Which published default parameters. Default `tutorial`. */
  readonly convention?: ParameterConvention;
  /** Whether single deviations learn faster than the covariance (diagonal-acceleration.ts). Default false. */
  readonly accelerateDiagonal?: boolean;
  /** Whether learning rates adapt to noise (learning-rate-adaptation.ts). Default false. */
  readonly adaptLearningRates?: boolean;
  readonly marginRule?: MarginRule;
  /** alpha of discrete coordinates. */
  readonly margin?: number;
  readonly categoricalMargins?: readonly number[];
  readonly smallestGradient?: number;
}

/**
 * CMA-ES over continuous, discrete and categorical coordinates as one algorithm (CatCMA with margin, arXiv
 * 2504.07884). With continuous coordinates only it is exactly the CMA-ES of the tutorial. It knows nothing of a
 * search space, of boxes or of what its coordinates mean.
 */
export class SearchDistribution {
  /** Absent where there is no numeric coordinate. */
  readonly gaussian: Gaussian | undefined;
  readonly categorical: CategoricalDistributions;
  readonly parameters: StrategyParameters;
  readonly grids: readonly (Grid | undefined)[];
  /** Rate of mutation that the margin allows each discrete coordinate. */
  readonly mutationRates: Float64Array;
  private learningRates: LearningRateAdaptation | undefined;
  private readonly rule: MarginRule;
  private readonly margin: number;
  private readonly accelerateDiagonal: boolean;

  constructor(options: SearchDistributionOptions) {
    const n = options.mean.length;
    this.grids = options.grids ?? Array.from({ length: n }, () => undefined);
    const probabilities = (options.probabilities ?? []).map((row) => Float64Array.from(row));
    const discrete = this.grids.filter((grid) => grid !== undefined).length;
    this.parameters = strategyParameters(
      Math.max(1, n),
      options.populationSize,
      options.active ?? true,
      options.convention,
    );
    this.accelerateDiagonal = options.accelerateDiagonal ?? false;
    this.rule = options.marginRule ?? "catcma-with-margin";
    this.margin = options.margin ?? mixedMargin(discrete, probabilities.length);
    const mixed = mixedMargin(discrete, probabilities.length);
    this.categorical = new CategoricalDistributions(
      probabilities,
      options.categoricalMargins ?? probabilities.map((row) => mixed / (row.length - 1)),
      options.smallestGradient,
    );
    this.mutationRates = new Float64Array(n).fill(0.5 - 1e-8);
    if (n > 0) {
      const covariance = options.covariance ? Float64Array.from(options.covariance) : identity(n);
      this.gaussian = new Gaussian(Float64Array.from(options.mean), options.stepSize, covariance);
      if (options.adaptLearningRates) this.learningRates = new LearningRateAdaptation(n);
    }
  }

  /** A neighbour of a point: numeric coordinates as far away as a stretched sample, most choices as they are. */
  sampleAround(around: SearchPoint, stretch: number, random: RandomStream): SearchPoint {
    const { numeric, categorical } = this.sample(random, stretch);
    const mean = this.gaussian?.mean ?? [];
    return {
      numeric: Float64Array.from(numeric, (x, j) => at(around.numeric, j) + x - at(mean, j)),
      categorical: categorical.map((choice, i) =>
        random.uniform() < keptChoices ? at(around.categorical, i) : choice,
      ),
    };
  }

  /** @param stretch factor on the distance from the mean of the numeric coordinates */
  sample(random: RandomStream, stretch = 1): SearchPoint {
    return { numeric: this.gaussian?.sample(random, stretch) ?? [], categorical: this.categorical.sample(random) };
  }

  /**
   * Learns from one generation. Failures rank below every value, among themselves by severity; equal ones keep
   * their order.
   *
   * @param generation exactly populationSize points, at least one of them with a value or a failure that leads
   *   somewhere (failure-grading.ts)
   */
  update(generation: readonly EvaluatedPoint[]): void {
    const ranked = [...generation].sort((a, b) => compareEvaluations(a.evaluation, b.evaluation));
    const { gaussian, parameters } = this;
    const limit = leadingSeverity(ranked.map(({ evaluation }) => evaluation)) ?? Number.NEGATIVE_INFINITY;
    const leads = (evaluation: Evaluation) => evaluation.kind === "value" || evaluation.severity < limit;
    const parents = ranked.slice(0, parameters.parents).filter(({ evaluation }) => leads(evaluation));
    if (gaussian) {
      const points = ranked.map(({ numeric }) => Float64Array.from(numeric));
      const mutated = this.rule === "catcma-with-margin" ? this.centerDiscrete(points.slice(0, parents.length)) : [];
      const steps = ranked.map(
        ({ injected, evaluation, origin }, k): RankedStep => ({
          point: points[k] ?? [],
          injected,
          origin: origin && this.withPresentDiscrete(gaussian, origin),
          succeeded: leads(evaluation),
        }),
      );
      const update = () => updateGaussian(gaussian, parameters, steps, this.accelerateDiagonal);
      if (this.learningRates) this.learningRates.around(gaussian, update);
      else update();
      this.correctMargins(mutated);
    }
    if (this.categorical.probabilities.length > 0) {
      this.categorical.update(
        parents.map(({ categorical }) => categorical),
        parameters.weights,
      );
    }
  }

  /** Everything that changes, as plain numbers; with the options of the constructor it is complete. */
  state(): SearchDistributionState {
    const { gaussian, categorical } = this;
    return {
      generation: gaussian?.generation ?? 0,
      mean: Array.from(gaussian?.mean ?? []),
      stepSize: gaussian?.stepSize ?? 1,
      covariance: Array.from(gaussian?.covariance ?? []),
      pathSigma: Array.from(gaussian?.pathSigma ?? []),
      pathC: Array.from(gaussian?.pathC ?? []),
      scale: Array.from(gaussian?.scale ?? []),
      mutationRates: Array.from(this.mutationRates),
      probabilities: categorical.probabilities.map((row) => Array.from(row)),
      gradient: { ...categorical.gradient, path: Array.from(categorical.gradient.path) },
      ...(this.learningRates && { learningRates: this.learningRates.state() }),
    };
  }

  /** Continues from what `state` returned. */
  static restore(
    shape: Pick<SearchDistributionOptions, "grids" | "populationSize" | "convention" | "accelerateDiagonal">,
    state: SearchDistributionState,
  ): SearchDistribution {
    const restored = new SearchDistribution({ ...shape, ...state });
    const { gaussian, categorical } = restored;
    gaussian?.pathSigma.set(state.pathSigma);
    gaussian?.pathC.set(state.pathC);
    gaussian?.scale.set(state.scale);
    if (gaussian) gaussian.generation = state.generation;
    restored.mutationRates.set(state.mutationRates);
    if (state.learningRates) {
      restored.learningRates = new LearningRateAdaptation(state.mean.length, state.learningRates);
    }
    Object.assign(categorical.gradient, { ...state.gradient, path: Float64Array.from(state.gradient.path) });
    return restored;
  }

  /** Applies the margin to every discrete coordinate; done by `update`, and once at the start. */
  correctMargins(mutated: readonly boolean[] = this.grids.map(() => true)): void {
    const { gaussian } = this;
    if (!gaussian) return;
    this.grids.forEach((grid, j) => {
      if (!grid) return;
      const corrected = correctMargin(
        { mean: at(gaussian.mean, j), scale: at(gaussian.scale, j), mutationRate: at(this.mutationRates, j) },
        grid,
        gaussian.stepSize * gaussian.spread(j),
        this.margin,
        mutated[j] ?? true,
        this.rule,
      );
      gaussian.mean[j] = corrected.mean;
      gaussian.scale[j] = corrected.scale;
      this.mutationRates[j] = corrected.mutationRate;
    });
  }

  /** Discrete coordinates are centered around the present mean, so a step in them is a step from there. */
  private withPresentDiscrete(gaussian: Gaussian, origin: LateOrigin): LateOrigin {
    if (!this.grids.some((grid) => grid !== undefined)) return origin;
    const discrete = (j: number) => this.grids[j] !== undefined;
    return {
      ...origin,
      mean: origin.mean.map((value, j) => (discrete(j) ? at(gaussian.mean, j) : value)),
      scale: origin.scale.map((value, j) => (discrete(j) ? at(gaussian.scale, j) : value)),
    };
  }

  /** Centers the parents' discrete coordinates in place; says for each coordinate whether one left the mean's cell. */
  private centerDiscrete(parents: readonly Float64Array[]): boolean[] {
    return this.grids.map((grid, j) => {
      if (!grid) return true;
      const column = Float64Array.from(parents, (point) => at(point, j));
      const mutated = centerParents(column, at(this.gaussian?.mean ?? [], j), grid);
      parents.forEach((point, k) => {
        point[j] = at(column, k);
      });
      return mutated;
    });
  }
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}
