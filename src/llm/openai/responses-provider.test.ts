import { describe, expect, it } from "vitest";
import { createProvider } from "../open-model.js";
import { answer, request } from "../testing/scripted-provider.js";
import { callOnce, interceptWire, sse, stream } from "../testing/wire-fixture.js";

const url = "https://api.openai.com/v1/responses";
const provider = (model = "gpt-5.1") =>
  createProvider({
    provider: "openai",
    model,
    baseUrl: "https://api.openai.com/v1",
    apiKey: "sk-test",
    organization: "org-1",
  });
const wire = interceptWire();

const advice = {
  name: "advice",
  schema: {
    type: "object",
    properties: {
      lr: { type: "number", minimum: 1e-5, maximum: 1, description: "learning rate" },
      note: { type: "string" },
    },
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
const recorded = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-5.1-2025-11-13","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{\\"lr\\":"}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"0.01}"}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":4,"output_index":0,"item":{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"{\\"lr\\":0.01,\\"note\\":null}","annotations":[]}]}}

event: response.completed
data: {"type":"response.completed","sequence_number":5,"response":{"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"model":"gpt-5.1-2025-11-13","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"{\\"lr\\":0.01,\\"note\\":null}","annotations":[]}]}],"usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024},"output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":1212}}}

`;

describe("OpenAI Responses", () => {
  it("asks for structured output in strict form, stores nothing, and reads the answer", async () => {
    const seen = wire.answer(url, () => sse(recorded));
    const got = await callOnce(provider(), request({ output: advice }));
    expect(got).toMatchObject({
      output: { lr: 0.01 },
      usage: { input: 176, cacheRead: 1024, cacheWrite: 0, output: 12 },
      model: "gpt-5.1-2025-11-13",
    });
    expect(got.output).not.toHaveProperty("note");
    expect(seen[0]?.body).toEqual({
      model: "gpt-5.1",
      stream: true,
      store: false,
      instructions: "You tune a training run.",
      input: [{ role: "user", content: "What next?" }],
      max_output_tokens: 1000,
      include: ["reasoning.encrypted_content"],
      text: {
        format: {
          type: "json_schema",
          name: "advice",
          strict: true,
          schema: {
            type: "object",
            properties: {
              lr: { type: "number", description: "learning rate (at least 0.00001, at most 1)" },
              note: { anyOf: [{ type: "string" }, { type: "null" }] },
            },
            required: ["lr", "note"],
            additionalProperties: false,
          },
        },
      },
    });
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer sk-test");
    expect(seen[0]?.headers.get("openai-organization")).toBe("org-1");
  });

  it("carries tools, their results, and the reasoning between them", async () => {
    const seen = wire.answer(
      url,
      stream("responses", { thinking: "opaque", toolCalls: [{ id: "call_7", name: "predict", input: { lr: 0.1 } }] }),
      stream("responses", { output: { lr: 0.1, note: "good" } }),
    );
    const p = provider();
    const first = await callOnce(p, request({ tools: [predict], output: advice }));
    expect(first.toolCalls).toEqual([{ id: "call_7", name: "predict", input: { lr: 0.1 } }]);
    expect(first).not.toHaveProperty("output");
    const second = await callOnce(
      p,
      request({
        tools: [predict],
        toolChoice: "none",
        output: advice,
        messages: [
          { role: "user", text: "What next?" },
          {
            role: "assistant",
            text: first.text,
            toolCalls: first.toolCalls,
            continuation: JSON.parse(JSON.stringify(first.continuation)),
          },
          { role: "tool", callId: "call_7", name: "predict", text: "mean 0.3", isError: false },
          { role: "tool", callId: "call_8", name: "predict", text: "no such trial", isError: true },
        ],
      }),
    );
    expect(second.output).toEqual({ lr: 0.1, note: "good" });
    expect(seen[0]?.body.tools).toEqual([
      { type: "function", name: "predict", description: "Predicts", parameters: predict.input, strict: false },
    ]);
    expect(seen[0]?.body).not.toHaveProperty("tool_choice");
    expect(seen[1]?.body.tool_choice).toBe("none");
    expect(seen[1]?.body.input).toMatchObject([
      { role: "user" },
      { type: "reasoning", encrypted_content: "opaque" },
      { type: "function_call", call_id: "call_7", name: "predict", arguments: '{"lr":0.1}' },
      { type: "function_call_output", call_id: "call_7", output: "mean 0.3" },
      { type: "function_call_output", call_id: "call_8", output: "Error: no such trial" },
    ]);
  });

  it("rebuilds the conversation where another provider's continuation is given", async () => {
    const seen = wire.answer(url, stream("responses", { text: "ok" }));
    const earlier = answer("Let me see.", { toolCalls: [{ id: "c1", name: "predict", input: {} }] });
    await callOnce(
      provider(),
      request({
        messages: [
          {
            role: "assistant",
            text: earlier.text,
            toolCalls: earlier.toolCalls,
            continuation: { kind: "anthropic-messages", content: [] },
          },
        ],
      }),
    );
    expect(seen[0]?.body.input).toEqual([
      { role: "assistant", content: "Let me see." },
      { type: "function_call", call_id: "c1", name: "predict", arguments: "{}" },
    ]);
  });

  it("does not ask models for reasoning that have none", async () => {
    const seen = wire.answer(url, stream("responses", { text: "ok" }));
    await callOnce(provider("gpt-4.1"), request());
    expect(seen[0]?.body).not.toHaveProperty("include");
  });

  it("reads an answer that a gateway sends in one piece", async () => {
    const events = recorded.split("\n").filter((l) => l.startsWith("data: "));
    const whole: unknown = JSON.parse(events.at(-1)?.slice("data: ".length) ?? "").response;
    wire.answer(url, () => Response.json(whole));
    await expect(callOnce(provider(), request({ output: advice }))).resolves.toMatchObject({ output: { lr: 0.01 } });
  });

  it("takes broken arguments of a tool for no JSON", async () => {
    const item = { type: "function_call", call_id: "c", name: "predict", arguments: '{"lr": 0.' };
    wire.answer(url, () => Response.json({ status: "completed", model: "m", output: [item] }));
    await expect(callOnce(provider(), request({ tools: [predict] }))).rejects.toMatchObject({ failure: "not_json" });
  });

  it("is patient while the model reasons, and watches closely while it writes", async () => {
    wire.answer(url, stream("responses", { thinking: "...", text: "done" }));
    const phases: string[] = [];
    await provider().call(request(), {
      signal: new AbortController().signal,
      alive: (phase) => phase !== undefined && phases.push(phase),
      now: () => 0,
    });
    expect(phases).toEqual(["thinking", "answering"]);
  });
});
