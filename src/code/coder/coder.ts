import type { Setting } from "../../centaur/advisor.js";
import type { Sensitivity } from "../../centaur/predictions.js";
import type { Evidence, NoiseFloor, Objective } from "../../evidence/index.js";
import type { ParameterFields } from "../../space/definition-schema.js";
import type { FailureKind, Observation } from "../../trials/outcome.js";
import type { Edit, EditProblem, EditRules, SourceTree } from "../edits/index.js";
import type { CodeVersion } from "../version.js";
import type { CheckOptions, Reintroduced } from "./check-edits.js";

/** The side of code search that proposes edits: a language model, or a stand-in that plays a script. */
export interface Coder {
  /** As shown to the person, for example `anthropic:claude-sonnet-5`. A stand-in says here that it is one. */
  readonly name: string;
  /**
   * One turn: a submission that `review` has accepted, or the answer that nothing is worth trying.
   *
   * @throws CoderFailure where no submission was had that can be used; nothing has run then
   */
  propose(request: CoderRequest, options: { readonly signal?: AbortSignal }): Promise<Submission>;
}

/** A candidate for the next code version. */
export interface EditSubmission {
  readonly kind: "edit";
  /** Version that the edits apply to. */
  readonly parent: string;
  readonly edits: readonly Edit[];
  /** One line: what is changed. */
  readonly summary: string;
  /** Why it should help. */
  readonly hypothesis: string;
  /** Expected improvement in the objective's units, positive is better; absent where the coder cannot say. */
  readonly expected?: number;
  /** Parameters that the edited code has and its parent has not, by name. */
  readonly declares: Readonly<Record<string, ParameterFields>>;
  /** Names of parameters that its parent has and the edited code has not. */
  readonly removes: readonly string[];
}

export type Submission = EditSubmission | { readonly kind: "nothing"; readonly reason: string };

/** What came of a few seconds of running an edit. It is no trial: nothing of it counts. */
export interface TriedOut {
  readonly outcome:
    | { readonly kind: "still_running" }
    | { readonly kind: "finished" }
    | { readonly kind: "failed"; readonly failure: FailureKind; readonly message: string };
  readonly seconds: number;
  /** Latest value of each metric that it printed. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly logTail: readonly string[];
}

/** A submission of an earlier turn that was refused before anything ran. */
export interface RefusedSubmission {
  readonly attempt: number;
  readonly parent: string;
  readonly summary: string;
  readonly reason: string;
  readonly reintroduced?: Reintroduced;
}

/** What a person or a program has said about the study; stays the same from turn to turn. */
export interface CoderSetting {
  /** The task in the person's words. */
  readonly task?: string | undefined;
  readonly objective: Objective;
  readonly rules: EditRules;
  /** The command of one run as the study file has it, with its placeholders. */
  readonly command: string;
  /** One sentence: how the value of a declared parameter reaches the code. */
  readonly passing: string;
  /**
   * What scores a finished run apart from it, and whether that imports the code as it was given or the edited one;
   * absent where the run prints its own metric.
   */
  readonly evaluate?: { readonly command: string; readonly sees: "base" | "version" } | undefined;
  /** Of one run. */
  readonly limits: Setting["limits"];
  /** How sure a gain has to be, over all versions that are tried, between 0.5 and 1. */
  readonly confidence: number;
}

/** A number that stands in the editable code and that nobody tunes. */
export interface UntunedConstant {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

/** Everything a coder may look at in one turn. Nothing in it changes the study. */
export interface CoderRequest {
  /** Number of this turn within the study, from 0: names its calls. */
  readonly attempt: number;
  readonly setting: CoderSetting;
  /** The tree of versions, in the order in which they were made; the first is the code as it was given. */
  readonly versions: readonly CodeVersion[];
  /** The version that the study would build on; the coder may choose another. */
  readonly parent: string;
  /** Refused submissions of earlier turns, oldest first. */
  readonly refused: readonly RefusedSubmission[];
  /** Of each version whose edit put deleted lines back, by id. */
  readonly reintroduced: ReadonlyMap<string, Reintroduced>;
  /** What matters among the parent's parameters, by a model of its trials; empty where nothing stands out. */
  readonly sensitivities: readonly Sensitivity[];
  /** Numbers in the parent's editable files that could be declared. */
  readonly constants: readonly UntunedConstant[];
  readonly noise: NoiseFloor | undefined;
  readonly budget: Setting["budget"];
  /** Trials that run at once. */
  readonly parallel: number;
  /** What the trials of a version have shown; undefined where it has none. */
  evidence(version: string): Evidence | undefined;
  /** What a trial reported while it ran, in order; empty where nothing is known. */
  curve(trial: number): readonly Observation[];
  tree(version: string): Promise<SourceTree>;
  /** Unified diff of a version against its parent; empty for the first. */
  diff(version: string): Promise<string>;
  /** As in {@link CheckOptions}. */
  readonly syntax?: CheckOptions["syntax"];
  readonly deletedBefore: CheckOptions["deletedBefore"];
  /** Runs edited code for at most `seconds`, confined; absent where that is not to be had. */
  readonly tryOut?:
    | ((
        draft: {
          readonly parent: string;
          /** New text of each changed file; null where it is deleted. */
          readonly files: ReadonlyMap<string, string | null>;
          readonly seconds: number;
        },
        options: { readonly signal?: AbortSignal },
      ) => Promise<TriedOut>)
    | undefined;
  /** Judges a whole submission before it becomes a version: edits, declared parameters, novelty. */
  review(submission: EditSubmission): Promise<Review>;
}

export type Review =
  | { readonly ok: true }
  /** Sentences, or problems of single edits, that go back to the coder. */
  | { readonly ok: false; readonly problems: readonly (string | EditProblem)[] };

/**
 * Why a coder's turn gave nothing. `failure` is stable, for counting; the message is for the person. `blame` says
 * whether the coder itself is the reason, by submissions that could not be used or came too late, or the way to it
 * (network, provider, spending cap), which says nothing of what its edits are worth.
 */
export class CoderFailure extends Error {
  readonly blame: "coder" | "connection";

  constructor(
    readonly failure: string,
    message: string,
    options: { readonly blame: "coder" | "connection"; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CoderFailure";
    this.blame = options.blame;
  }
}
