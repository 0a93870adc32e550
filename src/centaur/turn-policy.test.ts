import { describe, expect, it } from "vitest";
import { addReward, addToTotal, type Credit, noCredit, reward } from "./credit.js";
import { adaptiveBounds, adaptiveShare, decideTurn, firstTurn, type Share } from "./turn-policy.js";

function advisorTurns(share: Share, turns: number): number {
  let state = firstTurn;
  let count = 0;
  for (let turn = 0; turn < turns; turn++) {
    const decision = decideTurn(state, share, turn / turns);
    if (decision.side === "advisor") count++;
    state = decision.next;
  }
  return count;
}

describe("a fixed share", () => {
  it.each([0, 0.1, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])("of %s is kept exactly", (share) => {
    for (const turns of [1, 3, 10, 37, 100, 1000]) {
      const count = advisorTurns(share, turns);
      expect(Math.abs(count - share * turns)).toBeLessThan(1 + 1e-6);
    }
    expect(advisorTurns(share, 1000)).toBe(Math.round(share * 1000));
  });
});

function earned(side: "advisor" | "optimizer", rewards: readonly number[], credit: Credit = noCredit): Credit {
  return rewards.reduce((sum, each) => addReward(sum, side, each), credit);
}

describe("an adaptive share", () => {
  it("favours the advisor early and statistics late while nothing is known", () => {
    expect(adaptiveShare(noCredit, 0)).toBe(0.65);
    expect(adaptiveShare(noCredit, 1)).toBe(0.4);
  });

  it("feeds a good advisor within about ten trials", () => {
    const credit = earned("advisor", [1.5, 1.2, 0.8, 1.6, 0.9], earned("optimizer", [0.1, 0.3, 0, 0.2, 0.1]));
    expect(adaptiveShare(credit, 0.2)).toBeGreaterThan(0.6);
  });

  it("starves a bad advisor, but asks it now and then", () => {
    const credit = earned("advisor", Array(20).fill(0), earned("optimizer", Array(20).fill(0.9)));
    const share = adaptiveShare(credit, 0.5);
    expect(share).toBeLessThan(0.2);
    expect(share).toBeGreaterThanOrEqual(adaptiveBounds.low);
  });

  it("forgets: an advisor that stops gaining loses its share again", () => {
    const good = earned("advisor", Array(10).fill(1.5), earned("optimizer", Array(10).fill(0.3)));
    const tired = earned("optimizer", Array(40).fill(0.5), earned("advisor", Array(40).fill(0), good));
    expect(adaptiveShare(tired, 0.8)).toBeLessThan(adaptiveShare(good, 0.8) / 2);
  });

  it("says why in every decision", () => {
    expect(decideTurn(firstTurn, "adaptive", 0).reason).toContain("learned from what each side's trials gained");
    expect(decideTurn(firstTurn, 0.3, 0).reason).toBe("advisor's share is fixed at 30 %");
  });
});

/** Takes turns for so many trials; each side's trials earn what it is said to. */
function advisorTrials(trials: number, rewards: { advisor: (turn: number) => number; optimizer: number }): number {
  let state = firstTurn;
  let asked = 0;
  for (let turn = 0; turn < trials; turn++) {
    const { side, next } = decideTurn(state, "adaptive", turn / trials);
    const amount = side === "advisor" ? rewards.advisor(turn) : rewards.optimizer;
    if (side === "advisor") asked++;
    state = {
      ...next,
      credit: addReward(next.credit, side, amount),
      total: addToTotal(next.total, side, amount),
    };
  }
  return asked;
}

describe("what a learned share may cost", () => {
  it.each([40, 80, 300])("is four trials and a fortieth of %i where the advisor never gains anything", (trials) => {
    for (const optimizer of [0.02, 0.1, 0.3]) {
      const asked = advisorTrials(trials, { advisor: () => 0, optimizer });
      expect(asked).toBeLessThanOrEqual(5 + 0.025 * trials);
      // It may have become better meanwhile.
      expect(asked).toBeGreaterThanOrEqual(3);
    }
  });

  it("does not hold back an advisor that gains as much as the optimizer", () => {
    expect(advisorTrials(80, { advisor: () => 0.1, optimizer: 0.1 })).toBeGreaterThan(24);
  });

  it("lets one that was right early be wrong for a while, not for ever", () => {
    const asked = advisorTrials(300, { advisor: (turn) => (turn < 10 ? 1 : 0), optimizer: 0.1 });
    expect(asked).toBeGreaterThan(15);
    expect(asked).toBeLessThan(100);
  });

  it("is said where an advisor is not asked for it", () => {
    const total = Array.from({ length: 5 }).reduce((sum: Credit) => addToTotal(sum, "advisor", 0), noCredit);
    expect(decideTurn({ ...firstTurn, total }, "adaptive", 0)).toMatchObject({
      side: "optimizer",
      share: 0,
      reason: "the advisor is not asked: its trials have cost 5.0 of the optimizer's, more than is tolerated",
    });
    // A fixed share is what the person wants.
    expect(decideTurn({ ...firstTurn, total }, 1, 0).side).toBe("advisor");
  });
});

describe("the reward of a trial", () => {
  const before = { incumbent: 2, noise: 0, recent: [2, 3, 4, Number.POSITIVE_INFINITY] };

  it("is nothing for a failure, and for what does not move the incumbent", () => {
    expect(reward({ ...before, loss: Number.POSITIVE_INFINITY })).toBe(0);
    expect(reward({ ...before, loss: 2.001 })).toBe(0);
    expect(reward({ ...before, loss: 2 })).toBe(0);
  });

  it("grows with the improvement, measured by how far the incumbent stands above what is usual", () => {
    expect(reward({ ...before, loss: 1.75 })).toBe(0.5);
    expect(reward({ ...before, loss: 1 })).toBe(1);
    expect(reward({ ...before, loss: -50 })).toBe(1);
    expect(reward({ ...before, loss: 1.999 })).toBeLessThan(0.05);
  });

  it("counts only what is beyond the noise", () => {
    expect(reward({ ...before, noise: 0.3, loss: 1.75 })).toBe(0);
    expect(reward({ ...before, noise: 0.3, loss: 1.45 })).toBe(0.5);
  });

  it("is whole for the first success", () => {
    expect(reward({ ...before, incumbent: Number.POSITIVE_INFINITY, loss: 9 })).toBe(1);
  });
});
