import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TuneOptions, tune } from "./tune.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-tune-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bowl: Omit<TuneOptions, "advisor"> = {
  parameters: {
    lr: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-4 },
    layers: { type: "int", low: 1, high: 8, default: 2 },
  },
  objective: ({ lr, layers }) => (Math.log10(Number(lr)) + 2) ** 2 + 0.1 * (Number(layers) - 5) ** 2,
  budget: { trials: 25 },
  env: {},
};

describe("tune", () => {
  it("hands over an objective and gets back a better configuration with its evidence", async () => {
    const { best, summary } = await tune({ ...bowl, folder, advisor: "none" });
    expect(summary.default?.estimate?.mean).toBeCloseTo(4.9, 6);
    expect(summary.best?.estimate?.mean).toBeLessThan(1);
    expect(best).toEqual(summary.best?.configuration);
    // Repeats of a deterministic objective show that one fresh seed is enough.
    expect(summary.noise).toEqual({ deviation: 0, degreesOfFreedom: 1 });
    expect(summary.trials.final).toBe(2);
  });

  it("maximises", async () => {
    const { summary } = await tune({
      ...bowl,
      objective: ({ lr }) => ({ accuracy: 1 - (Math.log10(Number(lr)) + 2) ** 2 / 10, loss: 1 }),
      metric: "accuracy",
      direction: "maximize",
      folder,
      advisor: "rules",
    });
    expect(summary.best!.estimate!.mean).toBeGreaterThan(summary.default!.estimate!.mean);
    expect(summary.gain?.absolute).toBeGreaterThan(0);
  });

  it("takes any LangChain chat model as its advisor, and shows whose proposals were worth it", async () => {
    const answer = (lr: number, layers: number): AIMessage =>
      new AIMessage(
        JSON.stringify({
          note: null,
          decisions: [
            { candidate: 1, action: "propose", values: { lr, layers }, reason: "the usual rate", expected: 0.1 },
          ],
        }),
      );
    const model = fakeModel()
      .respond(answer(1e-2, 5))
      // The same once more, and again when it is asked to mend that: refused, and the optimizer's candidate runs.
      .respond(answer(1e-2, 5))
      .respond(answer(1e-2, 5))
      .respond(answer(2e-2, 4));
    const { summary, best } = await tune({
      ...bowl,
      budget: { trials: 8 },
      share: 0.5,
      replicates: "off",
      folder,
      advisor: model,
    });
    expect(best).toEqual({ lr: 1e-2, layers: 5 });
    expect(summary.best?.origin).toBe("llm");
    expect(summary.proposals["llm"]).toMatchObject({ trials: 2, improved: 1 });
    expect(summary.proposals["cma-es"]?.fallbacks).toBe(1);
    expect(summary.advisor).toMatch(/^langchain:/);
    // A fake model names no price: the cost is unknown, which is not zero.
    expect(summary.cost.usd).toBeNull();
  });

  it("goes on with an unfinished study when asked to", async () => {
    const controller = new AbortController();
    let runs = 0;
    const first = tune({
      ...bowl,
      folder,
      advisor: "rules",
      signal: controller.signal,
      objective: async (configuration, context) => {
        if (++runs === 7) controller.abort();
        context.signal.throwIfAborted();
        return bowl.objective(configuration, context) as number;
      },
    });
    await expect(first).rejects.toThrow();
    const { summary } = await tune({ ...bowl, folder, advisor: "rules", resume: true });
    expect(summary.trials.search + summary.trials.replicate).toBe(25);
    const undisturbed = await tune({ ...bowl, folder: join(folder, "other"), advisor: "rules" });
    expect(summary.best).toEqual(undisturbed.summary.best);
  });

  it("says what is wrong with a space before anything runs", async () => {
    await expect(
      tune({ ...bowl, folder, advisor: "none", parameters: { lr: { type: "float", low: 0, high: 1, scale: "log" } } }),
    ).rejects.toMatchObject({ code: "space_invalid" });
  });
});
