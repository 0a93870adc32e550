import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Observation } from "../trials/outcome.js";
import { processTable } from "../trials/process/index.js";
import { noSandbox, openSandbox, type Sandbox } from "../trials/sandbox/index.js";
import { bubblewrapPath } from "../trials/sandbox/testing/bubblewrap-path.js";
import { trialSettingsSchema } from "../trials/settings.js";
import type { TrialEnd } from "../trials/trial-run.js";
import type { CodeRunning } from "./code-running.js";
import { LocalExecutor } from "./local.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-code-trial-")));
chmodSync(root, 0o711);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const available = bubblewrapPath() !== undefined;
let sandbox: Sandbox = noSandbox;
beforeAll(async () => {
  if (available) sandbox = await openSandbox("require", { environment: process.env });
});

/** An honest training and evaluation: the model is a number, the score its distance from the label. */
const honestTraining = `
import os, sys
folder = os.environ["AGENT_TUNE_FOLDER"]
open(folder + "/model.txt", "w").write(sys.argv[1])
print("loss: 0.5")
`;
const honestEvaluation = `
import json, sys
from metric import distance
model = float(open(sys.argv[1]).read())
label = float(open(sys.argv[2]).read())
print(f"loss: {distance(model, label)}")
`;
const metric = "def distance(a, b):\n    return abs(a - b)\n";

interface Given {
  readonly train?: string;
  readonly evaluation?: string;
  readonly code?: Partial<CodeRunning>;
  readonly evaluate?: Partial<NonNullable<CodeRunning["evaluate"]>> | "none";
  readonly limits?: object;
  readonly env?: Record<string, string>;
}

let count = 0;

/** A study as it lies on the disk: the person's folder, its store, checkouts of v0 and v1, one attempt. */
function study(given: Given) {
  const person = join(root, `person-${count++}`);
  const store = join(person, ".agent-tune", "study");
  const base = join(store, "code", "checkouts", "v0");
  const checkout = join(store, "code", "checkouts", "v1");
  const folder = join(store, "trials", "7", "1");
  for (const path of [base, checkout, folder]) mkdirSync(path, { recursive: true });
  const holdout = join(person, "holdout.txt");
  writeFileSync(holdout, "3");
  writeFileSync(join(person, ".env"), "KEY=canary");
  writeFileSync(join(store, "store.db"), "canary");
  for (const place of [base, checkout]) {
    writeFileSync(join(place, "train.py"), place === checkout ? (given.train ?? honestTraining) : honestTraining);
    writeFileSync(join(place, "eval.py"), given.evaluation ?? honestEvaluation);
    writeFileSync(join(place, "metric.py"), metric);
  }
  return { person, store, base, checkout, folder, holdout };
}

async function run(
  given: Given & { during?: (trial: { cancel(reason: string): void }, seen: Observation) => void } = {},
) {
  const places = study(given);
  const before = new Map([places.base, places.checkout].map((place) => [place, contents(place)]));
  const executor = await LocalExecutor.open({
    settings: trialSettingsSchema.parse({
      command: "python3 train.py {x}",
      objective: { metric: "loss", direction: "minimize" },
      gpus: { ids: "none" },
      limits: { grace: "500ms", ...given.limits },
      ...(given.env === undefined ? {} : { env: given.env }),
    }),
    base: places.person,
    parallel: 1,
    parent: {
      ...process.env,
      PYTHONPATH: `/opt/lib:${places.person}/lib`,
      OPENAI_API_KEY: "canary",
      GITHUB_TOKEN: "canary",
    },
    code: {
      sandbox,
      network: false,
      hidden: [places.store],
      holdout: [places.holdout],
      verify: async (checkout) => (contents(checkout) === before.get(checkout) ? [] : ["eval.py"]),
      ...(given.evaluate === "none"
        ? {}
        : {
            evaluate: {
              command: `python3 eval.py {checkpoint} ${places.holdout}`,
              sees: "base",
              checkpoint: "model.txt",
              ...given.evaluate,
            },
          }),
      ...given.code,
    },
  });
  const observations: Observation[] = [];
  const mark = `code-${process.pid}-${count}`;
  const trial = executor.start(
    {
      study: "s",
      number: 7,
      attempt: 1,
      configuration: { x: 2 },
      derived: {},
      seed: 11,
      folder: places.folder,
      mark,
      code: { version: "v1", checkout: places.checkout, base: places.base },
    },
    {
      started() {},
      observed: (observation) => {
        observations.push(observation);
        given.during?.(trial, observation);
      },
    },
  );
  const end: TrialEnd = await trial.ended;
  const log = (name: string) => readFileSync(join(places.folder, name), "utf8");
  return { ...places, end, observations, log, mark };
}

function contents(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => `${name}\n${readFileSync(join(folder, name), "utf8")}`)
    .join("\n");
}

/** Python that prints what became of something that should not work. */
const attempt = (code: string) =>
  `try:\n    ${code}\n    print("got through")\nexcept Exception as e:\n    print("refused:", type(e).__name__)\n`;

describe.skipIf(!available)("a version of the code in bubblewrap", () => {
  test("is trained, then scored by the evaluation; what it printed itself is an observation and a warning", async () => {
    const { end, observations, log, folder } = await run();
    expect(end).toMatchObject({
      outcome: { kind: "complete", value: 1 },
      metrics: { loss: 1 },
      claimed: { loss: 0.5 },
      sandbox: "bubblewrap: files, network, processes, hidden, limits",
      warnings: ["The training printed loss 0.5, the evaluation measured 1."],
      logTail: ["loss: 0.5", "loss: 1.0"],
      exitCode: 0,
    });
    expect(observations.map(({ value }) => value)).toEqual([0.5]);
    expect(end.evaluationSeconds).toBeGreaterThan(0);
    expect(end.seconds).toBeGreaterThan(end.evaluationSeconds ?? 0);
    expect(log("trial.log")).toBe("loss: 0.5\n");
    expect(log("evaluation.log")).toBe("loss: 1.0\n");
    expect(existsSync(`${folder}.private`)).toBe(false);
  });

  test("a training that prints what was measured gets no warning, one that prints nothing is scored all the same", async () => {
    const silent = honestTraining.replace('print("loss: 0.5")', "");
    const same = honestTraining.replace("0.5", "1.0000000001");
    expect((await run({ train: silent })).end).toMatchObject({ outcome: { value: 1 }, claimed: {} });
    const { end } = await run({ train: same });
    expect(end.outcome).toEqual({ kind: "complete", value: 1 });
    expect(end.warnings).toBeUndefined();
  });

  test("without an evaluation its own word counts, as before", async () => {
    const { end } = await run({ evaluate: "none" });
    expect(end).toMatchObject({ outcome: { kind: "complete", value: 0.5 }, metrics: { loss: 0.5 } });
    expect(end.claimed).toBeUndefined();
  });

  test("runs in its checkout, finds the modules beside it, and PYTHONPATH leads there too", async () => {
    const train = `import os, metric\nprint(os.getcwd(), metric.__file__, os.environ["PYTHONPATH"], os.environ["TMPDIR"])\n${honestTraining}`;
    const { log, checkout } = await run({ train });
    expect(log("trial.log").split("\n")[0]).toBe(`${checkout} ${checkout}/metric.py /opt/lib:${checkout}/lib /tmp`);
  });

  test("finds neither keys in its environment nor in the person's folder, nor the store", async () => {
    const train = `import os\nprint([k for k, v in os.environ.items() if "canary" in v])\n`;
    const { log } = await run({ train });
    expect(log("trial.log")).toContain("[]");
    const tries = [".env", ".agent-tune/study/store.db"].map((path) =>
      attempt(`assert "canary" in open(os.environ["AGENT_TUNE_FOLDER"] + "/../../../../../${path}").read()`),
    );
    const reading = await run({ train: `import os\n${tries.join("")}` });
    // The file is empty, the folder of the store is.
    expect(reading.log("trial.log")).toBe("refused: AssertionError\nrefused: FileNotFoundError\n");
  });
});

describe.skipIf(!available)("a training that would rather not be scored", () => {
  test("a forged metric does not count, however often it is printed and wherever", async () => {
    const forged = `${honestTraining}
print("loss: 0.0")
print('{"loss": 0.0}')
folder = os.environ["AGENT_TUNE_FOLDER"]
for name in ["metrics.json", "evaluation.json"]:
    open(folder + "/" + name, "w").write('{"loss": 0.0}')
`;
    expect((await run({ train: forged })).end.outcome).toEqual({ kind: "complete", value: 1 });
  });

  test("cannot write into the evaluation's log, nor put a link in its place", async () => {
    const train = `${honestTraining}
log = folder + "/evaluation.log"
${attempt('open(log, "a").write("loss: 0.0")')}${attempt("os.remove(log)")}${attempt('os.rename(log, log + "2")')}`;
    const { log } = await run({ train });
    expect(log("trial.log").match(/refused/g)).toHaveLength(3);
    expect(log("evaluation.log")).toBe("loss: 1.0\n");
  });

  test("modules that it leaves in its folder do not shadow those of the evaluation", async () => {
    const train = `${honestTraining}
for name in ["json.py", "metric.py", "sitecustomize.py"]:
    open(folder + "/" + name, "w").write("print('loss: 0.0')\\ndef distance(a, b):\\n    return 0.0\\n")
`;
    const { end, log } = await run({ train });
    expect(end.outcome).toEqual({ kind: "complete", value: 1 });
    expect(log("evaluation.log")).toBe("loss: 1.0\n");
  });

  test("what it changes in its own process stays there", async () => {
    const train = `import metric\nmetric.distance = lambda a, b: 0.0\nimport builtins\nbuiltins.abs = lambda x: 0.0\n${honestTraining}`;
    expect((await run({ train })).end.outcome).toEqual({ kind: "complete", value: 1 });
  });

  test("the evaluation runs from the person's own code, or from the version's where that was asked for", async () => {
    // Stands for a version that defines the metric anew.
    const edit: CodeRunning["verify"] = async (checkout) => {
      if (checkout.endsWith("v1")) writeFileSync(join(checkout, "metric.py"), "def distance(a, b):\n    return 0.0\n");
      return [];
    };
    const base = await run({ code: { verify: edit } });
    expect(base.end.outcome).toEqual({ kind: "complete", value: 1 });
    const version = await run({ code: { verify: edit }, evaluate: { sees: "version" } });
    expect(version.end.outcome).toEqual({ kind: "complete", value: 0 });
  });

  test("the holdout is empty for the training and there for the evaluation", async () => {
    const path = (of: string) => `os.environ["AGENT_TUNE_FOLDER"] + "/../../../../../${of}"`;
    const train = `import os\n${attempt(`print(repr(open(${path("holdout.txt")}).read()))`)}${honestTraining}`;
    const { log, end } = await run({ train });
    expect(log("trial.log")).toContain("''\ngot through");
    expect(log("trial.log")).not.toContain("3");
    expect(end.outcome).toMatchObject({ kind: "complete" });
  });

  test("a link to the holdout under the name of the model is not followed", async () => {
    const train = `import os\nfolder = os.environ["AGENT_TUNE_FOLDER"]
os.symlink(folder + "/../../../../../holdout.txt", folder + "/model.txt")
os.symlink(".", folder + "/here")
`;
    const { end, folder } = await run({ train });
    expect(end.outcome).toMatchObject({ failure: "crashed", message: expect.stringContaining("In the evaluation:") });
    expect(end.warnings?.[0]).toBe(
      "model.txt was a link that leads out of the trial's folder; the evaluation did not see it.",
    );
    expect(existsSync(join(folder, "here"))).toBe(true);
  });

  test("the evaluation cannot be told anything through /tmp, and writes nothing but there", async () => {
    const train = `${honestTraining}\nopen("/tmp/hint", "w").write("0")\n`;
    const evaluation = `import os, sys\n${attempt("open('/tmp/hint')")}${attempt("open(sys.argv[1], 'w')")}${attempt("open('/tmp/own', 'w')")}print("loss: 2")\n`;
    const { log, end } = await run({ train, evaluation });
    expect(log("evaluation.log")).toBe("refused: FileNotFoundError\nrefused: OSError\ngot through\nloss: 2\n");
    expect(end.outcome).toEqual({ kind: "complete", value: 2 });
  });

  test("a training that ends well but leaves nothing to evaluate has failed", async () => {
    const { end } = await run({ train: 'print("loss: 0.0")' });
    expect(end.outcome).toEqual({
      kind: "failed",
      failure: "crashed",
      message: "The training ended well, but it left no model.txt to evaluate.",
    });
    expect(end.metrics).toEqual({});
  });

  test("a training that failed is not evaluated, whatever it left", async () => {
    const { end, log } = await run({ train: `${honestTraining}\nraise ValueError("bad width")` });
    expect(end.outcome).toMatchObject({
      failure: "crashed",
      message: expect.stringContaining("ValueError: bad width"),
    });
    expect(log("evaluation.log")).toBe("");
  });
});

describe.skipIf(!available)("bounds", () => {
  const long = "import time\n";

  test("a fork bomb is ended at once and nothing of it is left", async () => {
    const bomb = `import os, time\nfor i in range(200):\n    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)\ntime.sleep(60)\n`;
    const { end, mark } = await run({ train: bomb, code: { limits: { processes: 50 } }, limits: { grace: "1h" } });
    expect(end.outcome).toMatchObject({
      failure: "crashed",
      message: expect.stringMatching(/^It had \d+ processes at once, more than the limit of 50\.$/),
    });
    const left = (await processTable().list()).filter((process) => process.mark === mark && !process.zombie);
    expect(left).toEqual([]);
  });

  test("as many processes as it may have do no harm", async () => {
    const few = `import os, time\nfor i in range(20):\n    if os.fork() == 0:\n        time.sleep(0.5)\n        os._exit(0)\ntime.sleep(0.6)\n${honestTraining}`;
    const { end } = await run({ train: few, code: { limits: { processes: 50 } } });
    expect(end.outcome).toMatchObject({ kind: "complete" });
  });

  test.each([
    ["its folder", `os.environ["AGENT_TUNE_FOLDER"] + "/f"`],
    ["/tmp", `"/tmp/f"`],
  ])("what fills the disk through %s is ended, in many files or one", async (_name, path) => {
    const fill = `import os, time\nfor i in range(100):\n    open(${path} + str(i), "wb").write(b"x" * (1 << 20))\n    time.sleep(0.02)\ntime.sleep(60)\n`;
    const { end } = await run({ train: fill, code: { limits: { diskBytes: 8 << 20 } }, limits: { grace: "1h" } });
    expect(end.outcome).toMatchObject({
      message: expect.stringMatching(/^It wrote .*, more than the limit of 8 MiB\.$/),
    });
    const one = `import os\nf = open(${path}, "wb")\nfor i in range(100):\n    f.write(b"x" * (1 << 20))\n`;
    const single = await run({ train: one, code: { limits: { diskBytes: 8 << 20 } } });
    expect(single.end.outcome).toMatchObject({
      failure: "crashed",
      message: expect.stringMatching(/File too large|It wrote/),
    });
  });

  test("a training that takes too long gets SIGTERM and time to tidy up, for all that it is confined", async () => {
    const train = `import os, signal, sys, time
def end(*_):
    print("tidied: 1", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(60)
`;
    const { end } = await run({ train, limits: { time: "1500ms", grace: "10s" } });
    expect(end.outcome).toMatchObject({ failure: "timeout" });
    expect(end.metrics).toEqual({ tidied: 1 });
    expect(end.evaluationSeconds).toBeUndefined();
  });

  test("the evaluation has a time of its own", async () => {
    const { end } = await run({ evaluation: `${long}time.sleep(60)`, evaluate: { seconds: 0.7 } });
    expect(end.outcome).toMatchObject({
      failure: "timeout",
      message: "In the evaluation: It ran longer than the limit of 700ms.",
    });
  });

  test("detached children of the training are gone before the evaluation begins", async () => {
    const train = `${honestTraining}
import subprocess, time
subprocess.Popen(["setsid", "sh", "-c", "trap '' TERM; while :; do echo x >> " + folder + "/beat; sleep 0.01; done"])
while not os.path.exists(folder + "/beat"):
    time.sleep(0.01)
`;
    const evaluation = `import os, time\nbeat = os.environ["AGENT_TUNE_FOLDER"] + "/beat"\nsize = os.stat(beat).st_size\ntime.sleep(0.3)\nprint("loss:", os.stat(beat).st_size - size)\n`;
    const { end } = await run({ train, evaluation });
    expect(end.outcome).toEqual({ kind: "complete", value: 0 });
  });

  test("a trial is cancelled in its training and in its evaluation", async () => {
    const training = await run({
      train: `print("loss: 1", flush=True)\n${long}time.sleep(60)`,
      during: (trial) => trial.cancel("enough"),
    });
    expect(training.end.outcome).toMatchObject({ failure: "cancelled", message: "Cancelled: enough." });
    // Asked for when the training has said its last word, it holds for the evaluation as well.
    const later = await run({
      evaluation: `${long}time.sleep(60)`,
      code: { verify: async () => [] },
      during: (trial) => setTimeout(() => trial.cancel("late"), 700),
    });
    expect(later.end.outcome).toMatchObject({ failure: "cancelled" });
  });
});

describe("a run that changed what it must not change", () => {
  test("is tampered, whatever it printed, and is not evaluated", async () => {
    const train = `${honestTraining}\nopen("eval.py", "a").write("\\nprint('loss: 0')")\n`;
    const { end, log } = await run({ train, code: { sandbox: noSandbox } });
    expect(end).toMatchObject({
      outcome: { kind: "failed", failure: "tampered", message: "The run changed eval.py, which no run may change." },
      sandbox: "none",
    });
    expect(log("evaluation.log")).toBe("");
  });

  test("also where it changed the base, from which the evaluation runs", async () => {
    const train = `${honestTraining}\nopen("../v0/metric.py", "a").write("\\n# less\\n")\n`;
    expect((await run({ train, code: { sandbox: noSandbox } })).end.outcome).toMatchObject({ failure: "tampered" });
  });

  test.skipIf(!available)("which it cannot do in a sandbox", async () => {
    const train = `${honestTraining}\n${attempt('open("eval.py", "a")')}`;
    const { end, log } = await run({ train });
    expect(log("trial.log")).toContain("refused: OSError");
    expect(end.outcome).toMatchObject({ kind: "complete" });
  });
});

test("a working directory outside the code is refused at once", async () => {
  const settings = trialSettingsSchema.parse({
    command: "python3 train.py",
    cwd: "../elsewhere",
    objective: { metric: "loss", direction: "minimize" },
    gpus: { ids: "none" },
  });
  const code = { sandbox: noSandbox, network: false, hidden: [], holdout: [], verify: async () => [] };
  await expect(
    LocalExecutor.open({ settings, base: root, parallel: 1, parent: process.env, code }),
  ).rejects.toMatchObject({ code: "command_invalid", where: "cwd" });
});
