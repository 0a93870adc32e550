/**
 * What each side's proposals have been worth, so that a bad advisor is starved and a good one fed.
 *
 * A finished search trial earns its side a reward in [0, 1] for how far it moved the incumbent, see {@link reward};
 * one that did not move it earns nothing. Being merely close to the incumbent is worth nothing: whoever repeats it
 * with small changes is always close, and shows nothing. Every trial costs the same, one trial; wall-clock time and
 * money do not enter, so that a resumed or replayed study takes the same turns.
 *
 * The credit answers one question, whose configurations gain more, so it goes to whoever made the configuration: a
 * candidate that the advisor accepted, or that ran because the advisor failed, earns for the optimizer, an edited one
 * for the advisor. Otherwise an advisor could live on its rival's work, or an outage would count as bad advice. What
 * an advisor does pay for is an answer that could not be used or came too late: a turn of its own without a gain
 * ({@link noGain}), so that one that never gives a usable answer is asked less and less.
 */
export interface SideCredit {
  /** Number of trials. */
  readonly trials: number;
  /** Sum of rewards. */
  readonly reward: number;
}

export type Side = "advisor" | "optimizer";

export type Credit = Readonly<Record<Side, SideCredit>>;

export const noCredit: Credit = { advisor: { trials: 0, reward: 0 }, optimizer: { trials: 0, reward: 0 } };

/** Reward of an advisor's turn that ended without usable advice through the advisor's own fault. */
export const noGain = 0;

/**
 * Share of the weight that earlier trials of the same side keep when a new one comes in: what an advisor is worth
 * changes while the search narrows.
 */
const memory = 0.95;

/** How many of the latest results the size of an improvement is measured by. */
export const comparedResults = 20;

export interface Result {
  /** Infinite for a failure. */
  readonly loss: number;
  /** Of the incumbent before it; infinite where there was none. */
  readonly incumbent: number;
  /** Standard deviation of repeated runs; 0 where it is not known. */
  readonly noise: number;
  /** The latest results before it, at most {@link comparedResults} of them; infinite for failures. */
  readonly recent: readonly number[];
}

/**
 * The improvement beyond the noise, as a share of how far the incumbent stands above the median of recent results that
 * succeeded; its square root, so that many small steps count next to one leap. 1 for an improvement as large as that,
 * and for the first success.
 */
export function reward({ loss, incumbent, noise, recent }: Result): number {
  if (!Number.isFinite(loss)) return 0;
  if (!Number.isFinite(incumbent)) return 1;
  const gain = incumbent - noise - loss;
  if (gain <= 0) return 0;
  const successes = recent.filter(Number.isFinite).sort((a, b) => a - b);
  const median = successes[Math.floor(successes.length / 2)] ?? incumbent;
  const scale = Math.max(median - incumbent, gain);
  return Math.sqrt(gain / scale);
}

/** Adds a trial with its reward, and forgets a little of what was before. */
export function addReward(credit: Credit, side: Side, amount: number): Credit {
  return added(credit, side, amount, memory);
}

/** Adds a trial with its reward, and forgets nothing. */
export function addToTotal(total: Credit, side: Side, amount: number): Credit {
  return added(total, side, amount, 1);
}

function added(credit: Credit, side: Side, amount: number, kept: number): Credit {
  const before = credit[side];
  return { ...credit, [side]: { trials: before.trials * kept + 1, reward: before.reward * kept + amount } };
}

/** Mean reward of a side, drawn towards `prior` by the weight of two trials while there is little to go by. */
export function meanReward(credit: SideCredit, prior: number): number {
  return (credit.reward + 2 * prior) / (credit.trials + 2);
}

/** What a trial is worth while nothing is known of it: about one in three improves, by a fifth. */
export const usualReward = 0.15;

/**
 * What asking the advisor has cost so far, in trials of the optimizer: as many as would have gained, at the
 * optimizer's own mean reward, what the advisor's trials failed to gain. Negative where they gained more.
 *
 * @param total nothing forgotten
 */
export function lostTrials({ advisor, optimizer }: Credit): number {
  return advisor.trials - advisor.reward / meanReward(optimizer, usualReward);
}
