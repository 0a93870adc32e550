/** The three interfaces by the last part of their paths. */
export type ModelApi = "responses" | "chat" | "messages";

/** What a model says, whichever interface carries it. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** Sent as the text, as JSON. */
  readonly output?: unknown;
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly input: unknown }[];
  /** Reasoning before the answer; opaque to the client. */
  readonly thinking?: string;
  readonly refusal?: string;
  /** Ends at the limit of output tokens. */
  readonly truncated?: boolean;
  /** Tokens: input without what the cache served, and output. Default 100 and 20. */
  readonly usage?: {
    readonly input?: number;
    readonly output?: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  };
  /** The server says nothing about tokens. */
  readonly noUsage?: boolean;
}

interface Names {
  readonly model: string;
  /** Number of the answer, for ids that differ. */
  readonly index: number;
}

/** The bytes of the event stream that carries an answer. */
export function streamOf(api: ModelApi, answer: ScriptedAnswer, names: Names): string {
  switch (api) {
    case "responses":
      return sse(responsesEvents(answer, names), "named");
    case "chat":
      return `${sse(chatChunks(answer, names), "unnamed")}data: [DONE]\n\n`;
    case "messages":
      return sse(messagesEvents(answer, names), "named");
  }
}

interface Event {
  readonly type?: string;
  readonly [key: string]: unknown;
}

function sse(events: readonly Event[], style: "named" | "unnamed"): string {
  return events
    .map((event) => `${style === "named" ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`)
    .join("");
}

function textOf(answer: ScriptedAnswer): string | undefined {
  return answer.output === undefined ? answer.text : JSON.stringify(answer.output);
}

/** A text in pieces, as it comes from a model. */
function pieces(text: string): readonly string[] {
  return text.match(/[\s\S]{1,16}/g) ?? [];
}

function counts(answer: ScriptedAnswer): { input: number; output: number; cacheRead: number; cacheWrite: number } {
  return { input: 100, output: 20, cacheRead: 0, cacheWrite: 0, ...answer.usage };
}

function responsesEvents(answer: ScriptedAnswer, { model, index }: Names): readonly Event[] {
  const { input, output, cacheRead, cacheWrite } = counts(answer);
  const text = textOf(answer);
  const items: Event[] = [];
  if (answer.thinking !== undefined) {
    items.push({ type: "reasoning", id: `rs_${index}`, summary: [], encrypted_content: answer.thinking });
  }
  if (text !== undefined || answer.refusal !== undefined) {
    const part =
      answer.refusal === undefined
        ? { type: "output_text", text, annotations: [] }
        : { type: "refusal", refusal: answer.refusal };
    items.push({ type: "message", id: `msg_${index}`, role: "assistant", status: "completed", content: [part] });
  }
  for (const [i, call] of (answer.toolCalls ?? []).entries()) {
    const callId = call.id ?? `call_${index}_${i}`;
    const args = JSON.stringify(call.input);
    items.push({
      type: "function_call",
      id: `fc_${index}_${i}`,
      call_id: callId,
      name: call.name,
      arguments: args,
      status: "completed",
    });
  }
  const response = {
    id: `resp_${index}`,
    object: "response",
    model,
    status: answer.truncated === true ? "incomplete" : "completed",
    error: null,
    incomplete_details: answer.truncated === true ? { reason: "max_output_tokens" } : null,
    output: items,
    usage:
      answer.noUsage === true
        ? null
        : {
            input_tokens: input + cacheRead + cacheWrite,
            input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
            output_tokens: output,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: input + cacheRead + cacheWrite + output,
          },
  };
  return [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
    ...items.flatMap((item, output_index): Event[] => [
      { type: "response.output_item.added", output_index, item },
      ...(item.type === "message" && text !== undefined
        ? pieces(text).map((delta) => ({ type: "response.output_text.delta", output_index, content_index: 0, delta }))
        : []),
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: answer.truncated === true ? "response.incomplete" : "response.completed", response },
  ];
}

function chatChunks(answer: ScriptedAnswer, { model, index }: Names): readonly Event[] {
  const { input, output, cacheRead } = counts(answer);
  const text = textOf(answer);
  const chunk = (delta: unknown, finish_reason: string | null = null): Event => ({
    id: `chatcmpl-${index}`,
    object: "chat.completion.chunk",
    model,
    choices: [{ index: 0, delta, finish_reason }],
  });
  const calls = answer.toolCalls ?? [];
  const end = answer.truncated === true ? "length" : calls.length > 0 ? "tool_calls" : "stop";
  return [
    chunk({ role: "assistant", content: "" }),
    ...(text === undefined ? [] : pieces(text).map((content) => chunk({ content }))),
    ...(answer.refusal === undefined ? [] : [chunk({ refusal: answer.refusal })]),
    ...calls.flatMap((call, i) => [
      chunk({
        tool_calls: [
          {
            index: i,
            id: call.id ?? `call_${index}_${i}`,
            type: "function",
            function: { name: call.name, arguments: "" },
          },
        ],
      }),
      ...pieces(JSON.stringify(call.input)).map((piece) =>
        chunk({ tool_calls: [{ index: i, function: { arguments: piece } }] }),
      ),
    ]),
    chunk({}, end),
    ...(answer.noUsage === true
      ? []
      : [
          {
            id: `chatcmpl-${index}`,
            object: "chat.completion.chunk",
            model,
            choices: [],
            usage: {
              prompt_tokens: input + cacheRead,
              completion_tokens: output,
              total_tokens: input + cacheRead + output,
              prompt_tokens_details: { cached_tokens: cacheRead },
            },
          },
        ]),
  ];
}

function messagesEvents(answer: ScriptedAnswer, { model, index }: Names): readonly Event[] {
  const { input, output, cacheRead, cacheWrite } = counts(answer);
  const text = textOf(answer);
  const calls = answer.toolCalls ?? [];
  const blocks: { readonly start: Event; readonly deltas: readonly Event[] }[] = [];
  if (answer.thinking !== undefined) {
    blocks.push({
      start: { type: "thinking", thinking: "", signature: "" },
      deltas: [
        ...pieces(answer.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: `signature-${index}` },
      ],
    });
  }
  if (text !== undefined) {
    blocks.push({
      start: { type: "text", text: "" },
      deltas: pieces(text).map((piece) => ({ type: "text_delta", text: piece })),
    });
  }
  for (const [i, call] of calls.entries()) {
    blocks.push({
      start: {
        type: "tool_use",
        id: call.id ?? `toolu_${index}_${i}`,
        name: call.name,
        input: {},
        caller: { type: "direct" },
      },
      deltas: pieces(JSON.stringify(call.input)).map((partial_json) => ({ type: "input_json_delta", partial_json })),
    });
  }
  const stop =
    answer.refusal !== undefined
      ? "refusal"
      : answer.truncated === true
        ? "max_tokens"
        : calls.length > 0
          ? "tool_use"
          : "end_turn";
  const usage =
    answer.noUsage === true
      ? null
      : { input_tokens: input, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite };
  return [
    {
      type: "message_start",
      message: {
        id: `msg_${index}`,
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        usage: usage && { ...usage, output_tokens: 1 },
      },
    },
    { type: "ping" },
    ...blocks.flatMap(({ start, deltas }, i): Event[] => [
      { type: "content_block_start", index: i, content_block: start },
      ...deltas.map((delta) => ({ type: "content_block_delta", index: i, delta })),
      { type: "content_block_stop", index: i },
    ]),
    {
      type: "message_delta",
      delta: {
        stop_reason: stop,
        stop_sequence: null,
        stop_details:
          answer.refusal === undefined ? null : { type: "refusal", category: null, explanation: answer.refusal },
      },
      usage: usage && { ...usage, output_tokens: output },
    },
    { type: "message_stop" },
  ];
}
