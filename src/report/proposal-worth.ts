import { type Objective, toLoss } from "../evidence/index.js";
import type { BestSoFar } from "./best-so-far.js";

/** What the proposals of one origin were worth. */
export interface Worth {
  /** How often one of them became the incumbent, the first incumbent and the default not counted. */
  readonly improved: number;
  /** How much better the incumbent became by that, in the objective's units, summed; may be small but not negative. */
  readonly gained: number;
}

/**
 * Which origin moved the incumbent and how far, by estimated true value. When a repeat shows an incumbent to be worse
 * than it looked and another takes over, nobody gained.
 */
export function worthByOrigin(course: readonly BestSoFar[], objective: Objective): ReadonlyMap<string, Worth> {
  const worth = new Map<string, { improved: number; gained: number }>();
  let before: BestSoFar | undefined;
  for (const now of course) {
    if (
      before?.value !== undefined &&
      now.value !== undefined &&
      now.trial !== before.trial &&
      // What another version of the code brings is not the worth of whoever proposed its numbers.
      now.version === before.version &&
      now.origin !== undefined &&
      // The default is what everybody starts from, also where it finishes after a worse trial that ran beside it.
      now.origin !== "default"
    ) {
      const entry = worth.get(now.origin) ?? { improved: 0, gained: 0 };
      entry.improved++;
      entry.gained += Math.max(0, toLoss(objective, before.value) - toLoss(objective, now.value));
      worth.set(now.origin, entry);
    }
    before = now;
  }
  return worth;
}
