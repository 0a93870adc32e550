import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import { type FeasibilityTrial, fitFeasibility } from "./feasibility.js";
import { trainingProblem } from "./fixtures/training-problem.js";

const problem = trainingProblem(12);
const { space } = problem;

function stream(...path: readonly (string | number)[]): RandomStream {
  return RandomStream.fromSeed(deriveSeed(2603, ...path));
}

const byMemory = (configuration: Configuration): FeasibilityTrial =>
  problem.outOfMemory(configuration)
    ? { configuration, failed: true, kind: "out_of_memory" }
    : { configuration, failed: false };
const byMemoryOrDivergence = (configuration: Configuration): FeasibilityTrial =>
  !problem.outOfMemory(configuration) && problem.diverges(configuration)
    ? { configuration, failed: true, kind: "diverged" }
    : byMemory(configuration);
/** A region that no plane separates. */
const byIsland = (configuration: Configuration): FeasibilityTrial => ({
  configuration,
  failed: Math.abs(Number(configuration.idle_0) - 0.5) < 0.25 && Number(configuration.idle_1) > 0.4,
});

function trials(count: number, label: typeof byMemory, random: RandomStream): readonly FeasibilityTrial[] {
  return Array.from({ length: count }, () => label(space.sample(random)));
}

describe("fitFeasibility", () => {
  it.each([
    { count: 15, limit: "memory", label: byMemory, ratio: 0.9 },
    { count: 30, limit: "memory", label: byMemory, ratio: 0.65 },
    { count: 100, limit: "memory", label: byMemory, ratio: 0.35 },
    { count: 100, limit: "memory and divergence", label: byMemoryOrDivergence, ratio: 0.6 },
    { count: 120, limit: "island", label: byIsland, ratio: 0.8 },
  ])("beats the base rate on unseen trials by Brier score: $count trials, $limit", ({ count, label, ratio }) => {
    let score = 0;
    let baseScore = 0;
    for (let study = 0; study < 8; study++) {
      const random = stream("brier", count, study);
      const seen = trials(count, label, random);
      const model = fitFeasibility(space, seen, { seed: study });
      const baseRate = seen.filter(({ failed }) => failed).length / count;
      for (const { configuration, failed } of trials(100, label, random)) {
        const outcome = failed ? 1 : 0;
        score += (model.probability(configuration) - outcome) ** 2;
        baseScore += (baseRate - outcome) ** 2;
      }
    }
    expect(score / baseScore).toBeLessThan(ratio);
  });

  it("means its probabilities: of configurations given 60 to 90 %, about that many fail", () => {
    let expected = 0;
    let observed = 0;
    let count = 0;
    for (let study = 0; study < 8; study++) {
      const random = stream("reliability", study);
      const model = fitFeasibility(space, trials(40, byMemory, random), { seed: study });
      for (const { configuration, failed } of trials(150, byMemory, random)) {
        const probability = model.probability(configuration);
        if (probability < 0.6 || probability > 0.9) continue;
        expected += probability;
        observed += failed ? 1 : 0;
        count++;
      }
    }
    expect(count).toBeGreaterThan(50);
    expect(Math.abs(observed - expected) / count).toBeLessThan(0.15);
  });

  it("tells the kinds of failure apart", () => {
    const random = stream("kinds");
    const model = fitFeasibility(space, trials(120, byMemoryOrDivergence, random), { seed: 1 });
    const huge = { ...space.defaults(), width: 1024, depth: 12, batch: 512 };
    const hot = { ...space.defaults(), lr: 0.9 };
    expect(model.kinds(huge)[0]?.kind).toBe("out_of_memory");
    expect(model.kinds(hot)[0]?.kind).toBe("diverged");
    expect(model.kinds(huge).reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(
      model.probability(huge),
      12,
    );
    expect(model.probability(huge)).toBeGreaterThan(0.9);
    expect(model.probability(space.defaults())).toBeLessThan(0.2);
  });

  it("points at the trials in which its answer can be checked", () => {
    const seen = [...trials(60, byMemory, stream("evidence")), byMemory(space.defaults())];
    const model = fitFeasibility(space, seen, { seed: 1 });
    const { failed, succeeded } = model.evidence(space.defaults());
    expect(succeeded[0]).toBe(60);
    expect(failed).toHaveLength(3);
    expect(succeeded).toHaveLength(3);
    for (const i of failed) expect(seen[i]?.failed).toBe(true);
    for (const i of succeeded) expect(seen[i]?.failed).toBe(false);
    const huge = { ...space.defaults(), width: 1024, depth: 12, batch: 512 };
    const use = (i: number): number => {
      const { width, depth, batch } = seen[i]!.configuration;
      return Number(width) ** 2 * Number(depth) * Number(batch);
    };
    const average = (of: readonly number[]): number => of.reduce((sum, i) => sum + Math.log(use(i)), 0) / of.length;
    expect(average(model.evidence(huge).failed)).toBeGreaterThan(average(failed));
  });

  it("gives a small probability, smaller with every success, while nothing has failed", () => {
    const none = fitFeasibility(space, [], { seed: 1 }).probability(space.defaults());
    const ten = fitFeasibility(
      space,
      trials(10, (configuration) => ({ configuration, failed: false }), stream("clean")),
      { seed: 1 },
    );
    expect(none).toBeCloseTo(0.1, 12);
    expect(ten.probability(space.defaults())).toBeLessThan(0.02);
    expect(ten.kinds(space.defaults())).toEqual([]);
    expect(ten.evidence(space.defaults()).failed).toEqual([]);
  });

  it("learns from the very first failure, and survives when everything failed", () => {
    const failure: FeasibilityTrial = { configuration: space.defaults(), failed: true, kind: "crashed" };
    const first = fitFeasibility(space, [failure], { seed: 1 }).probability(space.defaults());
    expect(first).toBeGreaterThan(0.1);
    expect(first).toBeLessThan(0.9);
    const all = fitFeasibility(
      space,
      trials(12, (configuration) => ({ configuration, failed: true }), stream("broken")),
      { seed: 1 },
    );
    expect(all.probability(space.defaults())).toBeGreaterThan(0.7);
    expect(all.kinds(space.defaults()).map(({ kind }) => kind)).toEqual(["failed"]);
  });

  it("gives the same answer for the same trials and seed", () => {
    const seen = trials(50, byMemoryOrDivergence, stream("again"));
    const [a, b] = [1, 1].map((seed) => fitFeasibility(space, seen, { seed }).probability(space.defaults()));
    expect(a).toBe(b);
  });
});
