import { describe, expect, it } from "vitest";
import { SpendLedger } from "./ledger.js";
import { type CallContext, type Exchange, type ModelAnswer, ModelCallError, type ModelFailure } from "./model.js";
import { createModel, type ModelOptions } from "./model-client.js";
import { createRedactor } from "./redact.js";
import { ManualClock } from "./testing/manual-clock.js";
import { answer, request, scriptedProvider } from "./testing/scripted-provider.js";

const minute = { deadlineMs: 60_000 };
const failure = (kind: ModelFailure, details: ConstructorParameters<typeof ModelCallError>[2] = {}): ModelCallError =>
  new ModelCallError(kind, `it was ${kind}`, details);
const never = (context: CallContext): Promise<ModelAnswer> =>
  new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));

/** Jitter at its upper end, so that a wait is the whole backoff. */
function model(steps: Parameters<typeof scriptedProvider>[0], options: Partial<ModelOptions> = {}) {
  const clock = new ManualClock();
  const provider = scriptedProvider(steps);
  const exchanges: Exchange[] = [];
  return {
    clock,
    provider,
    exchanges,
    model: createModel({ provider, clock, random: () => 1, record: (e) => exchanges.push(e), ...options }),
  };
}

describe("retries", () => {
  it.each(["rate_limited", "overloaded", "network", "cut_stream", "idle", "html", "empty", "not_json"] as const)(
    "asks again after %s",
    async (kind) => {
      const { model: m, clock, provider } = model([failure(kind), answer("good")]);
      await expect(clock.run(m.ask(request(), minute))).resolves.toMatchObject({ text: "good" });
      expect(provider.seen).toHaveLength(2);
    },
  );

  it.each(["auth", "unknown_model", "quota_exhausted", "bad_request", "truncated", "refusal"] as const)(
    "does not ask again after %s",
    async (kind) => {
      const { model: m, clock, provider } = model([failure(kind), answer("never sent")]);
      await expect(clock.run(m.ask(request(), minute))).rejects.toMatchObject({ failure: kind });
      expect(provider.seen).toHaveLength(1);
    },
  );

  it("doubles the wait up to its limit and gives up after the last attempt", async () => {
    const {
      model: m,
      clock,
      provider,
    } = model(
      Array.from({ length: 9 }, () => failure("overloaded")),
      {
        retry: { attempts: 5, baseMs: 1000, maxMs: 3000 },
      },
    );
    await expect(clock.run(m.ask(request(), minute))).rejects.toThrow("it was overloaded (5 attempts)");
    expect(provider.seen).toHaveLength(5);
    expect(clock.monotonic()).toBe(1000 + 2000 + 3000 + 3000);
  });

  it("takes between half and all of the backoff", async () => {
    const { model: m, clock } = model([failure("network"), answer("good")], {
      random: () => 0,
      retry: { baseMs: 1000 },
    });
    await clock.run(m.ask(request(), minute));
    expect(clock.monotonic()).toBe(500);
  });

  it("asks once more after an answer that is not JSON, not twice", async () => {
    const { model: m, clock, provider } = model([failure("not_json"), failure("not_json"), answer("never sent")]);
    await expect(clock.run(m.ask(request(), minute))).rejects.toMatchObject({ failure: "not_json" });
    expect(provider.seen).toHaveLength(2);
  });

  it("asks again at once where the provider has changed how it asks", async () => {
    const { model: m, clock } = model([failure("bad_request", { again: true }), answer("good")]);
    await clock.run(m.ask(request(), minute));
    expect(clock.monotonic()).toBe(0);
  });

  it("waits as long as the server asks", async () => {
    const { model: m, clock } = model([failure("rate_limited", { retryAfterMs: 20_000 }), answer("good")]);
    await clock.run(m.ask(request(), minute));
    expect(clock.monotonic()).toBe(20_000);
  });

  it("does not come back sooner than its own backoff", async () => {
    const { model: m, clock } = model([failure("rate_limited", { retryAfterMs: 1 }), answer("good")]);
    await clock.run(m.ask(request(), minute));
    expect(clock.monotonic()).toBe(500);
  });

  it("gives up at once where the server asks for more time than there is", async () => {
    const { model: m, clock } = model([failure("rate_limited", { retryAfterMs: 90_000 })]);
    await expect(clock.run(m.ask(request(), minute))).rejects.toThrow("the server asks to wait 90 s, 60 s are left");
    expect(clock.monotonic()).toBe(0);
  });
});

describe("time", () => {
  it("ends at the deadline, over all attempts", async () => {
    const { model: m, clock, provider } = model([failure("overloaded"), never]);
    await expect(clock.run(m.ask(request(), { deadlineMs: 10_000 }))).rejects.toMatchObject({
      failure: "deadline",
      message: "No complete answer within 10 s. (2 attempts; before that: it was overloaded)",
    });
    expect(clock.monotonic()).toBe(10_000);
    expect(provider.seen).toHaveLength(2);
  });

  it("ends at the deadline although the provider ignores its signal", async () => {
    const { model: m, clock } = model([() => new Promise(() => {})]);
    await expect(clock.run(m.ask(request(), { deadlineMs: 10_000 }))).rejects.toMatchObject({ failure: "deadline" });
  });

  it("gives up a stream that falls silent, and asks again", async () => {
    const stalled = (context: CallContext): Promise<ModelAnswer> => {
      context.alive("answering");
      return never(context);
    };
    const { model: m, clock } = model([stalled, answer("good")], { idleMs: 30_000 });
    await expect(clock.run(m.ask(request(), { deadlineMs: 120_000 }))).resolves.toMatchObject({ text: "good" });
    expect(clock.monotonic()).toBe(30_500);
  });

  it("lets a stream run as long as bytes arrive", async () => {
    const clock = new ManualClock();
    const trickle = async (context: CallContext): Promise<ModelAnswer> => {
      for (let i = 0; i < 10; i++) {
        context.alive("answering");
        await new Promise<void>((resolve) => clock.after(29_000, resolve));
      }
      return answer("slow");
    };
    const m = createModel({ provider: scriptedProvider([trickle]), clock });
    await expect(clock.run(m.ask(request(), { deadlineMs: 600_000 }))).resolves.toMatchObject({ text: "slow" });
  });

  it("is more patient while the model is thinking", async () => {
    const clock = new ManualClock();
    const ponder = async (context: CallContext): Promise<ModelAnswer> => {
      await new Promise<void>((resolve) => clock.after(100_000, resolve));
      context.alive("answering");
      return answer("wise");
    };
    const m = createModel({ provider: scriptedProvider([ponder]), clock });
    await expect(clock.run(m.ask(request(), { deadlineMs: 600_000 }))).resolves.toMatchObject({ text: "wise" });
  });

  it.each(["before", "during", "between"] as const)(
    "is cancelled %s a request, and leaves nothing running",
    async (when) => {
      const cancel = new AbortController();
      let signalAtProvider: AbortSignal | undefined;
      const hang = (context: CallContext): Promise<ModelAnswer> => {
        signalAtProvider = context.signal;
        setImmediate(() => cancel.abort());
        return never(context);
      };
      const first = when === "during" ? hang : failure("rate_limited", { retryAfterMs: 50_000 });
      const { model: m, clock, provider } = model([first]);
      if (when === "before") cancel.abort();
      if (when === "between") clock.after(1000, () => cancel.abort());
      await expect(clock.run(m.ask(request(), { ...minute, signal: cancel.signal }))).rejects.toMatchObject({
        failure: "cancelled",
      });
      expect(provider.seen).toHaveLength(when === "before" ? 0 : 1);
      expect(clock.pending).toBe(0);
      if (when === "during") expect(signalAtProvider?.aborted).toBe(true);
    },
  );

  it.each(["an answer", "a failure"])("leaves no timer and no open signal behind after %s", async (end) => {
    let signal: AbortSignal | undefined;
    const step = async (context: CallContext): Promise<ModelAnswer> => {
      signal = context.signal;
      if (end === "a failure") throw failure("refusal");
      return answer("good");
    };
    const { model: m, clock } = model([step]);
    await clock.run(m.ask(request(), minute)).catch(() => {});
    expect(clock.pending).toBe(0);
    expect(signal?.aborted).toBe(true);
  });

  it("passes on what is no failure of a call, and holds it against nobody", async () => {
    const broken = new TypeError("a mistake of ours");
    const {
      model: m,
      clock,
      exchanges,
    } = model([broken, broken, answer("good")], { breaker: { failures: 1, coolOffMs: 1000 } });
    await expect(clock.run(m.ask(request(), minute))).rejects.toBe(broken);
    await expect(clock.run(m.ask(request(), minute))).rejects.toBe(broken);
    await expect(clock.run(m.ask(request(), minute))).resolves.toMatchObject({ text: "good" });
    expect(exchanges).toHaveLength(1);
  });
});

describe("spending", () => {
  it("reserves the worst case before and settles what was used after", async () => {
    const ledger = new SpendLedger();
    let reserved = 0;
    const look = async (): Promise<ModelAnswer> => {
      reserved = ledger.total().knownCost;
      return answer("good");
    };
    const { model: m, clock } = model([look], { ledger });
    await clock.run(m.ask(request(), minute));
    // gpt-5.1: 1.25 and 10 dollars a million.
    expect(reserved).toBeGreaterThan((1000 * 10) / 1e6);
    expect(ledger.total()).toEqual({ tokens: 1100, knownCost: 0.00225, cost: 0.00225, unpriced: 0 });
  });

  it("keeps the whole reservation of an attempt whose usage is not known", async () => {
    const ledger = new SpendLedger();
    const { model: m, clock, exchanges } = model([never], { ledger });
    await expect(clock.run(m.ask(request(), { deadlineMs: 1000 }))).rejects.toMatchObject({ failure: "deadline" });
    expect(ledger.total().tokens).toBeGreaterThan(1000);
    expect(exchanges[0]?.cost).toBe(ledger.total().cost);
  });

  it("books nothing for a request that was refused", async () => {
    const none = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
    const ledger = new SpendLedger();
    const { model: m, clock } = model([failure("overloaded", { usage: none }), answer("good")], { ledger });
    await clock.run(m.ask(request(), minute));
    expect(ledger.total().tokens).toBe(1100);
  });

  it("never passes a cap with callers in parallel", async () => {
    const ledger = new SpendLedger({ caps: { usd: 0.05 } });
    const { model: m, clock } = model(
      Array.from({ length: 20 }, () => async (context: CallContext) => {
        context.alive();
        await new Promise((resolve) => setImmediate(resolve));
        expect(ledger.total().knownCost).toBeLessThanOrEqual(0.05);
        return answer("good", { usage: { input: 600, cacheRead: 0, cacheWrite: 0, output: 1000 } });
      }),
      { ledger },
    );
    const asked = await clock.run(Promise.allSettled(Array.from({ length: 20 }, () => m.ask(request(), minute))));
    const refused = asked.filter((r) => r.status === "rejected").map((r): unknown => r.reason);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(20);
    for (const reason of refused) expect(reason).toMatchObject({ failure: "cap_reached" });
    expect(ledger.total().knownCost).toBeLessThanOrEqual(0.05);
  });

  it("refuses a model of unknown price under a money cap, and says what to do", async () => {
    const ledger = new SpendLedger({ caps: { usd: 5 } });
    const provider = scriptedProvider([answer("never sent")], { model: "my-model" });
    const m = createModel({ provider, ledger, clock: new ManualClock() });
    await expect(m.ask(request(), minute)).rejects.toThrow("Add its price under `prices`, or cap tokens instead");
    expect(provider.seen).toHaveLength(0);
  });

  it("reports an unknown price as unknown", async () => {
    const exchanges: Exchange[] = [];
    const ledger = new SpendLedger({ caps: { tokens: 10_000 } });
    const provider = scriptedProvider([answer("good")], { model: "my-model" });
    const m = createModel({ provider, ledger, record: (e) => exchanges.push(e), clock: new ManualClock() });
    await m.ask(request(), minute);
    expect(exchanges[0]?.cost).toBeNull();
    expect(ledger.total()).toMatchObject({ tokens: 1100, cost: null, unpriced: 1 });
  });

  it("takes the user's own price", async () => {
    const ledger = new SpendLedger({ caps: { usd: 5 } });
    const provider = scriptedProvider([answer("good")], { model: "my-model" });
    const m = createModel({
      provider,
      ledger,
      prices: { "openai:my-model": { input: 1, output: 2 } },
      clock: new ManualClock(),
    });
    await m.ask(request(), minute);
    expect(ledger.total().cost).toBeCloseTo(0.0012, 10);
  });
});

describe("circuit breaker", () => {
  const breaker = { failures: 2, coolOffMs: 30_000 };

  it("opens after failures in a row, lets one probe through, and closes on its success", async () => {
    const {
      model: m,
      clock,
      provider,
    } = model([failure("truncated"), failure("refusal"), failure("bad_request"), answer("back"), answer("good")], {
      breaker,
    });
    const ask = (): Promise<ModelAnswer> => clock.run(m.ask(request(), minute));
    await expect(ask()).rejects.toMatchObject({ failure: "truncated" });
    await expect(ask()).rejects.toMatchObject({ failure: "refusal" });
    await expect(ask()).rejects.toMatchObject({ failure: "breaker_open" });
    expect(provider.seen).toHaveLength(2);
    clock.advance(30_000);
    await expect(ask()).rejects.toMatchObject({ failure: "bad_request" });
    await expect(ask()).rejects.toThrow("next attempt in 30 s. Last: it was bad_request");
    clock.advance(30_000);
    await expect(ask()).resolves.toMatchObject({ text: "back" });
    await expect(ask()).resolves.toMatchObject({ text: "good" });
  });

  it("lets only one probe through at a time", async () => {
    const { model: m, clock, provider } = model([failure("refusal"), failure("refusal"), answer("back")], { breaker });
    for (let i = 0; i < 2; i++) await clock.run(m.ask(request(), minute)).catch(() => {});
    clock.advance(30_000);
    const [probe, other] = await clock.run(Promise.allSettled([m.ask(request(), minute), m.ask(request(), minute)]));
    expect(probe).toMatchObject({ status: "fulfilled" });
    expect(other).toMatchObject({ status: "rejected", reason: { failure: "breaker_open" } });
    expect(provider.seen).toHaveLength(3);
  });

  it("starts counting anew after a success", async () => {
    const { model: m, clock } = model([failure("refusal"), answer("good"), failure("refusal"), answer("good")], {
      breaker,
    });
    const ends = [];
    for (let i = 0; i < 4; i++)
      ends.push(
        await clock.run(m.ask(request(), minute)).then(
          () => "ok",
          () => "failed",
        ),
      );
    expect(ends).toEqual(["failed", "ok", "failed", "ok"]);
  });

  it.each(["auth", "unknown_model", "quota_exhausted"] as const)("stays open for the run after %s", async (kind) => {
    const { model: m, clock, provider } = model([failure(kind), answer("never sent")], { breaker });
    await expect(clock.run(m.ask(request(), minute))).rejects.toMatchObject({ failure: kind });
    clock.advance(24 * 3600_000);
    await expect(clock.run(m.ask(request(), minute))).rejects.toThrow(`No more calls in this run: it was ${kind}`);
    expect(provider.seen).toHaveLength(1);
  });

  it("does not count what says nothing about the model", async () => {
    const ledger = new SpendLedger({ caps: { tokens: 1 } });
    const { model: m, clock } = model([], { breaker, ledger });
    for (let i = 0; i < 5; i++) {
      await expect(clock.run(m.ask(request(), minute))).rejects.toMatchObject({ failure: "cap_reached" });
    }
  });
});

describe("recording and redaction", () => {
  it("records every call, failed ones included, with what it took", async () => {
    const { model: m, clock, exchanges } = model([failure("overloaded"), answer("good"), failure("refusal")]);
    await clock.run(m.ask(request({ key: "a" }), minute));
    await clock.run(m.ask(request({ key: "b" }), minute)).catch(() => {});
    expect(exchanges).toMatchObject([
      {
        version: 1,
        key: "a",
        model: "openai:gpt-5.1",
        attempts: 2,
        milliseconds: 500,
        result: { kind: "answer" },
        usage: { input: 1000 },
      },
      { key: "b", attempts: 1, result: { kind: "failure", failure: "refusal", message: "it was refusal" } },
    ]);
  });

  it("keeps secrets out of the request, the recording and the error", async () => {
    const key = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA";
    const {
      model: m,
      clock,
      provider,
      exchanges,
    } = model([failure("auth", { cause: new Error(`bad ${key}`) })], {
      redact: createRedactor({ environment: { WANDB_API_KEY: "0123456789abcdef" } }),
    });
    const leaky = request({
      system: `key ${key}`,
      messages: [{ role: "user", text: "wandb login 0123456789abcdef" }],
    });
    const error: unknown = await clock.run(m.ask(leaky, minute)).catch((e: unknown) => e);
    const everything = JSON.stringify([provider.seen, exchanges]) + String(error) + String((error as Error).cause);
    expect(everything).toContain("[redacted]");
    expect(everything).not.toContain(key);
    expect(everything).not.toContain("0123456789abcdef");
  });

  it("passes continuations on untouched", async () => {
    const signed = { kind: "x", signature: "sk-ant-0123456789abcdef0123" };
    const { model: m, clock, provider } = model([answer("good")], { redact: createRedactor() });
    const messages = [{ role: "assistant" as const, text: "", toolCalls: [], continuation: signed }];
    await clock.run(m.ask(request({ messages }), minute));
    expect(provider.seen[0]?.messages[0]).toMatchObject({ continuation: signed });
  });
});
