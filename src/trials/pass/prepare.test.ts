import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { Configuration } from "../../space/parameter.js";
import { type TrialSettingsInput, trialSettingsSchema } from "../settings.js";
import type { TrialTask } from "../trial-run.js";
import { checkPass, declaredDelivery, prepareCommand } from "./prepare.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-prepare-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settingsOf = (given: Partial<TrialSettingsInput>) =>
  trialSettingsSchema.parse({ command: "run", objective: { metric: "loss", direction: "minimize" }, ...given });

function taskOf(configuration: Configuration): TrialTask {
  const folder = mkdtempSync(join(root, "attempt-"));
  return { study: "s", number: 4, attempt: 1, configuration, derived: { dim: 64 }, seed: 99, folder, mark: "m" };
}

async function prepare(
  given: Partial<TrialSettingsInput>,
  configuration: Configuration = { lr: 0.001, opt: "adam w" },
  base = root,
) {
  const task = taskOf(configuration);
  const prepared = await prepareCommand(settingsOf(given), base, task, { PATH: process.env.PATH }, {});
  return { ...prepared, folder: task.folder };
}

const check = (given: Partial<TrialSettingsInput>, parameters = ["lr"], base = root) =>
  checkPass(settingsOf(given), base, { parameters, derived: ["dim"] });

describe("parameters and seed go in", () => {
  test("as arguments at the end, where the command names no parameter", async () => {
    expect((await prepare({ command: "python train.py" })).words).toEqual([
      "python",
      "train.py",
      "--lr=0.001",
      "--opt=adam w",
    ]);
  });

  test("as arguments where {arguments} stands, the seed with them", async () => {
    const { words } = await prepare({
      command: "srun {arguments} -- end",
      pass: { parameters: "arguments", seed: { argument: "--seed" } },
    });
    expect(words).toEqual(["srun", "--lr=0.001", "--opt=adam w", "--seed=99", "--", "end"]);
  });

  test.each([
    ["--name value", ["run", "--lr", "0.001"]],
    ["name=value", ["run", "lr=0.001"]],
  ] as const)("as arguments written %s", async (form, expected) => {
    expect((await prepare({ pass: { parameters: { to: "arguments", form } } }, { lr: 0.001 })).words).toEqual(expected);
  });

  test("by template, with derived quantities, seed, trial and folder", async () => {
    const { words, folder } = await prepare({ command: "run {lr} {dim} {seed} {trial} {folder}/out" });
    expect(words).toEqual(["run", "0.001", "64", "99", "4", `${folder}/out`]);
  });

  test("by template also where the only parameter that the command names is inactive", async () => {
    expect((await prepare({ command: "run --momentum {momentum}" }, { lr: 1 })).words).toEqual(["run"]);
  });

  test("by environment, with a prefix", async () => {
    const { words, environment } = await prepare({
      pass: { parameters: { to: "environment", prefix: "TUNE_" }, seed: { environment: "SEED" } },
    });
    expect(words).toEqual(["run"]);
    expect(environment).toMatchObject({ TUNE_lr: "0.001", TUNE_opt: "adam w", SEED: "99", AGENT_TUNE_SEED: "99" });
  });

  test("by a JSON file, with the seed under a key", async () => {
    const { words, folder } = await prepare({
      command: "run {parameters_file}",
      pass: { parameters: { to: "file", path: "conf/p.json" }, seed: { key: "seed" } },
    });
    expect(words).toEqual(["run", `${folder}/conf/p.json`]);
    expect(JSON.parse(readFileSync(words[1] ?? "", "utf8"))).toEqual({ lr: 0.001, opt: "adam w", seed: 99 });
  });

  test("by a YAML file that YAML 1.1 readers take for the same values", async () => {
    const values = { lr: 1e-7, big: 1.5e21, on: "yes", flag: true, text: "a: b", n: 3, empty: "" };
    const { words } = await prepare(
      { command: "run {parameters_file}", pass: { parameters: { to: "file", path: "p.yaml" } } },
      values,
    );
    const text = readFileSync(words[1] ?? "", "utf8");
    expect(parseYaml(text, { version: "1.1" })).toEqual(values);
    // PyYAML reads a number with an exponent only where it has a point: 1e-7 would be text.
    expect(text).toContain("lr: 1.0e-7");
  });

  describe("in a copy of a base", () => {
    const project = join(root, "with-base");
    mkdirSync(project);
    const file = join(project, "config.yaml");
    const text = `# experiment
optim:
  lr: 0.001 # peak
  betas: [0.9, 0.999]
data: { path: /data/train }
"sched.kind": cosine
on: yes
seed: 1
`;
    writeFileSync(file, text);
    const given = {
      command: "run {parameters_file}",
      pass: { parameters: { to: "file", base: "config.yaml", path: "p.yaml" }, seed: { key: "seed" } },
    } as const;

    test("values go to the places that the dots name, the rest stays, and so does the base itself", async () => {
      const { words } = await prepare(given, { "optim.lr": 1e-7, "sched.kind": "yes" }, project);
      expect(readFileSync(words[1] ?? "", "utf8")).toBe(`# experiment
optim:
  lr: 1.0e-7 # peak
  betas: [ 0.9, 0.999 ]
data: { path: /data/train }
"sched.kind": "yes"
on: yes
seed: 99
`);
      expect(readFileSync(file, "utf8")).toBe(text);
    });

    test("a base in YAML can become a file in JSON", async () => {
      const { words } = await prepare(
        { ...given, pass: { parameters: { to: "file", base: "config.yaml" }, seed: { key: "seed" } } },
        { "optim.lr": 0.5 },
        project,
      );
      expect(JSON.parse(readFileSync(words[1] ?? "", "utf8"))).toMatchObject({
        optim: { lr: 0.5, betas: [0.9, 0.999] },
        data: { path: "/data/train" },
        seed: 99,
      });
    });

    test("a name that the base does not have is refused before anything runs", async () => {
      await expect(check(given, ["optim.lr"], project)).resolves.toBeDefined();
      await expect(check(given, ["optim.lrr"], project)).rejects.toMatchObject({
        code: "command_invalid",
        message: "The base config.yaml has no value named optim.lrr.",
        remedy: expect.stringContaining("Did you mean optim.lr?"),
      });
      await expect(check(given, ["optim"], project)).rejects.toThrow("has no value named optim.");
      await expect(check(given, ["data.path.x"], project)).rejects.toThrow("has no value named data.path.x.");
    });

    test.each([
      ["is missing", undefined, "cannot be read"],
      ["is no mapping", "- 1\n", "not a mapping"],
      ["is no YAML", "a: [1\n", "is not usable"],
    ])("a base that %s is refused", async (_name, content, message) => {
      const folder = mkdtempSync(join(project, "other-"));
      if (content !== undefined) writeFileSync(join(folder, "config.yaml"), content);
      await expect(check(given, ["lr"], folder)).rejects.toMatchObject({
        code: "command_invalid",
        message: expect.stringContaining(message),
      });
    });
  });

  test("through the shell, appended arguments are quoted", async () => {
    const { words, environment } = await prepare({ command: "printf '%s|'", shell: true });
    const [file = "", ...args] = words;
    expect(execFileSync(file, args, { encoding: "utf8", env: { ...environment } })).toBe("--lr=0.001|--opt=adam w|");
  });
});

describe("parameters that a code version declares", () => {
  const values = { lr: 0.001, warmup: 0.1 };

  async function words(command: string, configuration: Configuration = values, shell = false) {
    const task = { ...taskOf(configuration), declared: ["warmup"] };
    return (await prepareCommand(settingsOf({ command, shell }), root, task, { PATH: process.env.PATH }, {})).words;
  }

  test("are appended to a template that does not name them, while they are active", async () => {
    expect(await words("run --lr {lr}")).toEqual(["run", "--lr", "0.001", "--warmup=0.1"]);
    expect(await words("run --lr {lr}", { lr: 0.001 })).toEqual(["run", "--lr", "0.001"]);
    expect(declaredDelivery(settingsOf({ command: "run {lr}" }))).toEqual({ to: "arguments", form: "--name=value" });
  });

  test("are passed once where the command passes them anyway", async () => {
    expect(await words("run {lr} --warmup={warmup}")).toEqual(["run", "0.001", "--warmup=0.1"]);
    expect(await words("run {lr} {arguments}")).toEqual(["run", "0.001", "--lr=0.001", "--warmup=0.1"]);
    expect(await words("run")).toEqual(["run", "--lr=0.001", "--warmup=0.1"]);
    const [, file = ""] = await words("run {parameters_file}");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(values);
    expect(declaredDelivery(settingsOf({ command: "run {parameters_file}" })).to).toBe("file");
  });

  test("reach the last command of a shell line", async () => {
    const [shell = "", ...rest] = await words("true && echo {lr}", values, true);
    const environment = (
      await prepareCommand(
        settingsOf({ command: "true && echo {lr}", shell: true }),
        root,
        { ...taskOf(values), declared: ["warmup"] },
        { PATH: process.env.PATH },
        {},
      )
    ).environment;
    expect(execFileSync(shell, rest, { encoding: "utf8", env: { ...environment } })).toBe("0.001 --warmup=0.1\n");
  });

  test("need no place in the command's template", async () => {
    const names = { parameters: ["lr", "warmup"], derived: [] };
    const settings = settingsOf({ command: "run {lr}" });
    await expect(checkPass(settings, root, names)).rejects.toThrow("warmup does not reach the command");
    await expect(checkPass(settings, root, { ...names, declared: ["warmup"] })).resolves.toBeDefined();
  });
});

describe("constants of a Python source", () => {
  const project = join(root, "project");
  mkdirSync(join(project, "scripts", "data"), { recursive: true });
  mkdirSync(join(project, "runs"));
  writeFileSync(join(project, "scripts", "sibling.py"), "NAME = 'sibling'\n");
  writeFileSync(join(project, "scripts", "data", "x.txt"), "beside the source");
  writeFileSync(join(project, "top.txt"), "in the working directory");
  const source = `import os, sibling
LR = 0.1  # learning rate
DEPTH = 2
SEED = 0
here = os.path.dirname(os.path.abspath(__file__))
print(LR, DEPTH, SEED, sibling.NAME)
print(open(os.path.join(here, "data", "x.txt")).read())
print(open(os.path.join(here, "..", "top.txt")).read())
print(open("top.txt").read())
`;
  writeFileSync(join(project, "scripts", "train.py"), source);
  const given = {
    command: "python3 -B scripts/train.py",
    pass: { parameters: { to: "constants", source: "scripts/train.py" }, seed: { constant: "SEED" } },
  } as const;

  test("a copy runs with the values; modules, files beside the source and the working directory are found", async () => {
    const task = { ...taskOf({ LR: 3e-4, DEPTH: 8 }), folder: join(project, "runs", "attempt-1") };
    const { words, cwd, environment } = await prepareCommand(
      settingsOf(given),
      project,
      task,
      { PATH: process.env.PATH },
      {},
    );
    const [file = "", ...args] = words;
    expect(execFileSync(file, args, { cwd, env: { ...environment }, encoding: "utf8" })).toBe(
      "0.0003 8 99 sibling\nbeside the source\nin the working directory\nin the working directory\n",
    );
    expect(args[1]).toBe(join(task.folder, "source", "scripts", "train.py"));
    expect(readFileSync(join(project, "scripts", "train.py"), "utf8")).toBe(source);
    // The tree of links does not lead to the trial itself, where it would go round in circles.
    expect(existsSync(join(task.folder, "source", "runs"))).toBe(false);
    expect(lstatSync(join(task.folder, "source", "top.txt")).isSymbolicLink()).toBe(true);
  });

  test("through the shell too", async () => {
    const shell = { ...given, command: "cd . && python3 -B scripts/train.py | sed -n 1p", shell: true };
    const { words, cwd, environment } = await prepare(shell, { LR: 2, DEPTH: 1 }, project);
    const [file = "", ...args] = words;
    expect(execFileSync(file, args, { cwd, env: { ...environment }, encoding: "utf8" })).toBe("2.0 1 99 sibling\n");
  });

  test("what cannot be rewritten is found before anything runs", async () => {
    await expect(check(given, ["LR", "DEPHT"], project)).rejects.toMatchObject({
      code: "source_rewrite_failed",
      remedy: expect.stringMatching(/Did you mean DEPTH\? Its constants are LR, DEPTH, SEED/),
    });
    await expect(check({ ...given, command: "python3 -m scripts.train" }, ["LR"], project)).rejects.toMatchObject({
      code: "command_invalid",
      message: expect.stringContaining("does not name the source"),
    });
    await expect(
      check(
        { command: "python3 none.py", pass: { parameters: { to: "constants", source: "none.py" } } },
        ["LR"],
        project,
      ),
    ).rejects.toMatchObject({ code: "source_rewrite_failed" });
    await expect(check(given, ["LR", "DEPTH"], project)).resolves.toMatchObject({ parameters: { to: "constants" } });
  });
});

describe("checks before anything runs", () => {
  test.each<[Partial<TrialSettingsInput>, RegExp]>([
    [{ command: "run {lrr}" }, /\{lrr\}, which is no parameter/],
    [{ command: "run {dim}" }, /No parameter reaches the command/],
    [{ command: "run", pass: { parameters: "template" } }, /No parameter reaches/],
    [{ command: "run", pass: { parameters: "file" } }, /does not name it/],
    [{ command: "run {lr}", pass: { seed: "template" } }, /has no \{seed\}/],
    [{ command: ["run", "{lr}"], shell: true }, /must be one line/],
    [{ command: "run 'x" }, /not closed/],
  ])("%j", async (given, message) => {
    await expect(check(given)).rejects.toMatchObject({
      code: "command_invalid",
      message: expect.stringMatching(message),
    });
  });

  test("a parameter that the template misses is named", async () => {
    await expect(check({ command: "run {lr}" }, ["lr", "width"])).rejects.toThrow(
      "The parameter width does not reach the command.",
    );
    await expect(check({ command: "run {lr} {arguments}" }, ["lr", "width"])).resolves.toBeDefined();
  });

  test("a parameter called like a fixed placeholder is refused where it is used", async () => {
    await expect(check({ command: "run {seed}" }, ["seed"])).rejects.toThrow(/could be the parameter or/);
  });
});

test("a folder that cannot be written is a named error, not a failure of the trial", async () => {
  const blocked = join(root, "blocked");
  writeFileSync(blocked, "a file where a folder is wanted");
  const task = { ...taskOf({ lr: 1 }), folder: join(blocked, "attempt-1") };
  await expect(prepareCommand(settingsOf({}), root, task, {}, {})).rejects.toMatchObject({ code: "store_unwritable" });
});
