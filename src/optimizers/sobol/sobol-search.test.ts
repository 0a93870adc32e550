import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import { sobolSearch } from "./sobol-search.js";

describeOptimizer(sobolSearch);

const spaceOf = (parameters: readonly Parameter[], constraints: readonly string[] = []) =>
  SearchSpace.from({ parameters, constraints, derived: [] });

const asked = (space: SearchSpace, count: number, seed = 1): Configuration[] => {
  const optimizer = sobolSearch.create(space, { seed, start: space.defaults() });
  return Array.from({ length: count }, () => optimizer.ask().configuration);
};

const count = (values: readonly unknown[]) => {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

const x: Parameter = { kind: "float", name: "x", low: 0, high: 1, scale: "linear", default: 0.5 };

describe("sobol", () => {
  it("gives every choice, every value of a grid and every part of a log range its share", () => {
    const space = spaceOf([
      { kind: "float", name: "lr", low: 1e-4, high: 1, scale: "log", default: 0.01 },
      { kind: "int", name: "depth", low: 1, high: 8, scale: "linear", default: 4 },
      { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu", "tanh"], default: "relu" },
      { kind: "boolean", name: "bias", default: true },
    ]);
    const configurations = asked(space, 64);
    const shares = (name: string) => [...count(configurations.map((c) => c[name])).values()];
    expect(shares("depth")).toEqual(Array(8).fill(8));
    expect(shares("activation")).toEqual(Array(4).fill(16));
    expect(shares("bias")).toEqual([32, 32]);
    const decades = count(configurations.map(({ lr }) => Math.floor(Math.log10(Number(lr)))));
    expect(decades).toEqual(
      new Map([
        [-1, 16],
        [-2, 16],
        [-3, 16],
        [-4, 16],
      ]),
    );
  });

  it("visits every configuration of a small space before it repeats one", () => {
    const space = spaceOf([
      { kind: "int", name: "depth", low: 1, high: 4, scale: "linear", default: 4 },
      { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu", "tanh"], default: "relu" },
    ]);
    expect(new Set(asked(space, 16).map((c) => space.key(c))).size).toBe(16);
  });

  it("stays even where a constraint takes part of the space away", () => {
    const space = spaceOf(
      [
        { ...x, default: 0.2 },
        { ...x, name: "y", default: 0.2 },
      ],
      ["x + y <= 1"],
    );
    const configurations = asked(space, 512);
    // The triangle at the origin with half the side has a quarter of the area.
    const inner = configurations.filter((c) => Number(c["x"]) + Number(c["y"]) <= 0.5).length;
    expect(Math.abs(inner / 512 - 0.25)).toBeLessThan(0.015);
  });

  it("does not ask again for what was told from elsewhere", () => {
    const space = spaceOf([{ kind: "int", name: "depth", low: 1, high: 4, scale: "linear", default: 4 }]);
    const optimizer = sobolSearch.create(space, { seed: 1, start: space.defaults() });
    for (const depth of [1, 3]) {
      optimizer.tell({ configuration: { depth }, evaluation: { kind: "value", value: depth } });
    }
    expect(new Set([optimizer.ask(), optimizer.ask()].map(({ configuration }) => configuration["depth"]))).toEqual(
      new Set([2, 4]),
    );
  });

  it("asks for the same points whatever is told", () => {
    const space = spaceOf([x, { ...x, name: "y" }]);
    const optimizer = sobolSearch.create(space, { seed: 1, start: space.defaults() });
    const told = Array.from({ length: 30 }, (_, k) => {
      const { id, configuration } = optimizer.ask();
      optimizer.tell({ candidate: id, configuration, evaluation: { kind: "value", value: -k } });
      return configuration;
    });
    expect(told).toEqual(asked(space, 30));
  });

  it("serves more parameters than there are direction numbers", () => {
    const space = spaceOf(Array.from({ length: 300 }, (_, i): Parameter => ({ ...x, name: `x${i}` })));
    const configurations = asked(space, 32);
    for (const name of ["x0", "x255", "x256", "x299"]) {
      expect(new Set(configurations.map((c) => Math.floor(32 * Number(c[name])))).size).toBe(32);
    }
  });
});
