import type { ResponseCreateParamsStreaming, ResponseInputItem } from "openai/resources/responses/responses";
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
import { openAiSchema, type WireSchema } from "../strict-schema.js";
import { endedEarly, type Wire, watchedFetch } from "../watched-fetch.js";
import { failureOf, streamError } from "../wire-failure.js";

export interface OpenAiOptions {
  readonly model: string;
  readonly apiKey: string;
  /** Ends in /v1. */
  readonly baseUrl: string;
  readonly organization?: string;
  readonly project?: string;
}

/** OpenAI's Responses API: one streamed request a call, nothing stored at the server. */
export function createOpenAiProvider(options: OpenAiOptions): ModelProvider {
  return {
    provider: "openai",
    model: options.model,
    async call(request, context) {
      const schema = request.output === undefined ? undefined : openAiSchema(request.output.schema);
      const wire = watchedFetch(context, (response) => [{ type: "response.completed", response }]);
      try {
        return await respond(options, request, schema, wire, context);
      } catch (error) {
        throw failureOf(error, wire, context.now());
      }
    },
  };
}

async function respond(
  options: OpenAiOptions,
  request: ModelRequest,
  schema: WireSchema | undefined,
  wire: Wire,
  context: CallContext,
): Promise<ModelAnswer> {
  const { OpenAI } = await import("openai");
  const client = new OpenAI({
    apiKey: options.apiKey,
    adminAPIKey: null,
    baseURL: options.baseUrl,
    organization: options.organization ?? null,
    project: options.project ?? null,
    maxRetries: 0,
    timeout: longestTimer,
    logLevel: "off",
    fetch: wire.fetch,
  });
  const stream = await client.responses.create(requestBody(options.model, request, schema), { signal: context.signal });
  let final: z.infer<typeof responseShape> | undefined;
  for await (const event of stream) {
    const { type } = event;
    if (type === "response.completed" || type === "response.incomplete" || type === "response.failed") {
      final = responseShape.parse(event.response);
    } else if (type === "error") {
      throw streamError([event.code], event.message);
    } else if (type === "response.output_item.added") {
      context.alive(event.item.type === "reasoning" ? "thinking" : "answering");
    }
  }
  if (final === undefined) throw endedEarly(wire);
  return readResponse(final, request, schema, wire);
}

function requestBody(
  model: string,
  request: ModelRequest,
  schema: WireSchema | undefined,
): ResponseCreateParamsStreaming {
  return {
    model,
    stream: true,
    store: false,
    instructions: request.system,
    input: request.messages.flatMap(inputItems),
    max_output_tokens: request.maxOutputTokens,
    ...(reasons(model) && { include: ["reasoning.encrypted_content"] }),
    ...(request.tools !== undefined &&
      request.tools.length > 0 && {
        tools: request.tools.map((tool) => ({
          type: "function" as const,
          name: tool.name,
          description: tool.description,
          parameters: { ...tool.input },
          strict: false,
        })),
        ...(request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
      }),
    ...(request.output !== undefined &&
      schema !== undefined && {
        text: {
          format: {
            type: "json_schema" as const,
            name: request.output.name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64),
            schema: { ...schema.schema },
            strict: schema.strict,
          },
        },
      }),
  };
}

/** Models that reason; the others refuse to be asked for encrypted reasoning. */
function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9]|codex)/.test(model) && !/chat/.test(model);
}

// With nothing stored at the server, reasoning has to travel with the conversation.
const continuationShape = z.object({
  kind: z.literal("openai-responses"),
  items: z.array(z.custom<ResponseInputItem>((item) => typeof item === "object" && item !== null && "type" in item)),
});

function inputItems(message: ModelRequest["messages"][number]): ResponseInputItem[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: message.text }];
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: message.callId,
          output: message.isError === true ? `Error: ${message.text}` : message.text,
        },
      ];
    case "assistant": {
      const continuation = continuationShape.safeParse(message.continuation);
      if (continuation.success) return continuation.data.items;
      return [
        ...(message.text === "" ? [] : [{ role: "assistant" as const, content: message.text }]),
        ...message.toolCalls.map((call) => ({
          type: "function_call" as const,
          call_id: call.id,
          name: call.name,
          arguments: JSON.stringify(call.input),
        })),
      ];
    }
  }
}

const responseShape = z.looseObject({
  status: z.string().nullish(),
  model: z.string(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
  output: z.array(
    z.looseObject({
      type: z.string(),
      content: z
        .array(z.looseObject({ type: z.string(), text: z.string().nullish(), refusal: z.string().nullish() }))
        .nullish(),
      call_id: z.string().nullish(),
      name: z.string().nullish(),
      arguments: z.string().nullish(),
    }),
  ),
  usage: z
    .looseObject({
      input_tokens: z.number(),
      output_tokens: z.number(),
      input_tokens_details: z
        .looseObject({ cached_tokens: z.number().nullish(), cache_write_tokens: z.number().nullish() })
        .nullish(),
    })
    .nullish(),
});

function readResponse(
  response: z.infer<typeof responseShape>,
  request: ModelRequest,
  schema: WireSchema | undefined,
  wire: Wire,
): ModelAnswer {
  const usage = readUsage(response.usage);
  const charged = { usage: usage ?? undefined };
  if (response.error) {
    const { failure, message } = streamError([response.error.code], response.error.message);
    throw new ModelCallError(failure, message, charged);
  }
  if (response.status === "incomplete") {
    throw response.incomplete_details?.reason === "content_filter"
      ? new ModelCallError("refusal", "The provider's content filter stopped the answer.", charged)
      : new ModelCallError("truncated", `The answer did not fit into ${request.maxOutputTokens} tokens.`, charged);
  }
  if (response.status !== "completed") {
    throw new ModelCallError("cut_stream", `The provider ended the answer with status ${response.status}.`, charged);
  }
  const parts = response.output.flatMap((item) => (item.type === "message" ? (item.content ?? []) : []));
  const refusal = parts.find((part) => part.type === "refusal");
  if (refusal !== undefined) {
    throw new ModelCallError("refusal", `The model declined to answer: ${refusal.refusal ?? ""}`, charged);
  }
  const text = parts.map((part) => (part.type === "output_text" ? (part.text ?? "") : "")).join("");
  const toolCalls: ToolCall[] = [];
  for (const item of response.output) {
    if (item.type !== "function_call") continue;
    const name = item.name ?? "";
    toolCalls.push({ id: item.call_id ?? "", name, input: toolInput(name, item.arguments ?? "", usage) });
  }
  return completeAnswer({
    text,
    toolCalls,
    usage,
    model: response.model,
    schema,
    requestId: wire.requestId,
    continuation: { kind: "openai-responses", items: response.output },
  });
}

/** OpenAI counts cached tokens within the input; we count them apart. */
function readUsage(usage: z.infer<typeof responseShape>["usage"]): Usage | null {
  if (!usage) return null;
  const cacheRead = usage.input_tokens_details?.cached_tokens ?? 0;
  const cacheWrite = usage.input_tokens_details?.cache_write_tokens ?? 0;
  return {
    input: Math.max(0, usage.input_tokens - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: usage.output_tokens,
  };
}
