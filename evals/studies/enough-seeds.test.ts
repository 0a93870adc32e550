import { expect, it } from "vitest";
import { wilcoxon } from "../statistics/index.js";
import { enoughSeeds, smallestP } from "./enough-seeds.js";

it("5 seeds cannot show a difference at 5 %, 6 can; more comparisons need more", () => {
  expect([1, 2, 3, 4].map((contrasts) => enoughSeeds(contrasts))).toEqual([6, 7, 7, 8]);
});

it("is what the test itself gives for the clearest result", () => {
  for (const pairs of [2, 5, 6, 10]) {
    const own = Array.from({ length: pairs }, (_, k) => k + 1);
    expect(smallestP(pairs)).toBeCloseTo(
      wilcoxon(
        own,
        own.map(() => 0),
      ).p,
      12,
    );
  }
});
