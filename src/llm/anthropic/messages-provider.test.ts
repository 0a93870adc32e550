import { describe, expect, it } from "vitest";
import { createProvider } from "../open-model.js";
import { request } from "../testing/scripted-provider.js";
import { callOnce, interceptWire, sse, stream } from "../testing/wire-fixture.js";

const url = "https://api.anthropic.com/v1/messages";
const provider = () =>
  createProvider({
    provider: "anthropic",
    model: "claude-sonnet-5-5",
    baseUrl: "https://api.anthropic.com",
    apiKey: "test-key",
  });
const wire = interceptWire();
const advice = {
  name: "advice",
  schema: {
    type: "object",
    properties: { lr: { type: "number", exclusiveMinimum: 0 }, note: { type: "string" } },
    required: ["lr"],
    additionalProperties: false,
  },
};
const predict = {
  name: "predict",
  description: "Predicts",
  input: { type: "object", properties: { lr: { type: "number" } } },
};

// As the API streams it, less the fields that nobody reads.
const recorded = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":2000,"cache_read_input_tokens":0,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Lower "}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"it."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqoB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"{\\"lr\\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" 0.01}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":25,"cache_creation_input_tokens":2000,"cache_read_input_tokens":0,"output_tokens":31}}

event: message_stop
data: {"type":"message_stop"}

`;

describe("Anthropic Messages", () => {
  it("asks for structured output, caches the stable front, and reads the stream", async () => {
    const seen = wire.answer(url, () => sse(recorded));
    const got = await callOnce(
      provider(),
      request({
        output: advice,
        messages: [
          { role: "user", text: "The space.", stable: true },
          { role: "user", text: "The trials." },
        ],
      }),
    );
    expect(got).toMatchObject({
      text: '{"lr": 0.01}',
      output: { lr: 0.01 },
      usage: { input: 25, cacheRead: 0, cacheWrite: 2000, output: 31 },
      model: "claude-sonnet-5-5",
    });
    expect(seen[0]?.body).toEqual({
      model: "claude-sonnet-5-5",
      stream: true,
      max_tokens: 1000,
      system: [{ type: "text", text: "You tune a training run.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "The space.", cache_control: { type: "ephemeral" } },
            { type: "text", text: "The trials." },
          ],
        },
      ],
      output_config: {
        format: {
          type: "json_schema",
          schema: {
            type: "object",
            properties: { lr: { type: "number", description: "(above 0)" }, note: { type: "string" } },
            required: ["lr"],
            additionalProperties: false,
          },
        },
      },
    });
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer test-key");
    expect(seen[0]?.headers.get("anthropic-version")).toBe("2026-10-21");
  });

  it("passes thinking back exactly as it came, and answers all tools in one message", async () => {
    const calls = [
      { id: "toolu_1", name: "predict", input: { lr: 0.1 } },
      { id: "toolu_2", name: "predict", input: { lr: 0.2 } },
    ];
    const seen = wire.answer(
      url,
      stream("messages", { thinking: "Let me compare them.", toolCalls: calls }),
      stream("messages", { text: "done" }),
    );
    const p = provider();
    const first = await callOnce(p, request({ tools: [predict] }));
    expect(first.toolCalls).toEqual(calls);
    await callOnce(
      p,
      request({
        tools: [predict],
        toolChoice: "none",
        messages: [
          { role: "user", text: "What next?" },
          {
            role: "assistant",
            text: first.text,
            toolCalls: first.toolCalls,
            continuation: JSON.parse(JSON.stringify(first.continuation)),
          },
          { role: "tool", callId: "toolu_1", name: "predict", text: "0.3" },
          { role: "tool", callId: "toolu_2", name: "predict", text: "failed", isError: true },
          { role: "user", text: "Now decide." },
        ],
      }),
    );
    expect(seen[0]?.body.tools).toEqual([{ name: "predict", description: "Predicts", input_schema: predict.input }]);
    expect(seen[0]?.body).not.toHaveProperty("tool_choice");
    // A conversation that has used tools must go on listing them, also where no more calls are wanted.
    expect(seen[1]?.body).toMatchObject({ tools: seen[0]?.body.tools, tool_choice: { type: "none" } });
    expect(seen[1]?.body.messages).toEqual([
      { role: "user", content: [{ type: "text", text: "What next?" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Let me compare them.", signature: "signature-0" },
          { type: "tool_use", id: "toolu_1", name: "predict", input: { lr: 0.1 }, caller: { type: "direct" } },
          { type: "tool_use", id: "toolu_2", name: "predict", input: { lr: 0.2 }, caller: { type: "direct" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: "0.3" },
          { type: "tool_result", tool_use_id: "toolu_2", content: "failed", is_error: true },
          { type: "text", text: "Now decide." },
        ],
      },
    ]);
  });

  it("sets no more cache marks than the API takes", async () => {
    const seen = wire.answer(url, stream("messages", { text: "ok" }));
    const messages = Array.from({ length: 6 }, (_, i) => ({ role: "user" as const, text: `part ${i}`, stable: true }));
    await callOnce(provider(), request({ messages }));
    const marks = JSON.stringify(seen[0]?.body).match(/cache_control/g) ?? [];
    expect(marks).toHaveLength(4);
    expect(JSON.stringify(seen[0]?.body.messages)).toMatch(/"part 5","cache_control"/);
  });

  it("never sends sampling parameters, which this version of the API refuses", async () => {
    const seen = wire.answer(url, stream("messages", { text: "ok" }));
    await callOnce(provider(), request());
    for (const name of ["temperature", "top_p", "top_k"]) expect(seen[0]?.body).not.toHaveProperty(name);
  });

  it("asks in words for JSON of a form that cannot be enforced", async () => {
    const seen = wire.answer(url, stream("messages", { output: { a: 1, b: 2 } }));
    const open = { name: "map", schema: { type: "object", additionalProperties: { type: "number" } } };
    await expect(callOnce(provider(), request({ output: open }))).resolves.toMatchObject({ output: { a: 1, b: 2 } });
    expect(seen[0]?.body).not.toHaveProperty("output_config");
    expect(JSON.stringify(seen[0]?.body.system)).toContain("conform to this JSON schema");
  });

  it("sends the token of a gateway as Bearer", async () => {
    const seen = wire.answer(url, stream("messages", { text: "ok" }));
    const p = createProvider({
      provider: "anthropic",
      model: "m",
      baseUrl: "https://api.anthropic.com",
      authToken: "gateway-token",
    });
    await callOnce(p, request());
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer gateway-token");
  });

  it("reads a message that a gateway sends in one piece", async () => {
    const content = [{ type: "text", text: "fine" }];
    wire.answer(url, () =>
      Response.json({ model: "m", content, stop_reason: "end_turn", usage: { input_tokens: 3, output_tokens: 1 } }),
    );
    await expect(callOnce(provider(), request())).resolves.toMatchObject({
      text: "fine",
      usage: { input: 3, output: 1 },
    });
  });
});
