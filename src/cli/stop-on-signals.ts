import { ExitCode } from "../errors.js";
import type { StudyEvent } from "../study/study-events.js";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface SignalStop {
  /** To be told of every event, so that it is known which processes run. */
  note(study: string, event: StudyEvent): void;
  /** Whether a clean end was asked for. */
  requested(): boolean;
  /** Signals do again what they did before. */
  release(): void;
}

/**
 * Ctrl-C ends cleanly, a second one at once; so does a request to terminate.
 *
 * @param interrupt begins the clean end; false where nothing is at work yet, so that there is nothing to wait for
 * @param tell something that the person must see now
 */
export function stopOnSignals(interrupt: (reason: string) => boolean, tell: (text: string) => void): SignalStop {
  let requests = 0;
  const pids = new Map<string, number>();
  const onSignal = (): void => {
    requests++;
    if (requests === 1 && interrupt("interrupted by the person")) {
      tell("Ending cleanly: running trials are stopped and go back to the queue. Once more ends at once.");
      return;
    }
    // Trials lead process groups of their own and would outlive us; whoever goes on finds what still escapes.
    for (const pid of pids.values()) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    process.exit(ExitCode.interrupted);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    note(study, event) {
      if (event.type === "trial.started" && event.pid !== undefined) pids.set(`${study} ${event.trial}`, event.pid);
      if (event.type === "trial.finished") pids.delete(`${study} ${event.trial}`);
    },
    requested: () => requests > 0,
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
