import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { ExtraTrees } from "./extra-trees.js";
import {
  type FeasibilityOptions,
  type FeasibilityTrial,
  fitLimit,
  type Limit,
  PRIOR_FAILURES,
  PRIOR_TRIALS,
  UNNAMED_KIND,
  watchedKinds,
} from "./feasibility-limit.js";
import { shareOf } from "./feasibility-share.js";
import { Sizes } from "./feasibility-sizes.js";
import { Standardisation } from "./feasibility-standardisation.js";
import { FeatureMap } from "./features.js";

export type { FeasibilityOptions, FeasibilityTrial } from "./feasibility-limit.js";

/** Indices into the trials the model was fitted to, nearest first in the features that decide. */
export interface FeasibilityEvidence {
  readonly failed: readonly number[];
  readonly succeeded: readonly number[];
}

export interface FailureKindProbability {
  readonly kind: string;
  readonly probability: number;
}

const EVIDENCE = 3;
/** Weight of features that decide nothing, against 1 for the one that decides most. */
const IDLE_WEIGHT = 0.05;

/**
 * Learns from all ended trials where configurations fail. For every kind of failure there is a Bayesian logistic
 * regression on the features, since limits of memory and time are half-spaces in logarithms of sizes and ten trials
 * already show their direction. Where more was measured, two further models of a kind know more: of the resource
 * that ran out (feasibility-resource.ts), and of how far the failed trials came (feasibility-hazard.ts). Extra-trees
 * over all kinds see regions that no plane separates. All of them share the answer, weighted by how well each
 * predicts trials it has not seen: a model that knows nothing has no share. Kinds are competing limits: a
 * configuration survives only if it survives each, and a trial that broke one limit says nothing about the others.
 */
export function fitFeasibility(
  space: SearchSpace,
  trials: readonly FeasibilityTrial[],
  options: FeasibilityOptions,
): Feasibility {
  const failures = trials.filter(({ failed }) => failed).length;
  const baseRate = (failures + PRIOR_FAILURES) / (trials.length + PRIOR_TRIALS);
  const configurations = trials.map(({ configuration }) => configuration);
  const map = FeatureMap.fit(space, configurations);
  const scaling = Standardisation.of(configurations.map((configuration) => map.vector(configuration)));
  const kinds = [
    ...new Set([
      ...trials.flatMap(({ failed, kind }) => (failed ? [kind ?? UNNAMED_KIND] : [])),
      // A limit that is known can be kept before it was ever broken.
      ...watchedKinds(trials, options),
    ]),
  ];
  if (kinds.length === 0) return new Feasibility(map, scaling, trials, baseRate, [], undefined, 0);

  const labels = Uint8Array.from(trials, ({ failed }) => (failed ? 1 : 0));
  const sizes = new Sizes(space, configurations, scaling);
  const limits = kinds.map((kind) => fitLimit(kind, trials, labels, scaling, sizes, options));
  if (failures === 0) return new Feasibility(map, scaling, trials, baseRate, limits, undefined, 0);
  const trees = ExtraTrees.fit(
    scaling.rows,
    labels,
    baseRate,
    RandomStream.fromSeed(deriveSeed(options.seed, "feasibility")),
  );
  const unseen = scaling.rows.map((row, i) =>
    union(limits.map((limit) => limit.leftOut.get(i) ?? limit.probability(trials[i]!.configuration, row))),
  );
  const share = shareOf(labels, unseen, trees.outOfBag);
  return new Feasibility(map, scaling, trials, baseRate, limits, trees, share);
}

/** A fitted model of where configurations fail; see {@link fitFeasibility}. Immutable. */
export class Feasibility {
  /** @internal */
  constructor(
    private readonly map: FeatureMap,
    private readonly scaling: Standardisation,
    private readonly trials: readonly FeasibilityTrial[],
    private readonly baseRate: number,
    private readonly limits: readonly Limit[],
    private readonly trees: ExtraTrees | undefined,
    private readonly share: number,
  ) {}

  /** Probability in (0, 1) that a trial of this canonical configuration fails. */
  probability(configuration: Configuration): number {
    if (this.limits.length === 0) return this.baseRate;
    const row = this.scaling.apply(this.map.vector(configuration));
    const planes = union(this.limits.map((limit) => limit.probability(configuration, row)));
    if (this.trees === undefined) return planes;
    return (1 - this.share) * planes + this.share * this.trees.probability(row);
  }

  /** The probability divided among the kinds of failure seen so far, most probable first. */
  kinds(configuration: Configuration): readonly FailureKindProbability[] {
    const row = this.scaling.apply(this.map.vector(configuration));
    const apart = this.limits.map((limit) => ({
      kind: limit.kind,
      probability: limit.probability(configuration, row),
    }));
    const sum = apart.reduce((total, { probability }) => total + probability, 0);
    const whole = this.probability(configuration);
    return apart
      .map(({ kind, probability }) => ({ kind, probability: (whole * probability) / sum }))
      .sort((a, b) => b.probability - a.probability);
  }

  /** The trials nearest to a configuration, in which the answer can be checked; at most three of each. */
  evidence(configuration: Configuration): FeasibilityEvidence {
    const row = this.scaling.apply(this.map.vector(configuration));
    const weights = this.relevance();
    const distances = this.scaling.rows.map((other) => {
      let sum = 0;
      for (let f = 0; f < row.length; f++) sum += weights[f]! * (row[f]! - other[f]!) ** 2;
      return sum;
    });
    const nearest = (failed: boolean): readonly number[] =>
      this.trials
        .flatMap((trial, i) => (trial.failed === failed ? [i] : []))
        .sort((a, b) => distances[a]! - distances[b]! || b - a)
        .slice(0, EVIDENCE);
    return { failed: nearest(true), succeeded: nearest(false) };
  }

  /** Squared coefficients over all kinds, the largest 1: how much each feature counts in a distance. */
  private relevance(): Float64Array {
    const weights = new Float64Array(this.scaling.dimension);
    for (const { model } of this.limits) {
      for (let f = 0; f < weights.length; f++) weights[f] = Math.max(weights[f]!, model.coefficients[f + 1]! ** 2);
    }
    const largest = weights.reduce((a, b) => Math.max(a, b), 0);
    return weights.map((w) => (largest > 0 ? Math.max(w / largest, IDLE_WEIGHT) : 1));
  }
}

/** Probability that at least one of independent limits is broken. */
function union(probabilities: readonly number[]): number {
  let survival = 1;
  for (const p of probabilities) survival *= 1 - p;
  return 1 - survival;
}
