import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
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
import { openAiSchema, type WireSchema } from "../strict-schema.js";
import { endedEarly, type Wire, watchedFetch } from "../watched-fetch.js";
import { failureOf } from "../wire-failure.js";

export interface CompatibleOptions {
  readonly model: string;
  /** Ends in /v1 with most servers. */
  readonly baseUrl: string;
  /** Local servers need none. */
  readonly apiKey?: string;
}

/**
 * How a server wants to be asked, learned from what it refuses. Kept for the session, so that each refusal
 * costs one request in all and not one for each call.
 */
interface Habits {
  /** `schema`: response_format; `prompt`: JSON asked for in words. */
  json: "schema" | "prompt";
  limit: "max_tokens" | "max_completion_tokens";
  usage: boolean;
  /** The server has accepted a request as it is sent now: a refusal is about that one request then. */
  proven: boolean;
}

/**
 * Chat Completions at any base URL (Ollama, vLLM, LM Studio, gateways): one streamed request a call. Where a
 * server refuses structured output, the failure says that asking again is worth it, and from then on JSON is
 * asked for in the prompt and read leniently.
 */
export function createCompatibleProvider(options: CompatibleOptions): ModelProvider {
  const habits: Habits = { json: "schema", limit: "max_tokens", usage: true, proven: false };
  return {
    provider: "openai-compatible",
    model: options.model,
    async call(request, context) {
      const schema = request.output === undefined ? undefined : openAiSchema(request.output.schema);
      const wire = watchedFetch(context, (answer) => [chunkOf(answer)]);
      // What this request was sent with; parallel calls may change the habits meanwhile.
      const sent = { ...habits };
      try {
        const answer = await complete(options, request, schema, sent, wire, context);
        if (schema !== undefined) habits.proven = true;
        return answer;
      } catch (error) {
        const failure = failureOf(error, wire, context.now());
        throw adapted(failure, habits, sent, schema !== undefined) ? sayAgain(failure) : failure;
      }
    },
  };
}

/** Changes the habits where a refusal shows how. @returns whether the same call is worth sending again */
function adapted(failure: ModelCallError, habits: Habits, sent: Habits, wantsJson: boolean): boolean {
  if (failure.status === undefined || failure.status < 400 || failure.status > 422) return false;
  if (failure.failure !== "bad_request") return false;
  const changed = (): boolean => JSON.stringify(habits) !== JSON.stringify({ ...sent, proven: habits.proven });
  if (sent.limit === "max_tokens" && /max_completion_tokens/.test(failure.message)) {
    habits.limit = "max_completion_tokens";
  } else if (sent.usage && /stream_options|include_usage/.test(failure.message)) {
    habits.usage = false;
  } else if (sent.json === "schema" && wantsJson && mayRefuseSchema(failure.message, habits.proven)) {
    habits.json = "prompt";
  } else if (sent.json === "prompt" && !habits.proven) {
    // The words were not to blame either: the next call starts again with structured output.
    habits.json = "schema";
    return false;
  }
  return changed();
}

function mayRefuseSchema(message: string, proven: boolean): boolean {
  if (/response_format|json_schema|json_object|structured|schema|grammar|guided/i.test(message)) return true;
  const aboutLength = /context|too long|too many tokens|maximum.*tokens/i.test(message);
  return !proven && !aboutLength;
}

function sayAgain(failure: ModelCallError): ModelCallError {
  const { usage, status, cause, message } = failure;
  return new ModelCallError(failure.failure, message, { usage, status, cause, again: true });
}

async function complete(
  options: CompatibleOptions,
  request: ModelRequest,
  schema: WireSchema | undefined,
  habits: Habits,
  wire: Wire,
  context: CallContext,
): Promise<ModelAnswer> {
  const { OpenAI } = await import("openai");
  const client = new OpenAI({
    // The SDK insists on a key; servers without keys ignore it.
    apiKey: options.apiKey ?? "none",
    adminAPIKey: null,
    baseURL: options.baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: longestTimer,
    logLevel: "off",
    fetch: wire.fetch,
  });
  const body = requestBody(options.model, request, schema, habits);
  const stream = await client.chat.completions.create(body, { signal: context.signal });
  const answer = new StreamedCompletion(options.model);
  for await (const chunk of stream) answer.add(chunkShape.parse(chunk), context);
  if (answer.finishReason === undefined) throw endedEarly(wire);
  return readCompletion(answer, request, schema, wire);
}

function requestBody(
  model: string,
  request: ModelRequest,
  schema: WireSchema | undefined,
  habits: Habits,
): ChatCompletionCreateParamsStreaming {
  const inPrompt = schema !== undefined && habits.json === "prompt";
  const instruction = inPrompt
    ? `\n\n${renderPrompt("json-answer", { schema: JSON.stringify(schema.schema) }).text}`
    : "";
  return {
    model,
    stream: true,
    ...(habits.usage && { stream_options: { include_usage: true } }),
    [habits.limit]: request.maxOutputTokens,
    messages: [{ role: "system", content: request.system + instruction }, ...request.messages.map(messageParam)],
    ...(request.tools !== undefined &&
      request.tools.length > 0 && {
        tools: request.tools.map((tool) => ({
          type: "function" as const,
          function: { name: tool.name, description: tool.description, parameters: { ...tool.input } },
        })),
        ...(request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
      }),
    ...(request.output !== undefined &&
      schema !== undefined &&
      !inPrompt && {
        response_format: {
          type: "json_schema" as const,
          json_schema: {
            name: request.output.name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64),
            schema: { ...schema.schema },
            strict: schema.strict,
          },
        },
      }),
  };
}

function messageParam(message: ModelRequest["messages"][number]): ChatCompletionMessageParam {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.text };
    case "tool":
      return {
        role: "tool",
        tool_call_id: message.callId,
        content: message.isError === true ? `Error: ${message.text}` : message.text,
      };
    case "assistant":
      return {
        role: "assistant",
        content: message.text,
        ...(message.toolCalls.length > 0 && {
          tool_calls: message.toolCalls.map((call) => ({
            id: call.id,
            type: "function" as const,
            function: { name: call.name, arguments: JSON.stringify(call.input) },
          })),
        }),
      };
  }
}

const toolCallShape = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  // Ollama's own clients and some gateways send arguments as an object.
  function: z
    .looseObject({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});
const messageShape = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(toolCallShape).nullish(),
});
const usageShape = z.looseObject({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  prompt_tokens_details: z.looseObject({ cached_tokens: z.number().nullish() }).nullish(),
});
const chunkShape = z.looseObject({
  model: z.string().nullish(),
  choices: z
    .array(z.looseObject({ delta: messageShape.nullish(), finish_reason: z.string().nullish() }))
    .nullish()
    .transform((choices) => choices ?? []),
  usage: usageShape.nullish(),
});

const wholeCompletion = z.looseObject({
  model: z.string().nullish(),
  choices: z.array(z.looseObject({ message: messageShape, finish_reason: z.string().nullish() })),
  usage: usageShape.nullish(),
});

/** One chunk that says what a completion in one piece says. */
function chunkOf(answer: unknown): unknown {
  const { model, choices, usage } = wholeCompletion.parse(answer);
  return { model, usage, choices: choices.map(({ message, finish_reason }) => ({ delta: message, finish_reason })) };
}

interface CallPieces {
  readonly index: number | undefined;
  id: string;
  name: string;
  json: string;
}

/** A completion put together from its chunks. */
class StreamedCompletion {
  text = "";
  refusal = "";
  finishReason: string | undefined;
  usage: Usage | null = null;
  readonly calls: CallPieces[] = [];

  constructor(public model: string) {}

  add(chunk: z.infer<typeof chunkShape>, context: CallContext): void {
    if (chunk.model) this.model = chunk.model;
    if (chunk.usage) this.usage = readUsage(chunk.usage);
    const choice = chunk.choices[0];
    if (choice === undefined) return;
    if (choice.finish_reason) this.finishReason = choice.finish_reason;
    const { delta } = choice;
    if (!delta) return;
    if (delta.content || delta.tool_calls?.length) context.alive("answering");
    this.text += delta.content ?? "";
    this.refusal += delta.refusal ?? "";
    for (const piece of delta.tool_calls ?? []) this.addCall(piece);
  }

  private addCall(piece: z.infer<typeof toolCallShape>): void {
    const index = piece.index ?? undefined;
    const last = this.calls.findLast((call) => index === undefined || call.index === index);
    // Some servers give every call of an answer the index 0; a new id then begins a new call.
    const continues =
      last !== undefined && (!piece.id || piece.id === last.id) && (index !== undefined || !piece.function?.name);
    const call: CallPieces = continues
      ? last
      : { index, id: piece.id || `call_${this.calls.length}`, name: "", json: "" };
    if (!continues) this.calls.push(call);
    if (piece.function?.name) call.name = piece.function.name;
    const json = piece.function?.arguments;
    if (json) call.json += typeof json === "string" ? json : JSON.stringify(json);
  }
}

function readCompletion(
  answer: StreamedCompletion,
  request: ModelRequest,
  schema: WireSchema | undefined,
  wire: Wire,
): ModelAnswer {
  const { text, usage, finishReason } = answer;
  const charged = { usage: usage ?? undefined };
  if (finishReason === "content_filter" || answer.refusal !== "") {
    throw new ModelCallError("refusal", `The model declined to answer: ${answer.refusal || "content filter"}`, charged);
  }
  if (finishReason === "length") {
    throw new ModelCallError("truncated", `The answer did not fit into ${request.maxOutputTokens} tokens.`, charged);
  }
  const toolCalls = answer.calls.map(
    ({ id, name, json }): ToolCall => ({ id, name, input: toolInput(name, json, usage) }),
  );
  return completeAnswer({
    text,
    toolCalls,
    usage,
    model: answer.model,
    schema,
    requestId: wire.requestId,
  });
}

function readUsage(usage: z.infer<typeof usageShape>): Usage {
  const cacheRead = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    input: Math.max(0, usage.prompt_tokens - cacheRead),
    cacheRead,
    cacheWrite: 0,
    output: usage.completion_tokens,
  };
}
