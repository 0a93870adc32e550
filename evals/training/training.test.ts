import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { optimizerMethod } from "../methods/optimizer-method.js";
import { runJob } from "../protocol/run.js";
import type { Benchmark } from "../tasks/index.js";
import { commandBenchmark } from "./command-benchmark.js";
import { autoresearchVariable, trainingBenchmark, trainingBenchmarks } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "agent-tune-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stand-in for autoresearch's train.py: constants of the same form, the same lines at its end, and no training. */
writeFileSync(
  join(folder, "train.py"),
  `import sys
ASPECT_RATIO = 64       # model_dim = depth * ASPECT_RATIO
HEAD_DIM = 128
WINDOW_PATTERN = "SSSL"
TOTAL_BATCH_SIZE = 2**19 # tokens
EMBEDDING_LR = 0.6
UNEMBEDDING_LR = 0.004
MATRIX_LR = 0.04
SCALAR_LR = 0.5
WEIGHT_DECAY = 0.2
ADAM_BETAS = (0.8, 0.95)
WARMUP_RATIO = 0.0
WARMDOWN_RATIO = 0.5
FINAL_LR_FRAC = 0.0
DEPTH = 8
DEVICE_BATCH_SIZE = 128
assert TOTAL_BATCH_SIZE % (DEVICE_BATCH_SIZE * 2048) == 0
if DEPTH * ASPECT_RATIO > 2000:
    sys.exit("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
print("---")
print(f"val_bpb:          {1.0 - 0.001 * DEPTH + abs(MATRIX_LR - 0.05) + 1e-9 * TOTAL_BATCH_SIZE:.6f}")
print("training_seconds: 300.1")
print("peak_vram_mb:     45060.2")
`,
);
// And for uv, which runs it.
mkdirSync(join(folder, "bin"));
writeFileSync(join(folder, "bin", "uv"), '#!/bin/sh\nshift\nexec python3 "$@"\n', { mode: 0o755 });
const env = {
  ...process.env,
  [autoresearchVariable]: folder,
  PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
};

async function benchmark(name: string): Promise<Benchmark> {
  const found = await trainingBenchmark(name, env);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe("autoresearch", () => {
  it("is skipped by name where there is none", () => {
    expect(trainingBenchmarks({}).skipped).toEqual([
      {
        name: "autoresearch/14-parameters",
        reason: "AGENT_TUNE_AUTORESEARCH names no folder with autoresearch; it needs a GPU",
      },
    ]);
    expect(trainingBenchmarks({ [autoresearchVariable]: tmpdir() }).skipped[0]?.reason).toMatch(/there is no train.py/);
  });

  it("has the 14 parameters of the paper and starts at the script's own constants", async () => {
    const { space, start, evaluate } = await benchmark("autoresearch/14-parameters");
    expect(space.parameters).toHaveLength(14);
    expect(await evaluate(start, 1)).toMatchObject({ evaluation: { kind: "value", value: 1.002524 } });
  });

  it("writes every constant, and knows a run that had too little memory", async () => {
    const { start, evaluate, trueValue } = await benchmark("autoresearch/14-parameters");
    const other = { ...start, DEPTH: 10, MATRIX_LR: 0.05, TOTAL_BATCH_SIZE: 1048576 };
    expect(await evaluate(other, 1)).toMatchObject({ evaluation: { kind: "value", value: 0.991049 } });
    expect(await trueValue(other)).toBe(0.991049);
    expect(await evaluate({ ...start, DEPTH: 24, ASPECT_RATIO: 128 }, 1)).toMatchObject({
      evaluation: { kind: "failure", failure: "out_of_memory" },
    });
  });

  it("is tuned by any method", async () => {
    const task = await benchmark("autoresearch/14-parameters");
    const run = await runJob(
      { task: task.name, method: "random", seed: 1, trials: 8 },
      task,
      optimizerMethod("random"),
    );
    expect(run.done.trials).toBe(8);
    expect(run.incumbents[0]).toMatchObject({ trial: 0, origin: "default", value: 1.002524 });
  });
});

describe("a command as a benchmark", () => {
  writeFileSync(
    join(folder, "noisy.py"),
    `import sys
x, seed = float(sys.argv[1]), int(sys.argv[2])
print(f"score: {1 - (x - 0.3) ** 2 + 0.01 * (seed % 7 - 3):.4f}")
`,
  );
  const studyFile = join(folder, "noisy.yaml");
  writeFileSync(
    studyFile,
    `version: 1
study: noisy
command: python3 noisy.py {x} {seed}
parameters:
  x: { type: float, low: 0, high: 1, default: 0.8 }
objective: { metric: score, direction: maximize }
budget: { trials: 10 }
`,
  );
  const definition = { name: "noisy", studyFile, known: { best: 0, bestOf25: 0.1 }, trials: 10, perfect: 1 };

  it("gives the same value for the same configuration and seed, what is missing to a perfect one", async () => {
    const { start, evaluate } = await commandBenchmark({ ...definition, repeats: true }, process.env);
    const [first, again, other] = [await evaluate(start, 7), await evaluate(start, 7), await evaluate(start, 9)];
    expect(first).toMatchObject({ evaluation: { kind: "value", value: expect.closeTo(0.28, 9) } });
    expect(again.evaluation).toEqual(first.evaluation);
    expect(other).toMatchObject({ evaluation: { kind: "value", value: expect.closeTo(0.26, 9) } });
  });

  it("has a true value from fresh seeds, or what was observed where a script has no seed", async () => {
    const repeated = await commandBenchmark({ ...definition, repeats: true }, process.env);
    const observed = await commandBenchmark({ ...definition, repeats: false }, process.env);
    expect(Math.abs((await repeated.trueValue(repeated.start)) - 0.25)).toBeLessThanOrEqual(0.03);
    expect(await observed.trueValue(observed.start)).toBe(Number.POSITIVE_INFINITY);
    await observed.evaluate(observed.start, 7);
    expect(await observed.trueValue(observed.start)).toBeCloseTo(0.28, 9);
  });
});

describe("the training scripts of the examples", () => {
  it("are benchmarks with what their study files say", async () => {
    for (const { name } of trainingBenchmarks({}).benchmarks) {
      const { card, space, start, known } = await benchmark(name);
      expect(card.text.length).toBeGreaterThan(100);
      expect(start).toEqual(space.defaults());
      expect(known.bestOf25).toBeGreaterThan(known.best);
    }
  });
});
