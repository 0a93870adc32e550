import { normalCdf, normalQuantile } from "../../math/normal-distribution.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint, ParameterValue } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { GaussianProcess } from "./gaussian-process.js";
import { quantile } from "./value-warp.js";

export interface SensitivityOptions {
  /** Configuration around which one parameter at a time is moved; the incumbent where absent. */
  readonly centre?: Configuration;
  /**
   * Native range of single numeric parameters, for example one standard deviation to either side of an
   * optimizer's mean. The whole range where absent.
   */
  readonly region?: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
}

/** What moving one parameter does. Effects are differences in the unit of the values. */
export interface Sensitivity {
  readonly parameter: string;
  /** Predicted value at `worst` minus that at `best`. */
  readonly effect: number;
  /** Central 80 % interval of the effect, over the model's uncertainty about values and hyperparameters. */
  readonly low: number;
  readonly high: number;
  /** Probability that `best` really is better than `worst`. */
  readonly confidence: number;
  readonly best: ParameterValue;
  readonly worst: ParameterValue;
}

export interface Sensitivities {
  readonly centre: Configuration;
  /** Largest effect first. */
  readonly significant: readonly Sensitivity[];
  /** Parameters of which no effect could be shown here, in the space's order. */
  readonly insignificant: readonly string[];
}

/** What the computation needs of a fitted surrogate. */
export interface FittedModel {
  readonly space: SearchSpace;
  readonly process: GaussianProcess;
  /** Calibration of the predictive deviation. */
  readonly spread: number;
  readonly vector: (configuration: Configuration) => Float64Array;
  readonly unwarp: (warped: number) => number;
  readonly seed: number;
}

/** Positions at which a numeric parameter is tried. */
const STEPS = 9;
/** Draws of the hyperparameters. */
const DRAWS = 16;
/** Best and worst are picked among several positions, so the usual 95 % would be too easily passed. */
const SIGNIFICANT = 0.975;
const INTERVAL = [0.1, 0.9] as const;
const QUANTILES = Array.from({ length: 9 }, (_, i) => normalQuantile((i + 0.5) / 9));

/**
 * One-at-a-time sensitivities that know what they do not know: an inverse length scale, which is what a fitted
 * kernel offers as relevance, says neither how much is at stake nor whether it is there. For each parameter the
 * best and worst positions by the fitted mean are compared under draws of the hyperparameters (Laplace) and the
 * joint posterior of both values, and a parameter counts only where the sign of the difference is beyond doubt.
 *
 * Moves that break a constraint are left out, unless nothing else is left (constraints that tie parameters).
 */
export function sensitivitiesAround(
  model: FittedModel,
  centre: Configuration,
  region: NonNullable<SensitivityOptions["region"]>,
): Sensitivities {
  const random = RandomStream.fromSeed(deriveSeed(model.seed, "sensitivities"));
  const processes = model.process
    .drawHyperparameters(DRAWS, random)
    .map((hyperparameters) => GaussianProcess.condition(model.process.sample, hyperparameters));
  const significant: Sensitivity[] = [];
  const insignificant: string[] = [];
  for (const { name } of model.space.parameters) {
    const found =
      name in centre ? effectOf(model, processes, name, moves(model.space, centre, name, region)) : undefined;
    if (found !== undefined && found.confidence >= SIGNIFICANT) significant.push(found);
    else insignificant.push(name);
  }
  significant.sort((a, b) => b.effect - a.effect);
  return { centre, significant, insignificant };
}

function effectOf(
  model: FittedModel,
  processes: readonly GaussianProcess[],
  name: string,
  candidates: readonly Configuration[],
): Sensitivity | undefined {
  let best: { configuration: Configuration; vector: Float64Array; mean: number } | undefined;
  let worst = best;
  for (const configuration of candidates) {
    const vector = model.vector(configuration);
    const { mean } = model.process.predict(vector);
    if (best === undefined || mean < best.mean) best = { configuration, vector, mean };
    if (worst === undefined || mean > worst.mean) worst = { configuration, vector, mean };
  }
  if (best === undefined || worst === undefined || best === worst) return undefined;
  const bestValue = best.configuration[name];
  const worstValue = worst.configuration[name];
  if (bestValue === undefined || worstValue === undefined) return undefined;

  let confidence = 0;
  const effects: number[] = [];
  for (const process of processes) {
    const difference = process.contrast(worst.vector, best.vector);
    const deviation = Math.max(1, model.spread) * Math.sqrt(difference.variance);
    confidence += normalCdf(difference.mean / deviation) / processes.length;
    const base = process.predict(best.vector).mean;
    const floor = model.unwarp(base);
    for (const z of QUANTILES) effects.push(model.unwarp(base + difference.mean + z * deviation) - floor);
  }
  effects.sort((a, b) => a - b);
  return {
    parameter: name,
    effect: model.unwarp(worst.mean) - model.unwarp(best.mean),
    low: quantile(effects, INTERVAL[0]),
    high: quantile(effects, INTERVAL[1]),
    confidence,
    best: bestValue,
    worst: worstValue,
  };
}

/** The centre with one parameter moved over its range or region; distinct, canonical. */
function moves(
  space: SearchSpace,
  centre: Configuration,
  name: string,
  region: NonNullable<SensitivityOptions["region"]>,
): readonly Configuration[] {
  const point = space.encode(centre);
  const points: EncodedPoint[] = [];
  const numeric = space.numericAxes.findIndex((axis) => axis.name === name);
  if (numeric >= 0) {
    const within = region[name];
    const coordinate = (value: number): number => space.encode({ ...centre, [name]: value }).numeric[numeric]!;
    const low = within === undefined ? 0 : coordinate(within.low);
    const high = within === undefined ? 1 : coordinate(within.high);
    for (let k = 0; k < STEPS; k++) {
      points.push({ ...point, numeric: point.numeric.with(numeric, low + ((high - low) * k) / (STEPS - 1)) });
    }
  } else {
    const categorical = space.categoricalAxes.findIndex((axis) => axis.name === name);
    space.categoricalAxes[categorical]?.choices.forEach((_, choice) => {
      points.push({ ...point, categorical: point.categorical.with(categorical, choice) });
    });
  }
  const distinct = new Map<string, Configuration>();
  for (const moved of points) {
    const configuration = space.decode(moved);
    distinct.set(space.key(configuration), configuration);
  }
  const all = [...distinct.values()];
  const allowed = all.filter((configuration) => space.brokenConstraints(configuration).length === 0);
  return allowed.length >= 2 ? allowed : all;
}
