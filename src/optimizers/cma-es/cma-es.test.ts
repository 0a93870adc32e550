import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import type { Candidate, Evaluation, Optimizer, OptimizerView } from "../optimizer.js";
import { unscreened as cmaEs } from "./testing/unscreened.js";

const float = (name: string, start: number): Parameter => ({
  kind: "float",
  name,
  low: 0,
  high: 1,
  scale: "linear",
  default: start,
});

function spaceOf(parameters: readonly Parameter[], constraints: readonly string[] = []): SearchSpace {
  return SearchSpace.from({ parameters, constraints, derived: [] });
}

const training = spaceOf([
  { kind: "float", name: "lr", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
  { kind: "float", name: "decay", low: 0, high: 0.4, scale: "linear", default: 0 },
  { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
  { kind: "int", name: "width", low: 16, high: 1024, scale: "log", powersOf: 2, default: 64 },
  { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu", "tanh"], default: "gelu" },
]);

const cube = spaceOf(["a", "b", "c", "d"].map((name) => float(name, 0.3)));

function start(space: SearchSpace, seed = 1, initialDeviation?: Record<string, number>): Optimizer {
  return cmaEs.create(space, { seed, start: space.defaults(), ...(initialDeviation && { initialDeviation }) });
}

const value = (number: number): Evaluation => ({ kind: "value", value: number });
const failure = (severity: number): Evaluation => ({ kind: "failure", severity });

function tell(optimizer: Optimizer, { id, configuration }: Candidate, evaluation: Evaluation): void {
  optimizer.tell({ candidate: id, configuration, evaluation });
}

/** Sum of squared distances to `target` in encoded units; one more for each wrong choice. */
function distance(space: SearchSpace, configuration: Configuration, target: Configuration): number {
  const [x, best] = [space.encode(configuration), space.encode(target)];
  return (
    x.numeric.reduce((sum, u, j) => sum + (u - (best.numeric[j] ?? 0)) ** 2, 0) +
    x.categorical.filter((choice, i) => choice !== best.categorical[i]).length
  );
}

/** Asks and tells until the target is met; the number of evaluations. */
function minimise(
  optimizer: Optimizer,
  objective: (configuration: Configuration) => number,
  target: number,
  most: number,
) {
  for (let evaluations = 1; evaluations <= most; evaluations++) {
    const candidate = optimizer.ask();
    const reached = objective(candidate.configuration);
    if (reached <= target) return evaluations;
    tell(optimizer, candidate, value(reached));
  }
  return Number.POSITIVE_INFINITY;
}

function generation(
  optimizer: Optimizer,
  evaluate: (configuration: Configuration, k: number) => Evaluation,
): OptimizerView {
  const { populationSize = 0 } = optimizer.view();
  for (let k = 0; k < populationSize; k++) {
    const candidate = optimizer.ask();
    tell(optimizer, candidate, evaluate(candidate.configuration, k));
  }
  return optimizer.view();
}

const means = (view: OptimizerView) => view.numeric?.map(({ mean }) => mean) ?? [];

describe("the start", () => {
  it("is the user's configuration, with a deviation that shrinks with the number of coordinates", () => {
    const view = start(training).view();
    expect(view).toMatchObject({ generation: 0, told: 0, populationSize: 8 });
    expect(means(view)).toEqual([1e-3, 0, 4, 64]);
    expect(view.numeric?.[0]?.deviation).toBeCloseTo(0.32 / Math.sqrt(4), 12);
    expect(view.numeric?.[0]?.low).toBeCloseTo(10 ** (-3 - 0.64), 10);
    expect(view.numeric?.[0]?.high).toBeCloseTo(10 ** (-3 + 0.64), 10);
    expect(view.stepSize?.value).toBe(view.stepSize?.initial);
    expect(view.stop).toBeUndefined();
    expect(view.correlations).toEqual([]);
  });

  it("puts more probability on the user's choice than on the others", () => {
    const [activation] = start(training).view().categorical ?? [];
    expect(activation?.probabilities).toEqual([
      { choice: "relu", probability: 0.125 },
      { choice: "gelu", probability: 0.625 },
      { choice: "silu", probability: 0.125 },
      { choice: "tanh", probability: 0.125 },
    ]);
  });

  it("takes initial deviations for single parameters, up to a third of the range", () => {
    const deviations = start(cube, 1, { a: 0.05, b: 5 })
      .view()
      .numeric?.map(({ deviation }) => deviation);
    expect(deviations?.[0]).toBeCloseTo(0.05, 12);
    expect(deviations?.[1]).toBeCloseTo(1 / 3, 12);
    expect(deviations?.[2]).toBeCloseTo(0.32 / Math.sqrt(deviations?.length ?? 0), 12);
    expect(() => start(cube, 1, { a: 0 })).toThrow(expect.objectContaining({ code: "usage", where: "a" }));
  });

  it("varies a discrete parameter from the first candidate on, however wide its cells", () => {
    const space = spaceOf([
      float("x", 0.5),
      { kind: "int", name: "layers", low: 1, high: 2, scale: "linear", default: 1 },
    ]);
    // A fiftieth of the range is far from the next cell.
    const layers = start(space, 1, { layers: 0.02 })
      .sample(200, 1)
      .filter(({ layers }) => layers === 2).length;
    expect(layers).toBeGreaterThan(20);
    expect(layers).toBeLessThan(100);
  });
});

describe("minimising", () => {
  it("finds the optimum of a mixed space", () => {
    const target = { lr: 0.01, decay: 0.1, depth: 9, width: 256, activation: "silu" };
    const objective = (configuration: Configuration) => distance(training, configuration, target);
    for (const seed of [1, 2, 3, 4, 5]) expect(minimise(start(training, seed), objective, 1e-4, 700)).toBeLessThan(700);
  });

  it.each([
    ["in the interior", 0.3, 0.6],
    ["on the bounds", 0.3, 0],
    ["on the bounds, started from the opposite ones", 1, 0],
  ])("finds an optimum %s", (_, from, to) => {
    const space = spaceOf(["a", "b", "c", "d"].map((name) => float(name, from)));
    const target = { a: to, b: to, c: to, d: to };
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(minimise(start(space, seed), (c) => distance(space, c, target), 1e-8, 700)).toBeLessThan(700);
    }
  });

  it("learns which parameters belong together, and shows it", () => {
    const optimizer = start(cube);
    const tied = ({ a, b, c, d }: Configuration) =>
      (Number(a) - 0.6) ** 2 + (Number(b) - 0.5) ** 2 + (Number(c) - 0.5) ** 2 + 100 * (Number(a) + Number(d) - 1) ** 2;
    minimise(optimizer, tied, 1e-6, 600);
    const { correlations = [], covariance = [] } = optimizer.view();
    expect(correlations[0]).toMatchObject({ a: "a", b: "d" });
    expect(correlations[0]?.r).toBeLessThan(-0.7);
    expect(correlations[0]?.timesNoise).toBeGreaterThan(3);
    const [variance = 0, , , covarianceWithD = 0] = covariance[0] ?? [];
    expect(covarianceWithD / Math.sqrt(variance * (covariance[3]?.[3] ?? 0))).toBeCloseTo(correlations[0]?.r ?? 0, 9);
  });
});

describe("results from elsewhere", () => {
  it("draw the mean towards a better configuration, whoever proposed it, by no more than the clip allows", () => {
    const optimizer = start(cube);
    const better = { a: 0.9, b: 0.9, c: 0.9, d: 0.9 };
    const before = means(optimizer.view());
    optimizer.tell({ configuration: better, evaluation: value(-1) });
    for (let k = 1; k < (optimizer.view().populationSize ?? 0); k++) tell(optimizer, optimizer.ask(), value(k));
    const view = optimizer.view();
    expect(view.generation).toBe(1);
    means(view).forEach((mean, j) => {
      expect(mean).toBeGreaterThan((before[j] ?? 0) + 0.02);
      // sqrt(4) + 8/6 standard deviations in all, of which the best has a weight of about one half.
      expect(mean).toBeLessThan((before[j] ?? 0) + 0.45);
    });
  });

  it("cannot blow up the step size or the covariance, however bad and however often", () => {
    const optimizer = start(cube);
    const far = { a: 1, b: 1, c: 1, d: 1 };
    const target = { a: 0.4, b: 0.5, c: 0.6, d: 0.5 };
    for (let k = 0; k < 200; k++) {
      optimizer.tell({ configuration: far, evaluation: value(100) });
      for (let own = 0; own < 3; own++) {
        const candidate = optimizer.ask();
        tell(optimizer, candidate, value(distance(cube, candidate.configuration, target)));
      }
      const { numeric = [] } = optimizer.view();
      expect(Math.max(...numeric.map(({ deviation }) => deviation))).toBeLessThan(0.34);
    }
    expect(distance(cube, optimizer.ask().configuration, target)).toBeLessThan(1e-4);
  });

  it("are passed over where they are advice that is worse than half of the samples", () => {
    const middle = { a: 0.5, b: 0.5, c: 0.5, d: 0.5 };
    const generationsAfter = (loss: number): number => {
      const optimizer = start(cube);
      // A first generation with losses from 1 to 8: the median is 4.5.
      for (let own = 1; own <= 8; own++) tell(optimizer, optimizer.ask(), value(own));
      for (let k = 0; k < 8; k++) optimizer.tell({ configuration: middle, evaluation: value(loss), advice: true });
      return optimizer.view().generation;
    };
    expect(generationsAfter(5)).toBe(1);
    expect(generationsAfter(4)).toBe(2);
  });

  describe("are the optimizer's own sample", () => {
    /** A generation whose last and worst result is told as `worst` says; the covariance after it. */
    function covarianceAfter(worst: (optimizer: Optimizer, early: Candidate, late: Candidate) => void): number[] {
      const optimizer = start(cube, 3);
      const early = optimizer.ask();
      const finish = () => {
        while (optimizer.view().told % 8 < 7) tell(optimizer, optimizer.ask(), value(optimizer.view().told));
      };
      finish();
      tell(optimizer, optimizer.ask(), value(0));
      finish();
      expect(optimizer.view().generation).toBe(1);
      worst(optimizer, early, optimizer.ask());
      expect(optimizer.view().generation).toBe(2);
      return (optimizer.view().covariance ?? []).flat();
    }
    const difference = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((entry, k) => Math.abs(entry - (b[k] ?? 0)))) / Math.max(...a);
    const bad = value(1e6);

    it("when configuration and generation are its own: then the worst get negative weights", () => {
      const own = covarianceAfter((optimizer, _, late) => tell(optimizer, late, bad));
      const foreign = covarianceAfter((optimizer, _, { configuration }) =>
        optimizer.tell({ configuration, evaluation: bad }),
      );
      expect(difference(own, foreign)).toBeGreaterThan(1e-3);
    });

    it("when they come a generation late: the worst teach the covariance by the step from where they were sampled", () => {
      const late = covarianceAfter((optimizer, early) => tell(optimizer, early, bad));
      const foreign = covarianceAfter((optimizer, { configuration }) =>
        optimizer.tell({ configuration, evaluation: bad }),
      );
      expect(difference(late, foreign)).toBeGreaterThan(1e-3);
    });

    it("not when the configuration was edited", () => {
      const edit = (configuration: Configuration) => ({ ...configuration, a: 0.77 });
      const edited = covarianceAfter((optimizer, _, { id, configuration }) =>
        optimizer.tell({ candidate: id, configuration: edit(configuration), evaluation: bad }),
      );
      const foreign = covarianceAfter((optimizer, _, { configuration }) =>
        optimizer.tell({ configuration: edit(configuration), evaluation: bad }),
      );
      expect(difference(edited, foreign)).toBeLessThan(1e-9);
    });
  });

  it("keep the coordinates that an edit left alone", () => {
    const optimizer = start(training);
    const { id, configuration } = optimizer.ask();
    const drawn: { pending: { point: { numeric: number[] } }[] } = JSON.parse(JSON.stringify(optimizer.state().data));
    optimizer.tell({ candidate: id, configuration: { ...configuration, lr: 0.05 }, evaluation: value(1) });
    const after: { waiting: { point: { numeric: number[] } }[] } = JSON.parse(JSON.stringify(optimizer.state().data));
    const [lr, ...others] = drawn.pending[0]?.point.numeric ?? [];
    const [newLr, ...kept] = after.waiting[0]?.point.numeric ?? [];
    expect(newLr).not.toBe(lr);
    expect(kept).toEqual(others);
  });
});

describe("failures", () => {
  it("keep the mean at the start and look further afield while nothing has succeeded", () => {
    const optimizer = start(cube);
    const before = optimizer.view();
    for (let k = 0; k < 3; k++) {
      // The less severe kind of failure lies in one half: no reason to go there.
      generation(optimizer, ({ a }) => failure(Number(a) > 0.3 ? 1 : 2));
    }
    const after = optimizer.view();
    expect(means(after)).toEqual(means(before));
    expect(after.stepSize?.value).toBeGreaterThan(before.stepSize?.value ?? 0);
    expect(Math.max(...(after.numeric ?? []).map(({ deviation }) => deviation))).toBeLessThanOrEqual(1 / 3 + 1e-12);
  });

  it("draw the mean back to the best success, and closer, when a whole generation fails", () => {
    const optimizer = start(cube);
    const best = { a: 0.3, b: 0.3, c: 0.3, d: 0.3 };
    optimizer.tell({ configuration: best, evaluation: value(0) });
    for (let k = 1; k < 8; k++) tell(optimizer, optimizer.ask(), value(k));
    const before = optimizer.view();
    const away = means(before).map((mean) => mean - 0.3);
    const after = generation(optimizer, () => failure(1));
    means(after).forEach((mean, j) => {
      expect(mean - 0.3).toBeCloseTo((away[j] ?? 0) / 2, 9);
    });
    expect(after.stepSize?.value).toBeLessThan(before.stepSize?.value ?? 0);
  });

  it("of one kind or another never attract the mean: one success among failures moves it towards the success only", () => {
    const optimizer = start(cube);
    const after = generation(optimizer, (_, k) => (k === 0 ? value(5) : failure(k % 3)));
    const only = start(cube).ask().configuration;
    means(after).forEach((mean, j) => {
      const direction = Number(only["abcd"[j] ?? ""]) - 0.3;
      expect((mean - 0.3) / direction).toBeGreaterThan(0.3);
      expect((mean - 0.3) / direction).toBeLessThan(0.7);
    });
  });

  it("of half of the space are avoided while the optimum next to the border is found", () => {
    // Every configuration with a below 0.45 runs out of memory; the start is on the border.
    const space = spaceOf(["a", "b", "c", "d"].map((name) => float(name, name === "a" ? 0.45 : 0.3)));
    const target = { a: 0.5, b: 0.6, c: 0.6, d: 0.6 };
    for (const seed of [1, 2, 3]) {
      const optimizer = start(space, seed);
      let failed = 0;
      let best = Number.POSITIVE_INFINITY;
      for (let k = 0; k < 300; k++) {
        const candidate = optimizer.ask();
        const works = Number(candidate.configuration.a) >= 0.45;
        const reached = distance(space, candidate.configuration, target);
        if (works) best = Math.min(best, reached);
        else failed++;
        tell(optimizer, candidate, works ? value(reached) : failure(1));
      }
      expect(best).toBeLessThan(1e-3);
      expect(failed).toBeLessThan(60);
    }
  });
});

describe("candidates under way", () => {
  it("are kept for the newest 4,096 only; a result of an older one still counts", () => {
    const optimizer = start(cube);
    const oldest = optimizer.ask();
    for (let k = 0; k < 4096; k++) optimizer.ask();
    const size = JSON.stringify(optimizer.state()).length;
    for (let k = 0; k < 100; k++) optimizer.ask();
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(size + 1000);
    tell(optimizer, oldest, value(1));
    expect(optimizer.view().told).toBe(1);
  });

  it("are not the samples of a distribution that was restarted meanwhile", () => {
    const optimizer = start(cube);
    const underWay = optimizer.ask();
    while (!optimizer.view().stop) tell(optimizer, optimizer.ask(), value(1));
    const { generation: stopped } = optimizer.view();
    tell(optimizer, optimizer.ask(), value(2));
    tell(optimizer, underWay, value(1));
    const generations = [...JSON.stringify(optimizer.state()).matchAll(/"evaluation":[^}]*},"generation":(-?\d+)/g)];
    expect(generations.map(([, found]) => Number(found))).toEqual([stopped, -1]);
  });
});

describe("stopping", () => {
  it("says why, then restarts around the best with twice the population", () => {
    const optimizer = start(cube);
    const target = { a: 0.5, b: 0.5, c: 0.5, d: 0.5 };
    for (let k = 0; k < 3000 && !optimizer.view().stop; k++) {
      const candidate = optimizer.ask();
      tell(optimizer, candidate, value(distance(cube, candidate.configuration, target)));
    }
    const stopped = optimizer.view();
    expect(stopped.stop?.reason).toMatch(/tolfun|tolx/);
    expect(stopped.populationSize).toBe(8);
    optimizer.ask();
    const restarted = optimizer.view();
    expect(restarted.stop).toBeUndefined();
    expect(restarted.populationSize).toBe(16);
    expect(restarted.generation).toBe(stopped.generation);
    expect(restarted.stepSize?.value).toBe(restarted.stepSize?.initial);
    for (const mean of means(restarted)) expect(mean).toBeCloseTo(0.5, 3);
  });

  it("leaves a local optimum for the global one", () => {
    // Rastrigin-like: minima every 0.2, each outer one worse.
    const space = spaceOf(["a", "b"].map((name) => float(name, 0.9)));
    const bumpy = (configuration: Configuration) =>
      Object.values(configuration).reduce((sum: number, x) => {
        const u = 5 * (Number(x) - 0.3);
        return sum + u * u + 1 - Math.cos(2 * Math.PI * u);
      }, 0);
    for (const seed of [1, 2, 3]) expect(minimise(start(space, seed), bumpy, 1e-6, 6000)).toBeLessThan(6000);
  });
});

describe("conditional parameters", () => {
  const space = spaceOf([
    { kind: "categorical", name: "method", choices: ["sgd", "adam"], default: "adam" },
    { ...float("momentum", 0.9), when: "method == 'sgd'" },
    { kind: "boolean", name: "nesterov", default: false, when: "method == 'sgd'" },
    float("rate", 0.5),
  ]);

  it("do not move by results in which they were inactive", () => {
    // The encoding puts an inactive momentum at its default of 0.9; the distribution stands at 0.5.
    const optimizer = cmaEs.create(space, {
      seed: 1,
      start: { method: "sgd", momentum: 0.5, nesterov: true, rate: 0.5 },
    });
    const before = optimizer.view();
    for (let k = 0; k < 6 * (before.populationSize ?? 0); k++) {
      optimizer.tell({ configuration: { method: "adam", rate: 0.7 }, evaluation: value(k % 5) });
    }
    const after = optimizer.view();
    expect(after.generation).toBe(6);
    expect(means(after)[0]).toBe(means(before)[0]);
    expect(means(after)[1]).toBeCloseTo(0.7, 1);
    expect(after.categorical?.[0]?.probabilities[1]?.probability).toBeGreaterThan(0.7);
    expect(after.categorical?.[1]).toEqual(before.categorical?.[1]);
  });
});

describe("constraints", () => {
  it("that leave a sliver of the space are satisfied, and the optimum on it is approached", () => {
    const space = spaceOf(
      ["a", "b", "c"].map((name) => float(name, 0.2)),
      ["a + b <= 0.41", "a + b >= 0.39"],
    );
    const optimizer = start(space);
    const target = { a: 0.1, b: 0.3, c: 0.8 };
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 400; k++) {
      const candidate = optimizer.ask();
      expect(space.brokenConstraints(candidate.configuration)).toEqual([]);
      const reached = distance(space, candidate.configuration, target);
      best = Math.min(best, reached);
      tell(optimizer, candidate, value(reached));
    }
    expect(best).toBeLessThan(1e-3);
  });
});
