import { type Credit, lostTrials, meanReward, noCredit, usualReward } from "./credit.js";

/** How turns are shared: a fixed part of all proposals for the advisor, or a part that is learned. */
export type Share = "adaptive" | number;

/** Bounds of a learned share: even a bad advisor is asked now and then, even a good one not always. */
export const adaptiveBounds = { low: 0.05, high: 0.7 } as const;

/**
 * What an advisor may cost beyond what its trials gained, in trials of the optimizer: so many in a study, and this part
 * of all trials. A conservative bandit (Wu, Shariff, Lattimore and Szepesvari 2016): however bad the advice, the study
 * stays within reach of the optimizer alone.
 */
export const toleratedLoss = { trials: 4, share: 0.025 } as const;

export interface TurnState {
  /** With forgetting: what each side is worth now. */
  readonly credit: Credit;
  /** Without: what each side has gained and cost in all. */
  readonly total: Credit;
  /** What the advisor is owed, in turns: grows by the share at every turn, falls by one when it is asked. */
  readonly owed: number;
}

export const firstTurn: TurnState = { credit: noCredit, total: noCredit, owed: 0 };

export interface TurnDecision {
  readonly side: "advisor" | "optimizer";
  /** The share in force when this was decided, in [0, 1]. */
  readonly share: number;
  /** One sentence that is shown and stored with the turn. */
  readonly reason: string;
  readonly next: TurnState;
}

/**
 * Decides whose turn it is. The share is kept exactly by error accumulation: over any number of turns n the advisor
 * has had floor(n * share) or ceil(n * share) of them (0.3 means 30 %, 0.8 means 80 %).
 *
 * @param progress part of the trial budget that is used, in [0, 1]; 0 where there is no such budget
 */
export function decideTurn(state: TurnState, share: Share, progress: number): TurnDecision {
  const lost = share === "adaptive" ? lossBeyondTolerance(state.total) : undefined;
  const part = share === "adaptive" ? (lost === undefined ? adaptiveShare(state.credit, progress) : 0) : share;
  // A hair of tolerance, so that ten times 0.1 is one.
  const owed = state.owed + part;
  const advisor = owed >= 1 - 1e-9;
  const about =
    lost !== undefined
      ? `the advisor is not asked: its trials have cost ${lost.toFixed(1)} of the optimizer's, more than is tolerated`
      : share === "adaptive"
        ? `advisor's share is ${percent(part)}, learned from what each side's trials gained (${describe(state.credit)})`
        : `advisor's share is fixed at ${percent(part)}`;
  return {
    side: advisor ? "advisor" : "optimizer",
    share: part,
    reason: about,
    next: { ...state, owed: advisor ? Math.max(0, owed - 1) : owed },
  };
}

/**
 * The learned share: the advisor's part of both mean rewards, drawn towards a prior that favours the advisor early
 * (what it knows of the problem is worth most before there is data) and statistics late.
 */
export function adaptiveShare(credit: Credit, progress: number): number {
  const prior = 0.65 - 0.25 * Math.min(1, Math.max(0, progress));
  const pooled =
    (credit.advisor.reward + credit.optimizer.reward + usualReward) /
    (credit.advisor.trials + credit.optimizer.trials + 1);
  const advisor = meanReward(credit.advisor, pooled);
  const optimizer = meanReward(credit.optimizer, pooled);
  const learned = advisor + optimizer === 0 ? prior : advisor / (advisor + optimizer);
  const evidence = Math.min(credit.advisor.trials, credit.optimizer.trials);
  const share = (4 * prior + evidence * learned) / (4 + evidence);
  return Math.min(adaptiveBounds.high, Math.max(adaptiveBounds.low, share));
}

/** How much the advisor has cost, where that is more than it may; undefined where it is not. */
function lossBeyondTolerance(total: Credit): number | undefined {
  const lost = lostTrials(total);
  const trials = total.advisor.trials + total.optimizer.trials;
  return lost > toleratedLoss.trials + toleratedLoss.share * trials ? lost : undefined;
}

function describe(credit: Credit): string {
  const side = (name: "advisor" | "optimizer"): string => {
    const { trials, reward } = credit[name];
    return trials === 0 ? `${name} none yet` : `${name} ${(reward / trials).toFixed(2)} a trial`;
  };
  return `${side("advisor")}, ${side("optimizer")}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
