import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
} from "@anthropic-ai/sdk/resources/messages/messages";
import { z } from "zod";
import { toolInput } from "../answer-json.js";
import { longestTimer } from "../clock.js";
import { completeAnswer } from "../complete-answer.js";
import {
  type CallContext,
  type ModelAnswer,
  ModelCallError,
  type ModelProvider,
  type ModelRequest,
  type ToolCall,
  type Usage,
} from "../model.js";
import { renderPrompt } from "../prompt.js";
import { anthropicSchema, type WireSchema } from "../strict-schema.js";
import { endedEarly, type Wire, watchedFetch } from "../watched-fetch.js";
import { failureOf } from "../wire-failure.js";

export interface AnthropicOptions {
  readonly model: string;
  /** Exactly one of the two: a key, or the token of a gateway that is sent as Bearer. */
  readonly apiKey?: string;
  readonly authToken?: string;
  /** Without /v1. */
  readonly baseUrl: string;
}

/** Anthropic's Messages API: one streamed request a call, the stable front of the conversation cached. */
export function createAnthropicProvider(options: AnthropicOptions): ModelProvider {
  return {
    provider: "anthropic",
    model: options.model,
    async call(request, context) {
      const schema = request.output === undefined ? undefined : anthropicSchema(request.output.schema);
      const wire = watchedFetch(context, eventsOfMessage);
      try {
        return await converse(options, request, schema, wire, context);
      } catch (error) {
        throw failureOf(error, wire, context.now());
      }
    },
  };
}

async function converse(
  options: AnthropicOptions,
  request: ModelRequest,
  schema: WireSchema | undefined,
  wire: Wire,
  context: CallContext,
): Promise<ModelAnswer> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({
    ...(options.authToken === undefined ? { apiKey: options.apiKey ?? "" } : { authToken: options.authToken }),
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: longestTimer,
    logLevel: "off",
    fetch: wire.fetch,
  });
  const stream = await client.messages.create(requestBody(options.model, request, schema), { signal: context.signal });
  const answer = new StreamedMessage();
  for await (const event of stream) answer.add(eventShape.parse(event), context);
  if (!answer.complete) throw endedEarly(wire);
  return readMessage(answer, request, schema, wire);
}

const ephemeral = { type: "ephemeral" } as const;
/** The API takes four cache marks; the system text has one. */
const cachedMessages = 3;

function requestBody(
  model: string,
  request: ModelRequest,
  schema: WireSchema | undefined,
): MessageCreateParamsStreaming {
  const native = schema?.strict === true;
  const system = schema === undefined || native ? request.system : `${request.system}\n\n${jsonInstruction(schema)}`;
  return {
    model,
    stream: true,
    max_tokens: request.maxOutputTokens,
    // An empty text block is refused.
    ...(system.trim() !== "" && { system: [{ type: "text", text: system, cache_control: ephemeral }] }),
    messages: conversation(request),
    ...(request.tools !== undefined &&
      request.tools.length > 0 && {
        tools: request.tools.map(toolParam),
        ...(request.toolChoice !== undefined && { tool_choice: { type: request.toolChoice } }),
      }),
    ...(schema !== undefined &&
      native && { output_config: { format: { type: "json_schema", schema: { ...schema.schema } } } }),
  };
}

function jsonInstruction(schema: WireSchema): string {
  return renderPrompt("json-answer", { schema: JSON.stringify(schema.schema) }).text;
}

function toolParam(tool: { name: string; description: string; input: Readonly<Record<string, unknown>> }): Tool {
  return { name: tool.name, description: tool.description, input_schema: { ...tool.input, type: "object" } };
}

function conversation(request: ModelRequest): MessageParam[] {
  const stable = request.messages.flatMap((m, i) => (m.role === "user" && m.stable === true ? [i] : []));
  const cached = new Set(stable.slice(-cachedMessages));
  const messages: { role: "user" | "assistant"; content: ContentBlockParam[] }[] = [];
  for (const [index, message] of request.messages.entries()) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = contentBlocks(message, cached.has(index));
    const last = messages.at(-1);
    // All results of one round of tools belong into one user message, directly after the calls.
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  }
  return messages.filter((message) => message.content.length > 0);
}

const continuationShape = z.object({
  kind: z.literal("anthropic-messages"),
  content: z.array(
    z.custom<ContentBlockParam>((block) => typeof block === "object" && block !== null && "type" in block),
  ),
});

function contentBlocks(message: ModelRequest["messages"][number], cached: boolean): ContentBlockParam[] {
  switch (message.role) {
    case "user":
      return textBlocks(message.text, cached);
    case "tool":
      return [
        {
          type: "tool_result",
          tool_use_id: message.callId,
          content: message.text,
          ...(message.isError === true && { is_error: true }),
        },
      ];
    case "assistant": {
      // Thinking is signed over its exact form and place: passed back as it came.
      const continuation = continuationShape.safeParse(message.continuation);
      if (continuation.success) return continuation.data.content;
      return [
        ...textBlocks(message.text, false),
        ...message.toolCalls.map((call) => ({
          type: "tool_use" as const,
          id: call.id,
          name: call.name,
          input: call.input,
        })),
      ];
    }
  }
}

function textBlocks(text: string, cached: boolean): TextBlockParam[] {
  if (text.trim() === "") return [];
  return [{ type: "text", text, ...(cached && { cache_control: ephemeral }) }];
}

const usageShape = z.looseObject({
  input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
  cache_read_input_tokens: z.number().nullish(),
  cache_creation_input_tokens: z.number().nullish(),
});
const blockShape = z.looseObject({ type: z.string() });
const eventShape = z.looseObject({
  type: z.string(),
  index: z.number().optional(),
  message: z.looseObject({ model: z.string(), usage: usageShape.nullish() }).optional(),
  content_block: blockShape.optional(),
  delta: z
    .looseObject({
      type: z.string().optional(),
      text: z.string().optional(),
      partial_json: z.string().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      stop_reason: z.string().nullish(),
      stop_details: z.looseObject({ explanation: z.string().nullish() }).nullish(),
    })
    .optional(),
  usage: usageShape.nullish(),
});

interface Block {
  /** As it will be passed back: the block that was announced with its deltas filled in. */
  readonly content: Record<string, unknown>;
  json: string;
}

/** A message put together from its stream. */
class StreamedMessage {
  model = "";
  stopReason: string | undefined;
  explanation: string | undefined;
  complete = false;
  readonly blocks: Block[] = [];
  private usages: z.infer<typeof usageShape>[] = [];

  add(event: z.infer<typeof eventShape>, context: CallContext): void {
    switch (event.type) {
      case "message_start":
        this.model = event.message?.model ?? "";
        if (event.message?.usage) this.usages.push(event.message.usage);
        return;
      case "content_block_start": {
        const content = event.content_block ?? { type: "text" };
        this.blocks[event.index ?? this.blocks.length] = { content: { ...content }, json: "" };
        context.alive(content.type.includes("thinking") ? "thinking" : "answering");
        return;
      }
      case "content_block_delta": {
        const block = this.blocks[event.index ?? this.blocks.length - 1];
        if (block !== undefined && event.delta !== undefined) extend(block, event.delta);
        return;
      }
      case "message_delta":
        this.stopReason = event.delta?.stop_reason ?? this.stopReason;
        this.explanation = event.delta?.stop_details?.explanation ?? this.explanation;
        if (event.usage) this.usages.push(event.usage);
        return;
      case "message_stop":
        this.complete = this.stopReason !== undefined;
        return;
    }
  }

  /** Counts are cumulative: the last one that was reported holds. */
  usage(): Usage | null {
    const last = (pick: (u: z.infer<typeof usageShape>) => number | null | undefined): number | undefined =>
      this.usages.map(pick).findLast((n) => typeof n === "number") ?? undefined;
    const input = last((u) => u.input_tokens);
    const output = last((u) => u.output_tokens);
    if (input === undefined || output === undefined) return null;
    return {
      input,
      output,
      cacheRead: last((u) => u.cache_read_input_tokens) ?? 0,
      cacheWrite: last((u) => u.cache_creation_input_tokens) ?? 0,
    };
  }
}

function extend(block: Block, delta: NonNullable<z.infer<typeof eventShape>["delta"]>): void {
  const append = (key: string, piece: string): void => {
    const before = block.content[key];
    block.content[key] = `${typeof before === "string" ? before : ""}${piece}`;
  };
  if (delta.text !== undefined) append("text", delta.text);
  if (delta.thinking !== undefined) append("thinking", delta.thinking);
  if (delta.signature !== undefined) append("signature", delta.signature);
  if (delta.partial_json !== undefined) block.json += delta.partial_json;
}

function readMessage(
  message: StreamedMessage,
  request: ModelRequest,
  schema: WireSchema | undefined,
  wire: Wire,
): ModelAnswer {
  const usage = message.usage();
  const charged = { usage: usage ?? undefined };
  switch (message.stopReason) {
    case "refusal":
      throw new ModelCallError(
        "refusal",
        `The model declined to answer: ${message.explanation ?? "no explanation"}`,
        charged,
      );
    case "max_tokens":
      throw new ModelCallError("truncated", `The answer did not fit into ${request.maxOutputTokens} tokens.`, charged);
    case "model_context_window_exceeded":
      throw new ModelCallError("truncated", "The conversation does not fit into the model's context window.", charged);
  }
  const content = message.blocks.filter((block) => block !== undefined);
  let text = "";
  const toolCalls: ToolCall[] = [];
  for (const block of content) {
    if (block.content.type === "text") text += String(block.content.text ?? "");
    if (block.content.type !== "tool_use") continue;
    const name = String(block.content.name);
    if (block.json !== "") block.content.input = toolInput(name, block.json, usage);
    toolCalls.push({ id: String(block.content.id), name, input: block.content.input ?? {} });
  }
  return completeAnswer({
    text,
    toolCalls,
    usage,
    model: message.model,
    schema,
    requestId: wire.requestId,
    continuation: { kind: "anthropic-messages", content: content.map((block) => block.content) },
  });
}

const wholeMessage = z.looseObject({
  content: z.array(blockShape),
  stop_reason: z.string().nullish(),
  usage: usageShape.nullish(),
});

/** The events of a message that came in one piece. */
function eventsOfMessage(answer: unknown): readonly unknown[] {
  const message = wholeMessage.parse(answer);
  return [
    { type: "message_start", message },
    ...message.content.map((content_block, index) => ({ type: "content_block_start", index, content_block })),
    { type: "message_delta", delta: { stop_reason: message.stop_reason }, usage: message.usage },
    { type: "message_stop" },
  ];
}
