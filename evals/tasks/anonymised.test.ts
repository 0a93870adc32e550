import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import { definitionFromFields, SearchSpace, type SpaceFields } from "../../src/space/index.js";
import { anonymised } from "./anonymised.js";
import type { Task } from "./task.js";

function taskOn(fields: SpaceFields): Task {
  const space = SearchSpace.from(definitionFromFields(fields));
  return {
    name: "test/task",
    space,
    start: space.defaults(),
    trials: 10,
    evaluate: (configuration) => ({
      evaluation: { kind: "value", value: space.key(configuration).length },
      measured: {},
    }),
    trueValue: (configuration) => space.key(configuration).length,
    known: { best: 0, bestOf25: 1 },
    card: { text: "Trains something.", metric: "validation loss", limits: { seconds: 5 } },
  };
}

describe("the anonymised twin", () => {
  const task = taskOn({
    parameters: {
      learning_rate: { type: "float", low: 1e-5, high: 0.1, scale: "log", default: 1e-3, description: "How fast." },
      dropout: { type: "float", low: 0.1, high: 0.6, step: 0.1, default: 0.2 },
      momentum: { type: "float", low: 0, high: 1, default: 0.9, when: "optimizer == 'sgd'" },
      depth: { type: "int", low: 4, high: 20, step: 4, default: 8, unit: "layers" },
      batch_size: { type: "int", low: 16, high: 1024, powers_of: 2, default: 64 },
      epochs: { type: "int", low: 5, high: 100, scale: "log", default: 20 },
      width: { type: "int", low: 64, high: 512, step: 64, default: 128 },
      heads: { type: "categorical", choices: [1, 2, 4], default: 2 },
      optimizer: { type: "categorical", choices: ["sgd", "adam", "lion"], default: "adam" },
      tied: { type: "boolean", default: true },
    },
    constraints: ["width_per_head >= 32"],
    derived: { width_per_head: { formula: "width / heads", unit: "units", description: "Of one head." } },
  });
  const twin = anonymised(task);
  const alias = (name: string): string => twin.aliases.get(name) ?? "";
  const standsFor = (name: string) => twin.space.parameter(alias(name));

  it("counts numbers from 0 or puts them between 0 and 1, where coordinates stay what they are", () => {
    expect(standsFor("learning_rate")).toMatchObject({ kind: "float", low: 0, high: 1, scale: "linear", default: 0.5 });
    expect(standsFor("dropout")).toMatchObject({ kind: "float", low: 0, high: 1, step: 0.2, default: 0.2 });
    expect(standsFor("depth")).toMatchObject({ kind: "int", low: 0, high: 4, default: 1 });
    expect(standsFor("batch_size")).toMatchObject({ kind: "int", low: 0, high: 6, scale: "linear", default: 2 });
    expect(standsFor("epochs")).toMatchObject({ kind: "int", low: 5, high: 100, scale: "log", default: 20 });
  });

  it("leaves numbers that expressions calculate with, and choices too", () => {
    expect(standsFor("width")).toMatchObject({ kind: "int", low: 64, high: 512, step: 64 });
    expect(standsFor("heads")).toMatchObject({ kind: "categorical", choices: [1, 2, 4] });
    expect(twin.space.derived).toEqual([{ name: "d1", formula: `(${alias("width")} / ${alias("heads")})` }]);
    expect(twin.space.constraints).toEqual(["(d1 >= 32)"]);
  });

  it("makes letters of choices, in conditions as well", () => {
    const optimizer = standsFor("optimizer");
    expect(optimizer).toMatchObject({ kind: "categorical", choices: ["a", "b", "c"] });
    const sgd = twin.hide({ ...task.start, optimizer: "sgd", momentum: 0.5 });
    expect(standsFor("momentum").when).toBe(`(${optimizer.name} == '${sgd[optimizer.name]}')`);
    expect(sgd[alias("momentum")]).toBe(0.5);
  });

  it("says nothing of the task, its metric and its limits", () => {
    expect(twin.card).toEqual({ text: expect.stringContaining("10 parameters"), metric: "loss", limits: {} });
    expect(JSON.stringify(twin.space.definition)).not.toMatch(/description|unit|layers|How fast/);
  });

  it("has the same configurations", () => {
    const random = RandomStream.fromSeed(9);
    for (let draw = 0; draw < 300; draw++) {
      const configuration = task.space.sample(random);
      const back = twin.reveal(twin.hide(configuration));
      expect(back).toEqual({
        ...configuration,
        learning_rate: expect.closeTo(Number(configuration["learning_rate"]), 11),
      });
    }
    expect(twin.space.size()).toBe(task.space.size());
  });

  it("is in another order, which is the same each time", () => {
    const order = (named: Task) => [...anonymised(named).aliases.keys()];
    expect(order(task)).toEqual(order(task));
    expect(order({ ...task, name: "test/other" })).not.toEqual(order(task));
  });

  it("brings rows of a pool and the optimum back to the last digit", () => {
    const random = RandomStream.fromSeed(2);
    const pool = Array.from({ length: 100 }, () => task.space.sample(random));
    const [optimum = task.start] = pool;
    const rows = anonymised({ ...task, pool, optimum });
    expect(rows.pool?.map(rows.reveal)).toEqual(pool);
    expect(rows.reveal(rows.optimum ?? {})).toEqual(optimum);
  });
});
