import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ErrorCode, ExitCode } from "../src/errors.js";
import { startModelServer } from "../src/llm/testing/model-server.js";
import {
  agentTune,
  contentOf,
  type Ended,
  edit,
  inProcess,
  processesWith,
  program,
  projectFolder,
  start,
  until,
} from "./cli.js";

const errorSchema = z.object({
  schema: z.literal("agent-tune/error/1"),
  code: z.string(),
  message: z.string().min(1),
  where: z.string().min(1).optional(),
  remedy: z.string().min(1).optional(),
});

/** What a bad run must have ended with. */
interface Expected {
  readonly code: ErrorCode;
  readonly exit: number;
  readonly says: RegExp;
  readonly where?: RegExp;
  /** What the person can do. */
  readonly remedy?: RegExp;
}

/** One clear message: what, where and what to do, for a person and for a program, and no trace of the inside. */
function expectOneMessage(ended: Ended, { code, exit, says, where, remedy }: Expected): void {
  expect(ended).toMatchObject({ code: exit, signal: null });
  expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
  expect(ended.stderr).toMatch(/^ {2}do: ./m);
  expect(ended.stderr).not.toMatch(/^\s+at .+:\d+|node:internal|\[object|undefined/m);
  const error = errorSchema.parse(JSON.parse(ended.stdout));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(says);
  expect(ended.stderr).toContain(error.message.split("\n")[0]);
  if (where !== undefined) expect(error.where).toMatch(where);
  if (remedy !== undefined) expect(error.remedy).toMatch(remedy);
}

const fast = { TOY_MS: "5" };
const studyFile = (folder: string) => join(folder, "agent-tune.yaml");
const replaceIn = (from: string | RegExp, to: string) => (folder: string) => edit(studyFile(folder), from, to);
const replaceBy = (bytes: string | Buffer) => (folder: string) => writeFileSync(studyFile(folder), bytes);

const file = { code: "study_file_invalid", exit: ExitCode.configuration } as const;

describe("a study that cannot begin", () => {
  it.each<[string, (folder: string) => void, readonly string[], Expected]>([
    [
      "an unknown key",
      replaceIn("budget:", "bugdet:"),
      [],
      { ...file, says: /unknown key 'bugdet'.*budget/, where: /yaml:11:1$/ },
    ],
    [
      "an unknown key far from any known",
      replaceIn("seed=", "seed="),
      [],
      { ...file, says: /unknown key 'zzz'/, where: /yaml:14:1$/, remedy: /Known here are .*budget/ },
    ],
    [
      "an empty range",
      replaceIn("low: 1e-5, high: 1,", "low: 1, high: 1,"),
      [],
      { ...file, says: /parameters\.lr/, where: /yaml:8:\d+$/, remedy: /./ },
    ],
    [
      "a range upside down",
      replaceIn("low: 1e-5, high: 1,", "low: 1, high: 1e-5,"),
      [],
      { ...file, says: /low 1 is above high/, remedy: /Swap/ },
    ],
    [
      "a log range that touches zero",
      replaceIn("low: 1e-5", "low: 0"),
      [],
      { ...file, says: /log scale has no zero/, where: /yaml:8:/, remedy: /positive low/ },
    ],
    [
      "a default outside the range",
      replaceIn("default: 1e-3", "default: 3"),
      [],
      { ...file, says: /default 3 lies outside/, remedy: /widen/ },
    ],
    [
      "conditions in a circle",
      replaceIn(/default: 1e-3(.*\n.*)default: 64/, 'default: 1e-3, when: "width > 32"$1default: 64, when: "lr > 0.1"'),
      [],
      { ...file, says: /circle: lr -> width -> lr/, remedy: /Remove one/ },
    ],
    [
      "a constraint that cannot be read",
      replaceIn("noise:", 'constraints: ["lr < "]\nnoise:'),
      [],
      { ...file, says: /Expected a value/, where: /yaml:12:/ },
    ],
    [
      "a constraint that calls for trouble",
      replaceIn("noise:", 'constraints: ["process.exit(1)"]\nnoise:'),
      [],
      { ...file, says: /constraints\[0\]/ },
    ],
    [
      "two mistakes at once",
      replaceIn(/low: 1e-5([\s\S]*)low: 16/, "low: 0$1low: 600"),
      [],
      { ...file, says: /2 things are wrong/, remedy: /each/ },
    ],
    [
      "an optimizer that is not there",
      replaceIn("noise:", "optimizer: cmaes\nnoise:"),
      [],
      { ...file, says: /one of cma-es, .*random; did you mean 'cma-es'/, remedy: /./ },
    ],
    [
      "the version of another time",
      replaceIn("version: 1", "version: 2"),
      [],
      { ...file, says: /version/, remedy: /version: 1/ },
    ],
    [
      "not YAML",
      replaceIn("study: toy", "study: [toy"),
      [],
      { ...file, says: /not valid YAML/, where: /yaml:3:/, remedy: /./ },
    ],
    [
      "a tab",
      replaceIn("study: toy", "\tstudy: toy"),
      [],
      { ...file, says: /a tab is used to indent/, remedy: /spaces/ },
    ],
    ["only text", replaceBy("lr is what matters"), [], { ...file, says: /no study file/, remedy: /init/ }],
    ["an empty file", replaceBy(""), [], { ...file, says: /no study file/, remedy: /init/ }],
    [
      "bytes",
      replaceBy(Buffer.from([0, 159, 146, 150, 255, 0, 1, 2])),
      [],
      { ...file, says: /not a text file/, remedy: /init/ },
    ],
    [
      "no file",
      (folder) => rmSync(studyFile(folder)),
      [],
      {
        code: "study_file_missing",
        exit: ExitCode.configuration,
        says: /no study file/,
        where: /agent-tune\.yaml$/,
        remedy: /agent-tune init/,
      },
    ],
    [
      "a folder in its place",
      (folder) => {
        rmSync(studyFile(folder));
        mkdirSync(studyFile(folder));
      },
      [],
      { code: "study_file_missing", exit: ExitCode.configuration, says: /cannot be read.*directory/, remedy: /./ },
    ],
    [
      "a command that does not exist",
      replaceIn("command: node", "command: nodejjs"),
      [],
      { code: "command_not_found", exit: ExitCode.configuration, says: /"nodejjs" was not found/, remedy: /./ },
    ],
    [
      "a working directory that does not exist",
      replaceIn("command:", "cwd: nowhere\ncommand:"),
      [],
      { code: "command_invalid", exit: ExitCode.configuration, says: /nowhere does not exist/, remedy: /cwd/ },
    ],
    [
      "no key for OpenAI",
      () => {},
      ["--model", "openai:gpt-5.2"],
      {
        code: "credentials_missing",
        exit: ExitCode.configuration,
        says: /no key for OpenAI/,
        where: /OPENAI_API_KEY/,
        remedy: /OPENAI_API_KEY/,
      },
    ],
    [
      "no key for Anthropic",
      () => {},
      ["--model", "anthropic:claude-sonnet-5-5"],
      {
        code: "credentials_missing",
        exit: ExitCode.configuration,
        says: /no key for Anthropic/,
        remedy: /ANTHROPIC_API_KEY/,
      },
    ],
    [
      "a model without a provider",
      () => {},
      ["--model", "gpt-5"],
      { code: "model_unknown", exit: ExitCode.configuration, says: /"gpt-5" is not the name/, remedy: /openai:NAME/ },
    ],
    [
      "an address that is none",
      () => {},
      ["--model", "compatible:m", "--base-url", "over there"],
      { code: "model_unknown", exit: ExitCode.configuration, says: /not the address/, remedy: /http:/ },
    ],
    [
      "a recording that is not there",
      () => {},
      ["--model", "auto", "--replay", "no.jsonl"],
      { code: "recording_invalid", exit: ExitCode.configuration, says: /cannot be read/, where: /no\.jsonl$/ },
    ],
    [
      "a recording that is none",
      () => {},
      ["--model", "auto", "--replay", "agent-tune.yaml"],
      { code: "recording_invalid", exit: ExitCode.configuration, says: /not JSON/, where: /yaml:1$/ },
    ],
    [
      "an optimizer of no name",
      () => {},
      ["--optimizer", "toString"],
      { code: "usage", exit: ExitCode.usage, says: /no optimizer named "toString"/, remedy: /cma-es/ },
    ],
    [
      "an advisor and another model",
      () => {},
      ["--advisor", "none", "--model", "openai:x"],
      { code: "usage", exit: ExitCode.usage, says: /contradict/, remedy: /one of them/ },
    ],
    [
      "a time without a unit",
      () => {},
      ["--time", "90"],
      { code: "usage", exit: ExitCode.usage, says: /no unit/, remedy: /90s/ },
    ],
  ])("%s: one message, exit code, and not a file more than before", async (name, prepare, flags, expected) => {
    const cwd = projectFolder("toy");
    if (name === "an unknown key far from any known")
      writeFileSync(studyFile(cwd), `${readFileSync(studyFile(cwd), "utf8")}zzz: 1\n`);
    else prepare(cwd);
    const before = contentOf(cwd);
    expectOneMessage(await inProcess(["run", "--json", ...flags], { cwd }), expected);
    expect(contentOf(cwd)).toEqual(before);
    expect(existsSync(join(cwd, ".agent-tune"))).toBe(false);
  });
});

describe("a command line that cannot be understood", () => {
  it.each<[string, readonly string[], RegExp]>([
    ["a command that is none", ["frobnicate"], /unknown command 'frobnicate'/],
    ["a command nearly right", ["statsu"], /Did you mean status/],
    ["a flag that is none", ["run", "--trails", "3"], /unknown option '--trails'[\s\S]*--trials/],
    ["an argument too many", ["run", "train.mjs"], /too many arguments/],
    ["no trial to show", ["show"], /missing required argument 'number'/],
    ["a trial that is no number", ["show", "best"], /'best' is invalid/],
    ["no trials at all", ["run", "--trials", "0"], /whole number from 1/],
    ["fewer trials than none", ["run", "--trials=-3"], /whole number from 1/],
    ["a part of a trial", ["run", "--trials", "2.5"], /whole number from 1/],
    ["a share above one", ["run", "--share", "30"], /adaptive, or a number from 0 to 1/],
    ["a cost below nothing", ["run", "--cost=-1"], /number from 0/],
    ["a seed too large", ["run", "--seed", "99999999999"], /below 4294967296/],
    ["a value for nothing", ["run", "--review", "never"], /trial, generation/],
  ])("%s", async (_, args, says) => {
    const ended = await inProcess([...args, "--json"], { cwd: projectFolder("toy") });
    expectOneMessage(ended, { code: "usage", exit: ExitCode.usage, says: /./ });
    expect(ended.stderr).toMatch(says);
  });

  it("ends the program with the same message and code", async () => {
    const options = { cwd: projectFolder("toy") };
    for (const args of [
      ["run", "--trails", "3", "--json"],
      ["run", "--optimizer", "cma", "--json"],
    ]) {
      expect(await agentTune(args, options)).toEqual(await inProcess(args, options));
    }
  });

  it("nothing at all shows the help", async () => {
    const { code, stdout, stderr } = await inProcess([], { cwd: projectFolder() });
    expect({ code, stdout }).toEqual({ code: ExitCode.usage, stdout: "" });
    expect(stderr).toMatch(/^Usage: agent-tune/);
  });
});

describe("nothing there to look at", () => {
  it.each(["status", "trials", "best", "report", "recording", "resume", "show 0"])(
    "%s where no study was started",
    async (command) => {
      const cwd = projectFolder("toy");
      const before = contentOf(cwd);
      expectOneMessage(await inProcess([...command.split(" "), "--json"], { cwd }), {
        code: "study_unknown",
        exit: ExitCode.usage,
        says: /no study here/,
        remedy: /agent-tune run/,
      });
      expect(contentOf(cwd)).toEqual(before);
    },
  );

  it("init alone leaves no study: status says so", async () => {
    const cwd = projectFolder("toy");
    mkdirSync(join(cwd, ".agent-tune"));
    writeFileSync(join(cwd, ".agent-tune", "agent-tune.schema.json"), "{}");
    expectOneMessage(await inProcess(["status", "--json"], { cwd }), {
      code: "study_unknown",
      exit: ExitCode.usage,
      says: /no stud/,
      remedy: /agent-tune run/,
    });
  });
});

describe("a study with a past", () => {
  async function withStudy(): Promise<string> {
    const cwd = projectFolder("toy");
    expect(await agentTune(["run", "--trials", "1"], { cwd, env: fast })).toMatchObject({ code: 0 });
    return cwd;
  }

  it("names that are not there, a database that something else has written over, and a command that is gone", async () => {
    const cwd = await withStudy();
    const ask = (...args: string[]) => inProcess([...args, "--json"], { cwd });
    for (const command of ["status", "trials", "best", "resume", "report"]) {
      expectOneMessage(await ask(command, "toyy"), {
        code: "study_unknown",
        exit: ExitCode.usage,
        says: /no study toyy/,
        remedy: /toy \(/,
      });
    }
    expectOneMessage(await ask("show", "999"), {
      code: "trial_unknown",
      exit: ExitCode.usage,
      says: /no trial 999/,
      remedy: /agent-tune trials/,
    });

    const database = join(cwd, ".agent-tune", "agent-tune.db");
    const good = readFileSync(database);
    const page = 4096;
    for (const [damage, says] of [
      [Buffer.alloc(9000, 7), /damaged \(file is not a database\)/],
      [Buffer.alloc(0), /missing or empty/],
      [Buffer.concat([good.subarray(0, 2 * page), Buffer.alloc(good.length - 2 * page, 65)]), /damaged/],
    ] as const) {
      writeFileSync(database, damage);
      for (const command of ["status", "run"]) {
        expectOneMessage(await ask(command), {
          code: "store_damaged",
          exit: ExitCode.unexpected,
          says,
          where: /agent-tune\.db$/,
          remedy: /backup/,
        });
        expect(readFileSync(database)).toEqual(damage);
      }
    }
    writeFileSync(database, good);
    expect(await ask("status")).toMatchObject({ code: 0 });

    // A finished study has its answer whatever has become of the command since.
    rmSync(join(cwd, "train.mjs"));
    rmSync(studyFile(cwd));
    const resumed = await agentTune(["resume", "--json"], { cwd });
    expect(resumed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^note: .* is finished already\. To search on, .*\n$/),
    });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ study: { status: "finished" }, trials: { total: 3 } });
  });

  it("a second controller is told who holds the study, and disturbs nothing", async () => {
    const cwd = projectFolder("toy");
    const first = start(["run", "--trials", "2"], { cwd, env: { TOY_MS: "600" } });
    await until(() => /trial 0 .*loss/.test(first.errorSoFar()));
    expectOneMessage(await agentTune(["resume", "--json"], { cwd }), {
      code: "study_held",
      exit: ExitCode.configuration,
      says: new RegExp(`worked on by process ${first.process.pid} on `),
      remedy: /Wait for it or stop it/,
    });
    const status = await agentTune(["status", "--json"], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({ controller: { pid: first.process.pid } });
    first.process.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: ExitCode.interrupted });
  });
});

describe("what only the first trial shows", () => {
  it.each<[string, (folder: string) => void, RegExp, RegExp]>([
    [
      "a metric that never appears",
      replaceIn("metric: loss", "metric: val_accuracy"),
      /metric_missing.*val_accuracy; seen were loss/,
      /print val_accuracy.*objective\.metric/,
    ],
    [
      "a metric of a constraint that never appears",
      replaceIn("direction: minimize }", "direction: minimize, constraints: [vram_mb < 3] }"),
      /metric_missing.*vram_mb, which objective\.constraints needs; seen were loss/,
      /print vram_mb.*objective\.constraints/,
    ],
    [
      "a script that does not exist",
      replaceIn("train.mjs", "trian.mjs"),
      /crashed.*Cannot find module.*trian\.mjs/,
      /by hand/,
    ],
    [
      "a command that says nothing",
      replaceIn("node train.mjs {arguments} --seed={seed}", "'true'"),
      /metric_missing/,
      /print loss/,
    ],
  ])("%s: one trial, one message", async (_, prepare, says, remedy) => {
    const cwd = projectFolder("toy");
    prepare(cwd);
    expectOneMessage(await agentTune(["run", "--json"], { cwd, env: fast }), {
      code: "all_trials_failed",
      exit: ExitCode.allTrialsFailed,
      says,
      where: /trial 0, log: \//,
      remedy,
    });
  });

  it("a mended command goes on with resume, and the first trial runs again", async () => {
    const cwd = projectFolder("toy");
    const script = join(cwd, "train.mjs");
    const good = readFileSync(script, "utf8");
    writeFileSync(script, "process.exit(1)");
    expect(await agentTune(["run", "--trials", "1"], { cwd, env: fast })).toMatchObject({
      code: ExitCode.allTrialsFailed,
    });
    writeFileSync(script, good);
    const { code, stdout } = await agentTune(["resume", "--json"], { cwd, env: fast });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ trials: { complete: 3, failed: 0 } });
  });

  it("when every trial fails, the summary is still one document and the exit code tells", async () => {
    const cwd = projectFolder("toy");
    edit(
      join(cwd, "train.mjs"),
      "const loss =",
      'throw new Error("CUDA out of memory. Tried to allocate 2.00 GiB"); const loss =',
    );
    const run = await agentTune(["run", "--json", "--trials", "2"], { cwd, env: fast });
    expect(run.code).toBe(ExitCode.allTrialsFailed);
    expect(JSON.parse(run.stdout)).toMatchObject({ best: null, trials: { failed: 2 }, failures: { out_of_memory: 2 } });
    expect(run.stderr).toMatch(/^error: All 2 trials failed\.\n {2}where: study .*\n {2}do: .*agent-tune show 0$/m);
    expectOneMessage(await inProcess(["best", "--json"], { cwd }), {
      code: "nothing_completed",
      exit: ExitCode.nothingCompleted,
      says: /No trial of this study has completed/,
      remedy: /agent-tune trials/,
    });
  });
});

describe("a model that lets nobody in", () => {
  const key = "sk-test-0123456789abcdefghijklmnop";

  it.each<[string, string, number, ErrorCode, RegExp, RegExp]>([
    [
      "openai:gpt-0",
      "a name that does not exist",
      404,
      "model_unknown",
      /no model openai:gpt-0.*does not exist/,
      /doctor --online/,
    ],
    [
      "anthropic:claude-0",
      "a key that is refused",
      401,
      "credentials_refused",
      /key for anthropic:claude-0 was refused/,
      /agent-tune resume/,
    ],
  ])("%s, %s: the study stops at the first call and loses nothing", async (model, _, status, code, says, remedy) => {
    const server = await startModelServer([
      { status, error: { message: `${model} does not exist, or ${key} is wrong` } },
    ]);
    try {
      const cwd = projectFolder("toy");
      const env = {
        ...fast,
        OPENAI_API_KEY: key,
        ANTHROPIC_API_KEY: key,
        OPENAI_BASE_URL: `${server.url}/v1`,
        ANTHROPIC_BASE_URL: server.url,
        AGENT_TUNE_OPENAI_API: "responses",
      };
      const ended = await agentTune(["run", "--json", "--model", model, "--share", "0.5"], { cwd, env });
      expectOneMessage(ended, { code, exit: ExitCode.configuration, says, remedy });
      expect(ended.stderr + ended.stdout).not.toContain(key);
      expect(server.requests).toHaveLength(1);
      const trials = JSON.parse((await inProcess(["trials", "--json"], { cwd })).stdout).trials as { state: string }[];
      expect(trials.length).toBeGreaterThan(0);
      expect(trials.map(({ state }) => state)).toEqual(trials.map(() => "finished"));
    } finally {
      await server.close();
    }
  });
});

describe("where the answer goes", () => {
  it.skipIf(!existsSync("/dev/full"))("a full disk behind standard output is told, without a stack", async () => {
    const cwd = projectFolder("toy");
    await agentTune(["run", "--trials", "1"], { cwd, env: fast });
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [program, "trials"], {
      cwd,
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect(status).toBe(ExitCode.unexpected);
    expect(stderr).toMatch(
      /^error: The answer could not be written: ENOSPC.*\n {2}where: standard output\n {2}do: .*\n$/,
    );
  });
});

const mounts: string[] = [];
afterEach(() => {
  for (const folder of mounts.splice(0)) spawnSync("umount", ["-l", folder]);
});

function mount(folder: string, options: string): boolean {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  if (status === 0 && !mounts.includes(folder)) mounts.push(folder);
  return status === 0;
}

function remount(folder: string, options: string): void {
  expect(spawnSync("mount", ["-o", `remount,${options}`, folder]).status).toBe(0);
}

const canMount = (() => {
  if (process.getuid?.() !== 0) return false;
  const folder = projectFolder();
  const can = mount(folder, "size=64k");
  for (const each of mounts.splice(0)) spawnSync("umount", ["-l", each]);
  return can;
})();

describe("disks", () => {
  it.skipIf(!canMount)("full: told what is safe, and resume goes on once there is room", async () => {
    const cwd = projectFolder("toy");
    const undisturbed = projectFolder("toy");
    mount(join(cwd, ".agent-tune"), "size=400k");
    const full = await agentTune(["run", "--json", "--trials", "8"], {
      cwd,
      env: { ...fast, TOY_MARK: `full-${process.pid}` },
    });
    expectOneMessage(full, {
      code: "store_full",
      exit: ExitCode.unexpected,
      says: /disk is full.*nothing was lost up to trial \d/,
      where: /agent-tune\.db$/,
      remedy: /agent-tune resume/,
    });
    expect(processesWith(`full-${process.pid}`)).toEqual([]);
    const shown = [...full.stderr.matchAll(/trial (\d+) .*loss/g)].map((match) => Number(match[1]));
    const configurations = async (folder: string) => {
      const { trials } = z
        .object({
          trials: z.array(z.object({ state: z.string(), proposal: z.unknown(), outcome: z.unknown().optional() })),
        })
        .parse(JSON.parse((await inProcess(["trials", "--json"], { cwd: folder })).stdout));
      return trials;
    };
    expect((await configurations(cwd)).filter(({ state }) => state === "finished").length).toBeGreaterThanOrEqual(
      shown.length,
    );

    remount(join(cwd, ".agent-tune"), "size=8m");
    expect(await agentTune(["resume"], { cwd, env: fast })).toMatchObject({ code: 0 });
    expect(await agentTune(["run", "--trials", "8"], { cwd: undisturbed, env: fast })).toMatchObject({ code: 0 });
    expect(await configurations(cwd)).toEqual(await configurations(undisturbed));
  });

  it.skipIf(!canMount)("read-only: nothing starts, and what is there can still be looked at", async () => {
    const cwd = projectFolder();
    mount(cwd, "size=8m");
    const source = projectFolder("toy");
    for (const [name, text] of Object.entries(contentOf(source))) writeFileSync(join(cwd, name), text);
    remount(cwd, "ro");
    const expected = {
      code: "store_unwritable",
      exit: ExitCode.configuration,
      says: /cannot be read or written/,
      where: /\.agent-tune/,
      remedy: /mounted read-only/,
    } as const;
    expectOneMessage(await inProcess(["run", "--json"], { cwd, env: fast }), expected);

    remount(cwd, "rw");
    expect(await agentTune(["run", "--trials", "1"], { cwd, env: fast })).toMatchObject({ code: 0 });
    remount(cwd, "ro");
    for (const command of ["run", "resume", "report"])
      expectOneMessage(await inProcess([command, "--json"], { cwd, env: fast }), expected);
    for (const command of ["status", "trials", "best"])
      expect(await inProcess([command, "--json"], { cwd })).toMatchObject({ code: 0, stderr: "" });
    const doctor = await inProcess(["doctor"], { cwd });
    expect(doctor.code).toBe(ExitCode.configuration);
    expect(doctor.stdout).toMatch(/^WRONG {2}disk: /m);
  });

  it.skipIf(process.getuid?.() === 0)("a folder that may not be written", async () => {
    const cwd = projectFolder("toy");
    chmodSync(cwd, 0o555);
    try {
      expectOneMessage(await agentTune(["run", "--json"], { cwd, env: fast }), {
        code: "store_unwritable",
        exit: ExitCode.configuration,
        says: /cannot be read or written/,
        remedy: /permissions/,
      });
    } finally {
      chmodSync(cwd, 0o755);
    }
  });
});
