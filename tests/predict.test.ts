import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { predictionSchema } from "../src/study/prediction.js";
import { tune } from "../src/study/tune.js";
import { inProcess, projectFolder } from "./cli.js";

/* What the models of a study say of configurations that have never run. */

/** Known exactly: loss 2 at lr 1e-2 and width 128; 512 runs out of memory. */
function valley({ lr, width }: Readonly<Record<string, unknown>>): number {
  if (Number(width) >= 512) throw new Error("CUDA out of memory. Tried to allocate 2.00 GiB");
  return 2 + (Math.log10(Number(lr)) + 2) ** 2 + 0.3 * (Math.log2(Number(width)) - 7) ** 2;
}

let cwd: string;
beforeEach(async () => {
  cwd = projectFolder();
  await tune({
    objective: valley,
    metric: "loss",
    parameters: {
      lr: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      width: { type: "int", low: 16, high: 512, powers_of: 2, default: 64 },
    },
    optimizer: "random",
    advisor: "none",
    budget: { trials: 40 },
    folder: join(cwd, ".agent-tune"),
  });
});

async function predicted(...values: readonly string[]) {
  return predictionSchema.parse(JSON.parse((await inProcess(["predict", "--json", ...values], { cwd })).stdout));
}

describe("agent-tune predict", () => {
  it("expects what the objective is, within the interval that it gives", async () => {
    const { value, calibration, configuration } = await predicted("lr=0.003", "width=128");
    expect(configuration).toEqual({ lr: 0.003, width: 128 });
    expect(calibration.configurations).toBeGreaterThan(20);
    expect(value?.support).toBe("near");
    expect(Math.abs((value?.mean ?? 0) - valley({ lr: 0.003, width: 128 }))).toBeLessThan(0.3);
    expect(value?.trial.low).toBeLessThanOrEqual(value?.mean ?? 0);
    expect(value?.trial.high).toBeGreaterThanOrEqual(value?.mean ?? 0);
  });

  it("knows where trials fail, and which have shown it", async () => {
    const [safe, doomed] = [await predicted("width=64"), await predicted("width=512")];
    expect(doomed.failure?.probability).toBeGreaterThan(0.6);
    expect(doomed.failure?.nearest.length).toBeGreaterThan(0);
    expect(safe.failure?.probability).toBeLessThan(0.3);
  });

  it("takes what was not given from the best so far, and says so", async () => {
    const { from, configuration } = await predicted("width=32");
    const best = JSON.parse((await inProcess(["best", "--json"], { cwd })).stdout);
    expect(from).toBe(best.trial);
    expect(configuration).toEqual({ ...best.configuration, width: 32 });
    const { stdout } = await inProcess(["predict", "width=32"], { cwd });
    expect(stdout).toContain(`as in trial ${best.trial}, the best so far`);
    expect(stdout).toMatch(/loss: \S+ expected; one trial within \S+ to \S+/);
    expect(stdout).toMatch(/Checked: \d+ % of \d+ configurations/);
    expect(stdout).toMatch(/Likely to fail: \d+ %/);
  });

  it.each([
    [["lr"], '"lr" is not name=value'],
    [["lr=fast"], "lr: must be a number"],
    [["widht=64"], "did you mean 'width'?"],
    [["lr=5"], "lr: "],
  ])("refuses %o", async (values, message) => {
    const { code, stderr } = await inProcess(["predict", ...values], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
