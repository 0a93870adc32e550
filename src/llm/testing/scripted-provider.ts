import type { CallContext, ModelAnswer, ModelProvider, ModelRequest } from "../model.js";

type Step = ModelAnswer | Error | ((context: CallContext, request: ModelRequest) => Promise<ModelAnswer>);

/** A provider that plays steps in order, without a wire. */
export function scriptedProvider(
  steps: readonly Step[],
  options: { readonly model?: string } = {},
): ModelProvider & { readonly seen: ModelRequest[] } {
  const seen: ModelRequest[] = [];
  return {
    provider: "openai",
    model: options.model ?? "gpt-5.1",
    seen,
    async call(request, context) {
      const step = steps[seen.length];
      seen.push(request);
      if (step === undefined) throw new Error("the script is at its end");
      if (step instanceof Error) throw step;
      return typeof step === "function" ? step(context, request) : step;
    },
  };
}

export function answer(text: string, changes: Partial<ModelAnswer> = {}): ModelAnswer {
  return {
    text,
    toolCalls: [],
    usage: { input: 1000, cacheRead: 0, cacheWrite: 0, output: 100 },
    model: "gpt-5.1-2025-11-13",
    ...changes,
  };
}

export function request(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    key: "advise/1/1",
    system: "You tune a training run.",
    messages: [{ role: "user", text: "What next?" }],
    maxOutputTokens: 1000,
    ...changes,
  };
}
