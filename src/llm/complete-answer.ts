import { answerJson } from "./answer-json.js";
import { type ModelAnswer, ModelCallError, type ToolCall, type Usage } from "./model.js";
import type { WireSchema } from "./strict-schema.js";

/** What a provider has read off its wire when the answer is known to be complete. */
export interface CompleteParts {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: Usage | null;
  readonly model: string;
  /** Present where a structured answer was asked for. */
  readonly schema: WireSchema | undefined;
  readonly requestId?: string | undefined;
  readonly continuation?: unknown;
}

/**
 * The answer as every provider gives it: structured output is parsed where no tool is called instead.
 *
 * @throws ModelCallError `empty`, `not_json`
 */
export function completeAnswer(parts: CompleteParts): ModelAnswer {
  const { text, toolCalls, usage, model, schema, requestId, continuation } = parts;
  if (text.trim() === "" && toolCalls.length === 0) {
    throw new ModelCallError("empty", "The model's answer has no text and calls no tool.", {
      usage: usage ?? undefined,
    });
  }
  return {
    text,
    toolCalls,
    usage,
    model,
    ...(schema !== undefined && toolCalls.length === 0 && { output: schema.restore(answerJson(text, usage)) }),
    ...(requestId !== undefined && { requestId }),
    ...(continuation !== undefined && { continuation }),
  };
}
