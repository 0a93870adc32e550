import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { friedman } from "./friedman.js";
import { studentizedRangeCdf, studentizedRangeQuantile } from "./studentized-range.js";
import { wilcoxon } from "./wilcoxon.js";

const signedRanks = z
  .array(z.object({ differences: z.array(z.number()), statistic: z.number(), p: z.number() }))
  .min(1);

/** Written by fixtures/from-scipy.py. */
const scipy = z
  .object({
    scipy: z.string(),
    friedman: z.array(z.object({ scores: z.array(z.array(z.number())), chiSquared: z.number(), p: z.number() })).min(1),
    wilcoxonExact: signedRanks,
    wilcoxonPermuted: signedRanks,
    wilcoxonApproximate: signedRanks,
    studentizedRange: z.array(z.object({ p: z.number(), count: z.number(), quantile: z.number() })).min(1),
  })
  .parse(JSON.parse(readFileSync(new URL("fixtures/scipy.json", import.meta.url), "utf8")));

describe(`scipy ${scipy.scipy} agrees`, () => {
  it.each(scipy.friedman)("on Friedman's test, $p", ({ scores, chiSquared, p }) => {
    const test = friedman(scores);
    expect(test.chiSquared).toBeCloseTo(chiSquared, 9);
    expect(test.p / p).toBeCloseTo(1, 8);
  });

  it.each([
    ...scipy.wilcoxonExact.map((each) => ({ ...each, exact: true })),
    ...scipy.wilcoxonPermuted.map((each) => ({ ...each, exact: true })),
    ...scipy.wilcoxonApproximate.map((each) => ({ ...each, exact: false })),
  ])("on Wilcoxon's test, exact: $exact, $p", ({ differences, statistic, p, exact }) => {
    const test = wilcoxon(
      differences,
      differences.map(() => 0),
    );
    expect(test.exact).toBe(exact);
    expect(Math.min(test.larger, test.smaller)).toBeCloseTo(statistic, 9);
    expect(test.p / p).toBeCloseTo(1, 8);
  });

  it.each(scipy.studentizedRange)(
    "on the range of $count normal values, $p below $quantile",
    ({ p, count, quantile }) => {
      expect(studentizedRangeQuantile(p, count)).toBeCloseTo(quantile, 6);
      expect(studentizedRangeCdf(quantile, count)).toBeCloseTo(p, 8);
    },
  );
});
