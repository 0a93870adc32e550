import { type Benchmark, RemainingRows } from "../tasks/index.js";
import type { Session } from "./method.js";

/**
 * Holds a session to the rows of a candidate set (see `candidate-set.ts` for the protocol): what it asks for is
 * replaced by the nearest row that has not run yet, under the origin `ORIGIN-nearest-row`, and told as a proposal that
 * the session did not make, with the one that it made (`insteadOf`), so that what is kept for that can be released. A
 * row that the session asks for itself is its own.
 *
 * @returns the session itself where the task is no candidate set
 */
export function matchToPool(session: Session, { space, pool }: Pick<Benchmark, "space" | "pool">): Session {
  if (pool === undefined) return session;
  const rows = new RemainingRows(space, pool);
  return {
    async begin(start, observation) {
      rows.remove(start);
      await session.begin(start, observation);
    },
    async ask() {
      const asked = await session.ask();
      const row = rows.takeNearest(asked.configuration);
      if (row === undefined)
        throw new Error("Every row of the candidate set has run: there is nothing left to ask for.");
      if (space.key(row) === space.key(asked.configuration)) return asked;
      return { configuration: row, origin: `${asked.origin}-nearest-row`, insteadOf: asked };
    },
    tell: (proposed, observation) => session.tell(proposed, observation),
    end: () => session.end(),
    spent: () => session.spent(),
    ...(session.usage && { usage: session.usage.bind(session) }),
  };
}
