import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/math/random.js";
import { ownTasks } from "./index.js";
import { polish } from "./polish.js";

const tasks = ownTasks.map((entry) => entry.load());

describe("polishing", () => {
  it.each(tasks)("finds nothing better than the best known value of $name", (task) => {
    if (task.optimum === undefined) throw new Error("no optimum");
    const { configuration, value } = polish(task, task.optimum, RandomStream.fromSeed(1));
    expect(task.space.read(configuration)).toEqual({ ok: true, configuration });
    expect(task.trueValue(configuration)).toBe(value);
    // What an analysis would call beaten.
    expect(task.known.best - value).toBeLessThanOrEqual(1e-9 * Math.abs(task.known.best));
  });

  it.each(["own/ellipsoid", "own/valley", "own/rotated", "own/divergence"])(
    "follows %s from its start to the best known value",
    (name) => {
      const task = tasks.find((each) => each.name === name);
      if (task === undefined) throw new Error(`no ${name}`);
      const { value } = polish(task, task.start, RandomStream.fromSeed(2));
      expect(value - task.known.best).toBeLessThanOrEqual(1e-9 * Math.abs(task.known.best));
    },
  );
});
