import type { SearchSpace } from "../../src/space/index.js";
import type { ObservationRecord, Store, TrialRecord } from "../../src/store/index.js";
import { causedByConfiguration } from "../../src/trials/outcome.js";
import type { Executor, RunningTrial, TrialEnd, TrialObserver, TrialTask } from "../../src/trials/trial-run.js";

/**
 * Runs that several studies of one problem have in common. The same configuration on the same seed is the same run,
 * so it is paid for once: the default that every study begins with, its re-evaluation at the end, and what an
 * optimizer proposes before an advisor has changed its course.
 *
 * Not for studies whose budget is time: a run that costs nothing would leave more time to the later study.
 */
export class SharedRuns {
  private readonly known = new Map<string, { readonly study: string; readonly number: number }>();

  constructor(
    private readonly store: Store,
    private readonly space: SearchSpace,
  ) {
    for (const { id } of store.studies()) {
      for (const trial of store.trials(id)) this.add(id, trial);
    }
  }

  /** Takes in a trial that is stored. What only the machine is to blame for may end otherwise in another study. */
  add(study: string, { number, seed, proposal, outcome }: TrialRecord): void {
    if (outcome === undefined || outcome.kind === "pruned") return;
    if (outcome.kind === "failed" && !causedByConfiguration(outcome)) return;
    const key = this.keyOf(proposal.configuration, seed);
    if (!this.known.has(key)) this.known.set(key, { study, number });
  }

  /** The run as it ended in another study. */
  find({
    study,
    configuration,
    seed,
  }: TrialTask): { trial: TrialRecord; curve: readonly ObservationRecord[] } | undefined {
    const known = this.known.get(this.keyOf(configuration, seed));
    if (known === undefined || known.study === study) return undefined;
    const trial = this.store.trial(known.study, known.number);
    // A first trial that failed runs again once the command is mended.
    if (trial.outcome === undefined) return undefined;
    const curve = this.store.observations(known.study, known.number).filter(({ attempt }) => attempt === trial.attempt);
    return { trial, curve };
  }

  private keyOf(configuration: TrialRecord["proposal"]["configuration"], seed: number): string {
    return `${seed} ${this.space.key(configuration)}`;
  }
}

/**
 * The part of a machine's executor that one study of several gets, with runs taken over from the others.
 *
 * @param slots trials of this study at once
 * @param shared absent: everything runs
 */
export function studyExecutor(machine: Executor, slots: number, shared: SharedRuns | undefined): Executor {
  return {
    slots,
    start(task, observer) {
      const found = shared?.find(task);
      return found === undefined ? machine.start(task, observer) : takenOver(found.trial, found.curve, observer);
    },
    reap: (marks) => machine.reap(marks),
  };
}

function takenOver(trial: TrialRecord, curve: readonly ObservationRecord[], observer: TrialObserver): RunningTrial {
  // As with any executor, the caller has its handle before anything is observed.
  const ended = Promise.resolve().then((): TrialEnd => {
    observer.started({});
    for (const { metric, step, value, seconds } of curve) observer.observed({ metric, step, value, seconds });
    return endOf(trial);
  });
  return { ended, cancel: () => {} };
}

function endOf({ outcome, metrics, seconds = 0, peakMemoryBytes, exitCode, signal, logTail }: TrialRecord): TrialEnd {
  if (outcome === undefined) throw new Error("A trial that has not ended cannot be taken over.");
  return {
    outcome,
    metrics,
    seconds,
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    logTail,
  };
}
