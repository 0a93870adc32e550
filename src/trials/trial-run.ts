import type { Configuration } from "../space/parameter.js";
import type { Observation, Outcome } from "./outcome.js";

/** One attempt at one trial, as an executor is asked to run it. */
export interface TrialTask {
  readonly study: string;
  readonly number: number;
  /** 1 for the first; counts up when a trial has to run again after a crash of the controller. */
  readonly attempt: number;
  readonly configuration: Configuration;
  /** Parameters that the code version declares itself, of which the study's command knows nothing. */
  readonly declared?: readonly string[];
  /** Derived quantities of the configuration, usable in command templates. */
  readonly derived: Readonly<Record<string, number>>;
  readonly seed: number;
  /** Folder of this attempt, created and empty: working files, log, parameter file, metrics file. */
  readonly folder: string;
  /**
   * Unguessable mark of this attempt. A process executor puts it into the environment of everything it starts
   * (`AGENT_TUNE_ATTEMPT`), so that descendants are found again after a crash, however far they detached.
   */
  readonly mark: string;
  /** Where the code is searched: the version that runs. */
  readonly code?: TaskCode;
}

/** A version of the code on the disk. */
export interface TaskCode {
  readonly version: string;
  /** Absolute path of its checkout, which holds what the folder of the study file holds. */
  readonly checkout: string;
  /** Absolute path of the checkout of the code as the person gave it, from which the evaluation runs. */
  readonly base: string;
}

/** What a study sees while a trial runs. Called in order; must not throw. */
export interface TrialObserver {
  started(info: { readonly pid?: number; readonly device?: string }): void;
  observed(observation: Observation): void;
}

/** What is known when a trial has ended and every process of it is gone. */
export interface TrialEnd {
  readonly outcome: Outcome;
  /** Last finite reading of each metric; the evaluation's alone where there is one. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Wall time by the controller's clock, that of the evaluation included. */
  readonly seconds: number;
  /** Wall time of the evaluation. */
  readonly evaluationSeconds?: number;
  /** Where an evaluation scores the trial: what the training said of itself. No evidence of anything. */
  readonly claimed?: Readonly<Record<string, number>>;
  /** Largest resident memory of the process tree; absent where it was not measured. */
  readonly peakMemoryBytes?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  /** Last lines of the log, cleaned of control characters and cut to size. */
  readonly logTail: readonly string[];
  /** Absolute path of the whole log; absent where there is none. */
  readonly logFile?: string;
  /** What a person should know besides: a log that was cut, a process that could not be ended. */
  readonly warnings?: readonly string[];
  /** What it was confined by, in words; absent where the code is the person's own. */
  readonly sandbox?: string;
}

export interface RunningTrial {
  /** Never rejects for what the trial did; rejects only when the executor itself is broken. */
  readonly ended: Promise<TrialEnd>;
  /** Ends the trial and every process of it; `ended` then resolves with failure `cancelled`. */
  cancel(reason: string): void;
}

/** Where trials run. */
export interface Executor {
  /** How many trials it runs at once. */
  readonly slots: number;
  start(task: TrialTask, observer: TrialObserver): RunningTrial;
  /**
   * After a crash of the controller: ends whatever is still running of these attempts and returns the marks
   * of those of which something was found.
   */
  reap(marks: readonly string[]): Promise<readonly string[]>;
}
