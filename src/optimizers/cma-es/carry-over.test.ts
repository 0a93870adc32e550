import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { symmetricEigen } from "../../math/symmetric-eigen.js";
import { at, median } from "../../math/vector.js";
import { type Configuration, type FloatParameter, type Parameter, SearchSpace } from "../../space/index.js";
import { carryOver } from "../carry-over.js";
import type { Evaluation, Optimizer, OptimizerFactory, OptimizerState, Told } from "../optimizer.js";
import { cmaEs, lraCmaEs } from "./index.js";
import { type CmaEsData, cmaEsStateSchema } from "./state.js";
import { unscreened } from "./testing/unscreened.js";

const float = (name: string, start = 0.2): FloatParameter => ({
  kind: "float",
  name,
  low: 0,
  high: 1,
  scale: "linear",
  default: start,
});
const depth: Parameter = { kind: "int", name: "depth", low: 1, high: 6, scale: "linear", default: 2 };
const act: Parameter = { kind: "categorical", name: "act", choices: ["relu", "gelu", "silu"], default: "relu" };
const lr: Parameter = { kind: "float", name: "lr", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 };

function spaceOf(parameters: readonly Parameter[], constraints: readonly string[] = []): SearchSpace {
  return SearchSpace.from({ parameters, constraints, derived: [] });
}

/** Correlates neighbours, so that there is something to lose. */
function loss(space: SearchSpace, configuration: Configuration): number {
  const { numeric, categorical } = space.encode(configuration);
  const valley = numeric.slice(1).reduce((sum, u, k) => sum + 30 * (u - (numeric[k] ?? 0)) ** 2, 0);
  return valley + numeric.reduce((sum, u) => sum + (u - 0.6) ** 2, 0) + categorical.filter((c) => c !== 1).length;
}

/** Runs some trials of which some fail, and two of which stay under way; returns what was told. */
function run(optimizer: Optimizer, space: SearchSpace, trials: number): Told[] {
  const told: Told[] = [];
  for (let k = 0; k < trials; k++) {
    const { id, configuration } = optimizer.ask();
    if (k >= trials - 2) continue;
    const evaluation: Evaluation =
      deriveSeed(k) % 10 === 0
        ? { kind: "failure", severity: 1 }
        : { kind: "value", value: loss(space, configuration) };
    optimizer.tell({ candidate: id, configuration, evaluation });
    told.push({ configuration, evaluation });
  }
  return told;
}

interface Learned {
  readonly optimizer: Optimizer;
  readonly told: readonly Told[];
}

function learned(space: SearchSpace, factory: OptimizerFactory = unscreened, trials = 71): Learned {
  const optimizer = factory.create(space, { seed: 3, start: space.defaults() });
  return { optimizer, told: run(optimizer, space, trials) };
}

function carry(
  from: SearchSpace,
  { optimizer, told }: Learned,
  to: SearchSpace,
  factory: OptimizerFactory = unscreened,
): Learned {
  const carried = carryOver(factory, from, optimizer.state(), to, { seed: 9, start: to.defaults(), told });
  expect(carried.how).toBe("transferred");
  return { optimizer: carried.optimizer, told };
}

const dataOf = ({ optimizer }: Learned): CmaEsData => cmaEsStateSchema.parse(optimizer.state().data);

/** Entry (i, j) of C. */
const entryOf = ({ distribution: { covariance, mean } }: CmaEsData, i: number, j: number) =>
  covariance[i * mean.length + j] ?? Number.NaN;

const mixed = [float("a"), lr, depth, act];
const news: readonly Parameter[] = [
  float("warmup", 0.05),
  { kind: "int", name: "heads", low: 1, high: 16, scale: "log", powersOf: 2, default: 4 },
  { kind: "categorical", name: "norm", choices: ["layer", "rms"], default: "layer" },
  { kind: "boolean", name: "bias", default: true },
];

describe("a distribution in a space with new parameters", () => {
  const from = spaceOf(mixed);
  // The new ones first, so that every old coordinate has another place.
  const to = spaceOf([...news, ...mixed]);
  const before = learned(from);
  const after = carry(from, before, to);

  it("keeps mean, spread, correlations and probabilities of the old ones", () => {
    const [old, now] = [before.optimizer.view(), after.optimizer.view()];
    const names = mixed.map(({ name }) => name);
    const known = <Each extends { readonly name: string }>(all: readonly Each[] = []) =>
      all.filter(({ name }) => names.includes(name));
    expect(known(now.numeric)).toEqual(old.numeric);
    expect(known(now.categorical)).toEqual(old.categorical);
    // Two of the new coordinates are numeric.
    expect(now.covariance?.slice(2).map((row) => row.slice(2))).toEqual(old.covariance);
    expect(now.covariance?.slice(2).every((row) => row[0] === 0 && row[1] === 0)).toBe(true);
    expect(now.stepSize).toEqual(old.stepSize);
    expect(now.generation).toBe(old.generation);
    expect(dataOf(after).distribution.pathC.slice(2)).toEqual(dataOf(before).distribution.pathC);
    expect(dataOf(after).distribution.pathSigma.slice(2)).toEqual(dataOf(before).distribution.pathSigma);
  });

  it("starts the new ones as a new search starts them", () => {
    const fresh = unscreened.create(to, { seed: 1, start: to.defaults() }).view();
    const now = after.optimizer.view();
    expect(now.numeric?.map(({ name, mean }) => ({ name, mean })).slice(0, 2)).toEqual([
      { name: "warmup", mean: 0.05 },
      { name: "heads", mean: 4 },
    ]);
    for (const k of [0, 1]) expect(now.numeric?.[k]?.deviation).toBeCloseTo(fresh.numeric?.[k]?.deviation ?? 0, 12);
    expect(now.categorical?.slice(0, 2)).toEqual(fresh.categorical?.slice(0, 2));
  });

  it("draws the old ones from the same distribution", () => {
    const draws = 3000;
    const drawn = [before, after].map(({ optimizer }) => optimizer.sample(draws, 4));
    for (const { name, kind } of mixed) {
      const [old = [], now = []] = drawn.map((all) => all.map((each) => each[name] ?? 0));
      if (kind === "float") {
        const sorted = [old, now].map((values) => values.map(Number).sort((a, b) => a - b));
        // Kolmogorov-Smirnov at a probability of error of about 1e-4.
        const [a = [], b = []] = sorted;
        const share = (values: readonly number[], x: number) => values.filter((value) => value <= x).length / draws;
        const distance = Math.max(...a.filter((_, k) => k % 10 === 0).map((x) => Math.abs(share(a, x) - share(b, x))));
        expect(distance).toBeLessThan(2.2 * Math.sqrt(2 / draws));
        continue;
      }
      for (const value of new Set(old)) {
        const [p = 0, q = 0] = [old, now].map((values) => values.filter((each) => each === value).length / draws);
        expect(Math.abs(p - q)).toBeLessThan(4 * Math.sqrt((2 * p * (1 - p)) / draws) + 0.002);
      }
    }
  });

  it("keeps the path of the natural gradient for each choice that was there", () => {
    const choices = spaceOf([act, { ...act, name: "gate" }, float("a")]);
    const turned = spaceOf([
      { kind: "boolean", name: "bias", default: true },
      { ...act, name: "gate" },
      act,
      float("a"),
    ]);
    const state = learned(choices);
    const [act0, act1, gate0, gate1] = dataOf(state).distribution.gradient.path;
    const { path, ...rest } = dataOf(carry(choices, state, turned)).distribution.gradient;
    expect(path).toEqual([0, gate0, gate1, act0, act1]);
    expect({ ...rest, path: [] }).toEqual({ ...dataOf(state).distribution.gradient, path: [] });
  });

  it("takes a deviation that is given for a new one, and its population grows with the space", () => {
    const { optimizer, told } = before;
    const options = { seed: 9, start: to.defaults(), told, initialDeviation: { warmup: 0.03 } };
    const given = carryOver(unscreened, from, optimizer.state(), to, options).optimizer.view();
    expect(given.numeric?.[0]?.deviation).toBeCloseTo(0.03, 12);
    expect(given.populationSize).toBeGreaterThan(optimizer.view().populationSize ?? 0);
  });

  it("forgets candidates under way and keeps waiting results, which say nothing of new parameters", () => {
    const [old, now] = [dataOf(before), dataOf(after)];
    expect(old.pending).toHaveLength(2);
    expect(now.pending).toEqual([]);
    expect(now.nextCandidate).toBe(old.nextCandidate);
    expect(old.waiting.length).toBeGreaterThan(0);
    expect(now.waiting.map(({ configuration }) => configuration["lr"])).toEqual(
      old.waiting.map(({ configuration }) => configuration["lr"]),
    );
    for (const { configuration, point, generation } of now.waiting) {
      expect(configuration).toMatchObject({ warmup: 0.05, heads: 4, norm: "layer", bias: true });
      expect(point.numeric.slice(0, 2)).toEqual(now.distribution.mean.slice(0, 2));
      expect(point.categorical.slice(0, 2)).toEqual([-1, -1]);
      expect(generation).toBe(-1);
    }
  });
});

describe.each([
  { factory: unscreened, kind: "cma-es" },
  { factory: lraCmaEs, kind: "lra-cma-es" },
])("$kind with parameters added and removed again", ({ factory }) => {
  it("has the same distribution as before", () => {
    const from = spaceOf(mixed);
    const to = spaceOf([...news.slice(0, 2), ...mixed, ...news.slice(2)]);
    const before = learned(from, factory);
    const after = carry(to, carry(from, before, to, factory), from, factory);
    const [{ distribution: old }, { distribution: now }] = [dataOf(before), dataOf(after)];
    const numbers = (state: unknown): number[] =>
      (JSON.stringify(state).match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g) ?? []).map(Number);
    expect(numbers(now)).toHaveLength(numbers(old).length);
    numbers(old).forEach((value, k) => {
      expect(Math.abs((numbers(now)[k] ?? Number.NaN) - value)).toBeLessThan(1e-12 * Math.max(1, Math.abs(value)));
    });
    expect(after.optimizer.view().populationSize).toBe(before.optimizer.view().populationSize);
  });
});

describe("a distribution in a space without some parameters", () => {
  const names = ["a", "b", "c"];
  const from = spaceOf(names.map((name) => float(name)));
  const to = spaceOf([float("a"), float("c")]);
  const before = learned(from);
  const after = carry(from, before, to);

  it("is the marginal distribution", () => {
    const [old, now] = [dataOf(before), dataOf(after)];
    expect(Math.abs(entryOf(old, 0, 1))).toBeGreaterThan(0);
    expect(now.distribution.mean).toEqual([old.distribution.mean[0], old.distribution.mean[2]]);
    expect(now.distribution.covariance).toEqual([
      entryOf(old, 0, 0),
      entryOf(old, 0, 2),
      entryOf(old, 2, 0),
      entryOf(old, 2, 2),
    ]);
  });

  it("keeps the same path of the step size, seen in other whitened coordinates", () => {
    const [old = [], now = []] = [before, after].map((each) => unwhitened(dataOf(each)));
    expect(now).toHaveLength(2);
    expect(now[0]).toBeCloseTo(old[0] ?? Number.NaN, 10);
    expect(now[1]).toBeCloseTo(old[2] ?? Number.NaN, 10);
  });
});

/** C^(1/2) p_sigma. */
function unwhitened({ distribution: { covariance, pathSigma: path } }: CmaEsData): number[] {
  const n = path.length;
  const { values, vectors } = symmetricEigen(Float64Array.from(covariance), n);
  const entry = (i: number, k: number) => at(vectors, i * n + k);
  return path.map((_, i) =>
    path.reduce((sum, _, k) => {
      const along = path.reduce((length, p, j) => length + entry(j, k) * p, 0);
      return sum + entry(i, k) * Math.sqrt(at(values, k)) * along;
    }, 0),
  );
}

describe("a parameter whose range changes", () => {
  it("keeps its mean and deviation in native units", () => {
    const from = spaceOf([lr, float("a")]);
    const wider = spaceOf([{ ...lr, low: 1e-7, high: 1 }, float("a")]);
    const before = learned(from);
    const after = carry(from, before, wider);
    const [old, now] = [before, after].map(({ optimizer }) => optimizer.view().numeric?.[0]);
    expect(now?.mean).toBeCloseTo(old?.mean ?? 0, 8);
    expect(Math.log(now?.high ?? 0)).toBeCloseTo(Math.log(old?.high ?? 0), 6);
    expect(Math.log(now?.low ?? 0)).toBeCloseTo(Math.log(old?.low ?? 0), 6);
    // Four decades became seven.
    expect(now?.deviation).toBeCloseTo(((old?.deviation ?? 0) * 4) / 7, 8);
    expect(after.optimizer.view().numeric?.[1]).toEqual(before.optimizer.view().numeric?.[1]);
    const back = carry(wider, after, from);
    expect(back.optimizer.view().numeric?.[0]?.deviation).toBeCloseTo(old?.deviation ?? 0, 10);
  });

  it("goes to the edge of a range that does not have its mean, and starts anew where nothing is common", () => {
    const from = spaceOf([float("a", 0.9), float("b")]);
    const state = learned(from, unscreened, 3);
    const lower = spaceOf([{ ...float("a"), high: 0.5 }, float("b")]);
    expect(carry(from, state, lower).optimizer.view().numeric?.[0]?.mean).toBeCloseTo(0.5, 12);
    const elsewhere = spaceOf([{ ...float("a"), low: 10, high: 20, default: 12 }, float("b")]);
    expect(carry(from, state, elsewhere).optimizer.view().numeric?.[0]?.mean).toBeCloseTo(12, 12);
  });

  it("keeps discrete parameters moving: the margin holds on a coarser grid", () => {
    const from = spaceOf([{ ...depth, high: 12 }, float("a")]);
    const coarse = spaceOf([{ ...depth, high: 34, step: 3, default: 4 }, float("a")]);
    const drawn = carry(from, learned(from, unscreened, 200), coarse).optimizer.sample(600, 1);
    const counts = new Map<unknown, number>();
    for (const { depth: value } of drawn) counts.set(value, (counts.get(value) ?? 0) + 1);
    // The margin of one discrete coordinate is 27 %: at least about that share leaves the most frequent value.
    expect(Math.max(...counts.values())).toBeLessThan(0.85 * drawn.length);
  });

  it("keeps the deviation of a discrete parameter that becomes continuous, what its margin adds included", () => {
    const from = spaceOf([depth, float("a")]);
    const smooth = spaceOf([{ ...float("depth", 2), low: 1, high: 6 }, float("a")]);
    const before = learned(from, unscreened, 200);
    const after = carry(from, before, smooth);
    expect(dataOf(before).distribution.scale[0]).toBeGreaterThan(1.05);
    expect(dataOf(after).distribution.scale).toEqual([1, 1]);
    const [old, now] = [before, after].map(({ optimizer }) => optimizer.view().numeric?.[0]);
    // Six cells fill the discrete range, five units the continuous one.
    expect(now?.deviation).toBeCloseTo(Math.min(1 / 3, (6 / 5) * (old?.deviation ?? 0)), 10);
    expect(Math.abs(Number(now?.mean) - Number(old?.mean))).toBeLessThan(0.01);
  });

  it("gives new choices an even share, and the known ones keep their proportions", () => {
    const from = spaceOf([act, float("a")]);
    const to = spaceOf([{ ...act, choices: ["tanh", "gelu", "relu", "silu"] }, float("a")]);
    const before = learned(from);
    const row = (each: Learned) =>
      new Map(
        each.optimizer.view().categorical?.[0]?.probabilities.map(({ choice, probability }) => [choice, probability]),
      );
    const [old, now] = [row(before), row(carry(from, before, to))];
    expect(now.get("tanh")).toBeCloseTo(0.25, 2);
    expect(Number(now.get("gelu")) / Number(now.get("silu"))).toBeCloseTo(
      Number(old.get("gelu")) / Number(old.get("silu")),
      0,
    );
    expect([...now.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });
});

describe("a carried state", () => {
  const from = spaceOf(mixed);
  const conditional: Parameter = { ...float("nesterov", 0.1), when: "act == 'gelu'" };
  const to = spaceOf([...mixed, ...news, conditional], ["a + warmup <= 1.5"]);

  it.each([
    { factory: unscreened, name: "without a model" },
    { factory: cmaEs, name: "with a model of the results" },
    { factory: lraCmaEs, name: "with learning rates that adapt" },
  ])("goes on $name, and restores bit for bit", { timeout: 60_000 }, ({ factory }) => {
    const { optimizer } = carry(from, learned(from, factory), to, factory);
    let copy = optimizer;
    for (let k = 0; k < 25; k++) {
      const state: OptimizerState = JSON.parse(JSON.stringify(copy.state()));
      expect(JSON.stringify(state)).not.toContain("null");
      copy = factory.restore(to, state);
      const candidate = optimizer.ask();
      expect(copy.ask()).toEqual(candidate);
      expect(to.read(candidate.configuration)).toEqual({ ok: true, configuration: candidate.configuration });
      const value = loss(to, candidate.configuration);
      for (const each of [optimizer, copy]) {
        each.tell({
          candidate: candidate.id,
          configuration: candidate.configuration,
          evaluation: { kind: "value", value },
        });
      }
      expect(JSON.stringify(copy.state())).toBe(JSON.stringify(optimizer.state()));
    }
  });

  it("counts a late result of the old space as somebody else's", () => {
    const after = carry(from, learned(from), to);
    const random = RandomStream.fromSeed(1);
    after.optimizer.tell({ configuration: to.sample(random), evaluation: { kind: "value", value: 1 } });
    expect(dataOf(after).waiting.at(-1)?.generation).toBe(-1);
  });

  it("copes with spaces of one kind only", () => {
    const numeric = spaceOf([float("a")]);
    const choices = spaceOf([act]);
    for (const [one, other] of [
      [numeric, choices],
      [choices, numeric],
    ] as const) {
      const { optimizer } = carry(one, learned(one), other);
      run(optimizer, other, 30);
      expect(JSON.stringify([optimizer.state(), optimizer.view()])).not.toContain("null");
    }
  });

  it("is refused where it belongs to another space", () => {
    const { optimizer, told } = learned(from);
    expect(() => carryOver(unscreened, to, optimizer.state(), from, { seed: 1, start: from.defaults(), told })).toThrow(
      expect.objectContaining({ code: "state_invalid" }),
    );
  });
});

describe("a search that gets one more parameter midway", () => {
  const names = ["x0", "x1", "x2"];
  const small = spaceOf(names.map((name) => float(name)));
  const large = spaceOf([...names.map((name) => float(name)), float("y", 0.3)]);
  const value = (configuration: Configuration) =>
    names.reduce((sum, name, k) => sum + 10 ** k * (Number(configuration[name]) - 0.7) ** 2, 0) +
    3 * (Number(configuration["y"] ?? 0.3) - 0.6) ** 2;

  /** Trials until the loss is reached. */
  function trialsTo(target: number, optimizer: Optimizer, told: Told[] = [], most = 1000): number {
    for (let k = 1; k <= most; k++) {
      const { id, configuration } = optimizer.ask();
      const evaluation: Evaluation = { kind: "value", value: value(configuration) };
      optimizer.tell({ candidate: id, configuration, evaluation });
      told.push({ configuration, evaluation });
      if (evaluation.value <= target) return k;
    }
    return most;
  }

  it("needs fewer trials than one that starts anew", () => {
    const runs = Array.from({ length: 20 }, (_, k) => k + 1).map((seed) => {
      const optimizer = unscreened.create(small, { seed, start: small.defaults() });
      const told: Told[] = [];
      for (let k = 0; k < 60; k++) trialsTo(-1, optimizer, told, 1);
      const carried = carryOver(unscreened, small, optimizer.state(), large, { seed, start: large.defaults(), told });
      return {
        carried: trialsTo(0.01, carried.optimizer),
        anew: trialsTo(0.01, unscreened.create(large, { seed, start: large.defaults() })),
      };
    });
    expect(median(runs.map(({ carried }) => carried))).toBeLessThan(0.75 * median(runs.map(({ anew }) => anew)));
    expect(runs.filter(({ carried, anew }) => carried < anew).length).toBeGreaterThanOrEqual(16);
  });
});
