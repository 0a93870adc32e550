/**
 * What a model call is, whichever provider answers it. One client (`model-client.ts`) wraps every provider
 * with the only retry layer, the deadline, the idle watchdog, the spending cap, recording and redaction.
 */

/** A JSON Schema object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonSchema;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Parsed JSON; not yet checked against the tool's schema. */
  readonly input: unknown;
}

export type ModelMessage =
  | {
      readonly role: "user";
      readonly text: string;
      /** The text up to and including this message stays the same from call to call: worth caching. */
      readonly stable?: boolean;
    }
  | {
      readonly role: "assistant";
      readonly text: string;
      readonly toolCalls: readonly ToolCall[];
      /** What the provider wants back unchanged (reasoning items, thinking blocks). */
      readonly continuation?: unknown;
    }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly name: string;
      readonly text: string;
      readonly isError?: boolean;
    };

export interface ModelRequest {
  /**
   * Name of this call within its study, the same in every run of it, for example `advise/12/1`. A recording
   * is replayed by this name.
   */
  readonly key: string;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  /**
   * `none`: the tools stay listed, because earlier messages use them and the stable front stays the same, but the
   * answer must not call any.
   */
  readonly toolChoice?: "none";
  /** Structured answer wanted: the provider's own structured output where it has one. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
  readonly maxOutputTokens: number;
}

/** Tokens as billed. `input` excludes `cacheRead` and `cacheWrite`. */
export interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

export interface ModelAnswer {
  readonly text: string;
  /** Parsed JSON where `output` was asked for and no tool was called; not yet checked against the schema. */
  readonly output?: unknown;
  readonly toolCalls: readonly ToolCall[];
  /** Null where the server did not say what it counted, which is not zero. */
  readonly usage: Usage | null;
  /** The model's own name as the provider reports it. */
  readonly model: string;
  readonly requestId?: string;
  readonly continuation?: unknown;
}

/** Why a call gave no usable answer; all of them are told apart (docs/models.md). */
export const modelFailures = [
  "auth",
  "unknown_model",
  "quota_exhausted",
  "rate_limited",
  "overloaded",
  "bad_request",
  "network",
  "deadline",
  "idle",
  "cut_stream",
  "truncated",
  "refusal",
  "empty",
  "not_json",
  "html",
  "cap_reached",
  "breaker_open",
  "cancelled",
  "replay_missing",
] as const;
export type ModelFailure = (typeof modelFailures)[number];

const modelsOwn: ReadonlySet<ModelFailure> = new Set(["deadline", "idle", "truncated", "refusal", "empty", "not_json"]);

/** Whether a failure is the model's own: it answered, but uselessly, or not in time. Otherwise the way to it failed. */
export function isModelsOwn(failure: ModelFailure): boolean {
  return modelsOwn.has(failure);
}

/** One provider's wire. Makes exactly one request, never retries, throws {@link ModelCallError}. */
export interface ModelProvider {
  /** `openai`, `anthropic`, `openai-compatible`, `langchain`. */
  readonly provider: string;
  readonly model: string;
  /** False where nothing can be seen of an answer before it is complete: no idle watchdog then. */
  readonly streams?: boolean;
  call(request: ModelRequest, context: CallContext): Promise<ModelAnswer>;
}

export interface CallContext {
  /** Aborted at the deadline, on idleness and on cancellation; the client knows which. */
  readonly signal: AbortSignal;
  /**
   * To be called whenever bytes of the answer arrive: feeds the idle watchdog. `thinking` says that the model
   * is known to work in silence for now (from the start of every call), `answering` that its answer flows;
   * without either the phase stays what it was.
   */
  readonly alive: (phase?: "thinking" | "answering") => void;
  /** Milliseconds since the epoch, to read the dates that a server sends. */
  readonly now: () => number;
}

/**
 * A failed call. `retryAfterMs` is what the server asked for; `usage` what it charged all the same (undefined:
 * not known). `again` says that the provider will put the same question differently from now on, so that one
 * more request is worth sending at once although the failure is not one that passes.
 */
export class ModelCallError extends Error {
  readonly failure: ModelFailure;
  readonly retryAfterMs: number | undefined;
  readonly usage: Usage | undefined;
  readonly status: number | undefined;
  readonly again: boolean;

  constructor(
    failure: ModelFailure,
    message: string,
    details: {
      readonly retryAfterMs?: number | undefined;
      readonly usage?: Usage | undefined;
      readonly status?: number | undefined;
      readonly again?: boolean | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ModelCallError";
    this.failure = failure;
    this.retryAfterMs = details.retryAfterMs;
    this.usage = details.usage;
    this.status = details.status;
    this.again = details.again ?? false;
  }
}

/** What a study holds: a model behind retry, deadline, cap, recording and redaction. */
export interface Model {
  /** `provider:name`, as shown and stored. */
  readonly id: string;
  /**
   * @throws ModelCallError when no attempt within the deadline gave a complete answer
   */
  ask(
    request: ModelRequest,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<ModelAnswer>;
}

/**
 * What a call cost. `cost` is in US dollars; null where the model's price is not known, which is not zero.
 */
export interface Spend {
  readonly tokens: number;
  readonly cost: number | null;
}

/** One recorded exchange, redacted; a line of a recording. */
export interface Exchange {
  readonly version: 1;
  readonly key: string;
  readonly model: string;
  readonly request: ModelRequest;
  readonly result:
    | { readonly kind: "answer"; readonly answer: ModelAnswer }
    | { readonly kind: "failure"; readonly failure: ModelFailure; readonly message: string };
  /** Requests sent for this call, failed ones included. */
  readonly attempts: number;
  /** Sum of what the servers reported for all of them. */
  readonly usage: Usage;
  /**
   * US dollars as booked: what was reported, and the whole reservation where a server reported nothing. Null
   * where the model's price is not known.
   */
  readonly cost: number | null;
  readonly milliseconds: number;
}
