import type { SpendLedger } from "../ledger.js";
import { type Exchange, type Model, type ModelAnswer, ModelCallError, type ModelRequest } from "../model.js";

/**
 * A model that answers from a recording, without a network: each call by its key, calls of one key in the
 * order in which they were recorded, failures included. What the calls had cost is booked again, so that
 * everything that depends on spending goes the same way; caps are not enforced, because what they stopped is
 * recorded as stopped. Cancelled calls are left out: nobody acted on them.
 */
export function createReplayModel(options: {
  readonly exchanges: readonly Exchange[];
  readonly ledger?: SpendLedger;
  readonly record?: (exchange: Exchange) => void;
}): Model {
  const queues = new Map<string, Exchange[]>();
  for (const exchange of options.exchanges) {
    if (exchange.result.kind === "failure" && exchange.result.failure === "cancelled") continue;
    const queue = queues.get(exchange.key);
    if (queue === undefined) queues.set(exchange.key, [exchange]);
    else queue.push(exchange);
  }
  return {
    id: options.exchanges[0]?.model ?? "replay:empty",
    async ask(request: ModelRequest, { signal }: { readonly signal?: AbortSignal }): Promise<ModelAnswer> {
      if (signal?.aborted === true) throw new ModelCallError("cancelled", "The call was cancelled.");
      const exchange = queues.get(request.key)?.shift();
      if (exchange === undefined) {
        const known = options.exchanges.some((e) => e.key === request.key);
        throw new ModelCallError(
          "replay_missing",
          known
            ? `The recording has no further answer to the call ${request.key}.`
            : `The recording has no answer to the call ${request.key}; it belongs to another study or another version of it.`,
        );
      }
      const { usage, cost, attempts, result } = exchange;
      if (attempts > 0) {
        const tokens = usage.input + usage.cacheRead + usage.cacheWrite + usage.output;
        options.ledger?.book(request.key, { tokens, cost });
      }
      options.record?.(exchange);
      if (result.kind === "answer") return result.answer;
      throw new ModelCallError(result.failure, result.message, { usage });
    },
  };
}
