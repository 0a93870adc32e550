import { describe, expect, it } from "vitest";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import type { Configuration } from "../../../src/space/index.js";
import { normalisedRegret, type Task, trialBudget } from "../task.js";
import { bbobFunction } from "./bbob-function.js";
import { cardinalities, gridThrough } from "./discretisation.js";
import { bbobTask, bbobTaskNamed, bbobTasks, representativeBbobTasks } from "./index.js";

/** Smallest target of COCO's experiments: what is below it counts as the optimum. */
const target = 1e-8;

function draws(task: Task, count: number): readonly Configuration[] {
  const random = RandomStream.fromSeed(deriveSeed(5, task.name));
  return Array.from({ length: count }, () => task.space.sample(random));
}

function named(name: string): Task {
  const entry = bbobTaskNamed(name);
  if (entry === undefined) throw new Error(`There is no task named ${name}.`);
  return entry.load();
}

describe("every function", () => {
  it.each([2, 3, 10])("can be tuned in %i dimensions, for other instances too", (dimension) => {
    for (let id = 1; id <= 24; id++) {
      const task = named(`bbob/f${id}-d${dimension}-i${1 + (id % 7)}`);
      expect(task.trueValue(task.start)).toBeGreaterThan(0);
    }
    const task = named("bbob/f15-d10-i1");
    expect(task.space.parameters).toHaveLength(10);
  });
});

describe.each([...bbobTasks, ...representativeBbobTasks])("$name", (entry) => {
  const task = entry.load();
  const random = draws(task, 120);

  it("starts at its defaults, in its space, with something to tune", () => {
    expect(task.space.read(task.start)).toEqual({ ok: true, configuration: task.start });
    expect(task.space.defaults()).toEqual(task.start);
    expect(task.trueValue(task.start)).toBeGreaterThanOrEqual(task.known.bestOf25);
    expect(task.trials).toBe(trialBudget(task.space.parameters.length));
  });

  it("observes exactly the true value, whatever the seed", () => {
    for (const configuration of random.slice(0, 10)) {
      const value = task.trueValue({ ...configuration });
      expect(task.evaluate(configuration, 1)).toEqual({ evaluation: { kind: "value", value }, measured: {} });
      expect(task.evaluate(configuration, 2)).toEqual(task.evaluate(configuration, 1));
    }
  });

  it("is at its optimum as good as can be told apart, and nowhere better than that", () => {
    const { optimum, known, space } = task;
    if (optimum === undefined) throw new Error("no optimum");
    expect(space.read(optimum)).toEqual({ ok: true, configuration: optimum });
    expect(task.trueValue(optimum)).toBeLessThan(target);
    expect(known.best).toBe(0);
    for (const configuration of random) expect(task.trueValue(configuration)).toBeGreaterThan(target);
  });

  it("has the median of the best of 25 random configurations as its unit of regret", () => {
    expect(task.known.bestOf25).toBeGreaterThan(target);
    const better = random.filter((configuration) => task.trueValue(configuration) < task.known.bestOf25).length;
    expect(better).toBeLessThanOrEqual(14);
    expect(normalisedRegret(task.known, task.known.bestOf25)).toBe(1);
  });

  it("tells the advisor neither what it is nor where the optimum lies", () => {
    const told = JSON.stringify([task.card, task.space.definition.parameters.map(({ description }) => description)]);
    expect(told).not.toMatch(/bbob|coco|f_?opt|optimum|instance|rosenbrock|sphere|rastrigin/i);
    expect(told).toContain(`${task.space.parameters.length} parameters without meaning`);
    for (const { default: value, name } of task.space.parameters) expect(value).toBe(task.start[name]);
  });
});

describe("the selections", () => {
  it("are all functions in five dimensions, and every group, dimension and variant", () => {
    expect(bbobTasks.map(({ name }) => name)).toEqual(Array.from({ length: 24 }, (_, k) => `bbob/f${k + 1}-d5-i1`));
    const names = representativeBbobTasks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const dimension of [2, 5, 10, 20, 40])
      expect(names.some((name) => name.includes(`-d${dimension}-`))).toBe(true);
    for (const variant of ["mixed", "categorical"]) expect(names.some((name) => name.endsWith(variant))).toBe(true);
    const groups = names.map((name) => {
      const id = Number(/f(\d+)/.exec(name)?.[1]);
      return [5, 9, 14, 19, 24].findIndex((last) => id <= last);
    });
    expect(new Set(groups).size).toBe(5);
  });
});

describe("a name", () => {
  it.each(["bbob/f8-d5-i1", "bbob/f24-d40-i77", "bbob/f1-d2-i3-mixed", "bbob/f22-d7-i100000-categorical"])(
    "finds %s",
    (name) => expect(named(name).name).toBe(name),
  );

  it.each([
    "own/sphere",
    "bbob/f8",
    "bbob/f25-d5-i1",
    "bbob/f0-d5-i1",
    "bbob/f8-d1-i1",
    "bbob/f8-d41-i1",
    "bbob/f8-d5-i0",
    "bbob/f08-d5-i1",
    "bbob/f8-d5-i1-continuous",
    "bbob/f8-d5-i1-binary",
  ])("finds nothing for %s", (name) => expect(bbobTaskNamed(name)).toBeUndefined());

  it("is refused where the function is made by hand", () => {
    expect(() => bbobTask({ function: 30, dimension: 5, instance: 1 })).toThrow("There is no BBOB function f30");
  });
});

describe("discrete variables", () => {
  it("come in five groups of equal size where five divides the dimension", () => {
    expect(cardinalities(5)).toEqual([2, 4, 8, 16, undefined]);
    expect(cardinalities(10)).toEqual([2, 2, 4, 4, 8, 8, 16, 16, undefined, undefined]);
  });

  it("come in groups that differ by at most one elsewhere, the last variable continuous", () => {
    expect(cardinalities(2)).toEqual([8, undefined]);
    expect(cardinalities(3)).toEqual([4, 16, undefined]);
    expect(cardinalities(4)).toEqual([4, 8, 16, undefined]);
    for (let dimension = 5; dimension <= 40; dimension++) {
      const sizes = [2, 4, 8, 16, undefined].map((count) => cardinalities(dimension).filter((c) => c === count).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(cardinalities(dimension).at(-1)).toBeUndefined();
    }
  });

  it.each([2, 4, 8, 16])("with %i values stand in equal steps within the domain, one at the optimum", (count) => {
    for (const optimum of [-5, -3.9, -0.01, 0, 1.234, 5]) {
      const grid = gridThrough(optimum, count);
      expect(grid.coordinates[grid.optimum]).toBe(optimum);
      expect(grid.coordinates).toHaveLength(count);
      for (const [k, coordinate] of grid.coordinates.entries()) {
        expect(Math.abs(coordinate)).toBeLessThanOrEqual(5 + 1e-12);
        if (k > 0) expect(coordinate - (grid.coordinates[k - 1] ?? 0)).toBeCloseTo(10 / (count + 1), 12);
      }
    }
  });

  it("are the values of the suite: thirds of the domain, moved onto an optimum in the middle of two", () => {
    // Two values of [-5, 5] stand at -5/3 and 5/3; an optimum at 1 is nearest to the second.
    const grid = gridThrough(1, 2);
    expect(grid.optimum).toBe(1);
    expect(grid.coordinates[0]).toBeCloseTo(1 - 10 / 3, 12);
  });

  it("have the function's values at the points they stand for", () => {
    const task = named("bbob/f10-d5-i2-mixed");
    const { xopt, gap } = bbobFunction(10, 5, 2);
    for (const configuration of draws(task, 30)) {
      const counts = [2, 4, 8, 16];
      const point = xopt.map((optimum, i) => {
        const value = Number(configuration[`x${i + 1}`]);
        const count = counts[i];
        return count === undefined ? value : (gridThrough(optimum, count).coordinates[value] ?? Number.NaN);
      });
      expect(task.trueValue(configuration)).toBe(gap(point));
    }
  });
});

describe("categories", () => {
  it("are the integers of the mixed variant under other names: same values in another order", () => {
    const [mixed, categorical] = [named("bbob/f3-d5-i2-mixed"), named("bbob/f3-d5-i2-categorical")];
    expect(categorical.space.parameters.map(({ kind }) => kind)).toEqual([
      "categorical",
      "categorical",
      "categorical",
      "int",
      "float",
    ]);
    const along = (task: Task, values: readonly (string | number)[]) =>
      values.map((x3) => task.trueValue({ ...task.optimum, x3 }));
    const ordered = along(mixed, [0, 1, 2, 3, 4, 5, 6, 7]);
    const shuffled = along(categorical, ["a", "b", "c", "d", "e", "f", "g", "h"]);
    expect(shuffled).not.toEqual(ordered);
    expect([...shuffled].sort()).toEqual([...ordered].sort());
  });

  it("start where the mixed variant starts, and have the same unit of regret", () => {
    for (const name of ["bbob/f3-d5-i2", "bbob/f15-d20-i4"]) {
      const [mixed, categorical] = [named(`${name}-mixed`), named(`${name}-categorical`)];
      expect(categorical.start).not.toEqual(mixed.start);
      expect(categorical.trueValue(categorical.start)).toBe(mixed.trueValue(mixed.start));
      expect(categorical.known).toEqual(mixed.known);
    }
  });

  it("are labelled differently in each variable and instance", () => {
    const best = (name: string) => {
      const { optimum = {} } = named(name);
      return Object.values(optimum).filter((value) => typeof value === "string");
    };
    const labels = best("bbob/f1-d40-i1-categorical");
    expect(labels).toHaveLength(24);
    expect(new Set(labels.slice(16)).size).toBeGreaterThan(2);
    expect(best("bbob/f1-d40-i2-categorical")).not.toEqual(labels);
  });
});
