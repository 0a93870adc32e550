import { HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { ModelFailure } from "./model.js";
import { request } from "./testing/scripted-provider.js";
import { brokenStream, callOnce, interceptWire, jsonResponse, sse, stream, wires } from "./testing/wire-fixture.js";
import { streamOf } from "./testing/wire-shapes.js";

const wire = interceptWire();
const html = "<!DOCTYPE html><html><head><title>Sign in to the proxy</title></head><body></body></html>";
const error = (type: string, message: string, code?: string) => ({
  type: "error",
  error: { type, message, ...(code && { code }) },
});

describe.each(wires)("$api", ({ api, url, create }) => {
  const failing = async (...responses: (() => Response)[]): Promise<Error> => {
    wire.answer(url, ...responses);
    const end: unknown = await callOnce(create(), request()).then(
      () => new Error("the call succeeded"),
      (e: unknown) => e,
    );
    return end instanceof Error ? end : new Error(String(end));
  };

  it("gives text, usage, the model's own name and the request's id", async () => {
    wire.answer(
      url,
      stream(api, { text: "Try a lower learning rate.", usage: { input: 90, cacheRead: 10, output: 7 } }),
    );
    await expect(callOnce(create(), request())).resolves.toMatchObject({
      text: "Try a lower learning rate.",
      toolCalls: [],
      usage: { input: 90, cacheRead: 10, cacheWrite: 0, output: 7 },
      model: "model-2026-01-01",
      requestId: "req_1",
    });
  });

  it("sends exactly one request, whatever comes back", async () => {
    const seen = wire.answer(url, jsonResponse(503, error("api_error", "try later")));
    await expect(callOnce(create(), request())).rejects.toMatchObject({ failure: "overloaded" });
    expect(seen).toHaveLength(1);
  });

  const statuses: readonly [number, unknown, ModelFailure][] = [
    [400, error("invalid_request_error", "messages: too few"), "bad_request"],
    [400, error("invalid_request_error", "Your credit balance is too low to access the API"), "quota_exhausted"],
    [401, error("authentication_error", "invalid x-api-key"), "auth"],
    [402, error("billing_error", "pay first"), "quota_exhausted"],
    [403, error("permission_error", "not for you"), "auth"],
    [404, error("not_found_error", "model: no-such"), "unknown_model"],
    [400, error("invalid_request_error", "The model `x` does not exist", "model_not_found"), "unknown_model"],
    [408, error("timeout_error", "slow"), "network"],
    [429, error("rate_limit_error", "slow down"), "rate_limited"],
    [429, error("insufficient_quota", "You exceeded your current quota", "insufficient_quota"), "quota_exhausted"],
    [500, error("api_error", "oops"), "overloaded"],
    [529, error("overloaded_error", "Overloaded"), "overloaded"],
  ];
  it.each(statuses)("tells status %i %j apart as %s, and as not billed", async (status, body, failure) => {
    await expect(failing(jsonResponse(status, body))).resolves.toMatchObject({
      failure,
      status,
      usage: { input: 0, output: 0 },
    });
  });

  it("reads an error page of a proxy with its status", async () => {
    const page = () =>
      new HttpResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", {
        status: 502,
        headers: { "content-type": "text/html" },
      });
    const end = await failing(page);
    expect(end).toMatchObject({ failure: "overloaded", message: "HTTP 502: 502 Bad Gateway" });
  });

  const waits: readonly [string, Record<string, string>, number | undefined][] = [
    ["seconds", { "retry-after": "20" }, 20_000],
    ["fractions of seconds", { "retry-after": "0.5" }, 500],
    ["milliseconds", { "retry-after-ms": "1500", "retry-after": "2" }, 1500],
    ["a date", { "retry-after": "Fri, 20 Nov 2026 12:00:42 GMT" }, 42_000],
    ["a date in the past", { "retry-after": "Fri, 20 Nov 2026 11:00:00 GMT" }, undefined],
    ["zero", { "retry-after": "0" }, undefined],
    ["nonsense", { "retry-after": "soon" }, undefined],
  ];
  it.each(waits)("reads Retry-After as %s", async (_, headers, retryAfterMs) => {
    const end = await failing(jsonResponse(429, error("rate_limit_error", "slow down"), headers));
    expect(end).toMatchObject({ failure: "rate_limited", retryAfterMs });
  });

  it.each([
    ["by its type", "text/html; charset=utf-8"],
    ["by its text, though it claims to be a stream", "text/event-stream"],
    ["by its text, though it claims to be JSON", "application/json"],
  ])("recognises a web page with status 200 %s", async (_, type) => {
    const end = await failing(() => new HttpResponse(html, { headers: { "content-type": type } }));
    expect(end).toMatchObject({ failure: "html" });
    if (type.startsWith("text/html")) expect(end.message).toContain("Sign in to the proxy");
  });

  it.each(["application/json", "text/event-stream"])("recognises an empty body of type %s", async (type) => {
    const end = await failing(() => new HttpResponse("", { headers: { "content-type": type } }));
    expect(end).toMatchObject({ failure: "empty" });
  });

  it("recognises JSON that breaks off", async () => {
    const end = await failing(
      () => new HttpResponse('{"id": "x", "out', { headers: { "content-type": "application/json" } }),
    );
    expect(end).toMatchObject({ failure: "not_json", usage: undefined });
  });

  it("recognises JSON that is not an answer of the API", async () => {
    await expect(failing(jsonResponse(200, { status: "ok" }))).resolves.toMatchObject({ failure: "not_json" });
  });

  const whole = streamOf(api, { text: "a long answer in many pieces, with an umlaut: ü" }, { model: "m", index: 0 });
  const terminal = whole.lastIndexOf(api === "chat" ? '"finish_reason":"stop"' : "event: ");
  for (const [name, at] of [
    ["in the first event", 20],
    ["in the middle", Math.floor(whole.length / 2)],
    ["just before the last event", terminal],
    ["within the last event", terminal + 20],
  ] as const) {
    it.each(["close", "error"] as const)(`takes a stream cut ${name} for cut, not for an answer (%s)`, async (end) => {
      await expect(failing(() => brokenStream(whole.slice(0, at), end))).resolves.toMatchObject({
        failure: "cut_stream",
        usage: undefined,
      });
    });
  }

  it("takes a stream for an answer from its stop reason on, and not one event sooner", async () => {
    const events = whole.split(/(?<=\n\n)/);
    const ends: string[] = [];
    for (let n = 0; n <= events.length; n++) {
      wire.answer(url, () => sse(events.slice(0, n).join("")));
      ends.push(
        await callOnce(create(), request()).then(
          () => "answer",
          (e: { failure: string }) => e.failure,
        ),
      );
    }
    const enough =
      events.findIndex((e) =>
        (api === "chat" ? /"finish_reason":"stop"/ : /message_stop|response\.completed/).test(e),
      ) + 1;
    expect(ends).toEqual(["empty", ...events.map((_, i) => (i + 1 < enough ? "cut_stream" : "answer"))]);
    expect(enough).toBeGreaterThan(4);
  });

  it("reads a whole stream that comes in pieces of seven bytes", async () => {
    wire.answer(url, () => brokenStream(whole, "close"));
    await expect(callOnce(create(), request())).resolves.toMatchObject({
      text: "a long answer in many pieces, with an umlaut: ü",
    });
  });

  it("recognises a failed connection", async () => {
    await expect(failing(() => HttpResponse.error())).resolves.toMatchObject({ failure: "network" });
  });

  it("recognises an answer that ended at the limit of tokens, and what it cost", async () => {
    await expect(failing(stream(api, { text: "half an ans", truncated: true }))).resolves.toMatchObject({
      failure: "truncated",
      usage: { input: 100, output: 20 },
    });
  });

  it("recognises a refusal, and what it cost", async () => {
    await expect(failing(stream(api, { refusal: "I cannot help with that." }))).resolves.toMatchObject({
      failure: "refusal",
      message: "The model declined to answer: I cannot help with that.",
      usage: { input: 100, output: 20 },
    });
  });

  it("recognises an answer without content", async () => {
    await expect(failing(stream(api, { text: "  " }))).resolves.toMatchObject({ failure: "empty" });
  });

  it("recognises text where JSON was asked for", async () => {
    wire.answer(url, stream(api, { text: "I would lower it." }));
    const asked = request({ output: { name: "advice", schema: { type: "object", properties: {}, required: [] } } });
    await expect(callOnce(create(), asked)).rejects.toMatchObject({ failure: "not_json", usage: { input: 100 } });
  });

  it("says that the usage is not known where the server does not tell", async () => {
    wire.answer(url, stream(api, { text: "fine", noUsage: true }));
    await expect(callOnce(create(), request())).resolves.toMatchObject({ text: "fine", usage: null });
  });

  it("feeds the watchdog with every chunk", async () => {
    let chunks = 0;
    wire.answer(url, () => brokenStream(whole, "close"));
    await create().call(request(), {
      signal: new AbortController().signal,
      alive: () => {
        chunks += 1;
      },
      now: () => 0,
    });
    expect(chunks).toBeGreaterThan(whole.length / 7);
  });
});

it("reads errors that come as events of a stream", async () => {
  const [responses, chat, messages] = wires;
  wire.answer(responses.url, () =>
    sse(
      'event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null,"sequence_number":1}\n\n',
    ),
  );
  await expect(callOnce(responses.create(), request())).rejects.toMatchObject({ failure: "rate_limited" });
  wire.answer(responses.url, () =>
    sse(
      'event: response.failed\ndata: {"type":"response.failed","response":{"id":"r","model":"m","status":"failed","output":[],"error":{"code":"server_error","message":"oops"}}}\n\n',
    ),
  );
  await expect(callOnce(responses.create(), request())).rejects.toMatchObject({ failure: "overloaded" });
  wire.answer(chat.url, () =>
    sse('data: {"error":{"message":"KV cache is full","type":"server_error","code":500}}\n\n'),
  );
  await expect(callOnce(chat.create(), request())).rejects.toMatchObject({ failure: "overloaded" });
  wire.answer(messages.url, () =>
    sse('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'),
  );
  await expect(callOnce(messages.create(), request())).rejects.toMatchObject({ failure: "overloaded" });
});
