import { z } from "zod";
import { AgentTuneError } from "../../errors.js";
import { at, median } from "../../math/vector.js";
import { gridOf } from "./grid.js";
import { longestInjection } from "./injection.js";
import { SearchDistribution, type SearchDistributionOptions } from "./search-distribution.js";
import { type ParameterConvention, type StrategyParameters, strategyParameters } from "./strategy-parameters.js";
import { sourceDistribution } from "./warm-start.js";

/**
 * Replays recorded generations of CMA-ES variants: points and values in, state out, compared with the state that
 * another implementation reached. No random numbers are involved. Every replay throws a ZodError where fields are
 * missing or of another type, and AgentTuneError `usage` where lengths do not fit each other.
 */

const vector = z.array(z.number());
const matrix = z.array(vector).min(1);
/** One number stands for every coordinate. */
const initialMean = z.union([z.number(), vector.min(1)]);
const populationSize = z.number().int().min(2);
const gaussianState = { f: vector.min(2), mean: vector.min(1), sigma: z.number(), C: matrix };

const strategy = z.object({
  popsize: populationSize,
  mu: z.number().optional(),
  mueff: z.number().optional(),
  c1: z.number().optional(),
  cmu: z.number().optional(),
  cc: z.number().optional(),
  cs: z.number().optional(),
  ds: z.number().optional(),
  damps: z.number().optional(),
  chiN: z.number().optional(),
  inj_len: z.number().optional(),
  weights: vector.optional(),
});

const plainTrace = z.object({
  mean0: initialMean,
  sigma0: z.number().positive(),
  params: strategy.optional(),
  generations: z.array(z.object({ ...gaussianState, X: matrix, ps: vector, pc: vector })).min(1),
});

const marginTrace = z.object({
  bounds: matrix,
  steps: vector,
  mean0: initialMean,
  sigma0: z.number().positive(),
  margin: z.number(),
  generations: z.array(z.object({ ...gaussianState, x_tell: matrix, A: vector })).min(1),
});

const categoricalTrace = z.object({
  mean0: initialMean,
  sigma0: z.number().positive(),
  cat_num: vector.min(1),
  q_min: vector,
  generations: z
    .array(z.object({ ...gaussianState, X: matrix, cat: matrix, q: matrix, Delta: z.number(), gamma: z.number() }))
    .min(1),
});

const mixedTrace = z.object({
  x_space: z.array(vector).default([]),
  z_space: z.array(vector).default([]),
  c_space: vector.default([]),
  mean0: initialMean,
  C0: matrix,
  sigma0: z.number().positive(),
  alpha: z.number(),
  qmin: vector.default([]),
  generations: z
    .array(
      z.object({
        ...gaussianState,
        v_raw: matrix,
        cat: z.array(vector).default([]),
        A: vector,
        pmut: vector.default([]),
        q: z.array(vector).default([]),
      }),
    )
    .min(1),
});

const warmStartTrace = z.object({
  X: matrix,
  f: vector.min(1),
  gamma: z.number().gt(0).max(1),
  alpha: z.number().positive(),
  mean: vector,
  sigma: z.number(),
  cov: matrix,
});

/** Keys are dimensions. */
const parameterTables = z.record(z.string().regex(/^[1-9]\d*$/, "is not a dimension"), strategy);

/** What a replay found. */
export interface Replay {
  /** Generations that were told; 0 where the trace has none. */
  readonly generations: number;
  /**
   * Largest deviation of each quantity over all generations, relative to the largest entry of the recorded array:
   * max |a - b| / max |b|. Infinite where a number is missing or not finite.
   */
  readonly deviations: Readonly<Record<string, number>>;
}

/** A trace of plain CMA-ES with active covariance, or of the same with learning-rate adaptation. */
export function replayPlain(trace: unknown, adaptLearningRates = false): Replay {
  const { mean0, sigma0, params, generations } = plainTrace.parse(trace);
  const n = generations[0]?.mean.length ?? 0;
  const lambda = params?.popsize ?? generations[0]?.f.length ?? 0;
  const run = new SearchDistribution({
    mean: spread(mean0, n),
    stepSize: sigma0,
    populationSize: lambda,
    adaptLearningRates,
  });
  const deviations = new Deviations();
  if (params) compareStrategy(deviations, run.parameters, params);
  generations.forEach((generation, g) => {
    checkShape(g, generation.X, generation.f, lambda, n);
    run.update(generation.X.map((numeric, k) => evaluated(numeric, [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    deviations.compare("ps", run.gaussian?.pathSigma ?? [], generation.ps);
    deviations.compare("pc", run.gaussian?.pathC ?? [], generation.pc);
  });
  return { generations: generations.length, deviations: deviations.largest() };
}

/** A trace of CMA-ES with margin. */
export function replayMargin(trace: unknown): Replay {
  const { bounds, steps, mean0, sigma0, margin, generations } = marginTrace.parse(trace);
  const n = steps.length;
  const lambda = generations[0]?.f.length ?? 0;
  const run = new SearchDistribution({
    mean: spread(mean0, n),
    stepSize: sigma0,
    populationSize: lambda,
    marginRule: "cma-es-with-margin",
    margin,
    grids: steps.map((step, j) => {
      const [low, high] = bounds[j] ?? [];
      if (step === 0 || low === undefined || high === undefined) return undefined;
      return gridOf(Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => low + k * step));
    }),
  });
  const deviations = new Deviations();
  generations.forEach((generation, g) => {
    checkShape(g, generation.x_tell, generation.f, lambda, n);
    // The trace holds points before the scale is applied; this implementation is told them after it.
    const scaled = generation.x_tell.map((x) =>
      x.map((value, j) => {
        const mean = at(run.gaussian?.mean ?? [], j);
        return (value - mean) * at(run.gaussian?.scale ?? [], j) + mean;
      }),
    );
    run.update(scaled.map((numeric, k) => evaluated(numeric, [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    deviations.compare("A", run.gaussian?.scale ?? [], generation.A);
  });
  return { generations: generations.length, deviations: deviations.largest() };
}

/** A trace of CatCMA (no negative weights, no discrete coordinates). */
export function replayCategorical(trace: unknown): Replay {
  const { mean0, sigma0, cat_num, q_min, generations } = categoricalTrace.parse(trace);
  const n = generations[0]?.mean.length ?? 0;
  const lambda = generations[0]?.f.length ?? 0;
  const run = new SearchDistribution({
    mean: spread(mean0, n),
    stepSize: sigma0,
    populationSize: lambda,
    active: false,
    probabilities: uniform(cat_num),
    categoricalMargins: q_min,
    smallestGradient: 1e-30,
  });
  const deviations = new Deviations();
  generations.forEach((generation, g) => {
    checkShape(g, generation.X, generation.f, lambda, n);
    checkShape(g, generation.cat, generation.f, lambda, cat_num.length);
    run.update(generation.X.map((numeric, k) => evaluated(numeric, generation.cat[k] ?? [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    compareProbabilities(deviations, run, generation.q);
    deviations.compare("Delta", [run.categorical.gradient.caution], [generation.Delta]);
    deviations.compare("gamma", [run.categorical.gradient.pathWeight], [generation.gamma]);
  });
  return { generations: generations.length, deviations: deviations.largest() };
}

/** A trace of CatCMA with margin. */
export function replayMixed(trace: unknown): Replay {
  const { x_space, z_space, c_space, mean0, C0, sigma0, alpha, qmin, generations } = mixedTrace.parse(trace);
  const n = x_space.length + z_space.length;
  const lambda = generations[0]?.f.length ?? 0;
  const options: SearchDistributionOptions = {
    mean: spread(mean0, n),
    stepSize: sigma0,
    covariance: C0.flat(),
    populationSize: lambda,
    grids: [...x_space.map(() => undefined), ...z_space.map((values) => gridOf(values))],
    probabilities: uniform(c_space),
    margin: alpha,
    categoricalMargins: qmin,
  };
  const run = new SearchDistribution(options);
  const deviations = new Deviations();
  const penalty = new BoxPenalty(x_space);
  generations.forEach((generation, g) => {
    checkShape(g, generation.v_raw, generation.f, lambda, n);
    if (c_space.length > 0) checkShape(g, generation.cat, generation.f, lambda, c_space.length);
    const penalised = penalty.apply(run, generation.v_raw, generation.f);
    // The recorded run sorts twice, without and with the penalty; both sorts are stable, so ties follow the first.
    const order = generation.f.map((_, k) => k).sort((a, b) => at(generation.f, a) - at(generation.f, b));
    run.update(order.map((k) => evaluated(generation.v_raw[k] ?? [], generation.cat[k] ?? [], at(penalised, k))));
    compareGaussian(deviations, run, generation);
    deviations.compare("A", run.gaussian?.scale ?? [], generation.A);
    deviations.compare("pmut", run.mutationRates.slice(x_space.length), generation.pmut);
    compareProbabilities(deviations, run, generation.q);
  });
  return { generations: generations.length, deviations: deviations.largest() };
}

/** The distribution that a warm start makes of the results of an earlier task. */
export function replayWarmStart(trace: unknown): Replay {
  const { X, f, gamma, alpha, ...expected } = warmStartTrace.parse(trace);
  const n = X[0]?.length ?? 0;
  checkShape(0, X, f, X.length, n);
  const deviations = new Deviations();
  const { mean, stepSize, covariance } = sourceDistribution(
    X.map((point, k) => ({ point, value: at(f, k) })),
    gamma,
    Array.from({ length: n }, () => alpha),
  );
  deviations.compare("mean", mean, expected.mean);
  deviations.compare("sigma", [stepSize], [expected.sigma]);
  deviations.compare("cov", covariance, expected.cov.flat());
  return { generations: 0, deviations: deviations.largest() };
}

/** Tables of strategy parameters by dimension. */
export function replayStrategy(tables: unknown, convention: ParameterConvention): Replay {
  const deviations = new Deviations();
  for (const [dimension, table] of Object.entries(parameterTables.parse(tables))) {
    const n = Number(dimension);
    compareStrategy(deviations, strategyParameters(n, table.popsize, true, convention), table);
  }
  return { generations: 0, deviations: deviations.largest() };
}

/**
 * The box penalty of the recorded implementation (Hansen et al. 2009). The product folds coordinates instead (see
 * box-transform.ts), so this exists only to give replayed points the ranks they had.
 */
class BoxPenalty {
  private readonly ranges: number[] = [];

  constructor(private readonly box: readonly (readonly number[])[]) {}

  apply(run: SearchDistribution, points: readonly (readonly number[])[], values: readonly number[]): number[] {
    const { gaussian } = run;
    if (!gaussian) return [...values];
    const n = gaussian.dimension;
    const { populationSize, effectiveParents } = run.parameters;
    const sorted = [...values].sort((a, b) => a - b);
    const range = at(sorted, Math.floor((3 * populationSize) / 4)) - at(sorted, Math.floor(populationSize / 4));
    if (range > 0) this.ranges.unshift(range);
    if (this.ranges.length > 20 + Math.ceil((3 * n) / populationSize)) this.ranges.pop();
    // Without any history there is no scale for a penalty.
    if (this.ranges.length === 0) return [...values];
    const typical = median(this.ranges);
    const variances = Array.from({ length: n }, (_, j) => gaussian.spread(j) ** 2 * at(gaussian.scale, j));
    const total = variances.reduce((sum, v) => sum + v, 0);
    const meanLog = variances.reduce((sum, v) => sum + Math.log(v), 0) / n;
    return values.map((value, k) => {
      let penalty = 0;
      this.box.forEach(([low = 0, high = 0], j) => {
        const x = at(points[k] ?? [], j);
        const mean = at(gaussian.mean, j);
        const feasible = Math.min(high, Math.max(low, x));
        const outside = Math.max(low - mean, mean - high);
        const far =
          outside > 3 * gaussian.stepSize * Math.sqrt(at(variances, j)) * Math.max(1, Math.sqrt(n) / effectiveParents);
        const weight =
          ((2 * typical) / (gaussian.stepSize ** 2 * total)) *
          (far ? 1.1 ** Math.max(1, effectiveParents / (10 * n)) : 1);
        penalty += (weight * (feasible - x) ** 2) / Math.exp(0.9 * (Math.log(at(variances, j)) - meanLog));
      });
      return value + penalty;
    });
  }
}

function evaluated(numeric: readonly number[], categorical: readonly number[], value: number) {
  return { numeric, categorical, evaluation: { kind: "value", value }, injected: false } as const;
}

function uniform(counts: readonly number[]): number[][] {
  return counts.map((count) => Array.from({ length: count }, () => 1 / count));
}

function spread(mean: number | readonly number[], n: number): readonly number[] {
  return typeof mean === "number" ? Array.from({ length: n }, () => mean) : mean;
}

function checkShape(
  generation: number,
  points: readonly (readonly number[])[],
  values: readonly number[],
  populationSize: number,
  coordinates: number,
): void {
  const wrong = points.find((point) => point.length !== coordinates);
  if (points.length === populationSize && values.length === populationSize && !wrong) return;
  throw new AgentTuneError("usage", {
    message:
      `generation ${generation} has ${points.length} points of ${(wrong ?? points[0])?.length} coordinates and ` +
      `${values.length} values where ${populationSize} of ${coordinates} are needed`,
  });
}

class Deviations {
  private readonly worst = new Map<string, number>();

  compare(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    let scale = Number.MIN_VALUE;
    let distance = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
    for (let i = 0; i < expected.length; i++) {
      scale = Math.max(scale, Math.abs(at(expected, i)));
      const apart = Math.abs(at(actual, i) - at(expected, i));
      distance = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(distance, apart);
    }
    this.worst.set(name, Math.max(this.worst.get(name) ?? 0, distance / scale));
  }

  largest(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.worst);
  }
}

function compareGaussian(
  deviations: Deviations,
  { gaussian }: SearchDistribution,
  expected: { readonly mean: readonly number[]; readonly sigma: number; readonly C: readonly (readonly number[])[] },
): void {
  deviations.compare("mean", gaussian?.mean ?? [], expected.mean);
  deviations.compare("sigma", gaussian ? [gaussian.stepSize] : [], [expected.sigma]);
  deviations.compare("C", gaussian?.covariance ?? [], expected.C.flat());
}

function compareProbabilities(
  deviations: Deviations,
  run: SearchDistribution,
  expected: readonly (readonly number[])[],
): void {
  // Recorded rows are as long as the longest.
  run.categorical.probabilities.forEach((row, i) => {
    deviations.compare("q", row, (expected[i] ?? []).slice(0, row.length));
  });
}

/** Compares what a table has. */
function compareStrategy(
  deviations: Deviations,
  parameters: StrategyParameters,
  table: z.infer<typeof strategy>,
): void {
  const known = {
    mu: parameters.parents,
    mueff: parameters.effectiveParents,
    c1: parameters.rankOneRate,
    cmu: parameters.rankMuRate,
    cc: parameters.covarianceCumulation,
    cs: parameters.stepSizeCumulation,
    ds: parameters.stepSizeDamping,
    damps: parameters.stepSizeDamping,
    chiN: parameters.expectedLength,
    inj_len: longestInjection(parameters.dimension),
  };
  for (const [name, value] of Object.entries(known)) {
    const expected = table[name as keyof typeof known];
    if (expected !== undefined) deviations.compare(name, [value], [expected]);
  }
  if (table.weights) deviations.compare("weights", parameters.weights, table.weights);
}
