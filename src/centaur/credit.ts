/**
 * What each side's proposals have been worth, so that a bad advisor is starved and a good one fed.
 *
 * A finished search trial earns its side a reward in [0, 2]: the squared share of the most recent results that it
 * beats (failures are beaten by every success), plus one where it improved the incumbent by more than the noise.
 * Every trial costs the same, one trial; wall-clock time and money do not enter, so that a resumed or replayed study
 * takes the same turns. Rewards are averaged with exponential forgetting, because what an advisor is worth changes
 * while the search narrows.
 *
 * The credit answers one question, whose configurations gain more, so it goes to whoever made the configuration: a
 * candidate that the advisor accepted, or that ran because the advisor failed, earns for the optimizer, an edited one
 * for the advisor. Otherwise an advisor could live on its rival's work, or an outage would count as bad advice. What
 * an advisor does pay for is an answer that could not be used or came too late: a turn of its own without a gain
 * ({@link noGain}), so that one that never gives a usable answer is asked less and less.
 */
export interface SideCredit {
  /** Discounted number of trials. */
  readonly trials: number;
  /** Discounted sum of rewards. */
  readonly reward: number;
}

export type Side = "advisor" | "optimizer";

export type Credit = Readonly<Record<Side, SideCredit>>;

export const noCredit: Credit = { advisor: { trials: 0, reward: 0 }, optimizer: { trials: 0, reward: 0 } };

/** Reward of an advisor's turn that ended without usable advice through the advisor's own fault. */
export const noGain = 0;

/** Share of the weight that earlier trials of the same side keep when a new one comes in. */
const memory = 0.95;

/** How many of the latest results a new one is compared with. */
export const comparedResults = 20;

export interface Result {
  /** Infinite for a failure. */
  readonly loss: number;
  /** The latest results before it, at most {@link comparedResults} of them; infinite for failures. */
  readonly recent: readonly number[];
  readonly improvedIncumbent: boolean;
}

export function reward(result: Result): number {
  if (!Number.isFinite(result.loss)) return 0;
  const beaten = result.recent.filter((loss) => result.loss < loss).length;
  const share = result.recent.length === 0 ? 0.5 : beaten / result.recent.length;
  return share ** 2 + (result.improvedIncumbent ? 1 : 0);
}

export function addReward(credit: Credit, side: Side, amount: number): Credit {
  const before = credit[side];
  return {
    ...credit,
    [side]: { trials: before.trials * memory + 1, reward: before.reward * memory + amount },
  };
}

/** Mean reward of a side, drawn towards `prior` by the weight of two trials while there is little to go by. */
export function meanReward(credit: SideCredit, prior: number): number {
  return (credit.reward + 2 * prior) / (credit.trials + 2);
}
