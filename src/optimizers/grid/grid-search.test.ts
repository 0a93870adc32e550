import { describe, expect, it } from "vitest";
import { type Configuration, type Parameter, SearchSpace } from "../../space/index.js";
import { describeOptimizer } from "../contract.js";
import type { Optimizer } from "../optimizer.js";
import { gridSearch } from "./grid-search.js";

describeOptimizer(gridSearch);

const spaceOf = (parameters: readonly Parameter[], constraints: readonly string[] = []) =>
  SearchSpace.from({ parameters, constraints, derived: [] });

const float = (name: string, low = 0, high = 1): Parameter => ({
  kind: "float",
  name,
  low,
  high,
  scale: "linear",
  default: low + 0.3 * (high - low),
});

const create = (space: SearchSpace, points?: number) =>
  gridSearch.create(space, {
    seed: 1,
    start: space.defaults(),
    ...(points !== undefined && { settings: { points } }),
  });

const asked = (optimizer: Optimizer, count: number): Configuration[] =>
  Array.from({ length: count }, () => optimizer.ask().configuration);

const values = (configurations: readonly Configuration[], name: string) =>
  [...new Set(configurations.map((c) => c[name]))].sort((a, b) => Number(a) - Number(b));

describe("grid", () => {
  it("begins with the grid point nearest to the start", () => {
    const space = spaceOf([float("x"), float("y", -10, 10)]);
    expect(create(space).ask().configuration).toEqual({ x: 0.25, y: -5 });
  });

  it("has both ends of each range, evenly spaced on its scale", () => {
    const space = spaceOf([{ kind: "float", name: "lr", low: 1e-4, high: 1, scale: "log", default: 0.01 }, float("x")]);
    const configurations = asked(create(space), 25);
    expect(values(configurations, "lr")).toEqual([0.0001, 0.001, 0.01, 0.1, 1]);
    expect(values(configurations, "x")).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(new Set(configurations.map((c) => space.key(c))).size).toBe(25);
  });

  it("visits every configuration of a finite space once, then begins again", () => {
    const space = spaceOf([
      { kind: "int", name: "depth", low: 1, high: 12, scale: "linear", default: 4 },
      { kind: "int", name: "width", low: 1, high: 1024, scale: "log", powersOf: 2, default: 64 },
      { kind: "categorical", name: "activation", choices: ["relu", "gelu", "silu"], default: "gelu" },
    ]);
    const optimizer = create(space);
    const size = 12 * 11 * 3;
    for (let pass = 0; pass < 2; pass++) {
      expect(new Set(asked(optimizer, size).map((c) => space.key(c))).size).toBe(size);
    }
  });

  it("refines to twice the resolution without a repetition", () => {
    const space = spaceOf([float("x"), float("y"), { kind: "boolean", name: "on", default: true }]);
    const optimizer = create(space, 3);
    const coarse = asked(optimizer, 18);
    expect(values(coarse, "x")).toEqual([0, 0.5, 1]);
    expect(optimizer.view().generation).toBe(1);
    const fine = asked(optimizer, 50 - 18);
    expect(values(fine, "x")).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const finest = asked(optimizer, 162 - 50);
    expect(values(finest, "x")).toEqual([0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]);
    expect(new Set([...coarse, ...fine, ...finest].map((c) => space.key(c))).size).toBe(162);
  });

  it("repeats nothing of the grid before, however large it was", () => {
    const space = spaceOf([float("x"), float("y")]);
    const optimizer = create(space, 129);
    const size = 129 ** 2;
    const keys = new Set(asked(optimizer, size + 3000).map((c) => space.key(c)));
    expect(optimizer.view().generation).toBe(1);
    expect(keys.size).toBe(size + 3000);
  });

  it("comes to all values of a long discrete range", () => {
    const space = spaceOf([{ kind: "int", name: "n", low: 1, high: 3000, scale: "linear", default: 7 }]);
    const configurations = asked(create(space), 3000);
    expect(new Set(configurations.map(({ n }) => n)).size).toBe(3000);
  });

  it("visits a conditional configuration once, whatever its inactive parameters", () => {
    const choices = ["sgd", "adam"];
    const space = spaceOf([
      { kind: "categorical", name: "optimizer", choices, default: "adam" },
      { ...float("momentum"), when: "optimizer == 'sgd'" },
      { kind: "boolean", name: "nesterov", default: false, when: "optimizer == 'sgd'" },
      { ...float("beta2"), when: "optimizer == 'adam'" },
      float("x"),
    ]);
    const optimizer = create(space);
    // 5 x 2 of sgd and 5 of adam, each with 5 values of x.
    const configurations = asked(optimizer, 75);
    expect(new Set(configurations.map((c) => space.key(c))).size).toBe(75);
    expect(values(configurations, "x").length).toBe(5);
    // No branch waits for the other.
    const early = configurations.slice(0, 20).filter((c) => c["optimizer"] === "sgd").length;
    expect(early).toBeGreaterThan(4);
    expect(early).toBeLessThan(16);
  });

  it("visits exactly the points that satisfy the constraints", () => {
    const space = spaceOf([float("x"), float("y")], ["x + y <= 1"]);
    const configurations = asked(create(space), 15);
    expect(new Set(configurations.map((c) => space.key(c))).size).toBe(15);
    for (const { x, y } of configurations) {
      expect(Number(x) * 4).toBe(Math.round(Number(x) * 4));
      expect(Number(y) * 4).toBe(Math.round(Number(y) * 4));
    }
  });

  it("leaves the grid where no point of it satisfies the constraints", () => {
    const space = SearchSpace.from({
      parameters: [
        { ...float("x"), default: 0.3 },
        { ...float("y"), default: 0.31 },
      ] as Parameter[],
      constraints: ["x < y", "y < x + 0.02", "x > 0.001", "x < 0.999"],
      derived: [],
    });
    const keys = asked(create(space), 6).map((configuration) => {
      expect(space.brokenConstraints(configuration)).toEqual([]);
      return space.key(configuration);
    });
    expect(new Set(keys).size).toBe(6);
  });

  it("passes over what was told from elsewhere", () => {
    const space = spaceOf([{ kind: "int", name: "n", low: 1, high: 4, scale: "linear", default: 1 }]);
    const optimizer = create(space);
    optimizer.tell({ configuration: { n: 1 }, evaluation: { kind: "value", value: 0 } });
    optimizer.tell({ configuration: { n: 3 }, evaluation: { kind: "failure", severity: 1 } });
    expect(values(asked(optimizer, 2), "n")).toEqual([2, 4]);
  });

  it("covers a huge grid from the start, at no cost", () => {
    const space = spaceOf(Array.from({ length: 60 }, (_, i) => float(`x${i}`)));
    const optimizer = create(space);
    optimizer.ask();
    const configurations = asked(optimizer, 5);
    for (const { name } of space.parameters) expect(values(configurations, name).length).toBe(5);
    expect(JSON.stringify(optimizer.state()).length).toBeLessThan(1000);
  });

  it("refuses settings that make no grid", () => {
    const space = spaceOf([float("x")]);
    expect(() => create(space, 1)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => gridSearch.create(space, { seed: 1, start: space.defaults(), settings: { levels: 5 } })).toThrow(
      expect.objectContaining({ code: "usage", remedy: expect.stringContaining("points") }),
    );
  });
});
