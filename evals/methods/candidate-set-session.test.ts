import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/math/random.js";
import type { Configuration } from "../../src/space/index.js";
import { candidateSetTask } from "../tasks/candidate-set.js";
import { matchToPool } from "./candidate-set-session.js";
import { methodNamed } from "./index.js";
import type { Proposed, Session } from "./method.js";

const random = RandomStream.fromSeed(4);
const task = candidateSetTask({
  name: "test/rows",
  card: { text: "A test.", metric: "loss", limits: {} },
  space: {
    parameters: { x: { type: "float", low: 0, high: 1 }, y: { type: "float", low: 0, high: 1 } },
  },
  rows: Array.from({ length: 200 }, () => {
    const configuration = { x: random.uniform(), y: random.uniform() };
    return { configuration, runs: [{ kind: "value", value: (configuration.x - 0.3) ** 2 + configuration.y ** 2 }] };
  }),
  usual: {},
});
const pool = task.pool ?? [];

/** Asks for the given configurations in turn and writes down what it is told. */
function listed(configurations: readonly Configuration[]): Session & { readonly told: Proposed[] } {
  const told: Proposed[] = [];
  const left = [...configurations];
  return {
    told,
    begin: async () => {},
    ask: async () => ({ configuration: left.shift() ?? {}, origin: "listed" }),
    tell: async (proposed) => {
      told.push(proposed);
    },
    end: async () => {},
    spent: () => 0,
  };
}

describe("a session that is held to rows", () => {
  it("runs the nearest row that is left in place of what it asked for, and says so", async () => {
    const [first, second] = pool;
    if (!first || !second) throw new Error("no rows");
    const near = { x: Number(first["x"]) + 1e-9, y: Number(first["y"]) };
    const inner = listed([near, near, second]);
    const session = matchToPool(inner, task);
    await session.begin(task.start, task.evaluate(task.start, 0));

    const replaced = await session.ask();
    expect(replaced).toEqual({
      configuration: first,
      origin: "listed-nearest-row",
      insteadOf: { configuration: near, origin: "listed" },
    });
    const again = await session.ask();
    expect(again.configuration).not.toEqual(first);
    expect(pool).toContainEqual(again.configuration);
    // What is a row itself is the session's own.
    const own = await session.ask();
    expect(own).toEqual({ configuration: second, origin: "listed" });

    await session.tell(replaced, task.evaluate(replaced.configuration, 1));
    expect(inner.told).toEqual([replaced]);
  });

  it("never runs a row twice, the start included, and fails where none is left", async () => {
    const session = matchToPool(listed(Array.from({ length: 200 }, () => ({ x: 0.5, y: 0.5 }))), task);
    await session.begin(task.start, task.evaluate(task.start, 0));
    const seen = new Set([task.space.key(task.start)]);
    for (let trial = 1; trial < pool.length; trial++) seen.add(task.space.key((await session.ask()).configuration));
    expect(seen.size).toBe(pool.length);
    await expect(session.ask()).rejects.toThrow("nothing left");
  });

  it("is the session itself where there is no pool", () => {
    const session = listed([]);
    expect(matchToPool(session, { space: task.space })).toBe(session);
  });

  it.each(["cma-es", "tpe", "random", "cma-es+rules@0.3"])("lets %s find good rows", async (name) => {
    const method = methodNamed(name);
    const session = matchToPool(await method.open({ task, seed: 3, runSeed: 1, trials: 60, workers: 1 }), task);
    await session.begin(task.start, task.evaluate(task.start, 0));
    let best = Number.POSITIVE_INFINITY;
    for (let trial = 1; trial < 60; trial++) {
      const proposed = await session.ask();
      expect(proposed.origin).toMatch(/^[a-z-]+-nearest-row$/);
      const observation = task.evaluate(proposed.configuration, trial);
      if (observation.evaluation.kind === "value") best = Math.min(best, observation.evaluation.value);
      await session.tell(proposed, observation);
    }
    await session.end();
    const better = pool.filter((row) => task.trueValue(row) < best).length;
    expect(better).toBeLessThan(name === "random" ? 25 : 4);
  });
});
