import type { CentaurEvent } from "../centaur/events.js";
import type { CodeEvent } from "../code/events.js";
import type { FailureKind, Observation } from "../trials/outcome.js";
import type { SettingChange } from "./changed-definition.js";

/** Why a study stopped for good. Anything else leaves it open, to be resumed. */
export const finishReasons = [
  "trials_used",
  "time_used",
  "cost_used",
  "target_reached",
  "space_exhausted",
  "failures_in_a_row",
] as const;
export type FinishReason = (typeof finishReasons)[number];

/**
 * Everything that happens to a study. Each event is in its journal before anybody sees it; `observed` is the
 * exception, which is stored as an observation and not as an event.
 */
export type StudyEvent =
  | {
      readonly type: "study.started";
      readonly resumed: boolean;
      readonly advisor: string | null;
      readonly optimizer: string;
    }
  | {
      /** What a person has changed when the study was resumed; it may go on searching after it had been done. */
      readonly type: "study.changed";
      readonly changes: readonly SettingChange[];
    }
  | { readonly type: "study.phase"; readonly phase: Phase }
  | { readonly type: "study.interrupted"; readonly reason: string }
  | { readonly type: "study.finished"; readonly reason: FinishReason; readonly detail: string }
  | {
      readonly type: "trial.queued";
      readonly trial: number;
      readonly origin: string;
      readonly purpose: string;
      readonly reason: string;
    }
  | {
      readonly type: "trial.started";
      readonly trial: number;
      readonly attempt: number;
      readonly pid?: number;
      readonly device?: string;
    }
  | { readonly type: "trial.observed"; readonly trial: number; readonly observation: Observation }
  | {
      readonly type: "trial.finished";
      readonly trial: number;
      readonly value: number | null;
      readonly failure: FailureKind | null;
      readonly seconds: number;
    }
  | { readonly type: "trial.requeued"; readonly trial: number; readonly attempt: number; readonly reason: string }
  | { readonly type: "incumbent.changed"; readonly trial: number; readonly value: number; readonly origin: string }
  | {
      readonly type: "warning";
      readonly message: string;
      /** What it is about, where it is about one trial; the message names it too. */
      readonly trial?: number;
    }
  | CentaurEvent
  | CodeEvent;

/**
 * `search` proposes and runs; `final` re-evaluates the answer and the default on fresh seeds; `done` has an answer. A
 * study that is given more budget goes back to `search`.
 */
export type Phase = "search" | "final" | "done";

export interface StampedEvent {
  /** Place in the study's journal, from 1, without gaps; 0 for an observation, which is not in the journal. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: StudyEvent;
}
