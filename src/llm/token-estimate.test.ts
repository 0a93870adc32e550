import { describe, expect, it } from "vitest";
import { request } from "./testing/scripted-provider.js";
import { estimateInputTokens, estimateTextTokens } from "./token-estimate.js";

describe("token estimate", () => {
  it.each([
    ["English, at two letters a token where it has four", "The quick brown fox jumps over the lazy dog.", 22.5],
    ["tables of numbers, at a token for each digit and sign", "|12|3.1e-4|0.0023|", 17.5],
    ["other scripts, at a token for each byte", "日本語", 9],
    ["emoji, at a token for each byte", "🙂", 4],
  ])("is cautious with %s", (_, text, tokens) => {
    expect(estimateTextTokens(text)).toBe(Math.ceil(tokens));
  });

  it("counts everything that is sent", () => {
    const bare = estimateInputTokens(request());
    const text = "x ".repeat(100);
    const parts = [
      request({ system: text }),
      request({ messages: [{ role: "user", text }] }),
      request({ messages: [{ role: "assistant", text: "", toolCalls: [{ id: "1", name: "t", input: text }] }] }),
      request({ messages: [{ role: "assistant", text: "", toolCalls: [], continuation: { text } }] }),
      request({ tools: [{ name: "t", description: text, input: {} }] }),
      request({ output: { name: "o", schema: { description: text } } }),
    ];
    for (const part of parts) expect(estimateInputTokens(part)).toBeGreaterThan(bare + 50);
  });
});
