import { describe, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import { SearchSpace } from "../../space/search-space.js";
import { FeatureMap } from "./features.js";
import { trainingProblem } from "./fixtures/training-problem.js";

const space = SearchSpace.from({
  parameters: [
    { kind: "float", name: "lr", low: 1e-4, high: 1, scale: "log", default: 1e-2 },
    { kind: "categorical", name: "optimizer", choices: ["adam", "sgd"], default: "adam" },
    { kind: "float", name: "momentum", low: 0, high: 1, scale: "linear", default: 0.9, when: "optimizer == 'sgd'" },
    { kind: "boolean", name: "nesterov", default: false, when: "optimizer == 'sgd'" },
    { kind: "int", name: "batch", low: 1, high: 1000, scale: "linear", default: 10 },
  ],
  constraints: [],
  derived: [
    { name: "tokens", formula: "batch * batch * 100" },
    { name: "constant", formula: "7" },
    { name: "batch_again", formula: "2 * batch + 1" },
  ],
});
const configuration = (values: Readonly<Record<string, unknown>>): Configuration => {
  const read = space.read(values);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.configuration;
};
const adam = configuration({ lr: 1e-2, optimizer: "adam", batch: 1 });
const sgd = configuration({ lr: 1, optimizer: "sgd", momentum: 0.25, nesterov: true, batch: 100 });
const wide = configuration({ lr: 1e-4, optimizer: "adam", batch: 1000 });
const map = FeatureMap.fit(space, [adam, sgd, wide]);

const feature = (name: string, of: Configuration): number => {
  const at = map.features.findIndex(
    (f) =>
      (f.kind === "numeric" && f.parameter === name) ||
      (f.kind === "choice" && `${f.parameter}=${String(f.choice)}` === name) ||
      (f.kind === "active" && f.when === name) ||
      (f.kind === "derived" && f.quantity === name),
  );
  if (at < 0) throw new Error(`no feature ${name}`);
  return map.vector(of)[at]!;
};

describe("FeatureMap", () => {
  it("places numeric parameters in their range and choices at distance 1 from each other", () => {
    expect(feature("lr", adam)).toBeCloseTo(0.5, 12);
    expect(feature("lr", sgd)).toBe(1);
    const difference = ["optimizer=adam", "optimizer=sgd"].map((name) => feature(name, adam) - feature(name, sgd));
    expect(difference.reduce((sum, d) => sum + d * d, 0)).toBeCloseTo(1, 12);
  });

  it("is restored from the scales of its derived quantities", () => {
    const restored = FeatureMap.restore(space, JSON.parse(JSON.stringify(map.derivedScales)));
    expect(restored.features).toEqual(map.features);
    expect(restored.followsPoint).toBe(false);
    for (const each of [adam, sgd, wide]) expect(restored.vector(each)).toEqual(map.vector(each));
  });

  it("reads points where these say all there is", () => {
    const plain = SearchSpace.from({
      ...space.definition,
      parameters: space.parameters.filter(({ when }) => when === undefined),
      derived: [],
    });
    const from = FeatureMap.fit(plain, []);
    expect(from.followsPoint).toBe(true);
    for (const each of [plain.defaults(), plain.sample(RandomStream.fromSeed(1))]) {
      expect(from.vectorAt(plain.encode(each))).toEqual(from.vector(each));
    }
  });

  it("flags what is inactive, once for each condition", () => {
    expect(feature("optimizer == 'sgd'", adam)).toBe(0);
    expect(feature("optimizer == 'sgd'", sgd)).toBe(1);
    expect(map.features.filter(({ kind }) => kind === "active")).toHaveLength(1);
    expect(feature("momentum", adam)).toBeCloseTo(0.9, 12);
  });

  it("compares a derived quantity that spans decades by ratio, with the spread of a uniform coordinate", () => {
    const tokens = [adam, sgd, wide].map((c) => feature("tokens", c));
    expect(tokens.reduce((sum, t) => sum + t, 0)).toBeCloseTo(0, 12);
    expect(tokens.reduce((sum, t) => sum + t * t, 0) / 3).toBeCloseTo(1 / 12, 12);
    const [one, hundred, thousand] = tokens;
    expect((hundred! - one!) / (thousand! - hundred!)).toBeCloseTo(2, 9);
  });

  it("leaves out derived quantities that do not vary or repeat a parameter", () => {
    const derived = map.features.flatMap((f) => (f.kind === "derived" ? [f.quantity] : []));
    expect(derived).toEqual(["tokens"]);
  });

  it("gives the columns of one parameter one group and everything else its own", () => {
    const of = (kind: string): readonly number[] => [
      ...new Set(map.features.flatMap((f, i) => (f.kind === kind ? [map.groups.of[i]!] : []))),
    ];
    expect(of("choice")).toHaveLength(2);
    expect(new Set([...of("numeric"), ...of("choice"), ...of("active"), ...of("derived")]).size).toBe(map.groups.count);
  });

  it("has finite vectors for every configuration of the space", () => {
    const problem = trainingProblem(8);
    const random = RandomStream.fromSeed(11);
    const few = FeatureMap.fit(problem.space, [problem.space.defaults()]);
    const some = FeatureMap.fit(problem.space, [problem.space.defaults(), problem.space.sample(random)]);
    for (let k = 0; k < 50; k++) {
      const sampled = problem.space.sample(random);
      for (const fitted of [few, some]) {
        const vector = fitted.vector(sampled);
        expect(vector).toHaveLength(fitted.features.length);
        for (const x of vector) expect(Math.abs(x)).toBeLessThanOrEqual(2);
      }
    }
  });
});
