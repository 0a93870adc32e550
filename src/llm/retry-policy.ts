import type { ModelCallError, ModelFailure } from "./model.js";

export interface RetryPolicy {
  /** Requests for one call at most. */
  readonly attempts: number;
  /** Milliseconds before the second request; doubled before each further one. */
  readonly baseMs: number;
  /** Milliseconds that the doubling stops at. */
  readonly maxMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, baseMs: 500, maxMs: 16_000 };

/** Failures that pass by themselves. `not_json` is tried once more: a second answer is often well formed. */
const passing: ReadonlySet<ModelFailure> = new Set([
  "rate_limited",
  "overloaded",
  "network",
  "cut_stream",
  "idle",
  "html",
  "empty",
  "not_json",
]);

/**
 * Milliseconds to wait before the next request, or undefined where none is worth sending.
 *
 * @param failures of this call so far, the latest last
 * @param random uniform in [0, 1): the wait is between half of the backoff and all of it, so that parallel
 * callers do not come back together
 */
export function retryDelay(
  failures: readonly ModelCallError[],
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  const latest = failures.at(-1);
  if (latest === undefined || failures.length >= policy.attempts) return undefined;
  if (latest.again) return 0;
  if (!passing.has(latest.failure)) return undefined;
  if (latest.failure === "not_json" && failures.filter((f) => f.failure === "not_json").length > 1) return undefined;
  const backoff = Math.min(policy.maxMs, policy.baseMs * 2 ** (failures.length - 1));
  const jittered = backoff * (0.5 + 0.5 * random());
  // What the server asks for is a lower bound, never a reason to come back sooner than we would have.
  return Math.max(jittered, latest.retryAfterMs ?? 0);
}
