import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultAnthropicModel, defaultOpenAiModel, resolveModelName } from "./model-name.js";
import { packageRoot } from "./package-root.js";

const keys = { OPENAI_API_KEY: "sk-o", ANTHROPIC_API_KEY: "sk-a" };

describe("model names", () => {
  it("finds OpenAI and Anthropic with their keys", () => {
    expect(resolveModelName("openai:gpt-5.1", { env: keys })).toEqual({
      provider: "openai",
      model: "gpt-5.1",
      baseUrl: "https://api.openai.com/v1",
      apiKey: "sk-o",
    });
    expect(resolveModelName("anthropic:claude-opus-5-5", { env: keys })).toEqual({
      provider: "anthropic",
      model: "claude-opus-5-5",
      baseUrl: "https://api.anthropic.com",
      apiKey: "sk-a",
    });
  });

  it("takes the default model where only the provider is named", () => {
    expect(resolveModelName("openai:", { env: keys })).toMatchObject({ model: defaultOpenAiModel });
    expect(resolveModelName("anthropic:", { env: keys })).toMatchObject({ model: defaultAnthropicModel });
  });

  it.each([
    [keys, { provider: "anthropic", model: defaultAnthropicModel }],
    [{ OPENAI_API_KEY: "sk-o" }, { provider: "openai", model: defaultOpenAiModel }],
    [{ OPENAI_API_KEY: "sk-o", ANTHROPIC_API_KEY: "  " }, { provider: "openai" }],
    [{ ANTHROPIC_AUTH_TOKEN: "t" }, { provider: "anthropic", authToken: "t" }],
  ])("chooses by the keys that are set: %j", (env, address) => {
    expect(resolveModelName("auto", { env })).toMatchObject(address);
  });

  it("has no model for auto where no key is set", () => {
    expect(resolveModelName("auto", { env: { OPENAI_API_KEY: "" } })).toBeUndefined();
  });

  it.each([
    ["https://api.openai.com/v1/", "openai"],
    ["https://eu.api.openai.com/v1", "openai"],
    ["https://mine.openai.azure.com/openai/v1", "openai"],
    ["http://127.0.0.1:4000/v1", "openai-compatible"],
    ["https://openai.com.evil.example/v1", "openai-compatible"],
  ])("speaks the interface that the host of OPENAI_BASE_URL has: %s", (url, provider) => {
    const address = resolveModelName("openai:m", { env: { ...keys, OPENAI_BASE_URL: url } });
    expect(address).toMatchObject({ provider, baseUrl: url.replace(/\/$/, ""), apiKey: "sk-o" });
  });

  it("speaks the interface it is told to", () => {
    const env = { ...keys, OPENAI_BASE_URL: "http://127.0.0.1:4000/v1" };
    expect(resolveModelName("openai:m", { env, openAiApi: "responses" })).toMatchObject({ provider: "openai" });
    expect(resolveModelName("openai:m", { env: { ...env, AGENT_TUNE_OPENAI_API: "responses" } })).toMatchObject({
      provider: "openai",
    });
    expect(resolveModelName("openai:m", { env: keys, openAiApi: "chat" })).toMatchObject({
      provider: "openai-compatible",
    });
    expect(() => resolveModelName("openai:m", { env: { ...keys, AGENT_TUNE_OPENAI_API: "soap" } })).toThrow(
      expect.objectContaining({ code: "usage", where: "AGENT_TUNE_OPENAI_API" }),
    );
  });

  it("honours ANTHROPIC_BASE_URL, with or without /v1", () => {
    for (const url of ["http://127.0.0.1:4000", "http://127.0.0.1:4000/v1/"]) {
      const address = resolveModelName("anthropic:m", { env: { ...keys, ANTHROPIC_BASE_URL: url } });
      expect(address).toMatchObject({ baseUrl: "http://127.0.0.1:4000" });
    }
  });

  it("reads the address of a compatible server from the name, the option or the environment", () => {
    expect(resolveModelName("compatible:qwen3:8b@http://localhost:11434/v1", { env: {} })).toEqual({
      provider: "openai-compatible",
      model: "qwen3:8b",
      baseUrl: "http://localhost:11434/v1",
    });
    expect(resolveModelName("compatible:org/m@v2", { env: {}, baseUrl: "http://gpu:8000/v1" })).toMatchObject({
      model: "org/m@v2",
      baseUrl: "http://gpu:8000/v1",
    });
    expect(resolveModelName("openai-compatible:m", { env: { OPENAI_BASE_URL: "http://gpu:8000/v1" } })).toMatchObject({
      baseUrl: "http://gpu:8000/v1",
    });
  });

  it("sends a key only to the server it was made for", () => {
    const env = { ...keys, OPENAI_BASE_URL: "https://gateway.example/v1" };
    expect(resolveModelName("compatible:m@http://elsewhere:8000/v1", { env })).not.toHaveProperty("apiKey");
    expect(resolveModelName("compatible:m@https://gateway.example/v1", { env })).toMatchObject({ apiKey: "sk-o" });
    expect(
      resolveModelName("compatible:m@http://elsewhere:8000/v1", { env: { ...env, AGENT_TUNE_API_KEY: "k" } }),
    ).toMatchObject({ apiKey: "k" });
  });

  it.each([
    ["openai:gpt-5", {}, "credentials_missing", "OPENAI_API_KEY"],
    ["anthropic:claude", { OPENAI_API_KEY: "sk-o" }, "credentials_missing", "ANTHROPIC_API_KEY"],
    ["gpt-5", keys, "model_unknown", "gpt-5"],
    ["gemini:pro", keys, "model_unknown", "gemini:pro"],
    ["", keys, "model_unknown", ""],
    ["compatible:m", {}, "model_unknown", "compatible:m"],
    ["compatible:@http://localhost:1/v1", {}, "model_unknown", "compatible:@http://localhost:1/v1"],
    ["openai:m", { ...keys, OPENAI_BASE_URL: "localhost:8000" }, "model_unknown", "OPENAI_BASE_URL"],
  ])("explains what is wrong with %j", (name, env, code, where) => {
    expect(() => resolveModelName(name, { env })).toThrow(
      expect.objectContaining({ code, where, remedy: expect.any(String) }),
    );
  });

  it("lists the forms for an unknown one", () => {
    expect(() => resolveModelName("gpt-5", { env: keys })).toThrow(
      expect.objectContaining({ remedy: expect.stringMatching(/openai:NAME.*anthropic:NAME.*compatible:NAME@/) }),
    );
  });

  it("has defaults that the SDKs still list", () => {
    const declared = (file: string, type: string): string => {
      const text = readFileSync(join(packageRoot(), "node_modules", file), "utf8");
      return new RegExp(`export type ${type} = [^;]*;`).exec(text)?.[0] ?? "";
    };
    expect(declared("openai/resources/shared.d.ts", "ChatModel")).toContain(`'${defaultOpenAiModel}'`);
    expect(declared("@anthropic-ai/sdk/resources/messages/messages.d.ts", "Model")).toContain(
      `'${defaultAnthropicModel}'`,
    );
  });
});
