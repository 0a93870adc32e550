import type { EventRecord } from "../store/index.js";

/**
 * Numbers of the finished trials in the order in which they finished, which is the order of learning.
 *
 * @param events at least all `trial.finished` of a study, by sequence
 */
export function finishOrder(events: readonly EventRecord[]): readonly number[] {
  const order = new Set<number>();
  for (const { type, trial } of events) {
    if (type !== "trial.finished" || trial === undefined) continue;
    // A first trial that failed and ran again finished when it finished last.
    order.delete(trial);
    order.add(trial);
  }
  return [...order];
}
