import { type Expression, parseExpression } from "../space/expression/index.js";
import type { Configuration, EncodedPoint } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import { causedByConfiguration } from "../trials/outcome.js";
import type { FinishedTrial } from "./finished-trial.js";
import { type NoiseFloor, noiseFloor } from "./noise-floor.js";
import { fromLoss, type Objective, toLoss } from "./objective.js";
import { average, type Prior, priorOf, type TrueValue, trueValue } from "./true-value.js";

/** Everything known about one configuration: all its runs, whoever proposed them and whatever for. */
export interface Group {
  readonly key: string;
  readonly configuration: Configuration;
  /** The first trial that ran it; its origin is the configuration's origin. */
  readonly first: FinishedTrial;
  readonly trials: readonly FinishedTrial[];
  /** Losses of its complete runs, in order. */
  readonly losses: readonly number[];
  /** Runs that failed through the configuration's own fault, or broke a constraint on metrics. */
  readonly failures: number;
  /** Runs that say something about the configuration: all but those that the environment ended. */
  readonly judged: number;
  /** Where it lies in the space. */
  readonly point: EncodedPoint;
}

/** The best configuration so far, by estimated true value rather than luckiest run. */
export interface Incumbent {
  readonly group: Group;
  /** In the objective's units. */
  readonly estimate: TrueValue;
}

/**
 * What the finished trials of a study show: repeats grouped by configuration, the noise floor, and the incumbent.
 * Grows by {@link add}; everything else is derived and independent of wall-clock time, so that a resumed study
 * judges exactly as an undisturbed one.
 */
export class Evidence {
  private readonly byKey = new Map<string, MutableGroup>();
  private readonly ordered: MutableGroup[] = [];
  private readonly finished: FinishedTrial[] = [];
  /** Configurations with a complete run by their mean loss, smallest first; equal ones in the order of finishing. */
  private readonly byMean: MutableGroup[] = [];
  /** Losses of the configurations that completed more than once: what the noise floor is made of. */
  private readonly repeated: (readonly number[])[] = [];
  private cachedIncumbent: { readonly at: number; readonly value: Incumbent | undefined } | undefined;
  private repeatCount = 0;
  private judgedCount = 0;
  private floor: NoiseFloor | undefined;
  private prior: Prior | undefined;
  private readonly constraints: readonly Expression[];

  constructor(
    readonly space: SearchSpace,
    readonly objective: Objective,
  ) {
    this.constraints = (objective.constraints ?? []).map(parseExpression);
  }

  /** A few microseconds, hardly more with a thousand trials than with ten. */
  add(trial: FinishedTrial): void {
    this.finished.push(trial);
    if (trial.proposal.purpose === "replicate") this.repeatCount++;
    const group = this.groupFor(trial);
    group.trials.push(trial);
    const { outcome } = trial;
    const failed = outcome.kind === "failed" ? causedByConfiguration(outcome) : this.violated(trial) !== undefined;
    if (failed) group.failures++;
    if (failed || outcome.kind !== "failed") {
      if (group.judged === 0) this.judgedCount++;
      group.judged++;
    }
    if (outcome.kind === "complete") this.addLoss(group, toLoss(this.objective, outcome.value));
    this.cachedIncumbent = undefined;
  }

  /** The first constraint on metrics that a complete trial breaks, or cannot be shown to satisfy. */
  violated(trial: FinishedTrial): string | undefined {
    if (trial.outcome.kind !== "complete") return undefined;
    return this.constraints.find((constraint) => constraint.evaluate(trial.metrics) !== true)?.text;
  }

  /** Metrics that the constraints are about and that a run did not report. */
  unmeasured(metrics: Readonly<Record<string, number>>): readonly string[] {
    const needed = new Set(this.constraints.flatMap(({ names }) => names));
    return [...needed].filter((name) => !Object.hasOwn(metrics, name));
  }

  /** All finished trials, in the order in which they finished. */
  get trials(): readonly FinishedTrial[] {
    return this.finished;
  }

  /** In the order in which their first trials finished. */
  get groups(): readonly Group[] {
    return this.ordered;
  }

  /** Configurations with a complete run. */
  get completeGroups(): number {
    return this.byMean.length;
  }

  /** Configurations of which some run says something. */
  get judgedGroups(): number {
    return this.judgedCount;
  }

  /** Finished trials that ran a known configuration again during the search. */
  get repeats(): number {
    return this.repeatCount;
  }

  group(configuration: Configuration): Group | undefined {
    return this.byKey.get(this.space.key(configuration));
  }

  /** Undefined until some configuration has been run twice. */
  get noise(): NoiseFloor | undefined {
    return this.floor;
  }

  /** Estimated true value of a configuration in the objective's units; undefined without a complete run. */
  estimate(group: Group): TrueValue | undefined {
    if (group.losses.length === 0) return undefined;
    const noise = this.floor?.deviation ?? 0;
    this.prior ??= priorOf(
      this.byMean.map(({ mean }) => mean),
      noise,
    );
    const estimate = trueValue(group.losses, noise, this.prior);
    return { ...estimate, mean: fromLoss(this.objective, estimate.mean) };
  }

  /** Whether a configuration can be the answer: it completed, and did not fail in most of its judged runs. */
  eligible(group: Group): boolean {
    return group.losses.length > 0 && group.failures * 2 <= group.judged;
  }

  /** The first of {@link ranked}. */
  get incumbent(): Incumbent | undefined {
    if (this.cachedIncumbent?.at === this.finished.length) return this.cachedIncumbent.value;
    const [group] = this.ranked(1);
    const estimate = group === undefined ? undefined : this.estimate(group);
    const value = group === undefined || estimate === undefined ? undefined : { group, estimate };
    this.cachedIncumbent = { at: this.finished.length, value };
    return value;
  }

  /**
   * The best {@link eligible} configurations by estimated true value, best first, at most `count` of them. Ties go to
   * the earlier one, so that noise-free plateaus do not make the incumbent wander.
   *
   * An estimate lies within one standard error of the mean it is drawn from, so only configurations whose mean is
   * within two deviations of the count-th best mean can be among them: hardly more work with many trials than with few.
   */
  ranked(count: number): readonly Group[] {
    const reach = 2 * (this.floor?.deviation ?? 0);
    const found: { readonly group: MutableGroup; readonly loss: number }[] = [];
    let last = Number.POSITIVE_INFINITY;
    for (const group of this.byMean) {
      if (group.mean > last + reach) break;
      if (!this.eligible(group)) continue;
      const estimate = this.estimate(group);
      if (estimate !== undefined) found.push({ group, loss: toLoss(this.objective, estimate.mean) });
      if (found.length === count) last = group.mean;
    }
    return found
      .sort((a, b) => a.loss - b.loss || a.group.order - b.group.order)
      .slice(0, count)
      .map(({ group }) => group);
  }

  /** Whether value `a` is strictly better than `b`, both in the objective's units. */
  better(a: number, b: number): boolean {
    return toLoss(this.objective, a) < toLoss(this.objective, b);
  }

  private groupFor(trial: FinishedTrial): MutableGroup {
    const { configuration } = trial.proposal;
    const key = this.space.key(configuration);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const group: MutableGroup = {
      key,
      configuration,
      first: trial,
      trials: [],
      losses: [],
      failures: 0,
      judged: 0,
      point: this.space.encode(configuration),
      mean: Number.NaN,
      order: this.ordered.length,
    };
    this.byKey.set(key, group);
    this.ordered.push(group);
    return group;
  }

  private addLoss(group: MutableGroup, loss: number): void {
    if (group.losses.length > 0) this.byMean.splice(this.positionOf(group), 1);
    group.losses.push(loss);
    group.mean = average(group.losses);
    this.byMean.splice(this.positionOf(group), 0, group);
    if (group.losses.length === 2) this.repeated.push(group.losses);
    if (group.losses.length > 1) this.floor = noiseFloor(this.repeated);
    this.prior = undefined;
  }

  /** Where a group stands or belongs in {@link byMean}, by bisection. */
  private positionOf(group: MutableGroup): number {
    let low = 0;
    let high = this.byMean.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.byMean[middle]!;
      if (other.mean < group.mean || (other.mean === group.mean && other.order < group.order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface MutableGroup extends Group {
  readonly trials: FinishedTrial[];
  readonly losses: number[];
  failures: number;
  judged: number;
  /** Mean of `losses`; NaN before the first. */
  mean: number;
  /** Position among all groups in the order of their first trials. */
  readonly order: number;
}
