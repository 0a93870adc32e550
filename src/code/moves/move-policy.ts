import { z } from "zod";
import { short } from "../../evidence/numbers.js";
import type { Gain } from "../version.js";

/**
 * How the budget is shared between the two kinds of moves: numbers (a trial of the optimizer) and structure (a new code
 * version, with all it takes to judge it). Each kind is worth its measured gain per trial; the share of structure is its
 * part of both. Trials of both kinds fade out of the account at the same pace (a discounted bandit, Garivier and
 * Moulines 2011): numbers that are tuned out lose their share, and a kind that was long not tried is not judged by its
 * past.
 *
 * Only trials count, no seconds and no money, so that a resumed study moves alike (docs/decisions/turns-and-credit.md).
 */
export type MoveKind = "structure" | "numbers";

const accountSchema = z.object({ trials: z.number().nonnegative(), gain: z.number().nonnegative() });

/** Stored with the study. */
export const movesSchema = z.object({
  structure: accountSchema,
  numbers: accountSchema,
  /** Trials that structure is owed: grows by its share with every trial, falls by one with each of its own. */
  owed: z.number(),
});
export type Moves = z.infer<typeof movesSchema>;

export const noMoves: Moves = {
  structure: { trials: 0, gain: 0 },
  numbers: { trials: 0, gain: 0 },
  owed: 0,
};

/** Neither kind is starved, whatever it has shown. */
export const structureBounds = { low: 0.1, high: 0.8 } as const;

/** Part of the account that is left after one more trial: half of it after about 50. */
const memory = 0.986;

/** Weight of the prior, at which both kinds are worth the same: about one version, judged in full. */
const priorTrials = 20;

/** Structure is never owed more than this, so that a long stretch of numbers is not followed by versions alone. */
const mostOwed = 20;

/**
 * Enters what was spent and what it brought.
 *
 * @param trials of a version: all it took, check, tuning, its parent's tuning and pairs, kept or not; one for a trial of
 *   the optimizer
 * @param gain in the objective's units, 0 where there was none. Of a kept version: {@link creditedGain}. Of numbers: by
 *   how much the estimated true value of the incumbent has improved
 */
export function recordMove(
  moves: Moves,
  { kind, trials, gain }: { readonly kind: MoveKind; readonly trials: number; readonly gain: number },
): Moves {
  const faded = (account: Moves[MoveKind]) => {
    const kept = memory ** trials;
    return { trials: account.trials * kept, gain: account.gain * kept };
  };
  const next = { structure: faded(moves.structure), numbers: faded(moves.numbers) };
  next[kind] = { trials: next[kind].trials + trials, gain: next[kind].gain + Math.max(0, gain) };
  const earned = structureShare(moves) * trials - (kind === "structure" ? trials : 0);
  return { ...next, owed: Math.min(mostOwed, moves.owed + earned) };
}

/**
 * What a version that passed the gate counts for: a quarter of the way from the mean to the lower end of its interval,
 * about one standard error below the mean. That is as far as the estimated true value of an incumbent is drawn back for
 * luck, so that both kinds of moves are measured alike. In the noise suite (evals/code-gate.ts) the mean itself is a tenth
 * too high for gains of two deviations of a run and right for larger ones, though 60 % too high for the few gains of one
 * that pass; the lower end is a quarter of the gain to two fifths and would starve structure.
 */
export function creditedGain({ mean, low }: Gain): number {
  return Math.max(0, mean - (mean - low) / 4);
}

/** The part of all trials that should go into structure, in [0.1, 0.8]; a half while nothing is known. */
export function structureShare(moves: Moves): number {
  const { structure, numbers } = rates(moves);
  const share = structure + numbers === 0 ? 0.5 : structure / (structure + numbers);
  return Math.min(structureBounds.high, Math.max(structureBounds.low, share));
}

export interface MoveDecision {
  readonly kind: MoveKind;
  /** Share of structure that is in force, in [0, 1]. */
  readonly share: number;
  /** One sentence that is shown and stored with the move. */
  readonly reason: string;
}

/** Trials after which a version can be compared with something even where the noise was never measured. */
const fewTrials = 5;

/**
 * The next move.
 *
 * @param known what there is to compare a version with: whether the default has a result, whether the noise has been
 *   measured, and how many trials have succeeded
 */
export function decideMove(
  moves: Moves,
  known: { readonly defaultDone: boolean; readonly noise: boolean; readonly trials: number },
): MoveDecision {
  const share = structureShare(moves);
  if (!known.defaultDone) return { kind: "numbers", share, reason: "The code as it was given has no result yet." };
  if (!known.noise && known.trials < fewTrials) {
    const reason = `The noise is not known and only ${known.trials} of ${fewTrials} trials have succeeded: a version could not be judged yet.`;
    return { kind: "numbers", share, reason };
  }
  const kind = moves.owed >= 0 ? "structure" : "numbers";
  return { kind, share, reason: `${percent(share)} of trials for structure (${describe(moves)}).` };
}

function rates({ structure, numbers }: Moves): Readonly<Record<MoveKind, number>> {
  const trials = structure.trials + numbers.trials;
  const common = trials === 0 ? 0 : (structure.gain + numbers.gain) / trials;
  const rate = (account: Moves[MoveKind]) => (account.gain + common * priorTrials) / (account.trials + priorTrials);
  return { structure: rate(structure), numbers: rate(numbers) };
}

function describe({ structure, numbers }: Moves): string {
  const side = (name: string, { trials, gain }: Moves[MoveKind]) =>
    trials < 0.5 ? `${name} not tried lately` : `${name} gained ${short(gain / trials, 2)} a trial`;
  return `${side("structure", structure)}, ${side("numbers", numbers)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
