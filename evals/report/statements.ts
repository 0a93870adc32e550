import { type Analysis, type Contrast, tooFewTasks } from "../analysis/index.js";
import type { RunConditions } from "./run-conditions.js";

/** What a report says first. */
export interface Statements {
  /** One for each planned contrast; each duel where none was planned. */
  readonly sentences: readonly { readonly text: string; readonly verdict: Contrast["verdict"] }[];
  /** Whether the methods differ at all, and what else there is to say of all of them. */
  readonly remarks: readonly string[];
  /** Promises that are not kept, runs that failed, known values that were beaten. */
  readonly warnings: readonly string[];
}

export function statementsOf(analysis: Analysis, { broken, failed }: RunConditions): Statements {
  const { contrasts, overall, beaten } = analysis;
  const tooFew = tooFewTasks(plannedOf(analysis));
  return {
    sentences: plannedOf(analysis).map(({ sentence, verdict }) => ({ text: capitalised(sentence), verdict })),
    remarks: [
      ...(tooFew === undefined ? [] : [tooFew]),
      ...(overall === null ? [] : [capitalised(overall)]),
      ...(contrasts.length === 0 && analysis.duels.length > 1
        ? ["No pairs were chosen before the runs, so that each method is compared with the reference"]
        : []),
    ],
    warnings: [
      ...broken.map(({ claim, found }) => `Not kept: ${claim}; ${found}`),
      ...failed.map(({ name, reason }) => `Failed, and its task left out for all methods: ${name} (${reason})`),
      ...beaten.map(
        ({ task, value, best }) =>
          `Best known value of ${task} beaten: ${value} instead of ${best}; calibrate it again.`,
      ),
    ],
  };
}

/** The family that the report is about. */
export function plannedOf({ contrasts, duels }: Analysis): readonly Contrast[] {
  return contrasts.length > 0 ? contrasts : duels;
}

/** A sentence's first letter, unless it belongs to the name of a method. */
function capitalised(sentence: string): string {
  return /^(no|the|that) /.test(sentence) ? sentence.charAt(0).toUpperCase() + sentence.slice(1) : sentence;
}
