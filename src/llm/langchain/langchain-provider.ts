import { z } from "zod";
import { answerJson } from "../answer-json.js";
import { completeAnswer } from "../complete-answer.js";
import {
  type JsonSchema,
  type ModelAnswer,
  ModelCallError,
  type ModelFailure,
  type ModelProvider,
  type ModelRequest,
  type Usage,
} from "../model.js";
import { renderPrompt } from "../prompt.js";
import { openAiSchema, type WireSchema } from "../strict-schema.js";
import { failureOf, rootCause } from "../wire-failure.js";

/** What is used of a LangChain runnable. */
export interface LangChainRunnable {
  invoke(input: LangChainMessage[], options?: { signal?: AbortSignal }): Promise<unknown>;
}

/**
 * What is used of a LangChain chat model; any instance of `BaseChatModel` fits. Construct it with
 * `maxRetries: 0`: retries, deadline and caps are ours, and two retry layers multiply. Its own limit of output
 * tokens applies; LangChain has no common name for one.
 */
export interface LangChainChatModel extends LangChainRunnable {
  bindTools?(tools: LangChainTool[], options?: { tool_choice: "none" }): LangChainRunnable;
  withStructuredOutput?(schema: Record<string, unknown>, config: { name: string; includeRaw: true }): LangChainRunnable;
}

export interface LangChainTool {
  name: string;
  description: string;
  schema: Record<string, unknown>;
}

/**
 * Message in the role and content form that LangChain turns into its own classes. A type and not an interface:
 * LangChain wants a record of anything, which an interface is not assignable to.
 */
export type LangChainMessage = {
  role: "system" | "user" | "assistant" | "tool";
  content: string | { type: string }[];
  tool_calls?: { id: string; name: string; args: Record<string, unknown>; type: "tool_call" }[];
  tool_call_id?: string;
  name?: string;
  status?: "success" | "error";
};

/**
 * Any LangChain chat model as a provider.
 * @param options.name of the model, as shown, stored and priced (`langchain:NAME`); taken from the instance
 * where absent
 */
export function createLangChainProvider(
  model: LangChainChatModel,
  options: { readonly name?: string } = {},
): ModelProvider {
  return {
    provider: "langchain",
    model: options.name ?? nameOf(model),
    streams: false,
    async call(request, context) {
      try {
        return await invoke(model, options.name ?? nameOf(model), request, context.signal);
      } catch (error) {
        throw langChainFailure(error, context.now());
      }
    },
  };
}

async function invoke(
  model: LangChainChatModel,
  name: string,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const schema = request.output === undefined ? undefined : openAiSchema(request.output.schema);
  const withTools = request.tools !== undefined && request.tools.length > 0;
  if (withTools && model.bindTools === undefined) {
    throw new ModelCallError("bad_request", `The LangChain model ${name} cannot call tools.`);
  }
  // Structured output is itself a tool call with many models; it cannot be combined with tools of ours.
  const structured =
    request.output !== undefined && schema !== undefined && !withTools
      ? model.withStructuredOutput?.(
          { title: request.output.name, ...schema.schema },
          { name: request.output.name, includeRaw: true },
        )
      : undefined;
  if (structured !== undefined && schema !== undefined) {
    const result = await structured.invoke(messagesOf(request, undefined), { signal });
    return structuredAnswer(result, schema, name);
  }
  const tools = (request.tools ?? []).map(toolOf);
  const choice = request.toolChoice === undefined ? undefined : { tool_choice: request.toolChoice };
  const runnable = withTools ? (model.bindTools?.(tools, choice) ?? model) : model;
  const result = await runnable.invoke(messagesOf(request, schema?.schema), { signal });
  return plainAnswer(messageShape.parse(result), schema, name);
}

function toolOf(tool: {
  readonly name: string;
  readonly description: string;
  readonly input: JsonSchema;
}): LangChainTool {
  return { name: tool.name, description: tool.description, schema: { ...tool.input } };
}

const continuationShape = z.object({
  kind: z.literal("langchain"),
  content: z.array(z.looseObject({ type: z.string() })),
});
const argumentsShape = z.record(z.string(), z.unknown()).catch({});

function messagesOf(request: ModelRequest, schemaInPrompt: JsonSchema | undefined): LangChainMessage[] {
  const instruction =
    schemaInPrompt === undefined
      ? ""
      : `\n\n${renderPrompt("json-answer", { schema: JSON.stringify(schemaInPrompt) }).text}`;
  return [{ role: "system", content: request.system + instruction }, ...request.messages.map(messageOf)];
}

function messageOf(message: ModelRequest["messages"][number]): LangChainMessage {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.text };
    case "tool":
      return {
        role: "tool",
        content: message.text,
        tool_call_id: message.callId,
        name: message.name,
        status: message.isError === true ? "error" : "success",
      };
    case "assistant": {
      const continuation = continuationShape.safeParse(message.continuation);
      return {
        role: "assistant",
        content: continuation.success ? continuation.data.content : message.text,
        tool_calls: message.toolCalls.map(({ id, name, input }) => ({
          id,
          name,
          args: argumentsShape.parse(input),
          type: "tool_call",
        })),
      };
    }
  }
}

const messageShape = z.looseObject({
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string().optional(), text: z.string().optional() }))]),
  tool_calls: z
    .array(z.looseObject({ id: z.string().optional(), name: z.string(), args: z.unknown().optional() }))
    .optional(),
  usage_metadata: z
    .looseObject({
      input_tokens: z.number(),
      output_tokens: z.number(),
      input_token_details: z
        .looseObject({ cache_read: z.number().optional(), cache_creation: z.number().optional() })
        .optional(),
    })
    .optional(),
  response_metadata: z
    .looseObject({
      finish_reason: z.string().nullish(),
      stop_reason: z.string().nullish(),
      model_name: z.string().optional(),
      model: z.string().optional(),
    })
    .optional(),
});
type Message = z.infer<typeof messageShape>;

const rawAndParsed = z.object({ raw: messageShape, parsed: z.unknown().optional() });

function structuredAnswer(result: unknown, schema: WireSchema, name: string): ModelAnswer {
  const both = rawAndParsed.safeParse(result);
  if (!both.success) {
    // A model that does not know includeRaw gives the parsed value alone.
    return { text: JSON.stringify(result), output: schema.restore(result), toolCalls: [], usage: null, model: name };
  }
  const { raw, parsed } = both.data;
  checkEnd(raw);
  const text = textOf(raw);
  const usage = usageOf(raw);
  const output = parsed ?? raw.tool_calls?.[0]?.args ?? answerJson(text, usage);
  return {
    text: text === "" ? JSON.stringify(output) : text,
    output: schema.restore(output),
    toolCalls: [],
    usage,
    model: modelOf(raw, name),
  };
}

function plainAnswer(message: Message, schema: WireSchema | undefined, name: string): ModelAnswer {
  checkEnd(message);
  const text = textOf(message);
  const usage = usageOf(message);
  const toolCalls = (message.tool_calls ?? []).map((call, i) => ({
    id: call.id ?? `call_${i}`,
    name: call.name,
    input: call.args,
  }));
  return completeAnswer({
    text,
    toolCalls,
    usage,
    model: modelOf(message, name),
    schema,
    continuation: typeof message.content === "string" ? undefined : { kind: "langchain", content: message.content },
  });
}

function checkEnd(message: Message): void {
  const reason = message.response_metadata?.finish_reason ?? message.response_metadata?.stop_reason;
  const usage = usageOf(message) ?? undefined;
  if (reason === "length" || reason === "max_tokens" || reason === "MAX_TOKENS") {
    throw new ModelCallError("truncated", "The answer did not fit into the model's limit of output tokens.", { usage });
  }
  if (reason === "content_filter" || reason === "refusal" || reason === "SAFETY") {
    throw new ModelCallError("refusal", "The model declined to answer.", { usage });
  }
}

function textOf(message: Message): string {
  if (typeof message.content === "string") return message.content;
  return message.content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join("");
}

/** LangChain counts cached tokens within the input; we count them apart. */
function usageOf({ usage_metadata: usage }: Message): Usage | null {
  if (usage === undefined) return null;
  const cacheRead = usage.input_token_details?.cache_read ?? 0;
  const cacheWrite = usage.input_token_details?.cache_creation ?? 0;
  return {
    input: Math.max(0, usage.input_tokens - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: usage.output_tokens,
  };
}

function modelOf(message: Message, name: string): string {
  return message.response_metadata?.model_name ?? message.response_metadata?.model ?? name;
}

const named = z.looseObject({
  model: z.string().optional().catch(undefined),
  modelName: z.string().optional().catch(undefined),
});

function nameOf(model: LangChainChatModel): string {
  const { model: own, modelName } = named.parse({ ...model });
  return own ?? modelName ?? model.constructor.name;
}

const failureByCode: Readonly<Record<string, ModelFailure>> = {
  MODEL_AUTHENTICATION: "auth",
  MODEL_RATE_LIMIT: "rate_limited",
  MODEL_NOT_FOUND: "unknown_model",
  CONTEXT_OVERFLOW: "bad_request",
  INVALID_PROMPT_INPUT: "bad_request",
  OUTPUT_PARSING_FAILURE: "not_json",
};
const coded = z.looseObject({ lc_error_code: z.string().optional(), status: z.number().optional() });

function langChainFailure(error: unknown, now: number): ModelCallError {
  if (error instanceof ModelCallError || error instanceof z.ZodError) return failureOf(error, undefined, now);
  const { lc_error_code: code, status } = coded.catch({}).parse(error);
  const { code: networkCode, text } = rootCause(error);
  // A status says more than LangChain's code: quota apart from rate, for one.
  if (status !== undefined || networkCode !== undefined) return failureOf(error, undefined, now);
  const failure = code === undefined ? undefined : failureByCode[code];
  return new ModelCallError(failure ?? "bad_request", `LangChain: ${text}`, { cause: error });
}
