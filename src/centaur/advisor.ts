import type { Evidence } from "../evidence/index.js";
import type { OptimizerView } from "../optimizers/optimizer.js";
import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Observation } from "../trials/outcome.js";
import type { Advice } from "./advice.js";
import type { Predictions } from "./predictions.js";

export type AdvisorKind = "llm" | "rules" | "stand-in";

/** The side of Centaur that is asked for judgement: a language model, or the built-in rules as its stand-in. */
export interface Advisor {
  /**
   * `llm` for a language model, `rules` for the built-in rules, `stand-in` for one that an evaluation puts in their
   * place: becomes the origin of its proposals.
   */
  readonly kind: AdvisorKind;
  /** As shown to the person, for example `anthropic:claude-sonnet-5` or `built-in rules (no model)`. */
  readonly name: string;
  /**
   * One turn.
   *
   * @throws AdviceFailure where no valid answer was had; the classical proposal then runs instead. AdviceProblems of
   *   `review` may be passed on and count as one.
   */
  advise(request: AdviceRequest, options: { readonly signal?: AbortSignal }): Promise<Advice>;
}

/** Everything an advisor may look at in one turn. Nothing in it can change the study. */
export interface AdviceRequest {
  readonly turn: number;
  readonly space: SearchSpace;
  readonly evidence: Evidence;
  readonly view: OptimizerView;
  readonly predictions: Predictions;
  /** The optimizer's candidates that are put before the advisor. */
  readonly candidates: readonly Configuration[];
  /** How many of them it may replace or edit. */
  readonly changes: number;
  /** Configurations that are queued or running. */
  readonly pending: readonly Configuration[];
  /** The advisor's own notes of earlier turns, oldest first. */
  readonly notes: readonly Note[];
  readonly setting: Setting;
  /** What a trial reported while it ran, in order; empty where nothing is known. */
  curve(trial: number): readonly Observation[];
  /** More configurations of the optimizer's current distribution. */
  sample(count: number): readonly Configuration[];
  /**
   * Judges an answer against space, candidates and history.
   *
   * @throws AdviceProblems with sentences for the repair turn
   */
  review(answer: unknown): Advice;
}

export interface Note {
  readonly turn: number;
  readonly text: string;
}

/** What the study knows about itself beyond its trials. Absent parts are unknown, not zero. */
export interface Setting {
  /** The task in the user's words. */
  readonly task?: string | undefined;
  readonly limits: {
    readonly seconds?: number | undefined;
    readonly memoryBytes?: number | undefined;
  };
  readonly budget: {
    readonly trials?: number | undefined;
    readonly trialsUsed: number;
    readonly seconds?: number | undefined;
    readonly secondsUsed?: number | undefined;
    readonly cost?: number | undefined;
    readonly costUsed?: number | undefined;
  };
  readonly parallel: number;
}

/**
 * Why an advisor's turn gave nothing. `failure` is stable, for counting; the message is for the person. `blame` says
 * whether the advisor itself is the reason, by an answer that could not be used or came too late, or the way to it
 * (network, provider, spending cap), which says nothing of what its advice is worth.
 */
export class AdviceFailure extends Error {
  readonly blame: "advisor" | "connection";

  constructor(
    readonly failure: string,
    message: string,
    options: { readonly blame: "advisor" | "connection"; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AdviceFailure";
    this.blame = options.blame;
  }
}
