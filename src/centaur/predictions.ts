import { type Evidence, type FinishedTrial, fromLoss, toLoss } from "../evidence/index.js";
import { objectiveValue } from "../evidence/numbers.js";
import { deriveSeed } from "../math/random.js";
import { fitFeasibility, fitSurrogate, type Surrogate } from "../optimizers/surrogate/index.js";
import type { Configuration, ParameterValue } from "../space/parameter.js";
import { causedByConfiguration } from "../trials/outcome.js";
import { failureName } from "./failure-severity.js";

/** Complete configurations below which a surrogate would only be a guess with numbers. */
const fewestForSurrogate = 6;
/** Trials below which a probability of failure is not learned. */
const fewestForFeasibility = 4;
/** Configurations a surrogate is fitted to at most, so that a fit stays short beside a trial. */
const surrogatePoints = 150;
/** Latest trials that the feasibility model learns from at most. */
const feasibilityTrials = 300;

/**
 * Share of held-out results that must lie in their 80 % interval before an interval is shown, and how many of them it
 * takes to tell: a confident interval that is wrong misleads more than none.
 */
const calibrated = { low: 0.6, high: 0.97, points: 10 } as const;

export interface Sensitivity {
  readonly name: string;
  /** How much the predicted objective moves over the parameter's range, in the objective's units. */
  readonly effect: number;
  /** Central 80 % interval of the effect. */
  readonly low: number;
  readonly high: number;
  /** Value of the parameter at which the objective is predicted best. */
  readonly best: ParameterValue;
}

/** Probability that a configuration fails, and the failed trials nearest to it in what decides. */
export interface FailureRisk {
  probability(configuration: Configuration): number;
  nearestFailures(configuration: Configuration): readonly FinishedTrial[];
}

/**
 * Models of the trials that both sides consult. Fitted when asked for, not at every trial, and always to the trials
 * of a fixed milestone: what they say depends on the trials alone, so that a resumed study is told the same.
 */
export class Predictions {
  private surrogateFit: { readonly at: number; readonly fit: Surrogate } | undefined;
  /** Of the fit that they were asked of last: both take much longer to compute than to look up. */
  private cachedSensitivities: { readonly of: Surrogate; readonly found: readonly Sensitivity[] } | undefined;
  private cachedCalibration: { readonly of: Surrogate; readonly holds: boolean } | undefined;
  private riskFit: { readonly at: number; readonly fit: FailureRisk | undefined } | undefined;

  constructor(
    private readonly evidence: Evidence,
    private readonly seed: number,
  ) {}

  /** Undefined while there is too little data. */
  surrogate(): Surrogate | undefined {
    const { evidence } = this;
    const count = evidence.trials.length;
    if (this.surrogateFit?.at === count) return this.surrogateFit.fit;
    const observations = evidence.trials.flatMap(({ proposal, outcome }) =>
      outcome.kind === "complete"
        ? [{ configuration: proposal.configuration, value: toLoss(evidence.objective, outcome.value) }]
        : [],
    );
    if (evidence.completeGroups < fewestForSurrogate) return undefined;
    const fit = fitSurrogate(evidence.space, observations, {
      seed: deriveSeed(this.seed, "surrogate", count),
      maxPoints: surrogatePoints,
    });
    this.surrogateFit = { at: count, fit };
    return fit;
  }

  /** Undefined while nothing has failed or there is too little data. */
  feasibility(): FailureRisk | undefined {
    const at = milestone(this.evidence.trials.length);
    if (this.riskFit?.at === at) return this.riskFit.fit;
    // Failures of the environment say nothing about the configuration.
    const trials = this.evidence.trials
      .slice(0, at)
      .filter(({ outcome }) => outcome.kind !== "failed" || causedByConfiguration(outcome))
      .slice(-feasibilityTrials);
    const failed = trials.filter((trial) => failureName(this.evidence, trial) !== undefined).length;
    this.riskFit = {
      at,
      fit: failed === 0 || trials.length < fewestForFeasibility ? undefined : this.fitRisk(trials, at),
    };
    return this.riskFit.fit;
  }

  /** Parameters that move the predicted objective, largest effect first; only those that stand out. */
  sensitivities(): readonly Sensitivity[] {
    const fit = this.surrogate();
    if (fit === undefined || !this.holds(fit)) return [];
    if (this.cachedSensitivities?.of !== fit) {
      const { significant } = fit.sensitivities();
      this.cachedSensitivities = {
        of: fit,
        found: significant.map(({ parameter, effect, low, high, best }) => ({
          name: parameter,
          effect,
          low,
          high,
          best,
        })),
      };
    }
    return this.cachedSensitivities.found;
  }

  /**
   * What a configuration's value would be worth knowing by: nothing before there is enough data; "not calibrated yet"
   * while the model's intervals do not hold what they promise for results it has not seen.
   */
  get calibration(): "too little data" | "not calibrated yet" | "calibrated" {
    const fit = this.surrogate();
    if (fit === undefined) return "too little data";
    return this.holds(fit) ? "calibrated" : "not calibrated yet";
  }

  /** "predicted val_bpb 2.31 to 2.40 (80 %), 12 % likely to fail", or "" while nothing can be said. */
  describe(configuration: Configuration): string {
    const { objective, noise } = this.evidence;
    const parts: string[] = [];
    const fit = this.surrogate();
    if (fit !== undefined && this.holds(fit)) {
      const { low, high, support, beyond } = fit.predict(configuration);
      const ends = [low, high].map((loss) => fromLoss(objective, loss)).sort((a, b) => a - b);
      const [from, to] = ends.map((value) => objectiveValue(value, noise?.deviation));
      parts.push(
        support === "near"
          ? `predicted ${objective.metric} ${from} to ${to} (80 %)`
          : `far from the data${beyond.length === 0 ? "" : ` in ${beyond.join(", ")}`}, no useful prediction`,
      );
    }
    const risk = this.feasibility()?.probability(configuration);
    if (risk !== undefined) parts.push(`${Math.round(risk * 100)} % likely to fail`);
    return parts.join(", ");
  }

  private holds(fit: Surrogate): boolean {
    if (this.cachedCalibration?.of !== fit) {
      const { coverage, points } = fit.heldOut();
      const holds =
        coverage !== undefined &&
        points.length >= calibrated.points &&
        coverage >= calibrated.low &&
        coverage <= calibrated.high;
      this.cachedCalibration = { of: fit, holds };
    }
    return this.cachedCalibration.holds;
  }

  /** What a trial failed by: its failure kind, or the constraint on metrics that it breaks. */
  private fitRisk(trials: readonly FinishedTrial[], at: number): FailureRisk {
    const fit = fitFeasibility(
      this.evidence.space,
      trials.map((trial) => {
        const kind = failureName(this.evidence, trial);
        const { configuration } = trial.proposal;
        return kind === undefined ? { configuration, failed: false } : { configuration, failed: true, kind };
      }),
      { seed: deriveSeed(this.seed, "feasibility", at) },
    );
    return {
      probability: (configuration) => fit.probability(configuration),
      nearestFailures: (configuration) => fit.evidence(configuration).failed.map((index) => trials[index]!),
    };
  }
}

/** Every count up to 30, then steps of about 5 %: keeps the cost of refitting per trial constant. */
function milestone(count: number): number {
  let reached = Math.min(count, 30);
  for (let next = 30; next <= count; next = Math.ceil(next * 1.05)) reached = next;
  return reached;
}
