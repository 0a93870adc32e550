import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { ExtraTrees } from "./extra-trees.js";
import { FeatureMap } from "./features.js";
import { LogisticRegression } from "./logistic-regression.js";

/** One ended trial. Failures that the configuration did not cause have no place here. */
export interface FeasibilityTrial {
  /** Canonical. */
  readonly configuration: Configuration;
  readonly failed: boolean;
  /** Failure kind; kinds are learned apart, because they have causes of their own. */
  readonly kind?: string;
}

export interface FeasibilityOptions {
  readonly seed: number;
}

/** Indices into the trials the model was fitted to, nearest first in the features that decide. */
export interface FeasibilityEvidence {
  readonly failed: readonly number[];
  readonly succeeded: readonly number[];
}

export interface FailureKindProbability {
  readonly kind: string;
  readonly probability: number;
}

/** How many failures (of how many trials) a study is thought to have seen before its first. */
const PRIOR_FAILURES = 0.2;
const PRIOR_TRIALS = 2;
/** Shares of the trees in the answer that are tried. */
const TREE_SHARES = [0, 0.15, 0.3, 0.5, 0.75, 1] as const;
/** A share of the trees must be this much better, in log score over all trials, to replace a smaller one. */
const SHARE_ADVANTAGE = 0.5;
const EVIDENCE = 3;
/** Weight of features that decide nothing, against 1 for the one that decides most. */
const IDLE_WEIGHT = 0.05;
const UNNAMED_KIND = "failed";

/**
 * Learns from all ended trials where configurations fail. Two models share the answer, weighted by how well each
 * predicts trials it has not seen: for every kind of failure a Bayesian logistic regression on the features, since
 * limits of memory and time are half-spaces in logarithms of sizes and ten trials already show their direction;
 * and extra-trees, for regions that no plane separates. Kinds are competing limits: a configuration survives only
 * if it survives each, and a trial that broke one limit says nothing about the others.
 */
export function fitFeasibility(
  space: SearchSpace,
  trials: readonly FeasibilityTrial[],
  options: FeasibilityOptions,
): Feasibility {
  const failures = trials.filter(({ failed }) => failed).length;
  const baseRate = (failures + PRIOR_FAILURES) / (trials.length + PRIOR_TRIALS);
  const map = FeatureMap.fit(
    space,
    trials.map(({ configuration }) => configuration),
  );
  const scaling = Standardisation.of(trials.map(({ configuration }) => map.vector(configuration)));
  if (failures === 0) return new Feasibility(map, scaling, trials, baseRate, [], undefined, 0);

  const labels = Uint8Array.from(trials, ({ failed }) => (failed ? 1 : 0));
  const kinds = [...new Set(trials.flatMap(({ failed, kind }) => (failed ? [kind ?? UNNAMED_KIND] : [])))];
  const limits = kinds.map((kind): Limit => {
    const members = trials.flatMap(({ failed, kind: other }, i) =>
      !failed || (other ?? UNNAMED_KIND) === kind ? [i] : [],
    );
    const ofKind = Uint8Array.from(members, (i) => labels[i]!);
    const count = ofKind.reduce((sum, label) => sum + label, 0);
    const model = LogisticRegression.fit(
      members.map((i) => scaling.rows[i]!),
      ofKind,
      (count + PRIOR_FAILURES) / (members.length + PRIOR_TRIALS),
    );
    return { kind, model, leftOut: new Map(members.map((i, at) => [i, model.leftOut[at]!])) };
  });
  const trees = ExtraTrees.fit(
    scaling.rows,
    labels,
    baseRate,
    RandomStream.fromSeed(deriveSeed(options.seed, "feasibility")),
  );
  const unseen = scaling.rows.map((row, i) =>
    union(limits.map(({ model, leftOut }) => leftOut.get(i) ?? model.probability(row))),
  );
  return new Feasibility(map, scaling, trials, baseRate, limits, trees, treeShare(labels, unseen, trees.outOfBag));
}

interface Limit {
  readonly kind: string;
  readonly model: LogisticRegression;
  /** By trial: its probability by a model that was fitted without it. */
  readonly leftOut: ReadonlyMap<number, number>;
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
    if (this.trees === undefined) return this.baseRate;
    const row = this.scaling.apply(this.map.vector(configuration));
    const planes = union(this.limits.map(({ model }) => model.probability(row)));
    return (1 - this.share) * planes + this.share * this.trees.probability(row);
  }

  /** The probability divided among the kinds of failure seen so far, most probable first. */
  kinds(configuration: Configuration): readonly FailureKindProbability[] {
    const row = this.scaling.apply(this.map.vector(configuration));
    const apart = this.limits.map(({ kind, model }) => ({ kind, probability: model.probability(row) }));
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

/** Features brought to mean 0 and standard deviation 1 over the trials; those that do not vary become 0. */
class Standardisation {
  private constructor(
    private readonly centre: Float64Array,
    private readonly scale: Float64Array,
    readonly rows: readonly Float64Array[],
  ) {}

  static of(vectors: readonly Float64Array[]): Standardisation {
    const dimension = vectors[0]?.length ?? 0;
    const centre = new Float64Array(dimension);
    const scale = new Float64Array(dimension);
    for (let f = 0; f < dimension; f++) {
      let mean = 0;
      for (const vector of vectors) mean += vector[f]! / vectors.length;
      let variance = 0;
      for (const vector of vectors) variance += (vector[f]! - mean) ** 2 / vectors.length;
      centre[f] = mean;
      // Below this the trials agree, and a ratio to their spread would blow up the first that differs.
      scale[f] = variance > 1e-6 ? 1 / Math.sqrt(variance) : 0;
    }
    const rows: Float64Array[] = [];
    const scaling = new Standardisation(centre, scale, rows);
    for (const vector of vectors) rows.push(scaling.apply(vector));
    return scaling;
  }

  get dimension(): number {
    return this.centre.length;
  }

  apply(vector: Float64Array): Float64Array {
    return this.centre.map((centre, f) => (vector[f]! - centre) * this.scale[f]!);
  }
}

/** Probability that at least one of independent limits is broken. */
function union(probabilities: readonly number[]): number {
  let survival = 1;
  for (const p of probabilities) survival *= 1 - p;
  return 1 - survival;
}

/** The share of the trees with the best log score on trials that neither model has seen. */
function treeShare(labels: Uint8Array, planes: readonly number[], trees: Float64Array): number {
  let chosen = 0;
  let best = -Infinity;
  for (const share of TREE_SHARES) {
    let score = 0;
    for (let i = 0; i < labels.length; i++) {
      const tree = trees[i]!;
      if (Number.isNaN(tree)) continue;
      const p = (1 - share) * planes[i]! + share * tree;
      score += Math.log(labels[i] === 1 ? p : 1 - p);
    }
    if (score > best + SHARE_ADVANTAGE || best === -Infinity) {
      best = score;
      chosen = share;
    }
  }
  return chosen;
}
