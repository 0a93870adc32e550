import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Observation } from "../outcome.js";
import { prepareCommand } from "../pass/prepare.js";
import { trialSettingsSchema } from "../settings.js";
import type { TrialEnd, TrialTask } from "../trial-run.js";
import { markVariable, processTable, reapMarks, runCommand } from "./index.js";
import type { ProcessTable } from "./process-table.js";
import { PsTable } from "./ps-table.js";

const root = mkdtempSync(join(tmpdir(), "agent-tune-trials-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const node = process.execPath;
const onLinux = existsSync("/proc/self/environ");
const now = () => performance.now() / 1000;
let count = 0;

interface Started {
  readonly task: TrialTask;
  readonly end: Promise<TrialEnd>;
  readonly observations: Observation[];
  /** Resolves at the first observation. */
  readonly observed: Promise<void>;
  cancel(reason: string): void;
}

/** Starts a trial that runs a script of the given interpreter. */
function start(
  interpreter: readonly string[],
  script: string,
  given: {
    limits?: object;
    metrics?: object;
    table?: ProcessTable;
    parent?: Record<string, string | undefined>;
    objective?: object;
  } = {},
): Started {
  const folder = mkdtempSync(join(root, "attempt-"));
  const file = join(folder, "script");
  writeFileSync(file, script);
  const settings = trialSettingsSchema.parse({
    command: [...interpreter, file.replace(/[{}]/g, "$&$&")],
    objective: { metric: "loss", direction: "minimize", ...given.objective },
    limits: { grace: "200ms", ...given.limits },
    ...(given.metrics === undefined ? {} : { metrics: given.metrics }),
    gpus: { ids: "none" },
  });
  const task: TrialTask = {
    study: "s",
    number: count++,
    attempt: 1,
    configuration: {},
    derived: {},
    seed: 1,
    folder,
    mark: `test-${process.pid}-${count}`,
  };
  const observations: Observation[] = [];
  let first: () => void = () => {};
  const observed = new Promise<void>((resolve) => {
    first = resolve;
  });
  const trial = runCommand({
    prepared: prepareCommand(settings, root, task, given.parent ?? process.env, { [markVariable]: task.mark }),
    settings,
    folder,
    mark: task.mark,
    observer: {
      started() {},
      observed: (observation) => {
        observations.push(observation);
        first();
      },
    },
    table: given.table ?? processTable(),
    now,
  });
  return { task, end: trial.ended, observations, observed, cancel: (reason) => trial.cancel(reason) };
}

/** Pids written to a file by the processes of a test, one a line. */
function pidsIn(file: string): number[] {
  return readFileSync(file, "utf8").trim().split("\n").map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie whose new parent has not asked for it yet is dead all the same.
  return !(onLinux && /^\d+ \(.*\) Z /s.test(statOf(pid)));
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return `${pid} () Z `;
  }
}

/** Whatever a failing test left behind. */
const strays: number[] = [];
afterEach(() => {
  for (const pid of strays.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
});

describe("every process of a trial is gone when it has ended", () => {
  // Each line starts a child that gets away from the group in its own way and ignores polite requests.
  const escapes = (pids: string) => `
    stay='trap "" TERM HUP INT; echo $$ >> ${pids}; while :; do sleep 0.05; done'
    setsid sh -c "$stay" &
    nohup sh -c "$stay" > /dev/null 2>&1 &
    (setsid sh -c "(sh -c '$(printf %s "$stay" | sed "s/'/'\\\\\\\\''/g")') & exit 0" &)
    sh -c "$stay" &
    while [ "$(wc -l < ${pids} 2>/dev/null || echo 0)" -lt 4 ]; do sleep 0.02; done
    echo 'loss: 1'
  `;

  for (const [name, table] of [
    ["/proc", processTable],
    ["ps", () => new PsTable()],
  ] as const) {
    test.skipIf(name === "/proc" && !onLinux)(
      `setsid, nohup and double-forked children that ignore SIGTERM, found by ${name}`,
      async () => {
        const pids = join(root, `escapes-${name.replace("/", "")}`);
        const trial = start(["sh"], escapes(pids), { table: table() });
        const end = await trial.end;
        const escaped = pidsIn(pids);
        strays.push(...escaped);
        expect(escaped).toHaveLength(4);
        expect(escaped.filter(isAlive)).toEqual([]);
        expect(end.outcome).toEqual({ kind: "complete", value: 1 });
        expect(end.warnings).toBeUndefined();
      },
    );
  }

  test("a child that cleared its environment and left the group while the trial ran", async () => {
    const pids = join(root, "cleared");
    const trial = start(
      ["sh"],
      `env -i PATH="$PATH" setsid sh -c 'echo $$ >> ${pids}; trap "" TERM; while :; do sleep 0.05; done' &
       while [ ! -s ${pids} ]; do sleep 0.02; done
       echo 'loss: 1'; sleep 60`,
    );
    await trial.observed;
    trial.cancel("enough");
    await trial.end;
    strays.push(...pidsIn(pids));
    expect(pidsIn(pids).filter(isAlive)).toEqual([]);
  });

  test("a trial that ignores SIGTERM is killed after the grace; one that does not may tidy up within it", async () => {
    const stubborn = start(["sh"], `trap "" TERM; echo 'loss: 1'; while :; do sleep 0.05; done`);
    const tidy = start(
      [node],
      `process.on("SIGTERM", () => { console.log("saved: 1"); process.exit(0); });
      console.log("loss: 2"); setInterval(() => {}, 1000)`,
      { limits: { grace: "10s" } },
    );
    await Promise.all([stubborn.observed, tidy.observed]);
    stubborn.cancel("enough");
    tidy.cancel("enough");
    const [killed, ended] = await Promise.all([stubborn.end, tidy.end]);
    expect(killed).toMatchObject({ outcome: { failure: "cancelled" }, signal: "SIGKILL" });
    expect(ended).toMatchObject({ outcome: { failure: "cancelled" }, exitCode: 0, metrics: { saved: 1 } });
  });

  test("a second cancellation does not wait for the grace", async () => {
    const trial = start(["sh"], `trap "" TERM; echo 'loss: 1'; while :; do sleep 0.05; done`, {
      limits: { grace: "1h" },
    });
    await trial.observed;
    trial.cancel("Ctrl-C");
    trial.cancel("Ctrl-C again");
    expect(await trial.end).toMatchObject({ outcome: { message: "Cancelled: Ctrl-C." }, signal: "SIGKILL" });
  });

  test("a process that keeps handing over to a successor does not get away", async () => {
    // Each lives for a fraction of a millisecond, less than a look at all processes takes. It gives up after 30 s.
    const trial = start(
      ["python3"],
      `
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("loss: 1", flush=True)
ends = time.monotonic() + 30
if os.fork() == 0:
    while time.monotonic() < ends:
        if os.fork():
            os._exit(0)
    os._exit(0)
time.sleep(60)
`,
    );
    await trial.observed;
    trial.cancel("enough");
    expect((await trial.end).warnings).toBeUndefined();
    const marked = (await processTable().list()).filter(({ mark, zombie }) => mark === trial.task.mark && !zombie);
    expect(marked).toEqual([]);
  });

  test("a stopped process is woken, so that it can end within the grace", async () => {
    const trial = start(["sh"], `echo 'loss: 1'; kill -STOP $$; sleep 60`, { limits: { grace: "10s" } });
    await trial.observed;
    trial.cancel("enough");
    expect(await trial.end).toMatchObject({ outcome: { failure: "cancelled" }, signal: "SIGTERM" });
  });

  test("what has ended keeps its result, though it is cancelled while a child of it is on its way out", async () => {
    const trial = start(
      [node],
      `const child = require("node:child_process").spawn(process.execPath,
         ["-e", 'process.on("SIGTERM", () => console.log("asked: 1")); console.log("ready"); setInterval(() => {}, 1000)'],
         { stdio: ["ignore", "pipe", "inherit"], detached: true });
       child.stdout.once("data", () => { console.log("loss: 3"); process.exit(0); });`.replace(
        'console.log("asked: 1")',
        'console.error("asked: 1")',
      ),
      { limits: { grace: "1h" } },
    );
    while (!trial.observations.some(({ metric }) => metric === "asked")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    trial.cancel("too late");
    trial.cancel("and at once");
    expect((await trial.end).outcome).toEqual({ kind: "complete", value: 3 });
  });

  test("a child that holds the output open does not hold up the end", async () => {
    const pids = join(root, "holder");
    const trial = start(
      ["sh"],
      `setsid sh -c 'echo $$ >> ${pids}; trap "" TERM; while :; do sleep 0.05; done' &
      while [ ! -s ${pids} ]; do sleep 0.02; done; echo 'loss: 3'`,
    );
    expect((await trial.end).outcome).toEqual({ kind: "complete", value: 3 });
    expect(pidsIn(pids).filter(isAlive)).toEqual([]);
  });

  test("another trial that runs at the same time is left alone", async () => {
    const other = start(
      ["sh"],
      `echo 'loss: 1'; read _ < ${join(root, "gate")}; echo 'loss: 2'`.replace(/^/, `mkfifo ${join(root, "gate")}; `),
    );
    await other.observed;
    await start(["sh"], "echo 'loss: 1'").end;
    writeFileSync(join(root, "gate"), "go\n");
    expect((await other.end).outcome).toEqual({ kind: "complete", value: 2 });
  });
});

describe("after the controller was killed with SIGKILL", () => {
  test("reaping its marks ends what it left running, and only that", async () => {
    const pids = join(root, "orphans");
    const mark = `orphan-${process.pid}`;
    // Stands for a controller: starts a marked trial whose child gets away, and is then killed.
    const controller = spawn(
      node,
      [
        "-e",
        `const { spawn } = require("node:child_process");
         spawn("sh", ["-c", ${JSON.stringify(`echo $$ >> ${pids}; setsid sh -c 'echo $$ >> ${pids}; trap "" TERM; while :; do sleep 0.05; done' & wait`)}],
           { detached: true, stdio: "ignore", env: { ...process.env, ${markVariable}: ${JSON.stringify(mark)} } });
         setInterval(() => {}, 1000);`,
      ],
      { stdio: "ignore" },
    );
    const dead = new Promise((resolve) => controller.once("exit", resolve));
    await eventually(() => existsSync(pids) && pidsIn(pids).length === 2);
    controller.kill("SIGKILL");
    await dead;
    strays.push(...pidsIn(pids));
    expect(pidsIn(pids).filter(isAlive)).toHaveLength(2);

    const bystander = spawn("sleep", ["60"], { env: { ...process.env, [markVariable]: "somebody-else" } });
    const found = await reapMarks(["never-ran", mark], { table: processTable(), grace: 0.2, now });
    expect(found).toEqual([mark]);
    expect(pidsIn(pids).filter(isAlive)).toEqual([]);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
    bystander.kill("SIGKILL");
    expect(await reapMarks([mark], { table: processTable(), grace: 0.2, now })).toEqual([]);
  });
});

describe("limits", () => {
  const hog = `
    const held = [];
    console.log("loss: 1");
    setInterval(() => { held.push(Buffer.alloc(8 * 1024 * 1024, 1)); }, 5);
  `;

  test.skipIf(!onLinux)("a memory hog is ended as out_of_memory and its peak is recorded", async () => {
    const end = await start([node], hog, { limits: { memory: "200MiB" } }).end;
    expect(end.outcome).toMatchObject({ kind: "failed", failure: "out_of_memory" });
    expect(end.outcome).toMatchObject({ message: expect.stringMatching(/more than the limit of 200 MiB/) });
    expect(end.peakMemoryBytes).toBeGreaterThan(200 * 1024 * 1024);
  });

  test.skipIf(!onLinux)("memory of children counts, also of those in another session", async () => {
    const script = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(hog)}], { detached: true, stdio: "inherit" });`;
    const end = await start([node], script, { limits: { memory: "250MiB" } }).end;
    expect(end.outcome).toMatchObject({ failure: "out_of_memory" });
  });

  test.skipIf(!onLinux)("pages that forked workers share count once", async () => {
    // Six workers share 100 MiB: 700 MiB as resident memory is usually summed, little more than 100 in truth.
    const end = await start(
      ["python3"],
      `
import os, time
shared = bytearray(b"x" * (100 << 20))
children = []
for _ in range(6):
    pid = os.fork()
    if pid == 0:
        total = sum(shared[i] for i in range(0, len(shared), 4096))
        time.sleep(1.2)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
print("loss: 1")
`,
      { limits: { memory: "400MiB" } },
    ).end;
    expect(end.outcome).toEqual({ kind: "complete", value: 1 });
    expect(end.peakMemoryBytes).toBeGreaterThan(100 * 1024 * 1024);
    expect(end.peakMemoryBytes).toBeLessThan(400 * 1024 * 1024);
  });

  test("the address space limit makes an allocation fail inside the program", async () => {
    const end = await start(["python3"], 'data = bytearray(4 << 30)\nprint("loss: 1")', {
      limits: { address_space: "1GiB" },
    }).end;
    expect(end.outcome).toMatchObject({ failure: "out_of_memory", message: expect.stringContaining("MemoryError") });
  });

  test("a flood of output is read to its end, stored up to the limit and counted beyond it", async () => {
    const end = await start(
      [node],
      `const line = "x".repeat(1023) + "\\n"; const block = line.repeat(1024);
       let n = 0; const more = () => n++ < 40 ? process.stdout.write(block, more) : process.stdout.write("loss: 4\\n"); more();`,
      { limits: { output: "1MiB" } },
    ).end;
    expect(end.outcome).toEqual({ kind: "complete", value: 4 });
    const log = end.logFile ?? "";
    expect(statSync(log).size).toBeLessThan(1024 * 1024 + 200);
    expect(readFileSync(log, "utf8").trimEnd().split("\n").at(-1)).toBe(
      "[agent-tune] The log was cut at 1 MiB; 39 MiB more were read but not stored.",
    );
    expect(end.warnings).toEqual(["The log was cut at 1 MiB; 39 MiB more were read but not stored."]);
    expect(end.logTail.at(-1)).toBe("loss: 4");
  });

  test("a single line without end is read in bounded memory", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const end = await start(
      [node],
      `const block = "y".repeat(1024 * 1024); let n = 0;
       const more = () => n++ < 64 ? process.stdout.write(block, more) : process.stdout.write("\\nloss: 4\\n"); more();`,
      { limits: { output: "1MiB" } },
    ).end;
    expect(end.outcome).toEqual({ kind: "complete", value: 4 });
    expect(Math.max(...end.logTail.map((line) => line.length))).toBeLessThanOrEqual(500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });
});

describe("what comes out of a trial", () => {
  test("both streams are in the log; the tail has no escape sequences and one state of a progress bar", async () => {
    const end = await start(
      [node],
      String.raw`process.stderr.write("\x1b[31mwarn\x1b[0m\n");
        for (let i = 0; i <= 100; i++) process.stdout.write("\r" + i + "% loss: " + (200 - i));
        process.stdout.write("\ndone \u202e\u200b\n");`,
    ).end;
    expect(end.outcome).toEqual({ kind: "complete", value: 100 });
    expect([...end.logTail].sort()).toEqual(["100% loss: 100", "done", "warn"]);
    expect(readFileSync(end.logFile ?? "", "latin1")).toContain("\x1b[31mwarn");
  });

  test("JSON lines with NaN as Python writes it", async () => {
    const trial = start(
      [node],
      `console.log('{"step": 3, "loss": 0.5, "extra": {"lr": 1e-3}}'); console.log('{"step": 4, "loss": NaN}'); setInterval(() => {}, 1000)`,
      {
        metrics: { from: "json_lines" },
      },
    );
    expect((await trial.end).outcome).toMatchObject({
      failure: "diverged",
      message: "Training diverged: loss became NaN at step 4.",
    });
    expect(trial.observations.map(({ metric, step, value }) => [metric, step, value])).toEqual([
      ["loss", 3, 0.5],
      ["extra.lr", 3, 0.001],
      ["loss", 4, Number.NaN],
    ]);
  });

  test("a metrics file, read while it grows and to its end", async () => {
    const trial = start(
      [node],
      `const fs = require("node:fs"); const file = process.env.AGENT_TUNE_FOLDER + "/metrics.jsonl";
       fs.writeFileSync(file, '{"step": 1, "loss": 9}\\n{"step": 2, "lo');
       setTimeout(() => { fs.appendFileSync(file, 'ss": 8}\\n{"step": 3, "loss": 7}'); }, 400);`,
      { metrics: { from: "file", path: "metrics.jsonl" } },
    );
    await trial.observed;
    expect((await trial.end).outcome).toEqual({ kind: "complete", value: 7 });
    expect(trial.observations.map(({ step, value }) => [step, value])).toEqual([
      [1, 9],
      [2, 8],
      [3, 7],
    ]);
  });

  test("a disk that cannot take the log does not cost the trial", async () => {
    const trial = start([node], `require("node:fs"); console.log("loss: 1")`);
    // The log's own place is taken by a folder before the file is opened.
    rmSync(join(trial.task.folder, "trial.log"), { force: true });
    mkdirSync(join(trial.task.folder, "trial.log"));
    const end = await trial.end;
    expect(end.outcome).toEqual({ kind: "complete", value: 1 });
    expect(end.warnings?.[0]).toMatch(/^The log could not be written: EISDIR/);
  });

  test("a program killed by SIGKILL from elsewhere was probably out of memory; by SIGTERM it is lost", async () => {
    const [killed, terminated, crashed] = await Promise.all([
      start(["sh"], "kill -KILL $$").end,
      start(["sh"], "kill -TERM $$").end,
      start(["sh"], "kill -SEGV $$").end,
    ]);
    expect(killed).toMatchObject({ outcome: { failure: "out_of_memory" }, signal: "SIGKILL" });
    expect(terminated).toMatchObject({ outcome: { failure: "lost" }, signal: "SIGTERM" });
    expect(crashed).toMatchObject({ outcome: { failure: "crashed" }, signal: "SIGSEGV" });
  });

  test("a command that is not there rejects, because no trial can run with it", async () => {
    await expect(start(["no-such-program-anywhere"], "").end).rejects.toMatchObject({ code: "command_not_found" });
  });
});

describe("the environment of a trial", () => {
  test("holds the allow-listed names and the mark, and no key or token", async () => {
    const parent = {
      PATH: process.env.PATH,
      HOME: "/home/me",
      LC_ALL: "C",
      OPENAI_API_KEY: "canary-1",
      ANTHROPIC_API_KEY: "canary-2",
      WANDB_API_KEY: "canary-3",
      HF_TOKEN: "canary-4",
      AWS_SECRET_ACCESS_KEY: "canary-5",
      CONDA_TOKEN: "canary-6",
      PYTHON_KEYRING_PASSWORD: "canary-7",
      UNRELATED: "canary-8",
      CUDA_VISIBLE_DEVICES: "3",
      AGENT_TUNE_ATTEMPT: "outer",
    };
    const trial = start([node], `console.log("loss: 1"); console.log(JSON.stringify(process.env))`, { parent });
    const end = await trial.end;
    const seen: unknown = JSON.parse(
      readFileSync(end.logFile ?? "", "utf8")
        .trimEnd()
        .split("\n")
        .at(-1) ?? "",
    );
    expect(JSON.stringify(seen)).not.toContain("canary");
    expect(seen).toMatchObject({
      HOME: "/home/me",
      LC_ALL: "C",
      AGENT_TUNE_ATTEMPT: trial.task.mark,
      AGENT_TUNE_SEED: "1",
    });
    expect(seen).not.toHaveProperty("CUDA_VISIBLE_DEVICES");
  });
});

/** Looks until something is so. */
async function eventually(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 10));
}
