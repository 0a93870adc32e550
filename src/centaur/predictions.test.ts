import { describe, expect, it } from "vitest";
import { Evidence } from "../evidence/index.js";
import { complete, failed, finishedTrial } from "../evidence/testing/finished-trials.js";
import { RandomStream } from "../math/random.js";
import type { Surrogate } from "../optimizers/surrogate/index.js";
import { SearchSpace } from "../space/index.js";
import { Predictions } from "./predictions.js";

const space = SearchSpace.from({
  parameters: [
    { name: "lr", kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 },
    { name: "width", kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 },
  ],
  constraints: [],
  derived: [],
});

function evidenceOf(trials: number, value: (lr: number, width: number) => number): Evidence {
  const evidence = new Evidence(space, { metric: "accuracy", direction: "maximize" });
  const random = RandomStream.fromSeed(2);
  for (let number = 0; number < trials; number++) {
    const configuration = space.sample(random);
    const width = Number(configuration["width"]);
    const outcome = width > 0.8 ? failed("out_of_memory") : complete(value(Number(configuration["lr"]), width));
    evidence.add(finishedTrial(number, configuration, outcome));
  }
  return evidence;
}

const hill = (lr: number): number => 1 - (lr - 0.3) ** 2;

describe("predictions", () => {
  it("are in the objective's units, low before high, with the probability of failure", () => {
    const noise = RandomStream.fromSeed(4);
    const predictions = new Predictions(
      evidenceOf(40, (lr) => hill(lr) + 0.01 * noise.normal()),
      1,
    );
    expect(predictions.calibration).toBe("calibrated");
    const match = /^predicted accuracy ([\d.]+) to ([\d.]+) \(80 %\), (\d+) % likely to fail$/.exec(
      predictions.describe({ lr: 0.3, width: 0.4 }),
    );
    expect(Number(match?.[1])).toBeLessThan(Number(match?.[2]));
    expect(Number(match?.[1])).toBeGreaterThan(0.9);
    expect(Number(match?.[3])).toBeLessThan(20);
    expect(predictions.describe({ lr: 0.3, width: 0.95 })).toMatch(/(6|7|8|9)\d % likely to fail$/);
  });

  it("say nothing while there is too little data", () => {
    const predictions = new Predictions(evidenceOf(3, hill), 1);
    expect(predictions.calibration).toBe("too little data");
    expect(predictions.describe({ lr: 0.3, width: 0.4 })).toBe("");
    expect(predictions.sensitivities()).toEqual([]);
  });

  it("are held back while their intervals do not hold what they promise", () => {
    const predictions = new Predictions(evidenceOf(40, hill), 1);
    const fit = predictions.surrogate()!;
    const points = fit.heldOut().points;
    const claims = (coverage: number | undefined, count: number): Predictions => {
      const claimed = new Predictions(evidenceOf(40, hill), 1);
      const pretending: Surrogate = Object.create(fit, {
        heldOut: { value: () => ({ coverage, points: points.slice(0, count) }) },
      });
      claimed.surrogate = () => pretending;
      return claimed;
    };
    expect(claims(0.8, 20).describe({ lr: 0.3, width: 0.4 })).toMatch(/^predicted/);
    for (const wrong of [claims(0.5, 20), claims(1, 20), claims(0.8, 9), claims(undefined, 3)]) {
      expect(wrong.calibration).toBe("not calibrated yet");
      expect(wrong.describe({ lr: 0.3, width: 0.4 })).toMatch(/^\d+ % likely to fail$/);
      expect(wrong.sensitivities()).toEqual([]);
    }
  });

  it("are computed once for the trials there are, and anew after the next", () => {
    const noise = RandomStream.fromSeed(4);
    const evidence = evidenceOf(40, (lr) => hill(lr) + 0.01 * noise.normal());
    const predictions = new Predictions(evidence, 1);
    const fit = predictions.surrogate();
    expect(predictions.sensitivities().map(({ name }) => name)).toContain("lr");
    expect(predictions.surrogate()).toBe(fit);
    expect(predictions.sensitivities()).toBe(predictions.sensitivities());
    expect(predictions.feasibility()).toBe(predictions.feasibility());
    evidence.add(finishedTrial(40, { lr: 0.111, width: 0.222 }, complete(0.9)));
    expect(predictions.surrogate()).not.toBe(fit);
  });

  it("of another process, after a resume, are the same", () => {
    const [a, b] = [1, 2].map(() => new Predictions(evidenceOf(25, hill), 1));
    b!.feasibility();
    expect(a!.describe({ lr: 0.2, width: 0.7 })).toBe(b!.describe({ lr: 0.2, width: 0.7 }));
  });
});

describe("feasibility", () => {
  it("learns nothing from failures that the environment caused", () => {
    const evidence = evidenceOf(0, hill);
    for (let k = 0; k < 10; k++) {
      const configuration = { lr: k / 10, width: k / 10 };
      evidence.add(finishedTrial(k, configuration, k % 2 === 0 ? failed("lost") : complete(1)));
    }
    expect(new Predictions(evidence, 1).feasibility()).toBeUndefined();
  });

  it("learns broken constraints on metrics like failures, and names the trials that show it", () => {
    const evidence = new Evidence(space, { metric: "loss", direction: "minimize", constraints: ["latency <= 20"] });
    const random = RandomStream.fromSeed(6);
    for (let number = 0; number < 30; number++) {
      const configuration = space.sample(random);
      const latency = 40 * Number(configuration["width"]);
      evidence.add(finishedTrial(number, configuration, complete(1), { metrics: { latency } }));
    }
    const risk = new Predictions(evidence, 1).feasibility()!;
    expect(risk.probability({ lr: 0.5, width: 0.95 })).toBeGreaterThan(0.7);
    expect(risk.probability({ lr: 0.5, width: 0.05 })).toBeLessThan(0.3);
    for (const trial of risk.nearestFailures({ lr: 0.5, width: 0.95 })) {
      expect(evidence.violated(trial)).toBe("latency <= 20");
    }
  });
});
