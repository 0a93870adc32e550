import { type BreakerPolicy, CircuitBreaker, defaultBreakerPolicy } from "./circuit-breaker.js";
import { type Clock, systemClock } from "./clock.js";
import type { SpendLedger } from "./ledger.js";
import {
  type Exchange,
  type Model,
  type ModelAnswer,
  ModelCallError,
  type ModelFailure,
  type ModelProvider,
  type ModelRequest,
  type Spend,
  type Usage,
} from "./model.js";
import { costOf, type Price, type PriceTable, priceOf, worstCaseCost } from "./prices.js";
import { noRedaction, type Redactor } from "./redact.js";
import { defaultRetryPolicy, type RetryPolicy, retryDelay } from "./retry-policy.js";
import { estimateInputTokens } from "./token-estimate.js";

export interface ModelOptions {
  readonly provider: ModelProvider;
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
  /** Milliseconds without a byte after which a stream whose answer has begun is given up. Default 30,000. */
  readonly idleMs?: number;
  /** The same before the answer begins, while the model may be reasoning in silence. Default 120,000. */
  readonly thinkingMs?: number;
  /** Where spending is reserved and settled; shared by all models of a study. Absent: no caps, nothing booked. */
  readonly ledger?: SpendLedger;
  /** The user's own prices, before the built-in ones. */
  readonly prices?: PriceTable;
  /** Given every call when it has ended, redacted, failed ones included. */
  readonly record?: (exchange: Exchange) => void;
  /** Applied to what is sent as well as to what is recorded and said in errors. */
  readonly redact?: Redactor;
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of the backoff. */
  readonly random?: () => number;
}

const nothing: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/**
 * Wraps a provider into what a study holds. The only place where model calls are retried, bounded in time and
 * money, recorded and redacted.
 */
export function createModel(options: ModelOptions): Model {
  return new ModelClient(options);
}

/** What one call has taken so far, over all its requests. */
interface Tally {
  attempts: number;
  usage: Usage;
  cost: number | null;
}

class ModelClient implements Model {
  readonly id: string;
  private readonly provider: ModelProvider;
  private readonly retry: RetryPolicy;
  private readonly breaker: CircuitBreaker;
  private readonly idleMs: number;
  private readonly thinkingMs: number;
  private readonly ledger: SpendLedger | undefined;
  private readonly price: Price | undefined;
  private readonly record: ((exchange: Exchange) => void) | undefined;
  private readonly redact: Redactor;
  private readonly clock: Clock;
  private readonly random: () => number;

  constructor(options: ModelOptions) {
    this.provider = options.provider;
    this.id = `${options.provider.provider}:${options.provider.model}`;
    this.retry = { ...defaultRetryPolicy, ...options.retry };
    this.clock = options.clock ?? systemClock;
    this.breaker = new CircuitBreaker({ ...defaultBreakerPolicy, ...options.breaker }, this.clock);
    this.idleMs = options.idleMs ?? 30_000;
    this.thinkingMs = options.thinkingMs ?? 120_000;
    this.ledger = options.ledger;
    this.price = priceOf(this.id, options.prices);
    this.record = options.record;
    this.redact = options.redact ?? noRedaction;
    this.random = options.random ?? Math.random;
  }

  async ask(
    request: ModelRequest,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<ModelAnswer> {
    const begin = this.clock.monotonic();
    const tally: Tally = { attempts: 0, usage: nothing, cost: this.price === undefined ? null : 0 };
    const sent = redactedRequest(request, this.redact);
    const limit = new TimeLimit(this.clock, options.deadlineMs, options.signal);
    try {
      const answer = await this.askGuarded(sent, limit, tally);
      this.recordEnd(sent, { kind: "answer", answer }, tally, begin);
      return answer;
    } catch (error) {
      if (!(error instanceof ModelCallError)) throw error;
      const failure = redactedFailure(error, this.redact);
      this.recordEnd(sent, { kind: "failure", failure: failure.failure, message: failure.message }, tally, begin);
      throw failure;
    } finally {
      limit.end();
    }
  }

  private async askGuarded(request: ModelRequest, limit: TimeLimit, tally: Tally): Promise<ModelAnswer> {
    limit.check();
    const report = this.breaker.enter();
    try {
      const answer = await this.askWithRetries(request, limit, tally);
      report(undefined);
      return answer;
    } catch (error) {
      // Anything else (a full disk, a mistake of ours) says nothing about the model.
      report(error instanceof ModelCallError ? error : new ModelCallError("cancelled", String(error)));
      throw error;
    }
  }

  private async askWithRetries(request: ModelRequest, limit: TimeLimit, tally: Tally): Promise<ModelAnswer> {
    const failures: ModelCallError[] = [];
    for (;;) {
      try {
        return await this.attempt(request, limit, tally);
      } catch (error) {
        if (!(error instanceof ModelCallError)) throw error;
        failures.push(error);
        const delay = retryDelay(failures, this.retry, this.random);
        if (delay === undefined) throw failures.length > 1 ? afterAttempts(failures) : error;
        if (delay >= limit.left()) throw noTimeLeft(error, delay, limit.left());
        if (delay > 0) await limit.wait(delay);
      }
    }
  }

  /** One request: reserves, sends, watches, settles. */
  private async attempt(request: ModelRequest, limit: TimeLimit, tally: Tally): Promise<ModelAnswer> {
    limit.check();
    const booking = this.ledger?.reserve(`${request.key}#${tally.attempts + 1}`, this.worstCase(request));
    tally.attempts += 1;
    let usage: Usage | null | undefined;
    try {
      const answer = await this.watched(request, limit);
      usage = answer.usage;
      return answer;
    } catch (error) {
      usage = error instanceof ModelCallError ? error.usage : undefined;
      throw error;
    } finally {
      this.settle(booking, usage ?? undefined, request, tally);
    }
  }

  /** Ends at the first of: the provider's answer, its failure, the deadline, idleness, cancellation. */
  private async watched(request: ModelRequest, limit: TimeLimit): Promise<ModelAnswer> {
    const aborter = new AbortController();
    const aborted = new Promise<never>((_resolve, reject) => {
      aborter.signal.addEventListener("abort", () => reject(aborter.signal.reason), { once: true });
    });
    const release = limit.onPassed((failure) => aborter.abort(failure));
    let stopIdleTimer: () => void = () => {};
    let silenceMs = this.thinkingMs;
    let over = false;
    const alive = (phase?: "thinking" | "answering"): void => {
      stopIdleTimer();
      if (over || this.provider.streams === false) return;
      if (phase !== undefined) silenceMs = phase === "thinking" ? this.thinkingMs : this.idleMs;
      const allowed = silenceMs;
      stopIdleTimer = this.clock.after(allowed, () => {
        aborter.abort(new ModelCallError("idle", `Nothing came from ${this.id} for ${seconds(allowed)}.`));
      });
    };
    alive("thinking");
    try {
      const call = this.provider.call(request, { signal: aborter.signal, alive, now: () => this.clock.now() });
      // The race decides; a provider that notices the abort later must not become an unhandled rejection.
      call.catch(() => {});
      return await Promise.race([call, aborted]);
    } finally {
      over = true;
      stopIdleTimer();
      release();
      // Whatever a provider may have left open ends with its call.
      aborted.catch(() => {});
      aborter.abort(new ModelCallError("cancelled", "The call is over."));
    }
  }

  private worstCase(request: ModelRequest): Spend {
    const input = estimateInputTokens(request);
    const output = request.maxOutputTokens;
    return { tokens: input + output, cost: this.price === undefined ? null : worstCaseCost(input, output, this.price) };
  }

  /** Books what was used, or the whole reservation where that is not known. */
  private settle(booking: string | undefined, usage: Usage | undefined, request: ModelRequest, tally: Tally): void {
    const spend = usage === undefined ? this.worstCase(request) : this.spendOf(usage);
    if (usage !== undefined) tally.usage = sum(tally.usage, usage);
    if (tally.cost !== null) tally.cost = spend.cost === null ? null : tally.cost + spend.cost;
    if (booking !== undefined) this.ledger?.settle(booking, spend);
  }

  private spendOf(usage: Usage): Spend {
    return {
      tokens: usage.input + usage.cacheRead + usage.cacheWrite + usage.output,
      cost: this.price === undefined ? null : costOf(usage, this.price),
    };
  }

  private recordEnd(request: ModelRequest, result: Exchange["result"], tally: Tally, begin: number): void {
    this.record?.(
      this.redact.json<Exchange>({
        version: 1,
        key: request.key,
        model: this.id,
        request,
        result,
        attempts: tally.attempts,
        usage: tally.usage,
        cost: tally.cost,
        milliseconds: Math.round(this.clock.monotonic() - begin),
      }),
    );
  }
}

/** The end of a call in time: its deadline or its cancellation, whichever comes first. */
class TimeLimit {
  private readonly deadline: number;
  private readonly listeners = new Set<(failure: ModelCallError) => void>();
  private readonly stopTimer: () => void;
  private readonly onCancel: () => void;
  private passed: ModelCallError | undefined;

  constructor(
    private readonly clock: Clock,
    deadlineMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.deadline = clock.monotonic() + deadlineMs;
    this.stopTimer = clock.after(deadlineMs, () =>
      this.pass(new ModelCallError("deadline", `No complete answer within ${seconds(deadlineMs)}.`)),
    );
    this.onCancel = () => this.pass(new ModelCallError("cancelled", "The call was cancelled."));
    if (signal?.aborted === true) this.onCancel();
    else signal?.addEventListener("abort", this.onCancel, { once: true });
  }

  /** Milliseconds. */
  left(): number {
    return this.deadline - this.clock.monotonic();
  }

  check(): void {
    if (this.passed !== undefined) throw this.passed;
  }

  onPassed(listener: (failure: ModelCallError) => void): () => void {
    if (this.passed !== undefined) listener(this.passed);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async wait(milliseconds: number): Promise<void> {
    let stop: () => void = () => {};
    let release: () => void = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        stop = this.clock.after(milliseconds, resolve);
        release = this.onPassed(reject);
      });
    } finally {
      stop();
      release();
    }
  }

  end(): void {
    this.stopTimer();
    this.signal?.removeEventListener("abort", this.onCancel);
    this.listeners.clear();
  }

  private pass(failure: ModelCallError): void {
    if (this.passed !== undefined) return;
    this.passed = failure;
    for (const listener of [...this.listeners]) listener(failure);
  }
}

/** Secrets that strayed into a log or a configuration do not reach the provider. Continuations are signed: kept. */
function redactedRequest(request: ModelRequest, redact: Redactor): ModelRequest {
  return {
    ...request,
    system: redact.text(request.system),
    messages: request.messages.map((message) => ({ ...message, text: redact.text(message.text) })),
  };
}

/** A failure fit to be shown: the provider's own error may quote a key, so that only its text is kept as cause. */
function redactedFailure(error: ModelCallError, redact: Redactor): ModelCallError {
  return rephrased(error, redact.text(error.message), redact);
}

function afterAttempts(failures: readonly ModelCallError[]): ModelCallError {
  const [latest, before] = [failures.at(-1), failures.at(-2)];
  if (latest === undefined) throw new RangeError("no failures");
  const told = before === undefined || before.message === latest.message ? "" : `; before that: ${before.message}`;
  return rephrased(latest, `${latest.message} (${failures.length} attempts${told})`);
}

function noTimeLeft(error: ModelCallError, delayMs: number, leftMs: number): ModelCallError {
  const wait = error.retryAfterMs === undefined ? "the next attempt would be due in" : "the server asks to wait";
  return rephrased(error, `${error.message} (${wait} ${seconds(delayMs)}, ${seconds(Math.max(0, leftMs))} are left)`);
}

function rephrased(error: ModelCallError, message: string, redact?: Redactor): ModelCallError {
  const { failure, retryAfterMs, usage, status, cause } = error;
  const shownCause =
    redact === undefined || cause === undefined
      ? cause
      : new Error(redact.text(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)));
  return new ModelCallError(failure satisfies ModelFailure, message, {
    retryAfterMs,
    usage,
    status,
    cause: shownCause,
  });
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(3))} s`;
}

function sum(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
  };
}
