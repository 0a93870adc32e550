import { createAnthropicProvider } from "./anthropic/messages-provider.js";
import type { Model, ModelProvider } from "./model.js";
import { createModel, type ModelOptions } from "./model-client.js";
import { type ModelAddress, type ModelNameOptions, resolveModelName } from "./model-name.js";
import { createOpenAiProvider } from "./openai/responses-provider.js";
import { createCompatibleProvider } from "./openai-compatible/chat-provider.js";
import { createRedactor } from "./redact.js";

export type OpenModelOptions = ModelNameOptions & Omit<ModelOptions, "provider" | "redact">;

/**
 * The model that a name means, ready to be asked. Secrets of the environment and the key in use are redacted.
 * Nothing is sent yet: a model that does not exist shows at the first call.
 *
 * @returns undefined for `auto` where no key is set
 * @throws AgentTuneError `model_unknown`, `credentials_missing`
 */
export function openModel(name: string, options: OpenModelOptions): Model | undefined {
  const address = resolveModelName(name, options);
  if (address === undefined) return undefined;
  const secrets = [address.apiKey, address.provider === "anthropic" ? address.authToken : undefined];
  return createModel({
    ...options,
    provider: createProvider(address),
    redact: createRedactor({ environment: options.env, secrets }),
  });
}

export function createProvider(address: ModelAddress): ModelProvider {
  switch (address.provider) {
    case "openai":
      return createOpenAiProvider(address);
    case "anthropic":
      return createAnthropicProvider(address);
    case "openai-compatible":
      return createCompatibleProvider(address);
  }
}
