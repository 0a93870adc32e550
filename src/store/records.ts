import { z } from "zod";
import type { Spend } from "../llm/model.js";
import type { Observation } from "../trials/outcome.js";
import { outcomeSchema } from "../trials/outcome.js";
import { proposalSchema } from "../trials/proposal.js";

/**
 * What the store keeps, as other rooms see it. Times are milliseconds since the epoch, given by the caller:
 * the store reads no clock. The schemas check what comes back from the disk; what goes in is typed.
 */

/** `open` studies can go on; whether one is being worked on right now is answered by `Store.hold`. */
export const studyStatuses = ["open", "finished"] as const;
export type StudyStatus = (typeof studyStatuses)[number];

export interface StudyRecord {
  /** Unique, short, and sorting by creation; given by the caller. Names the study's folder. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly seed: number;
  /** The study's definition as JSON; its meaning belongs to the study room. */
  readonly definition: unknown;
  readonly definitionHash: string;
  readonly status: StudyStatus;
  /** Why it finished, for example `budget_trials` or `target_reached`. */
  readonly finishedReason?: string;
}

export const trialStates = ["queued", "running", "finished"] as const;
export type TrialState = (typeof trialStates)[number];

const numbers = z.record(z.string(), z.number());

export const trialSchema = z
  .object({
    /** Unique within the study, ascending from 0. */
    number: z.number().int().nonnegative(),
    proposal: proposalSchema,
    derived: numbers,
    seed: z.number().int(),
    state: z.enum(trialStates),
    /** Attempt that is queued, running or ended; 1 for the first. */
    attempt: z.number().int().positive(),
    /** Unguessable mark of the attempt (`TrialTask.mark`). */
    mark: z.string(),
    queuedAt: z.number(),
    startedAt: z.number().exactOptional(),
    finishedAt: z.number().exactOptional(),
    /** Present exactly when the state is `finished`. */
    outcome: outcomeSchema.exactOptional(),
    /** Last finite reading of each metric. */
    metrics: numbers,
    seconds: z.number().exactOptional(),
    peakMemoryBytes: z.number().exactOptional(),
    exitCode: z.number().int().exactOptional(),
    signal: z.string().exactOptional(),
    device: z.string().exactOptional(),
    logTail: z.array(z.string()),
    /** Path of the whole log, relative to the study's folder. */
    logFile: z.string().exactOptional(),
    /** Name of the sandbox the trial ran in. */
    sandbox: z.string().exactOptional(),
  })
  .readonly();
export type TrialRecord = z.infer<typeof trialSchema>;

/** An event as it is appended; the store gives it its sequence. */
export interface NewEvent {
  readonly at: number;
  readonly type: string;
  /** Number of the trial it is about. */
  readonly trial?: number;
  /** JSON; not-a-number and infinities do not survive it. */
  readonly data: unknown;
}

export interface EventRecord extends NewEvent {
  /** 1, 2, 3, ... within the study, without gaps. */
  readonly sequence: number;
}

export interface ObservationRecord extends Observation {
  readonly trial: number;
  readonly attempt: number;
  /** 0, 1, 2, ... within the attempt, over all metrics. */
  readonly index: number;
}

export interface SnapshotRecord {
  /** Format of `text`, chosen by the caller. */
  readonly version: number;
  /** JSON text, word for word as it was saved. */
  readonly text: string;
  /** How many snapshots of the study were saved up to and including this one. */
  readonly generation: number;
}

export interface NewReservation {
  /** Unique within the study; names the call it is for. */
  readonly id: string;
  readonly tokens: number;
  /** US dollars; null where the model's price is not known. */
  readonly cost: number | null;
  readonly at: number;
}

/** The most a model call may cost, set aside before it is made; counts in full until it is settled. */
export interface SpendReservation extends NewReservation {
  /** What the call did cost, once that is known. */
  readonly settled?: Spend;
}

/** What a study has spent. Costs in US dollars are sums over the calls whose price is known. */
export interface SpendTotals {
  /** Settled calls. */
  readonly settled: {
    readonly calls: number;
    readonly tokens: number;
    readonly cost: number;
    readonly unpriced: number;
  };
  /** Reservations that are not settled: calls under way, or cut off by a crash. */
  readonly reserved: {
    readonly calls: number;
    readonly tokens: number;
    readonly cost: number;
    readonly unpriced: number;
  };
}
