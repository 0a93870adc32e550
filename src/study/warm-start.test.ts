import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { optimizerFactories } from "../optimizers/index.js";
import { type TuneOptions, tune } from "./tune.js";

/* A study that begins where an earlier one ended. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-warm-start-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Loss 0 at a learning rate of 1e-2 and 200 units. */
const options = (more: Partial<TuneOptions> = {}): TuneOptions => ({
  name: "first",
  objective: ({ lr, width }) => (Math.log10(Number(lr)) + 2) ** 2 + ((Number(width) - 200) / 100) ** 2,
  parameters: {
    lr: { type: "float", low: 1e-6, high: 1, scale: "log", default: 1e-5 },
    width: { type: "int", low: 16, high: 1024, default: 900 },
  },
  advisor: "none",
  replicates: "off",
  finalSeeds: 0,
  budget: { trials: 40 },
  folder,
  ...more,
});

describe("a warm start", () => {
  it("saves the way from a bad default, and counts no earlier result as its own", async () => {
    await tune(options());
    const few: Partial<TuneOptions> = { name: "second", seed: 2, budget: { trials: 6 } };
    const { summary: warm } = await tune(options({ ...few, warmStart: "first" }));
    const { summary: cold } = await tune(options({ ...few, name: "third" }));
    expect(warm.trials.search).toBe(6);
    expect(warm.best?.estimate?.mean).toBeLessThan(0.3 * (cold.best?.estimate?.mean ?? 0));
  });

  it.each(optimizerFactories.filter(({ takesWarmStart }) => takesWarmStart).map(({ name }) => name))(
    "helps %s",
    async (optimizer) => {
      await tune(options());
      const few: Partial<TuneOptions> = { name: "second", optimizer, seed: 3, budget: { trials: 8 } };
      const { summary: warm } = await tune(options({ ...few, warmStart: "first" }));
      const { summary: cold } = await tune(options({ ...few, name: "third" }));
      expect(warm.best?.estimate?.mean).toBeLessThan(cold.best?.estimate?.mean ?? 0);
    },
  );

  it("is refused where the optimizer has no use for it, the study is unknown or nothing of it fits", async () => {
    await tune(options({ budget: { trials: 3 } }));
    await expect(tune(options({ warmStart: "first", optimizer: "random" }))).rejects.toMatchObject({
      code: "usage",
      remedy: expect.stringContaining("cma-es"),
    });
    await expect(tune(options({ warmStart: "nobody" }))).rejects.toMatchObject({ code: "study_unknown" });
    await expect(tune(options({ warmStart: "first", metric: "accuracy" }))).rejects.toMatchObject({
      message: expect.stringContaining("minimize objective, this one minimize accuracy"),
    });
    const elsewhere = { lr: { type: "float", low: 10, high: 20, default: 15 } } as const;
    await expect(tune(options({ warmStart: "first", parameters: elsewhere }))).rejects.toMatchObject({
      message: expect.stringContaining("no complete trial that is a configuration of this study's search space"),
    });
  });
});
