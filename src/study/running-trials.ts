import type { Store, TrialRecord } from "../store/index.js";
import type { Observation } from "../trials/outcome.js";
import type { Executor, RunningTrial, TrialEnd, TrialTask } from "../trials/trial-run.js";
import type { Clock } from "./clock.js";
import type { Journal } from "./journal.js";

export interface EndedTrial {
  readonly number: number;
  readonly end: TrialEnd;
}

export interface RunningTrialsParts {
  readonly study: string;
  readonly executor: Executor;
  readonly store: Store;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What of its task says which code version runs. */
  readonly codeOf: (trial: TrialRecord) => Pick<TrialTask, "code" | "declared">;
  /** Stores a trial that has changed, within the transaction of the caller. */
  readonly put: (trial: TrialRecord) => void;
  /** Called when a trial has ended and waits to be taken. */
  readonly onEnd: () => void;
}

/** Observations held back before they are written; the rest is written when the trial ends. */
const observationBatch = 100;

/** The trials of a study that an executor is running, and those that have ended and are not taken yet. */
export class RunningTrials {
  private readonly running = new Map<number, RunningTrial>();
  private readonly ended: EndedTrial[] = [];
  private failure: unknown;
  private wake: (() => void) | undefined;

  constructor(private readonly parts: RunningTrialsParts) {}

  /** How many run at once. */
  get slots(): number {
    return this.parts.executor.slots;
  }

  get size(): number {
    return this.running.size;
  }

  get numbers(): readonly number[] {
    return [...this.running.keys()];
  }

  /** Whether nothing runs and nothing waits to be taken. */
  get idle(): boolean {
    return this.running.size === 0 && this.ended.length === 0;
  }

  /** The first error of an executor or of storing what a trial said; the run must end with it. */
  get broken(): unknown {
    return this.failure;
  }

  /** An error while storing must not be swallowed by an executor: it ends the run. */
  guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.break(error);
    }
  }

  /** Ends the run with an error; the first one counts. */
  break(error: unknown): void {
    this.failure ??= error;
    this.wake?.();
  }

  start(queued: TrialRecord): void {
    const { study, executor, store, journal, clock, codeOf, put, onEnd } = this.parts;
    const { number, attempt } = queued;
    const trial: TrialRecord = { ...queued, state: "running", startedAt: clock.now() };
    const folder = store.emptyAttemptFolder(study, number, attempt);
    // Not worth a wait for the disk: after a power cut the trial is still queued, and runs all the same.
    store.unsynced(() => put(trial));
    let unwritten: Observation[] = [];
    const write = (): void => {
      store.unsynced(() => store.appendObservations(study, number, attempt, unwritten));
      unwritten = [];
    };
    const { proposal, derived, seed, mark } = trial;
    const run = executor.start(
      { study, number, attempt, configuration: proposal.configuration, derived, seed, folder, mark, ...codeOf(trial) },
      {
        started: ({ pid, device }) =>
          this.guarded(() =>
            journal.commit(
              [
                {
                  type: "trial.started",
                  trial: number,
                  attempt,
                  ...(pid === undefined ? {} : { pid }),
                  ...(device === undefined ? {} : { device }),
                },
              ],
              () => {
                if (device !== undefined) put({ ...trial, device });
              },
              "unsynced",
            ),
          ),
        observed: (observation) =>
          this.guarded(() => {
            unwritten.push(observation);
            if (unwritten.length >= observationBatch) write();
            journal.tell({ type: "trial.observed", trial: number, observation });
          }),
      },
    );
    this.running.set(number, run);
    run.ended.then(
      (end) => {
        this.guarded(write);
        this.ended.push({ number, end });
        onEnd();
        this.wake?.();
      },
      (error: unknown) => {
        this.running.delete(number);
        this.break(error);
      },
    );
  }

  /** Those that have ended since the last call, in the order in which they ended. */
  takeEnded(): readonly EndedTrial[] {
    const taken = this.ended.splice(0);
    for (const { number } of taken) this.running.delete(number);
    return taken;
  }

  /** Resolves when a trial has ended, the run is broken, or {@link cancel} was called. */
  async next(): Promise<void> {
    if (this.ended.length > 0 || this.failure !== undefined) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }

  /** Asks every trial to end. */
  cancel(reason: string): void {
    for (const trial of this.running.values()) trial.cancel(reason);
    this.wake?.();
  }

  /** Resolves when every process of every trial is gone. */
  async gone(): Promise<void> {
    await Promise.all([...this.running.values()].map((trial) => trial.ended.catch(() => undefined)));
  }
}
