import type { Configuration } from "../../src/space/index.js";
import type { Proposed, Session, SessionContext } from "../methods/method.js";
import { Stopwatch } from "../methods/stopwatch.js";
import type { Observation } from "../tasks/task.js";
import type { OpenedModel } from "./open-eval-model.js";
import { TrialHistory } from "./trial-history.js";

/** A run as a proposer sees it. */
export interface RunSoFar {
  readonly history: TrialHistory;
  /** Begun and not ended. */
  readonly pending: readonly Configuration[];
  /** Trials that have begun, the start included. */
  readonly begun: number;
}

/** What differs between methods that ask a model. */
export interface Proposer {
  propose(run: RunSoFar): Promise<Proposed>;
  /** A trial ended; without a proposal it is the start. */
  learn?(configuration: Configuration, observation: Observation, proposed?: Proposed): void;
  end?(): Promise<void>;
}

/**
 * A session around a proposer: keeps what has run and what is running, and leaves the time that answers took out of
 * the method's own.
 *
 * @param opened absent where no model is asked
 */
export function askingSession(
  { task: { space } }: SessionContext,
  opened: OpenedModel | undefined,
  proposer: Proposer,
): Session {
  const watch = new Stopwatch();
  const history = new TrialHistory(space);
  const pending = new Set<Proposed>();
  let begun = 0;
  const learn = (configuration: Configuration, observation: Observation, proposed?: Proposed): void =>
    watch.time(() => {
      history.add(configuration, observation);
      proposer.learn?.(configuration, observation, proposed);
    });
  return {
    async begin(start, observation) {
      begun = 1;
      learn(start, observation);
    },
    async ask() {
      const proposed = await watch.timeAsync(() =>
        proposer.propose({ history, pending: [...pending].map(({ configuration }) => configuration), begun }),
      );
      begun += 1;
      pending.add(proposed);
      return proposed;
    },
    async tell(proposed, observation) {
      pending.delete(proposed.insteadOf ?? proposed);
      learn(proposed.configuration, observation, proposed);
    },
    async end() {
      await proposer.end?.();
    },
    spent: () => watch.lap() - (opened?.waited() ?? 0),
    ...(opened && { usage: opened.usage }),
  };
}
