import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { trialSettingsSchema } from "../trials/settings.js";
import type { RunningTrial } from "../trials/trial-run.js";
import { LocalExecutor } from "./local.js";
import { type Behaviour, describeExecutorContract } from "./testing/contract.js";

const root = mkdtempSync(join(tmpdir(), "agent-tune-local-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const scripts: Readonly<Record<Behaviour, string>> = {
  descends: 'console.log("step 10 | loss 3"); console.log("step 20 | loss 2"); console.log("step=30 loss: 1.0")',
  square: 'const [x, seed] = process.argv.slice(1).map(Number); console.log("loss=" + (x * x + seed))',
  nan: 'console.log("loss: nan"); setInterval(() => {}, 1000)',
  throws: 'console.error("ValueError: bad width"); process.exit(1)',
  misspelt: 'console.log("los: 1")',
  hangs: 'console.log("step 1 loss: 5"); setInterval(() => {}, 1000)',
  "gpu-memory":
    'console.error("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."); process.exit(1)',
};

describeExecutorContract("LocalExecutor", {
  open: (behaviour, { time, parallel = 1, shouldStop }) =>
    LocalExecutor.open({
      settings: trialSettingsSchema.parse({
        command: [process.execPath, "-e", scripts[behaviour].replace(/[{}]/g, "$&$&"), "{x}", "{seed}"],
        objective: { metric: "loss", direction: "minimize" },
        limits: time === undefined ? {} : { time: `${time * 1000}ms` },
        gpus: { ids: "none" },
      }),
      base: root,
      parallel,
      parent: process.env,
      ...(shouldStop === undefined ? {} : { shouldStop }),
    }),
  folder: () => mkdtempSync(join(root, "attempt-")),
});

describe("GPUs", () => {
  const bin = join(root, "bin");
  mkdirSync(bin);
  // Stands for the driver's tool; node and sh are found by their own paths.
  const nvidiaSmi = (script: string) =>
    writeFileSync(join(bin, "nvidia-smi"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const parent = { PATH: bin };

  const open = (gpus: object, parallel: number, env: Record<string, string> = parent) =>
    LocalExecutor.open({
      settings: trialSettingsSchema.parse({
        command: [
          "/bin/sh",
          "-c",
          "echo devices=$CUDA_VISIBLE_DEVICES.; echo loss: 1; read _ < {gate}".replace("{gate}", join(root, "gate")),
        ],
        pass: { parameters: "environment" },
        objective: { metric: "loss", direction: "minimize" },
        limits: { grace: "100ms" },
        gpus,
      }),
      base: root,
      parallel,
      parent: env,
    });

  /** Starts a trial and waits until it runs; returns its device and what ends it. */
  async function begin(executor: LocalExecutor, number: number) {
    const folder = mkdtempSync(join(root, "gpu-"));
    let device: string | undefined;
    const observed = new Promise<void>((resolve) => {
      const task = {
        study: "s",
        number,
        attempt: 1,
        configuration: {},
        derived: {},
        seed: 1,
        folder,
        mark: `gpu-${process.pid}-${folder}`,
      };
      trial = executor.start(task, {
        started: (info) => {
          device = info.device;
        },
        observed: () => resolve(),
      });
    });
    await observed;
    const running = trial;
    const finish = async () => {
      running?.cancel("enough");
      return (await running?.ended)?.logTail.find((line) => line.startsWith("devices="));
    };
    return { device, finish };
  }
  let trial: RunningTrial | undefined;

  test("each trial gets one of its own, and a GPU that is free again is given anew", async () => {
    nvidiaSmi('[ "$1" = --query-gpu=index ] && echo 0 && echo 1');
    execFileSync("mkfifo", [join(root, "gate")]);
    const executor = await open({}, 8);
    expect(executor.slots).toBe(2);
    const [first, second] = [await begin(executor, 1), await begin(executor, 2)];
    expect([first.device, second.device]).toEqual(["cuda:0", "cuda:1"]);
    expect(await first.finish()).toBe("devices=0.");
    const third = await begin(executor, 3);
    expect(third.device).toBe("cuda:0");
    expect(await Promise.all([second.finish(), third.finish()])).toEqual(["devices=1.", "devices=0."]);
  });

  test("several for one trial", async () => {
    const executor = await open({ ids: [4, 5, 6, "GPU-abc"], per_trial: 2 }, 8);
    expect(executor.slots).toBe(2);
    const one = await begin(executor, 1);
    expect(await one.finish()).toBe("devices=4,5.");
  });

  test("auto keeps to the devices that the controller itself was given", async () => {
    nvidiaSmi("echo 0; echo 1; echo 2; echo 3");
    expect((await open({}, 8, { PATH: bin, CUDA_VISIBLE_DEVICES: "2,3" })).slots).toBe(2);
    const hidden = await open({}, 3, { PATH: bin, CUDA_VISIBLE_DEVICES: "-1" });
    expect(hidden.slots).toBe(3);
    expect(await (await begin(hidden, 1)).finish()).toBe("devices=.");
  });

  test("a tool that fails or is missing means no GPUs, and all slots", async () => {
    nvidiaSmi("echo 'NVIDIA-SMI has failed because it could not communicate with the driver' ; exit 9");
    expect((await open({}, 3)).slots).toBe(3);
    expect((await open({}, 3, { PATH: "/nonexistent" })).slots).toBe(3);
  });

  test("a trial that wants more than there are is refused at once", async () => {
    nvidiaSmi("echo 0");
    await expect(open({ per_trial: 2 }, 1)).rejects.toMatchObject({ code: "command_invalid", where: "gpus.per_trial" });
  });
});
