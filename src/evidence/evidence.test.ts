import { describe, expect, it } from "vitest";
import { RandomStream } from "../math/random.js";
import { SearchSpace } from "../space/index.js";
import { Evidence, type FinishedTrial, type Objective, toLoss } from "./index.js";
import { noiseFloor } from "./noise-floor.js";
import { complete, failed, finishedTrial, type TrialSketch } from "./testing/finished-trials.js";
import { priorOf, trueValue } from "./true-value.js";

const space = SearchSpace.from({
  parameters: [{ name: "lr", kind: "float", low: 0, high: 100, scale: "linear", default: 1 }],
  constraints: [],
  derived: [],
});
const minimize: Objective = { metric: "loss", direction: "minimize" };

/** Evidence of runs `[lr, value]`; a value that is a word is the kind of a failure. */
function evidenceOf(
  runs: readonly (readonly [lr: number, value: number | "out_of_memory" | "lost", sketch?: TrialSketch])[],
  objective = minimize,
): Evidence {
  const evidence = new Evidence(space, objective);
  for (const [number, [lr, value, sketch]] of runs.entries()) {
    const outcome = typeof value === "number" ? complete(value) : failed(value);
    evidence.add(finishedTrial(number, { lr }, outcome, sketch));
  }
  return evidence;
}

describe("the incumbent", () => {
  it("is the lowest value while nothing has been repeated, and the highest where that is better", () => {
    const runs = [
      [1, 3],
      [2, 1],
      [3, 2],
    ] as const;
    expect(evidenceOf(runs).incumbent).toMatchObject({
      group: { configuration: { lr: 2 } },
      estimate: { mean: 1, deviation: 0, runs: 1 },
    });
    expect(evidenceOf(runs, { metric: "accuracy", direction: "maximize" }).incumbent).toMatchObject({
      group: { configuration: { lr: 1 } },
      estimate: { mean: 3 },
    });
  });

  it("is not the luckiest run: one good run counts for less than three that are nearly as good", () => {
    const evidence = evidenceOf([
      [1, 2.0],
      [2, 1.1],
      [2, 0.9],
      [2, 1.0],
      [3, 0.99],
      [4, 1.6],
      [5, 1.4],
    ]);
    expect(evidence.incumbent?.group.configuration).toEqual({ lr: 2 });
    const lucky = evidence.estimate(evidence.group({ lr: 3 })!)!;
    expect(lucky.mean).toBeGreaterThan(1);
    expect(lucky.deviation).toBeGreaterThan(evidence.incumbent!.estimate.deviation);
  });

  it("stays with the earlier of two that are equal", () => {
    expect(
      evidenceOf([
        [7, 1],
        [3, 1],
      ]).incumbent?.group.configuration,
    ).toEqual({ lr: 7 });
  });

  it("does not fail in most of its runs, and lost runs do not count on either side", () => {
    const flaky = evidenceOf([
      [1, 1],
      [1, "out_of_memory"],
      [1, "out_of_memory"],
      [1, "lost"],
      [1, "lost"],
      [2, 5],
    ]);
    expect(flaky.group({ lr: 1 })).toMatchObject({ failures: 2, judged: 3 });
    expect(flaky.incumbent?.group.configuration).toEqual({ lr: 2 });
    const unlucky = evidenceOf([
      [1, "lost"],
      [1, "lost"],
      [1, 1],
      [2, 5],
    ]);
    expect(unlucky.incumbent?.group.configuration).toEqual({ lr: 1 });
  });

  it("satisfies the constraints on metrics; a metric that is missing satisfies nothing", () => {
    const fast: Objective = { ...minimize, constraints: ["latency <= 20"] };
    const evidence = evidenceOf(
      [
        [1, 1, { metrics: { latency: 30 } }],
        [2, 2],
        [3, 3, { metrics: { latency: 10 } }],
      ],
      fast,
    );
    expect(evidence.incumbent?.group.configuration).toEqual({ lr: 3 });
    expect(evidence.trials.map((trial) => evidence.violated(trial))).toEqual([
      "latency <= 20",
      "latency <= 20",
      undefined,
    ]);
  });

  it("is nobody while nothing has completed", () => {
    expect(evidenceOf([[1, "out_of_memory"]]).incumbent).toBeUndefined();
    expect(new Evidence(space, minimize).incumbent).toBeUndefined();
  });
});

describe("the noise floor", () => {
  it("is unknown, not zero, until a configuration has run twice", () => {
    expect(
      evidenceOf([
        [1, 1],
        [2, 2],
      ]).noise,
    ).toBeUndefined();
    expect(
      evidenceOf([
        [1, 1],
        [1, 1],
      ]).noise,
    ).toEqual({ deviation: 0, degreesOfFreedom: 1 });
  });

  it("pools the deviations within configurations, whatever lies between them", () => {
    const noise = noiseFloor([[1, 3], [100, 101, 102], [7]]);
    // Squares 1 + 1 and 1 + 0 + 1 over 1 + 2 degrees of freedom.
    expect(noise?.degreesOfFreedom).toBe(3);
    expect(noise?.deviation).toBeCloseTo(Math.sqrt(4 / 3), 12);
  });
});

describe("an estimate", () => {
  const prior = { centre: 2, spread: 1 };

  it("lies between the mean of the runs and the centre, nearer to the mean with every run", () => {
    expect(trueValue([1], 1, prior)).toEqual({ mean: 1.5, deviation: Math.sqrt(0.5), runs: 1 });
    expect(trueValue([1, 1, 1], 1, prior).mean).toBeCloseTo(1.25, 12);
    expect(trueValue([1], 0, prior)).toEqual({ mean: 1, deviation: 0, runs: 1 });
  });

  it("is never drawn further than one standard error: what is clearly worse stays clearly worse", () => {
    expect(trueValue([10], 1, prior).mean).toBe(9);
    expect(trueValue([10, 10, 10, 10], 1, prior).mean).toBe(9.5);
    expect(trueValue([-10], 1, prior).mean).toBe(-9);
  });

  it("is drawn to the better half, which a run that exploded does not move", () => {
    expect(priorOf([1, 2, 3, 1e9], 0)).toEqual({ centre: 1.5, spread: Math.SQRT1_2 });
    expect(priorOf([5], 0.3)).toEqual({ centre: 5, spread: 0.3 });
  });

  it("softens the winner's curse: the best of many equal configurations is estimated nearer to the truth than it ran", () => {
    const random = RandomStream.fromSeed(3);
    const evidence = new Evidence(space, minimize);
    let number = 0;
    let luckiest = Number.POSITIVE_INFINITY;
    for (let lr = 0; lr < 100; lr++) {
      const runs = lr < 10 ? 2 : 1;
      for (let run = 0; run < runs; run++) {
        const value = 1 + 0.1 * random.normal();
        luckiest = Math.min(luckiest, value);
        evidence.add(finishedTrial(number++, { lr }, complete(value)));
      }
    }
    expect(luckiest).toBeLessThan(0.8);
    expect(Math.abs(evidence.incumbent!.estimate.mean - 1)).toBeLessThan(0.75 * Math.abs(luckiest - 1));
  });
});

/** The definitions, word for word, without anything kept from one trial to the next. */
function plainly(trials: readonly FinishedTrial[], objective: Objective) {
  const losses = new Map<number, number[]>();
  for (const { proposal, outcome } of trials) {
    if (outcome.kind !== "complete") continue;
    const lr = Number(proposal.configuration.lr);
    losses.set(lr, [...(losses.get(lr) ?? []), toLoss(objective, outcome.value)]);
  }
  const noise = noiseFloor(losses.values());
  const means = [...losses.values()].map((each) => each.reduce((a, b) => a + b, 0) / each.length);
  const prior =
    means.length === 0
      ? undefined
      : priorOf(
          means.sort((a, b) => a - b),
          noise?.deviation ?? 0,
        );
  const estimates = new Map(
    prior === undefined ? [] : [...losses].map(([lr, each]) => [lr, trueValue(each, noise?.deviation ?? 0, prior)]),
  );
  return { noise, estimates };
}

describe("adding trials one by one", () => {
  it.each([1, 2, 3])("says the same as the plain formulas over all trials (seed %s)", (seed) => {
    const random = RandomStream.fromSeed(seed);
    const objective: Objective = { metric: "x", direction: seed === 2 ? "maximize" : "minimize" };
    const evidence = new Evidence(space, objective);
    for (let number = 0; number < 150; number++) {
      // Few places, so that many are repeated, and values that coincide now and then.
      const lr = random.integer(60);
      const kind = random.integer(10);
      const value = Math.round(100 * (Math.abs(lr - 20) / 10 + 0.3 * random.normal())) / 100;
      const outcome = kind === 0 ? failed("diverged") : kind === 1 ? failed("lost") : complete(value);
      evidence.add(finishedTrial(number, { lr }, outcome));
      const { noise, estimates } = plainly(evidence.trials, objective);
      expect(evidence.noise?.degreesOfFreedom).toBe(noise?.degreesOfFreedom);
      expect(evidence.noise?.deviation ?? 0).toBeCloseTo(noise?.deviation ?? 0, 10);
      for (const group of evidence.groups) {
        const plain = estimates.get(Number(group.configuration.lr));
        const found = evidence.estimate(group);
        expect(found === undefined).toBe(plain === undefined);
        expect(toLoss(objective, found?.mean ?? 0)).toBeCloseTo(plain?.mean ?? 0, 10);
        expect(found?.deviation ?? 0).toBeCloseTo(plain?.deviation ?? 0, 10);
      }
      const eligible = evidence.groups.filter((group) => evidence.eligible(group));
      const best = Math.min(...eligible.map((group) => toLoss(objective, evidence.estimate(group)!.mean)));
      if (eligible.length > 0) expect(toLoss(objective, evidence.incumbent!.estimate.mean)).toBe(best);
    }
  });
});
