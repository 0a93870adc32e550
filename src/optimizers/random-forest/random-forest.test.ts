import { describe, expect, it } from "vitest";
import { median } from "../../math/vector.js";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import type { Optimizer, OptimizerFactory, Told } from "../optimizer.js";
import { randomSearch } from "../random/index.js";
import { randomForest } from "./random-forest.js";

describeOptimizer(randomForest, { expensive: true });

const space = (parameters: readonly Parameter[]) => SearchSpace.from({ parameters, constraints: [], derived: [] });
const float = (name: string, low: number, high: number, start: number): Parameter => ({
  kind: "float",
  name,
  low,
  high,
  scale: "linear",
  default: start,
});
const choice = (name: string, ...choices: readonly string[]): Parameter => ({
  kind: "categorical",
  name,
  choices,
  default: choices[0] ?? "",
});

interface Problem {
  readonly title: string;
  readonly space: SearchSpace;
  readonly loss: (configuration: Configuration) => number;
}

const problems: readonly Problem[] = [
  {
    title: "choices that interact",
    space: space(Array.from({ length: 6 }, (_, i) => choice(`c${i}`, "a", "b", "c", "d"))),
    loss: (configuration) => {
      const v = Object.values(configuration).map((each) => "abcd".indexOf(String(each)));
      const apart = v.reduce((sum, each, i) => sum + (each === (i + 1) % 4 ? 0 : 0.3 + 0.1 * each), 0);
      return apart + (v[0] === v[1] ? 0.5 : 0) + (((v[2] ?? 0) + (v[3] ?? 0)) % 4 === 3 ? 0 : 0.5);
    },
  },
  {
    title: "numbers and choices",
    space: space([
      choice("optimizer", "sgd", "adam", "lion"),
      choice("activation", "relu", "gelu", "tanh"),
      { kind: "float", name: "lr", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 2 },
      float("dropout", 0, 0.5, 0.4),
      float("momentum", 0, 1, 0.2),
    ]),
    loss: ({ optimizer, activation, lr, depth, dropout, momentum }) =>
      0.3 * (Math.log10(Number(lr)) - (optimizer === "sgd" ? -1 : -3.5)) ** 2 +
      (optimizer === "lion" ? 0 : 0.15) +
      (activation === "gelu" ? 0 : 0.2) +
      0.01 * (Number(depth) - 8) ** 2 +
      (Number(dropout) - 0.1) ** 2 +
      0.3 * (Number(momentum) - 0.8) ** 2,
  },
  {
    title: "parameters that depend on a choice",
    space: space([
      choice("model", "linear", "tree", "net"),
      { ...float("leaves", 0, 1, 0.2), when: "model == 'tree'" },
      { ...float("rate", 0, 1, 0.2), when: "model == 'net'" },
      { ...float("width", 0, 1, 0.2), when: "model == 'net'" },
      { ...choice("cell", "plain", "gated"), when: "model == 'net'" },
      float("share", 0, 1, 0.3),
    ]),
    loss: ({ model, leaves, rate, width, cell, share }) =>
      (Number(share) - 0.8) ** 2 +
      (model === "net"
        ? (Number(rate) - 0.6) ** 2 + (Number(width) - 0.7) ** 2 + (cell === "gated" ? 0 : 0.2)
        : model === "tree"
          ? 0.3 + (Number(leaves) - 0.6) ** 2
          : 0.5),
  },
];

function create(factory: OptimizerFactory, of: SearchSpace, seed: number, more = {}): Optimizer {
  return factory.create(of, { seed, start: of.defaults(), ...more });
}

/** Best loss after so many trials. */
function minimise(optimizer: Optimizer, loss: Problem["loss"], trials: number): number {
  let best = Infinity;
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    const value = loss(configuration);
    best = Math.min(best, value);
    optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value } });
  }
  return best;
}

const seeds = Array.from({ length: 11 }, (_, seed) => seed);

describe("the random forest", () => {
  it.each(problems)("beats random search on $title", ({ space: of, loss }) => {
    const trials = 60;
    const own = seeds.map((seed) => minimise(create(randomForest, of, seed), loss, trials));
    const random = seeds.map((seed) => minimise(create(randomSearch, of, seed), loss, trials));
    const wins = own.filter((best, k) => best < (random[k] ?? 0)).length;
    const ties = own.filter((best, k) => best === random[k]).length;
    // Sign test: 9 of 11 has a probability of 3 % where neither is better.
    expect(wins + ties / 2).toBeGreaterThanOrEqual(9);
    expect(median(own)).toBeLessThan(median(random));
  });

  it("begins with the start, and goes near it and far from it before there is a forest", () => {
    const of = space(Array.from({ length: 4 }, (_, i) => float(`x${i}`, 0, 1, 0.5)));
    const optimizer = create(randomForest, of, 1, { settings: { initialTrials: 20 } });
    const candidates = Array.from({ length: 20 }, () => optimizer.ask().configuration);
    expect(candidates[0]).toEqual(of.defaults());
    const distances = candidates
      .slice(1)
      .map((configuration) => Math.sqrt(of.encode(configuration).numeric.reduce((s, x) => s + (x - 0.5) ** 2, 0)));
    expect(distances.filter((distance) => distance < 0.45).length).toBeGreaterThan(3);
    expect(distances.filter((distance) => distance > 0.5).length).toBeGreaterThan(3);
  });

  it("tries the best of earlier results first", () => {
    const { space: of, loss } = problems[1]!;
    const good: Configuration = {
      optimizer: "lion",
      activation: "gelu",
      lr: 3e-4,
      depth: 8,
      dropout: 0.1,
      momentum: 0.8,
    };
    const warmStart: readonly Told[] = [
      { configuration: of.defaults(), evaluation: { kind: "value", value: 2 } },
      { configuration: good, evaluation: { kind: "value", value: loss(good) } },
      { configuration: good, evaluation: { kind: "failure", severity: 1 } },
    ];
    const optimizer = create(randomForest, of, 1, { warmStart });
    expect(optimizer.ask().configuration).toEqual(of.defaults());
    expect(optimizer.ask().configuration).toEqual(good);
    expect(optimizer.view().told).toBe(0);
  });

  it("spreads candidates that are under way at once", () => {
    const { space: of, loss } = problems[1]!;
    const optimizer = create(randomForest, of, 3, { settings: { randomShare: 0 } });
    minimise(optimizer, loss, 40);
    const points = Array.from({ length: 6 }, () => of.encode(optimizer.ask().configuration));
    const same = new Set(points.map((point) => JSON.stringify(point)));
    expect(same.size).toBe(6);
  });

  it("keeps away from what fails", () => {
    const of = space([float("x", 0, 1, 0.1), float("y", 0, 1, 0.1), float("z", 0, 1, 0.1)]);
    const fails = ({ x, y }: Configuration) => Number(x) + Number(y) > 1;
    let failures = 0;
    for (const seed of seeds.slice(0, 4)) {
      const optimizer = create(randomForest, of, seed);
      for (let k = 0; k < 60; k++) {
        const { id, configuration } = optimizer.ask();
        const failed = fails(configuration);
        if (failed) failures++;
        const value = -Number(configuration["x"]) - Number(configuration["y"]);
        optimizer.tell({
          candidate: id,
          configuration,
          evaluation: failed ? { kind: "failure", severity: 1 } : { kind: "value", value },
        });
      }
    }
    // The best values lie on the border itself; uniform draws would fail half of the time.
    expect(failures / (4 * 60)).toBeLessThan(0.4);
  });

  it("refuses settings that do not exist", () => {
    const { space: of } = problems[0]!;
    expect(() => create(randomForest, of, 1, { settings: { forest: 3 } })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });
});
