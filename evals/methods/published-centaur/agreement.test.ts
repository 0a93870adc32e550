import { describe, expect, it } from "vitest";
import type { Task } from "../../tasks/index.js";
import { ownTasks } from "../../tasks/own/index.js";
import { checkOptuna, optunaMethod, pythonVariable } from "../optuna/optuna-method.js";
import { agreement } from "./agreement.js";
import { publishedCentaurMethod } from "./published-centaur.js";
import { rankSum } from "./rank-sum.js";

describe("the rank-sum test", () => {
  it("has the p of scipy", () => {
    // Those of scipy.stats.mannwhitneyu with method="asymptotic".
    expect(rankSum([1, 2, 3, 4.5, 9], [4, 6, 7, 8, 10])).toBeCloseTo(0.14367208180696023, 10);
    expect(rankSum([1, 1, 2, 3, 3, 4, 8, 9], [2, 3, 5, 6, 7, 7, 9, 11])).toBeCloseTo(0.15381125310705518, 10);
    const low = Array.from({ length: 12 }, (_, k) => k);
    expect(rankSum(low, low)).toBe(1);
    expect(
      rankSum(
        low,
        low.map((x) => x + 20),
      ),
    ).toBeLessThan(1e-4);
    expect(rankSum([1, 1, 1], [1, 1, 1])).toBe(1);
  });
});

const theirs = "optuna-cma-es";
const { available, skipped } = checkOptuna(process.env);
const reason = skipped.find(({ name }) => name === theirs)?.reason;
const title = `the published optimizer beside ${theirs}${reason === undefined ? "" : ` (skipped: ${reason})`}`;

describe.skipIf(!available.includes(theirs))(title, () => {
  const task = (name: string): Task => {
    const entry = ownTasks.find((each) => each.name === `own/${name}`);
    if (entry === undefined) throw new Error(`no ${name}`);
    return entry.load();
  };
  const against = async (name: string, ours: string) => {
    const optuna = optunaMethod(theirs, process.env[pythonVariable] ?? "");
    try {
      return await agreement(task(name), [publishedCentaurMethod(ours), optuna], { seeds: 20, trials: 40 });
    } finally {
      optuna.close();
    }
  };

  it("reaches the same", { timeout: 120_000 }, async () => {
    for (const { p } of await against("ripples", "published-centaur")) expect(p).toBeGreaterThan(0.002);
    for (const { p } of await against("mixed", "published-centaur:encoding=told")) expect(p).toBeGreaterThan(0.002);
  });

  it("does not from another start, which the comparison notices", { timeout: 120_000 }, async () => {
    const ps = (await against("ripples", "published-centaur:start=default")).map(({ p }) => p);
    expect(Math.min(...ps)).toBeLessThan(0.002);
  });
});
