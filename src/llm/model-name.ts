import { AgentTuneError } from "../errors.js";

/** Names and values of environment variables; passed in, never read here. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `openai:` and `anthropic:` without a name, and `auto`, stand for: the middle one of each current family. */
export const defaultOpenAiModel = "gpt-5.6-terra";
export const defaultAnthropicModel = "claude-sonnet-5-5";

/** Where a model is and how to be let in. Holds the key: not to be shown or stored. */
export type ModelAddress =
  | {
      readonly provider: "openai";
      readonly model: string;
      readonly baseUrl: string;
      readonly apiKey: string;
      readonly organization?: string;
      readonly project?: string;
    }
  | {
      readonly provider: "anthropic";
      readonly model: string;
      readonly baseUrl: string;
      readonly apiKey?: string;
      readonly authToken?: string;
    }
  | {
      readonly provider: "openai-compatible";
      readonly model: string;
      readonly baseUrl: string;
      readonly apiKey?: string;
    };

export interface ModelNameOptions {
  readonly env: Environment;
  /** Takes precedence over the variables and over an address in the name's provider default. */
  readonly baseUrl?: string;
  /**
   * Which of OpenAI's interfaces `openai:NAME` uses. Absent: `AGENT_TUNE_OPENAI_API`, and else Responses at a
   * host of OpenAI or Azure, Chat Completions anywhere else, because that is what gateways and local servers
   * have in common.
   */
  readonly openAiApi?: "responses" | "chat";
}

const openAiUrl = "https://api.openai.com/v1";
const anthropicUrl = "https://api.anthropic.com";

const forms =
  "Write openai:NAME, anthropic:NAME, compatible:NAME@http://host:port/v1 for any OpenAI-compatible server, or auto.";

/**
 * Finds the model that a name means: `openai:NAME`, `anthropic:NAME`, `compatible:NAME@URL`, or `auto`, which
 * takes Anthropic where ANTHROPIC_API_KEY is set and else OpenAI where OPENAI_API_KEY is.
 *
 * @returns undefined for `auto` where no key is set: there is no model then
 * @throws AgentTuneError `model_unknown` for a name of no known form, `credentials_missing` naming the variable
 */
export function resolveModelName(name: string, options: ModelNameOptions): ModelAddress | undefined {
  const text = name.trim();
  if (text === "auto") {
    if (has(options.env, "ANTHROPIC_API_KEY") || has(options.env, "ANTHROPIC_AUTH_TOKEN")) {
      return anthropicAddress(defaultAnthropicModel, options);
    }
    return has(options.env, "OPENAI_API_KEY") ? openAiAddress(defaultOpenAiModel, options) : undefined;
  }
  const [, prefix, rest] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  switch (prefix) {
    case "openai":
      return openAiAddress(rest === "" || rest === undefined ? defaultOpenAiModel : rest, options);
    case "anthropic":
      return anthropicAddress(rest === "" || rest === undefined ? defaultAnthropicModel : rest, options);
    case "compatible":
    case "openai-compatible":
      return compatibleAddress(text, rest ?? "", options);
    default:
      throw unknownName(text, "is not the name of a model");
  }
}

function openAiAddress(model: string, options: ModelNameOptions): ModelAddress {
  const { env } = options;
  const baseUrl = readUrl(options.baseUrl ?? value(env, "OPENAI_BASE_URL") ?? openAiUrl, "OPENAI_BASE_URL");
  const apiKey = value(env, "OPENAI_API_KEY");
  const api =
    options.openAiApi ?? value(env, "AGENT_TUNE_OPENAI_API") ?? (speaksResponses(baseUrl) ? "responses" : "chat");
  if (api !== "responses" && api !== "chat") {
    throw new AgentTuneError("usage", {
      message: `AGENT_TUNE_OPENAI_API is "${api}".`,
      where: "AGENT_TUNE_OPENAI_API",
      remedy: "Set it to responses or chat, or unset it.",
    });
  }
  if (api === "chat") return { provider: "openai-compatible", model, baseUrl, ...(apiKey !== undefined && { apiKey }) };
  if (apiKey === undefined) throw credentialsMissing("OpenAI", "OPENAI_API_KEY");
  const organization = value(env, "OPENAI_ORG_ID");
  const project = value(env, "OPENAI_PROJECT_ID");
  return {
    provider: "openai",
    model,
    baseUrl,
    apiKey,
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
  };
}

function anthropicAddress(model: string, options: ModelNameOptions): ModelAddress {
  const { env } = options;
  const baseUrl = readUrl(options.baseUrl ?? value(env, "ANTHROPIC_BASE_URL") ?? anthropicUrl, "ANTHROPIC_BASE_URL")
    // The SDK adds /v1 itself; addresses are often given with it.
    .replace(/\/v1$/, "");
  const apiKey = value(env, "ANTHROPIC_API_KEY");
  if (apiKey !== undefined) return { provider: "anthropic", model, baseUrl, apiKey };
  const authToken = value(env, "ANTHROPIC_AUTH_TOKEN");
  if (authToken !== undefined) return { provider: "anthropic", model, baseUrl, authToken };
  throw credentialsMissing("Anthropic", "ANTHROPIC_API_KEY");
}

function compatibleAddress(text: string, rest: string, options: ModelNameOptions): ModelAddress {
  // Names contain @ themselves now and then; the address is what follows the last @ before a scheme.
  const [, model = rest, address] = /^(.*)@(https?:\/\/.*)$/s.exec(rest) ?? [];
  if (model === "") throw unknownName(text, "names no model");
  const url = address ?? options.baseUrl ?? value(options.env, "OPENAI_BASE_URL");
  if (url === undefined) {
    throw new AgentTuneError("model_unknown", {
      message: `${text} does not say where the server is.`,
      where: text,
      remedy: `Write compatible:${model}@http://localhost:11434/v1 (Ollama), give a base URL, or set OPENAI_BASE_URL.`,
    });
  }
  const baseUrl = readUrl(url, text);
  const host = new URL(baseUrl).host;
  // A key belongs to the server it was made for: not sent to any address that happens to be named here.
  const keyHost = new URL(readUrl(value(options.env, "OPENAI_BASE_URL") ?? openAiUrl, "OPENAI_BASE_URL")).host;
  const apiKey =
    value(options.env, "AGENT_TUNE_API_KEY") ?? (host === keyHost ? value(options.env, "OPENAI_API_KEY") : undefined);
  return { provider: "openai-compatible", model, baseUrl, ...(apiKey !== undefined && { apiKey }) };
}

/** Hosts of OpenAI itself, its regions, and Azure's edition of it. */
function speaksResponses(baseUrl: string): boolean {
  return /(^|\.)(openai\.com|openai\.azure\.com)$/.test(new URL(baseUrl).hostname);
}

function readUrl(text: string, where: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new AgentTuneError("model_unknown", {
      message: `"${text}" is not the address of a server.`,
      where,
      remedy: "Give an address such as http://localhost:8000/v1.",
    });
  }
  return text.replace(/\/+$/, "");
}

function has(env: Environment, name: string): boolean {
  return value(env, name) !== undefined;
}

/** Set and not blank: an empty variable is how people unset one in a shell. */
function value(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}

function unknownName(text: string, what: string): AgentTuneError {
  return new AgentTuneError("model_unknown", { message: `"${text}" ${what}.`, where: text, remedy: forms });
}

function credentialsMissing(vendor: string, variable: string): AgentTuneError {
  return new AgentTuneError("credentials_missing", {
    message: `There is no key for ${vendor}.`,
    where: variable,
    remedy: `Set the environment variable ${variable}, or choose another model.`,
  });
}
