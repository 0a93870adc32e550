import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readPythonConstants } from "../src/space/importers/python/index.js";
import { SearchSpace } from "../src/space/index.js";
import { parseStudyFile } from "../src/study/study-file/index.js";
import { writeConstantsCopy } from "../src/trials/pass/constants-copy.js";

// Real training: how long it takes is up to the machine, and nothing here is decided by it.
vi.setConfig({ testTimeout: 180_000 });

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const charLm = join(examples, "char-lm/train.mjs");
const digits = join(examples, "digits-python/train.py");

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Every reading of a metric, in order. */
function readings(stdout: string, metric: string): number[] {
  return [...stdout.matchAll(new RegExp(`\\b${metric}: (\\S+)`, "g"))].map((match) => Number(match[1]));
}

function study(folder: string) {
  const path = join(examples, folder, "agent-tune.yaml");
  const definition = parseStudyFile(readFileSync(path, "utf8"), { path });
  return { definition, space: SearchSpace.from(definition.space) };
}

describe("examples/char-lm", () => {
  const trainLm = (...flags: readonly string[]) => run(process.execPath, [charLm, ...flags]);
  /** A sixth of the usual arithmetic. */
  const short = "--compute=1";

  it("trains: the validation loss falls from guessing to far below, and every reading is printed", async () => {
    const { code, stdout, stderr } = await trainLm();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const losses = readings(stdout, "val_bpb");
    expect(losses).toHaveLength(5);
    expect(losses[0]).toBeLessThan(Math.log2(75));
    expect(losses.at(-1)).toBeLessThan(2.5);
    expect(readings(stdout, "train_bpb")).toHaveLength(20);
    expect(readings(stdout, "tokens")[0]).toBeGreaterThan(100_000);
    expect(readings(stdout, "peak_memory_mb")[0]).toBeLessThan(250);
  });

  it("gives the same numbers for the same seed and others for another", async () => {
    const numbers = async (seed: number) => {
      const { stdout } = await trainLm(short, `--seed=${seed}`);
      return [...readings(stdout, "train_bpb"), ...readings(stdout, "val_bpb")];
    };
    const [first, again, other] = [await numbers(1), await numbers(1), await numbers(2)];
    expect(first).toHaveLength(25);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("sees fewer tokens with a larger model", async () => {
    const tokens = async (width: number) =>
      readings((await trainLm(short, `--width=${width}`)).stdout, "tokens")[0] ?? 0;
    expect(await tokens(128)).toBeLessThan((await tokens(16)) / 4);
  });

  it("diverges at a learning rate that is too high: the infinite loss is printed and the exit code is 1", async () => {
    const { code, stdout, stderr } = await trainLm(short, "--learning_rate=3");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^step \d+ train_bpb: (?:Infinity|NaN)$/m);
    expect(stderr).toMatch(/the run has diverged: training loss (?:Infinity|NaN) at step \d+ of \d+/);
    expect(readings(stdout, "tokens")).toEqual([]);
  });

  it.skipIf(!existsSync("/proc/self/status"))(
    "needs more memory than its study allows when the embedding table is large",
    async () => {
      const { definition, space } = study("char-lm");
      const large = { context: 4, buckets: 262_144, width: 128 };
      expect(space.read({ ...space.defaults(), ...large }).ok).toBe(true);
      const limit = definition.trial.limits.memory ?? Number.NaN;
      expect(limit).toBe(512e6);
      const flags = Object.entries(large).map(([name, value]) => `--${name}=${value}`);
      expect(await peakMemory([charLm, short, ...flags], limit)).toBeGreaterThan(limit);
      // It is the table: with fewer rows the same network needs a third at most.
      expect(await peakMemory([charLm, short, ...flags, "--buckets=4096"], limit)).toBeLessThan(limit / 3);
    },
  );

  it.each([
    ["--lr=0.1", "unknown flag --lr; known: learning_rate,"],
    ["--width=wide", '--width must be a number, not "wide"'],
    ["--depth=1.5", '--depth must be a whole number, not "1.5"'],
    ["--dropout=1", '--dropout must be at least 0 and less than 1, not "1"'],
    ["--schedule=step", '--schedule must be one of constant, linear, cosine, not "step"'],
    ["learning_rate", "cannot read learning_rate: write --name=value"],
  ])("refuses %s", async (flag, message) => {
    const { code, stdout, stderr } = await trainLm(flag);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it("has gradients that agree with finite differences", async () => {
    const { code, stdout, stderr } = await run(process.execPath, [join(examples, "char-lm/gradient-check.mjs")]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // Three activations; table, three biases, two matrices, output weights and bias each.
    expect(stdout.trim().split("\n")).toHaveLength(24);
  });

  it("has a study file whose defaults are the script's and whose formulas say what the script prints", async () => {
    const { definition, space } = study("char-lm");
    const help = (await trainLm("--help")).stdout;
    const flags = Object.fromEntries(
      [...help.matchAll(/^ {2}--(\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]),
    );
    for (const [name, value] of Object.entries(space.defaults()))
      expect([name, flags[name]]).toEqual([name, String(value)]);
    expect(Object.keys(flags).sort()).toEqual([...space.parameters.map(({ name }) => name), "compute", "seed"].sort());
    expect(definition.objective).toMatchObject({ metric: "val_bpb", direction: "minimize" });

    const { stdout } = await trainLm("--compute=0.01", "--depth=3", "--context=2");
    const derived = space.derive({ ...space.defaults(), depth: 3, context: 2 });
    expect(readings(stdout, "parameters")).toEqual([derived.model_parameters]);
  });
});

const hasPython = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

describe.skipIf(!hasPython)("examples/digits-python", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "digits-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  let copies = 0;
  /** Runs the script as a trial would: a copy with other constants. */
  async function trainDigits(constants: Readonly<Record<string, number | string | boolean>>): Promise<Run> {
    const copy = await writeConstantsCopy(digits, dirname(digits), join(folder, String(copies++)), constants);
    return run("python3", [copy]);
  }

  it("learns to read digits by other writers", async () => {
    const { code, stdout, stderr } = await run("python3", [digits]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const errors = readings(stdout, "val_error");
    expect(errors).toHaveLength(5);
    expect(errors.at(-1)).toBeLessThan(15);
    expect(readings(stdout, "val_accuracy")[0]).toBeCloseTo(100 - (errors.at(-1) ?? Number.NaN), 2);
    expect(readings(stdout, "train_loss")).toHaveLength(20);
  });

  it("gives the same numbers for the same seed and others for another", async () => {
    const outputs = [];
    for (const SEED of [1, 1, 2]) outputs.push((await trainDigits({ EPOCHS: 2, SEED })).stdout);
    expect(readings(outputs[0] ?? "", "val_error")).toHaveLength(1);
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[2]).not.toBe(outputs[0]);
  });

  it.each([{ ACTIVATION: "relu" }, { ACTIVATION: "sigmoid" }, { STANDARDIZE: true }])(
    "learns with %o as well",
    async (change) => {
      const { stdout } = await trainDigits({ EPOCHS: 4, LEARNING_RATE: 0.3, ...change });
      expect(readings(stdout, "val_error").at(-1)).toBeLessThan(50);
    },
  );

  it("diverges with long steps and large weights: the loss is printed and the exit code is 1", async () => {
    const { code, stdout, stderr } = await trainDigits({
      LEARNING_RATE: 10,
      INIT_SCALE: 10,
      STANDARDIZE: true,
      ACTIVATION: "relu",
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^epoch \d+ train_loss: (?:inf|nan)$/m);
    expect(stderr).toMatch(/^the training loss is (?:inf|nan) in epoch \d+: the run has diverged$/m);
    expect(stderr).not.toContain("Traceback");
  });

  it("refuses an activation that it does not have", async () => {
    const { code, stderr } = await trainDigits({ ACTIVATION: "swish" });
    expect(code).toBe(1);
    expect(stderr).toBe("ACTIVATION must be one of tanh, relu, sigmoid, not 'swish'\n");
  });

  it("has a study file whose defaults are the script's constants", () => {
    const { definition, space } = study("digits-python");
    const constants = new Map(
      readPythonConstants(readFileSync(digits, "utf8")).map(({ name, value }) => [name, value]),
    );
    for (const [name, value] of Object.entries(space.defaults()))
      expect([name, constants.get(name)]).toEqual([name, value]);
    expect(definition.trial.pass).toEqual({
      parameters: { to: "constants", source: "train.py" },
      seed: { constant: "SEED" },
    });
    expect(definition.objective).toMatchObject({ metric: "val_error", direction: "minimize" });
  });
});

/** Largest resident memory of a Node.js process in bytes; one that passes the limit is ended there and then. */
function peakMemory(args: readonly string[], limit: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    let peak = 0;
    const watch = setInterval(() => {
      const status = statusOf(child.pid);
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
      if (peak > limit) child.kill("SIGKILL");
    }, 10);
    child.once("error", reject);
    child.once("close", () => {
      clearInterval(watch);
      resolve(peak);
    });
  });
}

/** Empty once the process is gone. */
function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
