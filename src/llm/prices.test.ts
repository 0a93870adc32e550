import { describe, expect, it } from "vitest";
import { defaultAnthropicModel, defaultOpenAiModel } from "./model-name.js";
import { builtInPrices, costOf, priceOf, pricesSchema, worstCaseCost } from "./prices.js";

describe("prices", () => {
  it("knows the prices of the default models", () => {
    expect(priceOf(`openai:${defaultOpenAiModel}`)).toBeDefined();
    expect(priceOf(`anthropic:${defaultAnthropicModel}`)).toBeDefined();
  });

  it("charges each kind of token at its rate", () => {
    const price = { input: 2, cacheRead: 0.2, cacheWrite: 2.5, output: 10 };
    const usage = { input: 1e6, cacheRead: 1e6, cacheWrite: 1e6, output: 1e6 };
    expect(costOf(usage, price)).toBeCloseTo(14.7, 12);
  });

  it("charges cached tokens cautiously where their rates are not known", () => {
    const usage = { input: 0, cacheRead: 1e6, cacheWrite: 1e6, output: 0 };
    expect(costOf(usage, { input: 2, output: 10 })).toBeCloseTo(2 + 2.5, 12);
  });

  it("is never below the real cost in its worst case", () => {
    for (const price of Object.values(builtInPrices)) {
      const worst = worstCaseCost(1000, 500, price);
      for (const usage of [
        { input: 1000, cacheRead: 0, cacheWrite: 0, output: 500 },
        { input: 0, cacheRead: 1000, cacheWrite: 0, output: 500 },
        { input: 0, cacheRead: 0, cacheWrite: 1000, output: 500 },
      ]) {
        expect(costOf(usage, price)).toBeLessThanOrEqual(worst);
      }
    }
  });

  it("takes a dated snapshot for its model, and says nothing about models it does not know", () => {
    expect(priceOf("openai:gpt-5-2025-08-07")).toEqual(builtInPrices["openai:gpt-5"]);
    expect(priceOf("anthropic:claude-haiku-4-5-20251001")).toEqual(builtInPrices["anthropic:claude-haiku-4-5"]);
    expect(priceOf("openai:gpt-99")).toBeUndefined();
    expect(priceOf("openai:constructor")).toBeUndefined();
  });

  it("reads the user's prices, which come first", () => {
    const own = pricesSchema.parse({
      "openai:gpt-5": { input: 9, output: 9 },
      "compatible:llama3.3": { input: 0, output: 0, cache_read: 0 },
    });
    expect(priceOf("openai:gpt-5", own)).toEqual({ input: 9, output: 9 });
    expect(priceOf("openai-compatible:llama3.3", own)).toEqual({ input: 0, output: 0, cacheRead: 0 });
  });

  it("takes the user's price of openai:NAME for the same name at a gateway, but not the built-in one", () => {
    expect(priceOf("openai-compatible:gpt-5")).toBeUndefined();
    expect(priceOf("openai-compatible:gpt-5", { "openai:gpt-5": { input: 3, output: 4 } })).toEqual({
      input: 3,
      output: 4,
    });
  });

  it.each([
    [{ "gpt-5": { input: 1, output: 1 } }],
    [{ "openai:x": { input: -1, output: 1 } }],
    [{ "openai:x": { input: 1 } }],
    [{ "openai:x": { input: 1, output: 1, cached: 1 } }],
  ])("refuses %j", (prices) => {
    expect(pricesSchema.safeParse(prices).success).toBe(false);
  });
});
