import type { z } from "zod";
import type { Configuration, ParameterValue } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";

/**
 * Ask and tell. An optimizer is a pure function of its state and its input: the same state, the same calls,
 * the same answers, in this process or after a restore in another. It knows nothing of processes, models,
 * clocks or files. Values are always minimised; whoever maximises negates before telling.
 */
export interface Optimizer {
  /** Stable name, as given to `--optimizer` and used as the origin of its proposals. */
  readonly name: string;
  /** Draws the next candidate. May be called again before earlier candidates are told. */
  ask(): Candidate;
  /**
   * Learns from one finished result, in any order, whoever proposed it. A result with a known `candidate`
   * whose configuration is the one that was drawn counts as the optimizer's own sample; everything else is
   * external and must not be able to damage the state (for CMA-ES: clipped, never a negative weight).
   */
  tell(result: Told): void;
  /** A candidate will never have a result (vetoed, cancelled, lost): releases what is kept for it. */
  forget(candidate: number): void;
  /** Draws configurations from the current distribution without changing the state. */
  sample(count: number, seed: number): readonly Configuration[];
  /** What a person and an advisor may see of the state, in the user's own units. */
  view(): OptimizerView;
  /** JSON-serialisable, complete: restoring it continues bit for bit, generator state included. */
  state(): OptimizerState;
}

export interface Candidate {
  /** Unique within one optimizer, ascending. */
  readonly id: number;
  readonly configuration: Configuration;
  /** Absent where nothing was drawn again because it was likely to fail. */
  readonly screened?: Screened;
  /** The configuration was asked for before and is meant to run once more, to tell noise from progress. */
  readonly again?: true;
}

/** How a candidate was screened for failures. */
export interface Screened {
  /** Draws that were given up. */
  readonly redrawn: number;
  /** Largest probability of failure among those. */
  readonly risk: number;
  /** Probability of failure of the candidate itself. */
  readonly kept: number;
}

export type Evaluation =
  /** Finite; not a number and infinities are failures and must be told as such. */
  | { readonly kind: "value"; readonly value: number }
  /**
   * A failure that the configuration caused. Ranks below every success; failures rank among themselves by
   * `severity`, larger is worse (see `failureSeverity` in centaur/). Other failures are never told.
   */
  | {
      readonly kind: "failure";
      readonly severity: number;
      /** Failure kind, such as `out_of_memory`: kinds have causes of their own and are learned apart. */
      readonly failure?: string;
    };

/** What else is known of a trial that ended, well or badly; models of failure and of cost learn from it. */
export interface Measured {
  /** Most memory in use at once, in any unit that stays the same within a study; positive. */
  readonly peakMemory?: number;
  /** Share of the trial that was done when it ended, in [0, 1]; 1 where it is absent. */
  readonly progress?: number;
  /** Duration, in any unit that stays the same within a study; positive. */
  readonly cost?: number;
}

export interface Told {
  /** The candidate's id where the configuration came from `ask`. */
  readonly candidate?: number;
  /** What was really run: canonical. */
  readonly configuration: Configuration;
  readonly evaluation: Evaluation;
  readonly measured?: Measured;
  /** Proposed by an advisor of unknown worth: it may lead the search where it is good, and is no more than known where it is not. */
  readonly advice?: boolean;
}

/** `kind` names the optimizer, `version` its format; `data` is its own affair. */
export interface OptimizerState {
  readonly kind: string;
  readonly version: number;
  readonly data: unknown;
}

/** What can be shared of an optimizer's state. Parts that an optimizer does not have are absent. */
export interface OptimizerView {
  readonly optimizer: string;
  /** Completed updates of the state. */
  readonly generation: number;
  /** Results told so far, external ones included. */
  readonly told: number;
  readonly populationSize?: number;
  readonly stepSize?: { readonly value: number; readonly initial: number };
  /** One entry for each numeric parameter, in the space's order. */
  readonly numeric?: readonly NumericView[];
  /**
   * Covariance of the sampling distribution in encoded units, step size included: entry (i, j) is
   * stepSize^2 * A_i * C_ij * A_j, with i and j indexing `numeric`.
   */
  readonly covariance?: readonly (readonly number[])[];
  /** Learned correlations that stand out from sampling noise, strongest first. */
  readonly correlations?: readonly Correlation[];
  /** One entry for each categorical or boolean parameter, in the space's order. */
  readonly categorical?: readonly CategoricalView[];
  /** Named reason why the distribution has nothing left to learn here, with the values that show it. */
  readonly stop?: { readonly reason: string; readonly detail: string };
}

export interface NumericView {
  readonly name: string;
  /** Native units, canonical. */
  readonly mean: number;
  /** One standard deviation to either side, native units, within the range. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation in encoded units, where the whole range is 1. */
  readonly deviation: number;
}

export interface Correlation {
  readonly a: string;
  readonly b: string;
  /** In [-1, 1], in encoded coordinates. */
  readonly r: number;
  /** |r| over the spread that a covariance of this many samples shows with no true correlation at all. */
  readonly timesNoise: number;
}

export interface CategoricalView {
  readonly name: string;
  readonly probabilities: readonly { readonly choice: ParameterValue; readonly probability: number }[];
}

export interface OptimizerOptions {
  readonly seed: number;
  /** Where to start: the user's current configuration. */
  readonly start: Configuration;
  /**
   * Initial standard deviation of single parameters as a share of their encoded range; where absent the
   * optimizer takes its own default.
   */
  readonly initialDeviation?: Readonly<Record<string, number>>;
  /**
   * Results of an earlier study over the same parameters, possibly of a similar and not the same task: where they
   * point to shapes the start, and none of them counts as a result of this study.
   */
  readonly warmStart?: readonly Told[];
  /** Settings of this kind of optimizer by name; what there is to set is in `OptimizerFactory.settings`. */
  readonly settings?: OptimizerSettings;
}

export type OptimizerSettings = Readonly<Record<string, unknown>>;

/** How a search goes on in another search space; see `carryOver` in carry-over.ts. */
export interface CarryOverOptions {
  readonly seed: number;
  /** The user's configuration in the new space. */
  readonly start: Configuration;
  /** Results so far as configurations of the new space, in the order of telling, without candidates. */
  readonly told: readonly Told[];
  /** As in `OptimizerOptions`, for parameters that are new. */
  readonly initialDeviation?: Readonly<Record<string, number>>;
}

/** What makes and restores one kind of optimizer. `optimizers/index.ts` has the list of all of them. */
export interface OptimizerFactory {
  readonly name: string;
  readonly summary: string;
  /** What can be set, with defaults and descriptions; absent where there is nothing to set. */
  readonly settings?: z.ZodObject;
  /** Whether `OptimizerOptions.warmStart` has an effect. */
  readonly takesWarmStart?: boolean;
  /** @throws AgentTuneError `usage` for settings that are unknown or out of range */
  create(space: SearchSpace, options: OptimizerOptions): Optimizer;
  /** @throws AgentTuneError `state_invalid` where the state is not of this kind, version or space */
  restore(space: SearchSpace, state: OptimizerState): Optimizer;
  /**
   * Continues in another search space with what the state holds about the parameters that both have. Absent where an
   * optimizer has nothing but results to carry over. Candidates of the old space are forgotten.
   *
   * @throws AgentTuneError `state_invalid` where the state is not of this kind, version or the old space
   */
  carryOver?(from: SearchSpace, state: OptimizerState, to: SearchSpace, options: CarryOverOptions): Optimizer;
}
