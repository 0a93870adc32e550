import { describe, expect, it } from "vitest";
import { addReward, type Credit, noCredit, reward } from "./credit.js";
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
    expect(adaptiveShare(noCredit, 0)).toBe(0.5);
    expect(adaptiveShare(noCredit, 1)).toBe(0.25);
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

describe("the reward of a trial", () => {
  it("is nothing for a failure", () => {
    expect(reward({ loss: Number.POSITIVE_INFINITY, recent: [1, 2], improvedIncumbent: false })).toBe(0);
  });

  it("grows with the share of recent results that it beats, and by one for a new incumbent", () => {
    const recent = [1, 2, 3, Number.POSITIVE_INFINITY];
    expect(reward({ loss: 2.5, recent, improvedIncumbent: false })).toBe(0.25);
    expect(reward({ loss: 0.5, recent, improvedIncumbent: true })).toBe(2);
  });
});
