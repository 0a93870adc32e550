import { describe, expect, it } from "vitest";
import { AgentTuneError } from "../../errors.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import { SearchSpace } from "../../space/search-space.js";
import { type TrainingProblem, trainingProblem } from "./fixtures/training-problem.js";
import { fitSurrogate, type SurrogateObservation } from "./surrogate.js";

function stream(...path: readonly (string | number)[]): RandomStream {
  return RandomStream.fromSeed(deriveSeed(2603, ...path));
}

function runs(problem: TrainingProblem, count: number, random: RandomStream): readonly SurrogateObservation[] {
  return Array.from({ length: count }, () => {
    const configuration = problem.space.sample(random);
    return { configuration, value: problem.run(configuration, random) };
  });
}

describe("fitSurrogate", () => {
  const problem = trainingProblem(8);
  const random = stream("learning");
  const observations = runs(problem, 70, random);
  const surrogate = fitSurrogate(problem.space, observations, { seed: 1 });

  it("predicts configurations it has not seen, in the unit of the values", () => {
    const median = [...observations].map(({ value }) => value).sort((a, b) => a - b)[35]!;
    let missed = 0;
    let naive = 0;
    for (let k = 0; k < 100; k++) {
      const configuration = problem.space.sample(random);
      const { mean, low, high, trueLow, trueHigh } = surrogate.predict(configuration);
      expect(low).toBeLessThanOrEqual(trueLow);
      expect(trueHigh).toBeLessThanOrEqual(high);
      expect(low).toBeLessThan(mean);
      missed += Math.abs(Math.log(Math.max(mean, 1) / problem.loss(configuration)));
      naive += Math.abs(Math.log(median / problem.loss(configuration)));
    }
    expect(missed).toBeLessThan(0.35 * naive);
  });

  it("is the same model for the same observations and seed, in whatever order it is asked", () => {
    const again = fitSurrogate(problem.space, observations, { seed: 1 });
    const asked = [observations[3]!.configuration, problem.space.defaults()];
    expect(again.predictMany([...asked].reverse()).toReversed()).toEqual(surrogate.predictMany(asked));
    expect(again.heldOut()).toEqual(surrogate.heldOut());
  });

  it("minimises without caring about the unit: scaled and shifted values give scaled and shifted predictions", () => {
    const scaled = observations.map(({ configuration, value }) => ({ configuration, value: 1000 * value - 5e4 }));
    const other = fitSurrogate(problem.space, scaled, { seed: 1 });
    const at = problem.space.defaults();
    expect(other.predict(at).mean).toBeCloseTo(1000 * surrogate.predict(at).mean - 5e4, 3);
  });

  it("takes hyperparameters of an earlier fit as one more start, and ignores those that do not fit", () => {
    const warm = fitSurrogate(problem.space, observations, { seed: 1, start: surrogate.hyperparameters });
    expect(warm.predict(problem.space.defaults()).mean).toBeCloseTo(
      surrogate.predict(problem.space.defaults()).mean,
      1,
    );
    const other = trainingProblem(6);
    const foreign = { seed: 1, start: surrogate.hyperparameters };
    expect(() => fitSurrogate(other.space, runs(other, 5, stream("foreign")), foreign)).not.toThrow();
  });

  it("names the incumbent by estimated true value, not by the luckiest run", () => {
    const good = { ...problem.space.defaults(), lr: 0.003, activation: "gelu" };
    const lucky = problem.space.defaults();
    const repeated = [
      ...observations,
      ...Array.from({ length: 6 }, () => ({ configuration: good, value: problem.run(good, random) })),
      ...Array.from({ length: 6 }, () => ({ configuration: lucky, value: problem.run(lucky, random) })),
      // Better than anything, once: an outlier of ten standard deviations of the noise.
      { configuration: lucky, value: problem.loss(good) - 0.1 },
    ];
    expect(problem.loss(good)).toBeLessThan(problem.loss(lucky) - 0.05);
    const { configuration, prediction } = fitSurrogate(problem.space, repeated, { seed: 1 }).incumbent();
    expect(problem.space.key(configuration)).not.toBe(problem.space.key(lucky));
    expect(problem.loss(configuration)).toBeLessThanOrEqual(problem.loss(good) + 0.03);
    expect(Math.abs(prediction.mean - problem.loss(configuration))).toBeLessThan(0.05);
  });

  it("measures the noise near the incumbent from repeats", () => {
    const { space } = problem;
    const noise = 0.05;
    const drawn = stream("repeats");
    const repeated = Array.from({ length: 20 }, () => space.sample(drawn)).flatMap((configuration) =>
      [1, 2, 3].map(() => ({ configuration, value: problem.loss(configuration) + noise * drawn.normal() })),
    );
    // Steady noise on losses that a logarithm bends is not steady there; near the best it must come out right.
    const best = space.defaults();
    for (let k = 0; k < 10; k++)
      repeated.push({ configuration: best, value: problem.loss(best) + noise * drawn.normal() });
    const { deviation, repeats } = fitSurrogate(space, repeated, { seed: 1 }).noise;
    expect(repeats).toBe(20 * 2 + 9);
    expect(deviation).toBeGreaterThan(0.4 * noise);
    expect(deviation).toBeLessThan(1.6 * noise);
  });

  it("learns from good runs even when a third of the others exploded", () => {
    const exploded = observations.map(({ configuration, value }, i) =>
      Number(configuration.lr) > 0.05 ? { configuration, value: 10 ** (8 + (i % 20)) } : { configuration, value },
    );
    expect(exploded.filter(({ value }) => value > 1e6).length).toBeGreaterThan(10);
    const robust = fitSurrogate(problem.space, exploded, { seed: 1 });
    const at = (lr: number): number => robust.predict({ ...problem.space.defaults(), lr }).mean;
    expect(at(0.002)).toBeLessThan(at(2e-5));
    expect(at(0.002)).toBeLessThan(at(0.6));
    expect(Math.abs(at(0.002) - problem.loss({ ...problem.space.defaults(), lr: 0.002 }))).toBeLessThan(0.5);
  });

  it.each([1, 2, 3])("has finite answers from %d results, and no opinion on its own coverage", (count) => {
    const few = fitSurrogate(problem.space, observations.slice(0, count), { seed: 1 });
    const { mean, low, high } = few.predict(problem.space.defaults());
    for (const value of [mean, low, high, few.noise.deviation]) expect(Number.isFinite(value)).toBe(true);
    expect(low).toBeLessThan(high);
    expect(few.heldOut().coverage).toBeUndefined();
    expect(few.sensitivities().significant).toEqual([]);
  });

  it("is not upset by results that are all the same", () => {
    const same = observations.slice(0, 12).map(({ configuration }) => ({ configuration, value: 0.5 }));
    const flat = fitSurrogate(problem.space, same, { seed: 1 });
    expect(flat.predict(problem.space.defaults()).mean).toBeCloseTo(0.5, 2);
    expect(flat.sensitivities().significant).toEqual([]);
  });

  it("keeps to a number of points, and to the best of them", () => {
    const cut = fitSurrogate(problem.space, observations, { seed: 1, maxPoints: 25 });
    expect(cut.heldOut().points).toHaveLength(25);
    const best = observations.reduce((a, b) => (b.value < a.value ? b : a));
    expect(cut.heldOut().points.map(({ configuration }) => configuration)).toContainEqual(best.configuration);
  });

  it("says that nothing completed, and refuses what is no result", () => {
    const code = (act: () => unknown): string => {
      try {
        act();
      } catch (error) {
        if (AgentTuneError.isInstance(error)) return error.code;
      }
      return "none";
    };
    const configuration = problem.space.defaults();
    expect(code(() => fitSurrogate(problem.space, [], { seed: 1 }))).toBe("nothing_completed");
    expect(code(() => fitSurrogate(problem.space, [{ configuration, value: Number.NaN }], { seed: 1 }))).toBe(
      "internal",
    );
  });

  it("works on conditional parameters", () => {
    const space = SearchSpace.from({
      parameters: [
        { kind: "categorical", name: "optimizer", choices: ["adam", "sgd"], default: "adam" },
        { kind: "float", name: "momentum", low: 0, high: 1, scale: "linear", default: 0.5, when: "optimizer == 'sgd'" },
      ],
      constraints: [],
      derived: [],
    });
    const loss = (c: Configuration): number => (c.optimizer === "adam" ? 1 : 1.5 - Number(c.momentum));
    const drawn = stream("conditional");
    const results = Array.from({ length: 30 }, () => {
      const configuration = space.sample(drawn);
      return { configuration, value: loss(configuration) + 0.01 * drawn.normal() };
    });
    const model = fitSurrogate(space, results, { seed: 1 });
    expect(model.predict({ optimizer: "adam" }).mean).toBeCloseTo(1, 1);
    expect(model.predict({ optimizer: "sgd", momentum: 0.9 }).mean).toBeCloseTo(0.6, 1);
    const around = (centre: Configuration): readonly string[] =>
      model.sensitivities({ centre }).significant.map(({ parameter }) => parameter);
    expect(around({ optimizer: "adam" })).not.toContain("momentum");
    expect(around({ optimizer: "sgd", momentum: 0.9 })).toContain("momentum");
  });
});

describe("calibration", () => {
  it.each([
    { dimension: 6, count: 20 },
    { dimension: 6, count: 100 },
    { dimension: 10, count: 50 },
    { dimension: 14, count: 20 },
    { dimension: 14, count: 50 },
    { dimension: 14, count: 100 },
  ])("80 % intervals hold 70 to 90 % of new runs: $dimension parameters, $count trials", ({ dimension, count }) => {
    const problem = trainingProblem(dimension);
    const studies = count > 60 ? 4 : 10;
    let inside = 0;
    for (let study = 0; study < studies; study++) {
      const random = stream("calibration", dimension, count, study);
      const surrogate = fitSurrogate(problem.space, runs(problem, count, random), { seed: study });
      for (const { configuration, value } of runs(problem, 100, random)) {
        const { low, high } = surrogate.predict(configuration);
        if (value >= low && value <= high) inside++;
      }
    }
    const coverage = inside / (studies * 100);
    expect(coverage).toBeGreaterThan(0.7);
    expect(coverage).toBeLessThan(0.9);
  });

  it("holds where the model is wrong: ripples finer than its trials can show, and only 25 of them", () => {
    const problem = trainingProblem(8);
    let inside = 0;
    const studies = 12;
    for (let study = 0; study < studies; study++) {
      const random = stream("ripples", study);
      const rippled = (count: number): readonly SurrogateObservation[] =>
        runs(problem, count, random).map(({ configuration, value }) => ({
          configuration,
          value: value + 0.6 * Math.sin(25 * Math.log10(Number(configuration.lr))),
        }));
      const surrogate = fitSurrogate(problem.space, rippled(25), { seed: study });
      for (const { configuration, value } of rippled(100)) {
        const { low, high } = surrogate.predict(configuration);
        if (value >= low && value <= high) inside++;
      }
    }
    expect(inside / (studies * 100)).toBeGreaterThan(0.7);
    expect(inside / (studies * 100)).toBeLessThan(0.9);
  });

  it("checks itself by cross-validation to nearly the same share", () => {
    const problem = trainingProblem(10);
    const { coverage, points } = fitSurrogate(problem.space, runs(problem, 60, stream("self-check")), {
      seed: 1,
    }).heldOut();
    expect(points).toHaveLength(60);
    expect(coverage).toBeGreaterThan(0.68);
    expect(coverage).toBeLessThan(0.92);
  });
});

describe("support", () => {
  const problem = trainingProblem(10);
  const { space } = problem;
  const random = stream("support");
  const centre = space.encode(space.defaults());
  /** Trials in the inner half of each range, never with tanh. */
  const inner = (): Configuration =>
    space.decode({
      numeric: centre.numeric.map(() => 0.25 + 0.5 * random.uniform()),
      categorical: [random.integer(2)],
    });
  const observations = Array.from({ length: 60 }, () => {
    const configuration = inner();
    return { configuration, value: problem.run(configuration, random) };
  });
  const surrogate = fitSurrogate(space, observations, { seed: 1 });

  it("calls near what lies among the trials", () => {
    const near = Array.from({ length: 50 }, () => surrogate.predict(inner())).filter((p) => p.support === "near");
    expect(near.length).toBeGreaterThan(35);
    expect(surrogate.predict(observations[7]!.configuration).support).toBe("near");
  });

  it("calls far what leaves the tried ranges, and names the parameters", () => {
    const outside = surrogate.predict({ ...observations[0]!.configuration, lr: 0.9, activation: "tanh" });
    expect(outside.support).toBe("far");
    expect(outside.beyond).toEqual(["lr", "activation"]);
    expect(surrogate.predict(observations[0]!.configuration).beyond).toEqual([]);
  });

  it("calls far a gap in the one parameter that matters, though the others are close by", () => {
    const lr = (i: number): number => (i % 2 === 0 ? 0.3 * random.uniform() : 0.7 + 0.3 * random.uniform());
    const gapped = Array.from({ length: 60 }, (_, i) => {
      const numeric = centre.numeric.map(() => random.uniform());
      const configuration = space.decode({ numeric: numeric.with(0, lr(i)), categorical: [0] });
      return { configuration, value: Math.sin(3 * Math.log10(Number(configuration.lr))) + 0.02 * random.normal() };
    });
    const model = fitSurrogate(space, gapped, { seed: 1 });
    const shareNear = (coordinate: number): number =>
      gapped.filter(({ configuration }) => {
        const point = space.encode(configuration);
        const moved = space.decode({ ...point, numeric: point.numeric.with(0, coordinate) });
        return model.predict(moved).support === "near";
      }).length / gapped.length;
    expect(shareNear(0.15)).toBeGreaterThan(0.7);
    expect(shareNear(0.5)).toBeLessThan(0.3);
  });

  it("calls far an empty corner inside all ranges", () => {
    const diagonal = observations.map(({ value }, i) => {
      const numeric = centre.numeric.map(() => i / 59);
      return { configuration: space.decode({ numeric, categorical: [i % 3] }), value };
    });
    const narrow = fitSurrogate(space, diagonal, { seed: 1 });
    const alternating = centre.numeric.map((_, k) => k % 2);
    const { support, beyond } = narrow.predict(space.decode({ numeric: alternating, categorical: [0] }));
    expect(beyond).toEqual([]);
    expect(support).toBe("far");
  });
});

describe("sensitivities", () => {
  it("shows what matters, hides what does nothing, and gets the direction right", () => {
    const problem = trainingProblem(14);
    const found = { lr: 0, activation: 0 };
    let falseAlarms = 0;
    const studies = 8;
    for (let study = 0; study < studies; study++) {
      const observations = runs(problem, 60, stream("sensitivities", study));
      const surrogate = fitSurrogate(problem.space, observations, { seed: study });
      const { centre, significant, insignificant } = surrogate.sensitivities();
      expect(significant.length + insignificant.length).toBe(14);
      for (const { parameter, effect, low, high, best, worst } of significant) {
        if (parameter.startsWith("idle")) falseAlarms++;
        if (parameter === "lr" || parameter === "activation") {
          found[parameter]++;
          const truth =
            problem.loss({ ...centre, [parameter]: worst }) - problem.loss({ ...centre, [parameter]: best });
          expect(truth).toBeGreaterThan(0);
          expect(effect).toBeGreaterThan(0);
          expect(low).toBeLessThan(high);
        }
      }
      expect(significant.map(({ effect }) => effect)).toEqual(
        significant.map(({ effect }) => effect).toSorted((a, b) => b - a),
      );
    }
    expect(found.lr).toBe(studies);
    expect(found.activation).toBeGreaterThanOrEqual(studies / 2);
    // Eight idle parameters in each study.
    expect(falseAlarms / (8 * studies)).toBeLessThan(0.05);
  });

  it("asks only within a region where one is given", () => {
    const problem = trainingProblem(6);
    const surrogate = fitSurrogate(problem.space, runs(problem, 80, stream("region")), { seed: 1 });
    const centre = { ...problem.space.defaults(), lr: 0.001 };
    const effect = (region: Readonly<Record<string, { low: number; high: number }>>): number =>
      surrogate.sensitivities({ centre, region }).significant.find(({ parameter }) => parameter === "lr")?.effect ?? 0;
    expect(effect({ lr: { low: 0.0008, high: 0.00125 } })).toBeLessThan(0.2 * effect({}));
  });

  it("tries only configurations that the constraints allow, where there are any", () => {
    const space = SearchSpace.from({
      parameters: [
        { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.1 },
        { kind: "float", name: "y", low: 0, high: 1, scale: "linear", default: 0.1 },
      ],
      constraints: ["x + y <= 0.7"],
      derived: [],
    });
    const random = stream("constraints");
    const observations = Array.from({ length: 40 }, () => {
      const configuration = space.sample(random);
      return { configuration, value: -Number(configuration.x) + 0.02 * random.normal() };
    });
    const centre = { x: 0.1, y: 0.3 };
    const { significant } = fitSurrogate(space, observations, { seed: 1 }).sensitivities({ centre });
    const x = significant.find(({ parameter }) => parameter === "x");
    expect(x?.best).toBeLessThanOrEqual(0.4);
    expect(x?.effect).toBeCloseTo(0.375, 1);
  });
});
