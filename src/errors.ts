/**
 * Errors that a person can act on: what happened, where, and what to do next.
 *
 * Every error that agent-tune raises on purpose is an {@link AgentTuneError}. Its `code` is stable and
 * documented in docs/errors.md, its `exitCode` is what the command line ends with.
 */

/** Exit codes of the command line. Documented in docs/errors.md; changing one is a breaking change. */
export const ExitCode = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  configuration: 3,
  requirementNotMet: 4,
  nothingCompleted: 5,
  allTrialsFailed: 6,
  approvalNeeded: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const exitCodes = {
  usage: ExitCode.usage,
  study_file_invalid: ExitCode.configuration,
  study_file_missing: ExitCode.configuration,
  space_invalid: ExitCode.configuration,
  expression_invalid: ExitCode.configuration,
  configuration_invalid: ExitCode.usage,
  command_not_found: ExitCode.configuration,
  command_invalid: ExitCode.configuration,
  source_rewrite_failed: ExitCode.configuration,
  sandbox_unavailable: ExitCode.configuration,
  model_unknown: ExitCode.configuration,
  credentials_missing: ExitCode.configuration,
  credentials_refused: ExitCode.configuration,
  model_failed: ExitCode.unexpected,
  recording_invalid: ExitCode.configuration,
  prompt_invalid: ExitCode.unexpected,
  script_unreadable: ExitCode.configuration,
  study_unknown: ExitCode.usage,
  study_exists: ExitCode.usage,
  study_changed: ExitCode.configuration,
  study_held: ExitCode.configuration,
  trial_unknown: ExitCode.usage,
  version_unknown: ExitCode.usage,
  store_unwritable: ExitCode.configuration,
  store_full: ExitCode.unexpected,
  store_damaged: ExitCode.unexpected,
  store_too_new: ExitCode.configuration,
  state_invalid: ExitCode.unexpected,
  git_missing: ExitCode.configuration,
  git_failed: ExitCode.unexpected,
  code_folder_unfit: ExitCode.configuration,
  code_not_applicable: ExitCode.configuration,
  approval_needed: ExitCode.approvalNeeded,
  nothing_completed: ExitCode.nothingCompleted,
  all_trials_failed: ExitCode.allTrialsFailed,
  answer_unwritable: ExitCode.unexpected,
  interrupted: ExitCode.interrupted,
  internal: ExitCode.unexpected,
} as const satisfies Record<string, ExitCode>;

/** Stable name of a kind of error, for programs to branch on. */
export type ErrorCode = keyof typeof exitCodes;

/** Every code, for what has to know all of them, such as the check of their documentation. */
export const errorCodes = Object.keys(exitCodes) as readonly ErrorCode[];

const marker = Symbol.for("agent-tune.error");

export interface ErrorDetails {
  /** What happened, one sentence, in the person's words. */
  readonly message: string;
  /** File, line, key, trial or address the message is about. */
  readonly where?: string;
  /** What the person can do now, one sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

export class AgentTuneError extends Error {
  readonly [marker] = true;
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly where: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AgentTuneError";
    this.code = code;
    this.exitCode = exitCodes[code];
    this.where = details.where;
    this.remedy = details.remedy;
  }

  /** Recognises the error across copies of the package, where `instanceof` does not. */
  static isInstance(value: unknown): value is AgentTuneError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
