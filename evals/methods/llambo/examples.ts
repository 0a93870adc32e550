import type { PromptInputs } from "../../../src/llm/index.js";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { limitsText, spaceText } from "../../models/index.js";
import type { Benchmark } from "../../tasks/task.js";

/** What all prompts of LLAMBO begin with. */
export function taskInputs(task: Benchmark): PromptInputs {
  return {
    task: task.card.text.trim(),
    metric: task.card.metric,
    limits: limitsText(task),
    space: spaceText(task.space),
  };
}

/** Items in an order of their own for each seed: what the model makes of the order of examples averages out. */
export function permuted<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const random = RandomStream.fromSeed(deriveSeed(seed, "order"));
  const order = [...items];
  // Fisher and Yates.
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Calls of one model at once: many small ones, which do not depend on each other. */
const atOnce = 8;

/** Results in the order of the items; the first error ends it, and nothing new is begun then. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  let failed = false;
  async function take(): Promise<void> {
    while (!failed && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, take));
  for (const each of settled) if (each.status === "rejected") throw each.reason;
  return results;
}
