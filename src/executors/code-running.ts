import type { Sandbox } from "../trials/sandbox/index.js";

/** How versions of the training code run: confined, and scored apart. Paths are absolute. */
export interface CodeRunning {
  readonly sandbox: Sandbox;
  /** Whether the training may use the network. The evaluation never may. */
  readonly network: boolean;
  /**
   * Never visible, neither to the training nor to the evaluation: the study's own folder with its store, repository and
   * checkouts (that of the version is shown all the same), secrets.
   */
  readonly hidden: readonly string[];
  /** Visible to the evaluation only. Must exist. */
  readonly holdout: readonly string[];
  /** What scores a run; where not given, the training's own word counts. */
  readonly evaluate?: EvaluationCommand;
  /** Paths in a checkout that differ from what was checked out. */
  verify(checkout: string): Promise<readonly string[]>;
  readonly limits?: CodeLimits;
}

export interface EvaluationCommand {
  /**
   * A line, or a list with the program first. Placeholders: parameters and derived quantities, {seed}, {trial},
   * {folder}, {checkpoint}.
   */
  readonly command: string | readonly string[];
  /** Whose code it runs from: that which the person gave, or the version's, for a model that edits define. */
  readonly sees: "base" | "version";
  /** What {checkpoint} stands for, relative to the attempt's folder; the folder itself where not given. */
  readonly checkpoint?: string;
  /** Wall time in seconds; that of a trial where not given. */
  readonly seconds?: number;
}

/** Bounds on one run of edited code. */
export interface CodeLimits {
  /** Bytes it may write in all; half of what is free on the disk where not given. */
  readonly diskBytes?: number;
  /** Processes at once. */
  readonly processes?: number;
  /** Descriptors that one process may have open. */
  readonly openFiles?: number;
}

export const defaultProcesses = 1024;
export const defaultOpenFiles = 65_536;
/** Threads count as tasks too, and a worker of a data loader may have one for each core. */
export const tasksPerProcess = 16;
