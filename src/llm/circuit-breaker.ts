import type { Clock } from "./clock.js";
import { ModelCallError, type ModelFailure } from "./model.js";

export interface BreakerPolicy {
  /** Failed calls in a row after which no more are sent for a while. */
  readonly failures: number;
  /** Milliseconds until one call is let through to see whether the model is back. */
  readonly coolOffMs: number;
}

export const defaultBreakerPolicy: BreakerPolicy = { failures: 5, coolOffMs: 60_000 };

/** Failures that nothing but the person can mend: no further call in this run can succeed. */
const final: ReadonlySet<ModelFailure> = new Set(["auth", "unknown_model", "quota_exhausted"]);
/** Outcomes that say nothing about the model. */
const silent: ReadonlySet<ModelFailure> = new Set(["cancelled", "cap_reached", "breaker_open"]);

type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly since: number; readonly reason: string; readonly probing: boolean }
  | { readonly kind: "final"; readonly reason: string };

/**
 * Keeps a study from waiting for, and paying, a model that is down: closed until too many calls in a row have
 * failed, then open for a cool-off, then half open with one probe at a time (Nygard, Release It!, chapter 5).
 */
export class CircuitBreaker {
  private state: State = { kind: "closed", failures: 0 };

  constructor(
    private readonly policy: BreakerPolicy,
    private readonly clock: Clock,
  ) {}

  /**
   * To be asked before each call.
   * @returns what to report the call's end to, undefined for success
   * @throws ModelCallError `breaker_open`
   */
  enter(): (failure: ModelCallError | undefined) => void {
    const { state } = this;
    switch (state.kind) {
      case "final":
        throw this.refusal(`No more calls in this run: ${state.reason}`);
      case "open": {
        const left = this.policy.coolOffMs - (this.clock.monotonic() - state.since);
        if (left > 0) {
          throw this.refusal(
            `The model failed ${this.policy.failures} times in a row; next attempt in ${Math.ceil(left / 1000)} s. Last: ${state.reason}`,
          );
        }
        if (state.probing)
          throw this.refusal(`Another call is probing whether the model is back. Last: ${state.reason}`);
        this.state = { ...state, probing: true };
        return (failure) => this.left(failure, true);
      }
      case "closed":
        return (failure) => this.left(failure, false);
    }
  }

  private left(failure: ModelCallError | undefined, probe: boolean): void {
    const { state } = this;
    if (state.kind === "final") return;
    if (failure === undefined) {
      // A late success of a call from before the breaker opened does not close it; the probe does.
      if (probe || state.kind === "closed") this.state = { kind: "closed", failures: 0 };
      return;
    }
    if (final.has(failure.failure)) {
      this.state = { kind: "final", reason: failure.message };
      return;
    }
    if (silent.has(failure.failure)) {
      if (probe && state.kind === "open") this.state = { ...state, probing: false };
      return;
    }
    const failures = state.kind === "closed" ? state.failures + 1 : this.policy.failures;
    if (probe || (state.kind === "closed" && failures >= this.policy.failures)) {
      this.state = { kind: "open", since: this.clock.monotonic(), reason: failure.message, probing: false };
    } else if (state.kind === "closed") {
      this.state = { kind: "closed", failures };
    }
  }

  private refusal(message: string): ModelCallError {
    return new ModelCallError("breaker_open", message);
  }
}
