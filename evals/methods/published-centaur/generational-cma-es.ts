import type { RandomStream } from "../../../src/math/random.js";
import type { SymmetricEigen } from "../../../src/math/symmetric-eigen.js";
import { at } from "../../../src/math/vector.js";
import { leadingSeverity } from "../../../src/optimizers/cma-es/failure-grading.js";
import type { Gaussian } from "../../../src/optimizers/cma-es/gaussian.js";
import type { Grid } from "../../../src/optimizers/cma-es/grid.js";
import { retreat } from "../../../src/optimizers/cma-es/retreat.js";
import {
  type EvaluatedPoint,
  SearchDistribution,
  type SearchPoint,
} from "../../../src/optimizers/cma-es/search-distribution.js";
import { defaultPopulationSize } from "../../../src/optimizers/cma-es/strategy-parameters.js";

/** Share of the range of every coordinate. */
const initialStepSize = 1 / 6;

/** Resamples for each coordinate before the last sample is clipped to the box. */
const resamplesPerCoordinate = 10;

export interface GenerationalOptions {
  /** Initial mean in [0, 1]. */
  readonly mean: readonly number[];
  /** The grid of each coordinate that a margin is kept for. */
  readonly grids: readonly (Grid | undefined)[];
  /** Initial probabilities of choices that are learned. */
  readonly probabilities: readonly (readonly number[])[];
}

/** A sample, with the generation that it belongs to. */
export interface Sample {
  readonly generation: number;
  readonly point: SearchPoint;
}

/** A result, as a trial that is complete. */
export interface GenerationalResult extends Sample {
  /** In the order in which trials began: the order of equal values. */
  readonly trial: number;
  readonly evaluation: EvaluatedPoint["evaluation"];
  readonly injected: boolean;
}

/** Standard normal numbers. */
export type NormalDraws = () => number;

/**
 * CMA-ES as Optuna's sampler with its defaults runs it on the `cmaes` package: the active CMA-ES of the tutorial (arXiv
 * 1604.00772) in the unit box, from its step size of one sixth, resampled until a sample lies in the box and clipped
 * where none of 10 n does. A result counts where its sample came from the present generation and populationSize of
 * them are complete; the rest are never learned. No restarts, no stop rules.
 */
export class GenerationalCmaEs {
  readonly distribution: SearchDistribution;
  readonly initialStepSize = initialStepSize;
  private readonly mean: readonly number[];
  private results: GenerationalResult[] = [];
  private best: { readonly point: SearchPoint; readonly value: number } | undefined;
  private completed = 0;

  constructor({ mean, grids, probabilities }: GenerationalOptions) {
    this.mean = mean;
    this.distribution = new SearchDistribution({
      mean,
      grids,
      probabilities,
      stepSize: initialStepSize,
      populationSize: defaultPopulationSize(mean.length + probabilities.length),
      convention: "tutorial",
    });
    this.distribution.correctMargins();
    this.distribution.categorical.keepMargins();
  }

  /** Completed updates. */
  get generation(): number {
    return this.completed;
  }

  /** The next sample, after an update where a generation is complete. */
  ask(normal: NormalDraws, random: RandomStream): Sample {
    const { populationSize } = this.distribution.parameters;
    if (this.results.length >= populationSize) this.update(populationSize);
    return { generation: this.completed, point: this.sample(normal, random) };
  }

  /** A sample without an update. */
  sample(normal: NormalDraws, random: RandomStream): SearchPoint {
    const { gaussian, grids, categorical } = this.distribution;
    return {
      numeric: gaussian ? withinBox(gaussian, grids, normal) : [],
      categorical: categorical.sample(random),
    };
  }

  tell(result: GenerationalResult): void {
    const { evaluation, point } = result;
    if (evaluation.kind === "value" && evaluation.value < (this.best?.value ?? Number.POSITIVE_INFINITY)) {
      this.best = { point, value: evaluation.value };
    }
    if (result.generation === this.completed) this.results.push(result);
  }

  private update(populationSize: number): void {
    const generation = this.results.sort((a, b) => a.trial - b.trial).slice(0, populationSize);
    this.results = [];
    this.completed += 1;
    const evaluations = generation.map(({ evaluation }) => evaluation);
    if (evaluations.some(({ kind }) => kind === "value") || leadingSeverity(evaluations) !== undefined) {
      this.distribution.update(
        generation.map(({ point, evaluation, injected }) => ({ ...point, evaluation, injected })),
      );
    } else {
      // Only where failures are ranked: as values they are learned like any other.
      const anchor = this.best?.point.numeric ?? this.mean;
      retreat(this.distribution, anchor, this.best !== undefined, initialStepSize);
    }
  }
}

function withinBox(gaussian: Gaussian, grids: readonly (Grid | undefined)[], normal: NormalDraws): Float64Array {
  // A discrete coordinate has a cell for every number.
  const outside = (x: number, j: number) => grids[j] === undefined && (x < 0 || x > 1);
  for (let attempt = 0; attempt < resamplesPerCoordinate * gaussian.dimension; attempt++) {
    const x = drawn(gaussian, normal);
    if (!x.some(outside)) return x;
  }
  return drawn(gaussian, normal).map((x, j) => (outside(x, j) ? Math.min(1, Math.max(0, x)) : x));
}

/**
 * mean + stepSize A C^(1/2) z, by the symmetric root: the same distribution as by B D, and the same point for the same
 * z whatever signs and order the eigenvectors come in, which is what lets two implementations be compared.
 */
function drawn(gaussian: Gaussian, normal: NormalDraws): Float64Array {
  const z = Float64Array.from({ length: gaussian.dimension }, normal);
  const step = symmetricRoot(gaussian.eigen(), z);
  return step.map((y, j) => at(gaussian.mean, j) + gaussian.stepSize * at(gaussian.scale, j) * y);
}

function symmetricRoot({ values, vectors }: SymmetricEigen, z: Float64Array): Float64Array {
  const n = z.length;
  const result = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    let along = 0;
    for (let i = 0; i < n; i++) along += at(vectors, i * n + k) * at(z, i);
    along *= Math.sqrt(at(values, k));
    for (let i = 0; i < n; i++) result[i] = at(result, i) + at(vectors, i * n + k) * along;
  }
  return result;
}
