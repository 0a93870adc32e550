import { describe, expect, it } from "vitest";
import { createModel } from "../model-client.js";
import { createProvider } from "../open-model.js";
import { ManualClock } from "../testing/manual-clock.js";
import { request } from "../testing/scripted-provider.js";
import { callOnce, interceptWire, jsonResponse, sse, stream } from "../testing/wire-fixture.js";

const url = "http://localhost:11434/v1/chat/completions";
const provider = (apiKey?: string) =>
  createProvider({
    provider: "openai-compatible",
    model: "llama3.3",
    baseUrl: "http://localhost:11434/v1",
    ...(apiKey !== undefined && { apiKey }),
  });
const wire = interceptWire();
const advice = {
  name: "advice",
  schema: { type: "object", properties: { lr: { type: "number" } }, required: ["lr"], additionalProperties: false },
};
const predict = {
  name: "predict",
  description: "Predicts",
  input: { type: "object", properties: { lr: { type: "number" } } },
};
const refusal = (message: string) => jsonResponse(400, { error: { message, type: "invalid_request_error" } });

// As Ollama streams it.
const recorded = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.3","choices":[{"index":0,"delta":{"role":"assistant","content":"{\\"lr\\":"},"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.3","choices":[{"index":0,"delta":{"role":"assistant","content":" 0.01}"},"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.3","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.3","choices":[],"usage":{"prompt_tokens":31,"completion_tokens":9,"total_tokens":40}}

data: [DONE]

`;

describe("Chat Completions", () => {
  it("asks for structured output and reads the stream", async () => {
    const seen = wire.answer(url, () => sse(recorded));
    await expect(callOnce(provider(), request({ output: advice }))).resolves.toMatchObject({
      text: '{"lr": 0.01}',
      output: { lr: 0.01 },
      usage: { input: 31, cacheRead: 0, cacheWrite: 0, output: 9 },
      model: "llama3.3",
    });
    expect(seen[0]?.body).toEqual({
      model: "llama3.3",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 1000,
      messages: [
        { role: "system", content: "You tune a training run." },
        { role: "user", content: "What next?" },
      ],
      response_format: { type: "json_schema", json_schema: { name: "advice", strict: true, schema: advice.schema } },
    });
  });

  it("sends no key of ours to a server that was given none", async () => {
    const seen = wire.answer(url, stream("chat", { text: "ok" }), stream("chat", { text: "ok" }));
    await callOnce(provider(), request());
    await callOnce(provider("local-key"), request());
    expect(seen.map((s) => s.headers.get("authorization"))).toEqual(["Bearer none", "Bearer local-key"]);
    expect(seen[0]?.headers.has("openai-organization")).toBe(false);
  });

  it("carries tools and their results", async () => {
    const calls = [
      { id: "a", name: "predict", input: { lr: 0.1 } },
      { id: "b", name: "predict", input: { lr: 0.2 } },
    ];
    const seen = wire.answer(url, stream("chat", { toolCalls: calls }), stream("chat", { text: "0.1 is better" }));
    const p = provider();
    const first = await callOnce(p, request({ tools: [predict] }));
    expect(first.toolCalls).toEqual(calls);
    await callOnce(
      p,
      request({
        tools: [predict],
        toolChoice: "none",
        messages: [
          { role: "assistant", text: "", toolCalls: first.toolCalls },
          { role: "tool", callId: "a", name: "predict", text: "0.3" },
          { role: "tool", callId: "b", name: "predict", text: "out of range", isError: true },
        ],
      }),
    );
    expect(seen[0]?.body).not.toHaveProperty("tool_choice");
    expect(seen[1]?.body.tool_choice).toBe("none");
    expect(seen[1]?.body.messages).toMatchObject([
      { role: "system" },
      {
        role: "assistant",
        tool_calls: [
          { id: "a", type: "function", function: { name: "predict", arguments: '{"lr":0.1}' } },
          { id: "b" },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "0.3" },
      { role: "tool", tool_call_id: "b", content: "Error: out of range" },
    ]);
  });

  it.each([
    [
      "every call with the index 0",
      [
        { index: 0, id: "a", function: { name: "predict", arguments: "{}" } },
        { index: 0, id: "b", function: { name: "look", arguments: "{}" } },
      ],
    ],
    [
      "no index and no id",
      [{ function: { name: "predict", arguments: "{}" } }, { function: { name: "look", arguments: {} } }],
    ],
  ])("reads tool calls of servers that give %s", async (_, calls) => {
    const chunk = (delta: unknown, finish_reason: string | null) =>
      `data: ${JSON.stringify({ model: "m", choices: [{ delta, finish_reason }] })}\n\n`;
    wire.answer(url, () => sse(calls.map((c) => chunk({ tool_calls: [c] }, null)).join("") + chunk({}, "tool_calls")));
    const got = await callOnce(provider(), request({ tools: [predict] }));
    expect(got.toolCalls.map((c) => c.name)).toEqual(["predict", "look"]);
    expect(new Set(got.toolCalls.map((c) => c.id)).size).toBe(2);
  });

  it.each([
    ["bare", '{"lr": 0.01}'],
    ["in a fence", 'Here it is:\n```json\n{"lr": 0.01}\n```\nGood luck!'],
    ["in prose", 'I suggest {"lr": 0.01} because it is smaller.'],
    ["after thinking aloud", '<think>maybe {"lr": 1}?</think>\n{"lr": 0.01}'],
  ])("reads JSON %s", async (_, text) => {
    wire.answer(url, stream("chat", { text }));
    await expect(callOnce(provider(), request({ output: advice }))).resolves.toMatchObject({ output: { lr: 0.01 } });
  });

  it("reads a completion of a server that does not stream", async () => {
    const message = { role: "assistant", content: '{"lr": 0.01}' };
    wire.answer(
      url,
      jsonResponse(200, {
        model: "m",
        choices: [{ message, finish_reason: "stop" }],
        usage: { prompt_tokens: 3, completion_tokens: 2 },
      }),
    );
    await expect(callOnce(provider(), request({ output: advice }))).resolves.toMatchObject({
      output: { lr: 0.01 },
      usage: { input: 3 },
    });
  });

  describe("where structured output is refused", () => {
    it("asks for JSON in the prompt with the next request, and remembers", async () => {
      const seen = wire.answer(
        url,
        refusal("'response_format.type' must be 'text'"),
        stream("chat", { text: '```json\n{"lr": 0.01}\n```' }),
        stream("chat", { text: '{"lr": 0.02}' }),
      );
      const m = createModel({ provider: provider(), clock: new ManualClock(), random: () => 0, retry: { baseMs: 0 } });
      const asked = request({ output: advice });
      await expect(m.ask(asked, { deadlineMs: 1000 })).resolves.toMatchObject({ output: { lr: 0.01 } });
      await expect(m.ask(asked, { deadlineMs: 1000 })).resolves.toMatchObject({ output: { lr: 0.02 } });
      expect(seen.map(({ body }) => "response_format" in body)).toEqual([true, false, false]);
      expect(JSON.stringify(seen[1]?.body.messages)).toContain("conform to this JSON schema");
    });

    it("does not blame structured output for what it is not to blame for", async () => {
      const seen = wire.answer(url, refusal("This model's maximum context length is 4096 tokens"));
      await expect(callOnce(provider(), request({ output: advice }))).rejects.toMatchObject({
        failure: "bad_request",
        again: false,
      });
      expect(seen).toHaveLength(1);
    });

    it("goes back to structured output where words did not help either", async () => {
      const seen = wire.answer(url, refusal("bad"), refusal("still bad"), stream("chat", { text: '{"lr": 1}' }));
      const p = provider();
      const asked = request({ output: advice });
      await expect(callOnce(p, asked)).rejects.toMatchObject({ again: true });
      await expect(callOnce(p, asked)).rejects.toMatchObject({ again: false });
      await callOnce(p, asked);
      expect(seen.map(({ body }) => "response_format" in body)).toEqual([true, false, true]);
    });
  });

  it.each([
    [
      "Ollama",
      404,
      { error: { message: 'model "x" not found, try pulling it first' } },
      "unknown_model",
      "try pulling it first",
    ],
    ["Ollama's older form", 404, { error: "model 'x' not found" }, "unknown_model", "model 'x' not found"],
    [
      "vLLM",
      404,
      { object: "error", message: "The model `x` does not exist.", code: 404 },
      "unknown_model",
      "does not exist",
    ],
    ["FastAPI", 422, { detail: "Unprocessable" }, "bad_request", "Unprocessable"],
    [
      "OpenRouter",
      400,
      { error: { message: "x is not a valid model ID", code: 400 } },
      "unknown_model",
      "not a valid model",
    ],
    [
      "llama.cpp",
      503,
      { error: { message: "Loading model", type: "unavailable_error", code: 503 } },
      "overloaded",
      "Loading model",
    ],
    [
      "a server without structured output",
      400,
      { error: { message: "This model does not support response_format" } },
      "bad_request",
      "response_format",
    ],
  ])("reads the errors of %s", async (_, status, body, failure, text) => {
    wire.answer(url, jsonResponse(status, body));
    await expect(callOnce(provider(), request())).rejects.toMatchObject({
      failure,
      message: expect.stringContaining(text),
    });
  });

  it("learns the name of the limit of tokens", async () => {
    const seen = wire.answer(
      url,
      refusal(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
      stream("chat", { text: "ok" }),
    );
    const p = provider();
    await expect(callOnce(p, request())).rejects.toMatchObject({ again: true });
    await callOnce(p, request());
    expect(seen[1]?.body).toMatchObject({ max_completion_tokens: 1000 });
    expect(seen[1]?.body).not.toHaveProperty("max_tokens");
  });

  it("does without usage where a server does not know how to ask for it", async () => {
    const seen = wire.answer(
      url,
      refusal("Unrecognized request argument: stream_options"),
      stream("chat", { text: "ok", noUsage: true }),
    );
    const p = provider();
    await expect(callOnce(p, request())).rejects.toMatchObject({ again: true });
    await expect(callOnce(p, request())).resolves.toMatchObject({ usage: null });
    expect(seen[1]?.body).not.toHaveProperty("stream_options");
  });
});
