import { describe, expect, test } from "vitest";
import { runNoises } from "./conditions.js";
import { rivals } from "./rivals.js";
import { gateJudge, type Judge, simulateStudy } from "./simulate.js";

const studies = 10;

function kept(judge: Judge, noise: (typeof runNoises)[number], gain: number, tries: number) {
  const verdicts = Array.from({ length: studies }, (_, seed) =>
    simulateStudy(judge, noise, { gain: [gain], tries, known: true, seed }),
  ).flat();
  return {
    share: verdicts.filter((verdict) => verdict.kept).length / verdicts.length,
    pairs: verdicts.reduce((sum, { runs }) => sum + runs / 2, 0) / verdicts.length,
  };
}

describe.each(runNoises)("noise: $name", (noise) => {
  test("of 200 versions that gain nothing hardly one is kept, at about two pairs each", () => {
    const { share, pairs } = kept(gateJudge(20), noise, 0, 200);
    expect(share).toBeLessThan(0.002);
    expect(pairs).toBeLessThan(3.5);
  });

  test("a gain of five deviations is found", () => {
    expect(kept(gateJudge(20), noise, 5, 5).share).toBeGreaterThan(0.85);
  });
});

test("keeping whatever came out better keeps half of what gains nothing", () => {
  const [oneRun] = rivals;
  const [normal] = runNoises;
  if (oneRun === undefined || normal === undefined) throw new Error("the lists are empty");
  const { share } = kept(oneRun, normal, 0, 200);
  expect(share).toBeGreaterThan(0.45);
  expect(share).toBeLessThan(0.55);
});
