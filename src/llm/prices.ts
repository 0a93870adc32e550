import { z } from "zod";
import type { Usage } from "./model.js";

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input served from a cache; `input` where absent. */
  readonly cacheRead?: number;
  /** Input written to a cache; where absent 1.25 times `input`, the highest rate for short-lived caches. */
  readonly cacheWrite?: number;
}

/** Prices by model id, `provider:name`. */
export type PriceTable = Readonly<Record<string, Price>>;

const amount = z.number().nonnegative();

/** The `prices` section of a study file: `openai:my-model: {input: 1.25, output: 10, cache_read: 0.125}`. */
export const pricesSchema = z
  .record(
    z.string().regex(/^[^:\s]+:\S+$/, "a model is named provider:name"),
    z.strictObject({
      input: amount.describe("US dollars for a million input tokens"),
      output: amount.describe("US dollars for a million output tokens"),
      cache_read: amount.optional().describe("US dollars for a million input tokens read from the cache"),
      cache_write: amount.optional().describe("US dollars for a million input tokens written to the cache"),
    }),
  )
  .transform((entries): PriceTable => {
    const table: Record<string, Price> = {};
    for (const [name, { input, output, cache_read, cache_write }] of Object.entries(entries)) {
      table[canonicalModelId(name)] = {
        input,
        output,
        ...(cache_read !== undefined && { cacheRead: cache_read }),
        ...(cache_write !== undefined && { cacheWrite: cache_write }),
      };
    }
    return table;
  });

/**
 * List prices of the standard tier. Those of current models were read on 2026-11-20 from copies of the vendors' model
 * pages (developers.openai.com/api/docs/models, platform.claude.com/docs/en/about-claude/pricing), gpt-5.6 after its
 * reduction of 2026-07-30 and gpt-5.4 from resellers that agree with each other. Those under "as announced" are the
 * prices at which a model came out; they were not read again. Models whose price was not found, or is tiered from the
 * first token (claude-haiku-5-5), are left out: unknown is better than wrong. OpenAI charges prompts beyond 272,000
 * tokens more; no call of ours comes near.
 */
export const builtInPrices: PriceTable = {
  "openai:gpt-5.6-sol": { input: 5, cacheRead: 0.5, output: 30 },
  "openai:gpt-5.6-terra": { input: 2, cacheRead: 0.2, output: 12 },
  "openai:gpt-5.6-luna": { input: 0.2, cacheRead: 0.02, output: 1.2 },
  "openai:gpt-5.4": { input: 2.5, cacheRead: 0.25, output: 15 },
  "openai:gpt-5.4-mini": { input: 0.75, cacheRead: 0.075, output: 4.5 },
  "openai:gpt-5.4-nano": { input: 0.2, cacheRead: 0.02, output: 1.25 },
  // As announced.
  "openai:gpt-5.2": { input: 1.75, cacheRead: 0.175, output: 14 },
  "openai:gpt-5.1": { input: 1.25, cacheRead: 0.125, output: 10 },
  "openai:gpt-5": { input: 1.25, cacheRead: 0.125, output: 10 },
  "openai:gpt-5-mini": { input: 0.25, cacheRead: 0.025, output: 2 },
  "openai:gpt-5-nano": { input: 0.05, cacheRead: 0.005, output: 0.4 },
  "openai:gpt-4.1": { input: 2, cacheRead: 0.5, output: 8 },
  "openai:gpt-4.1-mini": { input: 0.4, cacheRead: 0.1, output: 1.6 },
  "openai:gpt-4.1-nano": { input: 0.1, cacheRead: 0.025, output: 0.4 },
  // Read again.
  "anthropic:claude-fable-5-1": { input: 10, cacheWrite: 12.5, cacheRead: 0.25, output: 50 },
  "anthropic:claude-fable-5": { input: 10, cacheWrite: 12.5, cacheRead: 1, output: 50 },
  "anthropic:claude-opus-5-5": { input: 4, cacheWrite: 5, cacheRead: 0.2, output: 20 },
  "anthropic:claude-opus-5": { input: 5, cacheWrite: 6.25, cacheRead: 0.5, output: 25 },
  "anthropic:claude-opus-4-8": { input: 5, cacheWrite: 6.25, cacheRead: 0.5, output: 25 },
  "anthropic:claude-opus-4-7": { input: 5, cacheWrite: 6.25, cacheRead: 0.5, output: 25 },
  "anthropic:claude-opus-4-6": { input: 5, cacheWrite: 6.25, cacheRead: 0.5, output: 25 },
  "anthropic:claude-opus-4-5": { input: 5, cacheWrite: 6.25, cacheRead: 0.5, output: 25 },
  "anthropic:claude-sonnet-5-5": { input: 2, cacheWrite: 2.5, cacheRead: 0.2, output: 10 },
  "anthropic:claude-sonnet-5": { input: 2, cacheWrite: 2.5, cacheRead: 0.2, output: 10 },
  // As announced.
  "anthropic:claude-haiku-4-5": { input: 1, cacheWrite: 1.25, cacheRead: 0.1, output: 5 },
};

/** `compatible:NAME` and `openai-compatible:NAME` are one model. */
export function canonicalModelId(id: string): string {
  return id.replace(/^compatible:/, "openai-compatible:");
}

/**
 * Price of a model, the user's own before the built-in one; a dated snapshot (`gpt-5-2025-08-07`) costs what
 * its model does. A price that the user gives for `openai:NAME` holds for the same name at a gateway, which is
 * reached by the compatible interface; a built-in one does not, because gateways have prices of their own.
 * Undefined where it is not known.
 */
export function priceOf(modelId: string, own: PriceTable = {}): Price | undefined {
  const id = canonicalModelId(modelId);
  const atGateway = id.replace(/^openai-compatible:/, "openai:");
  return find(own, id) ?? find(own, atGateway) ?? find(builtInPrices, id);
}

function find(table: PriceTable, id: string): Price | undefined {
  const undated = id.replace(/-\d{4}-?\d{2}-?\d{2}$/, "");
  const name = [id, undated].find((n) => Object.hasOwn(table, n));
  return name === undefined ? undefined : table[name];
}

/** US dollars. */
export function costOf(usage: Usage, price: Price): number {
  const { input, output, cacheRead, cacheWrite } = withCacheRates(price);
  return (
    (usage.input * input + usage.output * output + usage.cacheRead * cacheRead + usage.cacheWrite * cacheWrite) /
    1_000_000
  );
}

/** US dollars of a call at worst: nothing is cached before, everything is written to the cache. */
export function worstCaseCost(inputTokens: number, outputTokens: number, price: Price): number {
  const { input, output, cacheRead, cacheWrite } = withCacheRates(price);
  return (inputTokens * Math.max(input, cacheRead, cacheWrite) + outputTokens * output) / 1_000_000;
}

function withCacheRates(price: Price): Required<Price> {
  return { cacheRead: price.input, cacheWrite: 1.25 * price.input, ...price };
}
