import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { describe, expect, it } from "vitest";
import { createModel } from "../model-client.js";
import { ManualClock } from "../testing/manual-clock.js";
import { request } from "../testing/scripted-provider.js";
import { callOnce } from "../testing/wire-fixture.js";
import { createLangChainProvider, type LangChainChatModel } from "./langchain-provider.js";

const advice = {
  name: "advice",
  schema: {
    type: "object",
    properties: { lr: { type: "number" }, note: { type: "string" } },
    required: ["lr"],
    additionalProperties: false,
  },
};
const predict = {
  name: "predict",
  description: "Predicts",
  input: { type: "object", properties: { lr: { type: "number" } } },
};
const usage = { input_tokens: 50, output_tokens: 5, total_tokens: 55, input_token_details: { cache_read: 40 } };

/** The constructor's type knows usage only for messages of declared structure; the class takes it always. */
function aiMessage(fields: { content: string; response_metadata: Record<string, unknown> }): AIMessage {
  return Object.assign(new AIMessage(fields), { usage_metadata: usage });
}

/** A model that says one message and keeps what it was asked. */
function saying(message: AIMessage): LangChainChatModel & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    async invoke(input) {
      asked.push(input);
      return message;
    },
  };
}

describe("LangChain", () => {
  it("takes any chat model of @langchain/core", async () => {
    const provider = createLangChainProvider(new FakeListChatModel({ responses: ["Lower it."] }), { name: "fake" });
    await expect(callOnce(provider, request())).resolves.toMatchObject({
      text: "Lower it.",
      model: "fake",
      usage: null,
    });
    expect(provider).toMatchObject({ provider: "langchain", model: "fake", streams: false });
  });

  it("hands over the conversation, tools and their results", async () => {
    const model = fakeModel()
      .respondWithTools([{ id: "c1", name: "predict", args: { lr: 0.1 } }])
      .respond(new AIMessage("0.1 it is"));
    const provider = createLangChainProvider(model, { name: "fake" });
    const first = await callOnce(provider, request({ tools: [predict] }));
    expect(first.toolCalls).toEqual([{ id: "c1", name: "predict", input: { lr: 0.1 } }]);
    const second = await callOnce(
      provider,
      request({
        tools: [predict],
        messages: [
          { role: "user", text: "What next?" },
          { role: "assistant", text: first.text, toolCalls: first.toolCalls, continuation: first.continuation },
          { role: "tool", callId: "c1", name: "predict", text: "mean 0.3" },
        ],
      }),
    );
    expect(second.text).toBe("0.1 it is");
    const messages: readonly BaseMessage[] = model.calls[1]?.messages ?? [];
    expect(messages.map((m) => m.getType())).toEqual(["system", "human", "ai", "tool"]);
    expect(messages[2]).toMatchObject({ tool_calls: [{ id: "c1", name: "predict", args: { lr: 0.1 } }] });
    expect(messages[3]).toMatchObject({ tool_call_id: "c1", content: "mean 0.3" });
  });

  it("uses the model's structured output where it has one", async () => {
    const raw = aiMessage({ content: "", response_metadata: { model_name: "big-1" } });
    const configs: unknown[] = [];
    const provider = createLangChainProvider(
      {
        invoke: async () => new AIMessage("not asked"),
        withStructuredOutput: (schema, config) => {
          configs.push([schema, config]);
          return { invoke: async () => ({ raw, parsed: { lr: 0.1, note: null } }) };
        },
      },
      { name: "big" },
    );
    await expect(callOnce(provider, request({ output: advice }))).resolves.toMatchObject({
      output: { lr: 0.1 },
      usage: { input: 10, cacheRead: 40, output: 5 },
      model: "big-1",
    });
    expect(configs).toMatchObject([
      [
        { title: "advice", required: ["lr", "note"] },
        { name: "advice", includeRaw: true },
      ],
    ]);
  });

  it("asks for JSON in the prompt where the model has no structured output", async () => {
    const model = saying(new AIMessage('```json\n{"lr": 0.2}\n```'));
    const got = await callOnce(createLangChainProvider(model), request({ output: advice }));
    expect(got.output).toEqual({ lr: 0.2 });
    expect(JSON.stringify(model.asked)).toContain("conform to this JSON schema");
  });

  it.each([
    ["truncated", { finish_reason: "length" }],
    ["truncated", { stop_reason: "max_tokens" }],
    ["refusal", { stop_reason: "refusal" }],
    ["refusal", { finish_reason: "content_filter" }],
  ])("recognises %s by %j", async (failure, response_metadata) => {
    const provider = createLangChainProvider(saying(aiMessage({ content: "half", response_metadata })));
    await expect(callOnce(provider, request())).rejects.toMatchObject({ failure, usage: { cacheRead: 40 } });
  });

  it("recognises an empty answer", async () => {
    await expect(callOnce(createLangChainProvider(saying(new AIMessage(""))), request())).rejects.toMatchObject({
      failure: "empty",
    });
  });

  it.each([
    [{ lc_error_code: "MODEL_AUTHENTICATION" }, "auth"],
    [{ lc_error_code: "MODEL_RATE_LIMIT", status: 429, headers: { "retry-after": "7" } }, "rate_limited"],
    [{ lc_error_code: "MODEL_RATE_LIMIT", status: 429, code: "insufficient_quota" }, "quota_exhausted"],
    [{ lc_error_code: "MODEL_NOT_FOUND" }, "unknown_model"],
    [{ status: 503 }, "overloaded"],
    [{ code: "ECONNREFUSED" }, "network"],
    [{}, "bad_request"],
  ])("tells the error %j apart as %s", async (fields, failure) => {
    const model: LangChainChatModel = {
      invoke: async () => {
        throw Object.assign(new Error("it failed"), fields);
      },
    };
    const end: unknown = await callOnce(createLangChainProvider(model), request()).catch((e: unknown) => e);
    expect(end).toMatchObject({ failure, message: expect.stringContaining("it failed") });
    if ("headers" in fields) expect(end).toMatchObject({ retryAfterMs: 7000 });
  });

  it("is not taken for idle while it says nothing, and ends at the deadline", async () => {
    const clock = new ManualClock();
    const slow: LangChainChatModel = {
      invoke: () => new Promise((resolve) => clock.after(300_000, () => resolve(new AIMessage("late")))),
    };
    const model = createModel({ provider: createLangChainProvider(slow), clock });
    await expect(clock.run(model.ask(request(), { deadlineMs: 400_000 }))).resolves.toMatchObject({ text: "late" });
    await expect(clock.run(model.ask(request(), { deadlineMs: 200_000 }))).rejects.toMatchObject({
      failure: "deadline",
    });
  });
});
