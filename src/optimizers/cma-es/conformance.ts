import { z } from "zod";
import { at, median } from "../../math/vector.js";
import { gridOf } from "./grid.js";
import { SearchDistribution, type SearchDistributionOptions } from "./search-distribution.js";
import { defaultPopulationSize } from "./strategy-parameters.js";

/**
 * Replays recorded generations of CMA-ES variants: points and values in, state out, compared with the state that
 * another implementation reached. No random numbers are involved.
 */

const vector = z.array(z.number());
const matrix = z.array(vector);

const plainTrace = z.object({
  mean0: z.number(),
  sigma0: z.number(),
  params: z.object({ popsize: z.number() }),
  generations: z.array(
    z.object({ X: matrix, f: vector, mean: vector, sigma: z.number(), ps: vector, pc: vector, C: matrix }),
  ),
});

const marginTrace = z.object({
  bounds: matrix,
  steps: vector,
  mean0: vector,
  sigma0: z.number(),
  margin: z.number(),
  generations: z.array(z.object({ x_tell: matrix, f: vector, mean: vector, sigma: z.number(), A: vector, C: matrix })),
});

const categoricalTrace = z.object({
  mean0: z.number(),
  sigma0: z.number(),
  cat_num: vector,
  q_min: vector,
  generations: z.array(
    z.object({
      X: matrix,
      cat: matrix,
      f: vector,
      mean: vector,
      sigma: z.number(),
      C: matrix,
      q: matrix,
      Delta: z.number(),
      gamma: z.number(),
    }),
  ),
});

const mixedTrace = z.object({
  x_space: matrix,
  z_space: matrix,
  c_space: vector,
  mean0: vector,
  C0: matrix,
  sigma0: z.number(),
  alpha: z.number(),
  qmin: vector,
  generations: z.array(
    z.object({
      v_raw: matrix,
      cat: matrix,
      f: vector,
      mean: vector,
      sigma: z.number(),
      C: matrix,
      A: vector,
      pmut: vector,
      q: matrix,
    }),
  ),
});

/** Largest relative deviation over all generations, entry by entry, for each quantity of a trace. */
export type Deviations = Readonly<Record<string, number>>;

/** Replays a trace of plain CMA-ES with active covariance, or of the same with learning-rate adaptation. @throws ZodError where it is not one */
export function replayPlain(trace: unknown, adaptLearningRates = false): Deviations {
  const { mean0, sigma0, params, generations } = plainTrace.parse(trace);
  const n = generations[0]?.mean.length ?? 0;
  const run = new SearchDistribution({
    mean: Array.from({ length: n }, () => mean0),
    stepSize: sigma0,
    populationSize: params.popsize,
    adaptLearningRates,
  });
  const deviations = new Map<string, number>();
  for (const generation of generations) {
    run.update(generation.X.map((numeric, k) => evaluated(numeric, [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    compare(deviations, "ps", run.gaussian?.pathSigma ?? [], generation.ps);
    compare(deviations, "pc", run.gaussian?.pathC ?? [], generation.pc);
  }
  return Object.fromEntries(deviations);
}

/** Replays a trace of CMA-ES with margin. @throws ZodError where it is not one */
export function replayMargin(trace: unknown): Deviations {
  const { bounds, steps, mean0, sigma0, margin, generations } = marginTrace.parse(trace);
  const run = new SearchDistribution({
    mean: mean0,
    stepSize: sigma0,
    populationSize: generations[0]?.f.length ?? 0,
    marginRule: "cma-es-with-margin",
    margin,
    grids: steps.map((step, j) => {
      const [low, high] = bounds[j] ?? [];
      if (step === 0 || low === undefined || high === undefined) return undefined;
      return gridOf(Array.from({ length: Math.round((high - low) / step) + 1 }, (_, k) => low + k * step));
    }),
  });
  const deviations = new Map<string, number>();
  for (const generation of generations) {
    // The trace holds points before the scale is applied; this implementation is told them after it.
    const scaled = generation.x_tell.map((x) =>
      x.map((value, j) => {
        const mean = at(run.gaussian?.mean ?? [], j);
        return (value - mean) * at(run.gaussian?.scale ?? [], j) + mean;
      }),
    );
    run.update(scaled.map((numeric, k) => evaluated(numeric, [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    compare(deviations, "A", run.gaussian?.scale ?? [], generation.A);
  }
  return Object.fromEntries(deviations);
}

/** Replays a trace of CatCMA (no negative weights, no discrete coordinates). @throws ZodError where it is not one */
export function replayCategorical(trace: unknown): Deviations {
  const { mean0, sigma0, cat_num, q_min, generations } = categoricalTrace.parse(trace);
  const n = generations[0]?.mean.length ?? 0;
  const run = new SearchDistribution({
    mean: Array.from({ length: n }, () => mean0),
    stepSize: sigma0,
    populationSize: generations[0]?.f.length ?? 0,
    active: false,
    probabilities: uniform(cat_num),
    categoricalMargins: q_min,
    smallestGradient: 1e-30,
  });
  const deviations = new Map<string, number>();
  for (const generation of generations) {
    run.update(generation.X.map((numeric, k) => evaluated(numeric, generation.cat[k] ?? [], at(generation.f, k))));
    compareGaussian(deviations, run, generation);
    compareProbabilities(deviations, run, generation.q);
    compare(deviations, "Delta", [run.categorical.gradient.caution], [generation.Delta]);
    compare(deviations, "gamma", [run.categorical.gradient.pathWeight], [generation.gamma]);
  }
  return Object.fromEntries(deviations);
}

/** Replays a trace of CatCMA with margin. @throws ZodError where it is not one */
export function replayMixed(trace: unknown): Deviations {
  const { x_space, z_space, c_space, mean0, C0, sigma0, alpha, qmin, generations } = mixedTrace.parse(trace);
  const n = mean0.length;
  const options: SearchDistributionOptions = {
    mean: mean0,
    stepSize: sigma0,
    covariance: C0.flat(),
    populationSize: defaultPopulationSize(n + c_space.length),
    grids: [...x_space.map(() => undefined), ...z_space.map((values) => gridOf(values))],
    probabilities: uniform(c_space),
    margin: alpha,
    categoricalMargins: qmin,
  };
  const run = new SearchDistribution(options);
  const deviations = new Map<string, number>();
  const penalty = new BoxPenalty(x_space);
  for (const generation of generations) {
    const penalised = penalty.apply(run, generation.v_raw, generation.f);
    // The recorded run sorts twice, without and with the penalty; both sorts are stable, so ties follow the first.
    const order = generation.f.map((_, k) => k).sort((a, b) => at(generation.f, a) - at(generation.f, b));
    run.update(order.map((k) => evaluated(generation.v_raw[k] ?? [], generation.cat[k] ?? [], at(penalised, k))));
    compareGaussian(deviations, run, generation);
    compare(deviations, "A", run.gaussian?.scale ?? [], generation.A);
    compare(deviations, "pmut", run.mutationRates.slice(x_space.length), generation.pmut);
    compareProbabilities(deviations, run, generation.q);
  }
  return Object.fromEntries(deviations);
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

function compareGaussian(
  deviations: Map<string, number>,
  { gaussian }: SearchDistribution,
  expected: { readonly mean: readonly number[]; readonly sigma: number; readonly C: readonly (readonly number[])[] },
): void {
  if (!gaussian) return;
  compare(deviations, "mean", gaussian.mean, expected.mean);
  compare(deviations, "sigma", [gaussian.stepSize], [expected.sigma]);
  compare(deviations, "C", gaussian.covariance, expected.C.flat());
}

function compareProbabilities(
  deviations: Map<string, number>,
  run: SearchDistribution,
  expected: readonly (readonly number[])[],
): void {
  run.categorical.probabilities.forEach((row, i) => {
    compare(deviations, "q", row, (expected[i] ?? []).slice(0, row.length));
  });
}

/** Entries below 1e-6 of the largest are compared on that scale: their own digits are what cancellation left. */
function compare(
  deviations: Map<string, number>,
  name: string,
  actual: ArrayLike<number>,
  expected: readonly number[],
): void {
  const floor = 1e-6 * Math.max(...expected.map(Math.abs));
  let worst = deviations.get(name) ?? 0;
  expected.forEach((value, i) => {
    const deviation = Math.abs(at(actual, i) - value) / Math.max(Math.abs(value), floor, Number.MIN_VALUE);
    worst = Number.isNaN(deviation) ? Number.POSITIVE_INFINITY : Math.max(worst, deviation);
  });
  deviations.set(name, worst);
}
