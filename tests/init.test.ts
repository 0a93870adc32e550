import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ExitCode } from "../src/errors.js";
import { type ModelServer, type Script, startModelServer } from "../src/llm/testing/model-server.js";
import { parseStudyFile } from "../src/study/study-file/index.js";
import { agentTune, contentOf, inProcess, projectFolder } from "./cli.js";

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const key = "sk-proj-QmFzZTY0aXNub3RhcmVhbGtleQ0123456789";

async function withModel(
  ...script: Script[]
): Promise<{ readonly server: ModelServer; readonly env: Record<string, string> }> {
  const server = await startModelServer(script);
  servers.push(server);
  return {
    server,
    env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${server.url}/v1`, AGENT_TUNE_OPENAI_API: "responses" },
  };
}

const studyFile = (cwd: string) => readFileSync(join(cwd, "agent-tune.yaml"), "utf8");

describe("agent-tune init", () => {
  it("reads command-line flags and writes a study file that is ready to run, asking nothing", async () => {
    const cwd = projectFolder("argparse");
    const script = readFileSync(join(cwd, "train.py"), "utf8");
    const { code, stdout, stderr } = await agentTune(["init", "train.py"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Wrote agent-tune\.yaml: 4 parameters, minimize val_loss\.$/m);
    expect(stdout).toMatch(/Left out.*use_bias, seed, data_dir/);

    const definition = parseStudyFile(studyFile(cwd), { path: join(cwd, "agent-tune.yaml") });
    expect(definition.space.parameters).toMatchObject([
      { name: "learning_rate", kind: "float", scale: "log", default: 3e-4 },
      { name: "hidden", kind: "int", powersOf: 2, default: 256 },
      { name: "optimizer", kind: "categorical", choices: ["adamw", "sgd"], default: "adamw" },
      { name: "dropout", kind: "float", default: 0.1 },
    ]);
    expect(definition.trial.command).toMatch(/--learning-rate=\{learning_rate\}.*--seed=\{seed\}/);
    // Each parameter says why it has the range it has.
    expect(studyFile(cwd)).toMatch(/# learning rate: .*\(line 5\)\n {2}learning_rate:/);
    expect(readFileSync(join(cwd, "train.py"), "utf8")).toBe(script);

    // The next step that it names finds nothing to mend but what is missing on this machine.
    const doctor = await inProcess(["doctor", "--json"], { cwd });
    const { findings } = JSON.parse(doctor.stdout) as { findings: { subject: string; verdict: string }[] };
    for (const subject of ["study file", "space", "store"])
      expect(findings).toContainEqual(expect.objectContaining({ subject, verdict: "fine" }));
  });

  it("reads a configuration file, and says what is left to do", async () => {
    const cwd = projectFolder("config");
    const args = [
      "init",
      "config.yaml",
      "--json",
      "--command",
      "python3 train.py --config {parameters_file}",
      "--metric",
      "val_accuracy",
      "--direction",
      "maximize",
    ];
    const { code, stdout } = await agentTune(args, { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "agent-tune/init/1",
      file: join(cwd, "agent-tune.yaml"),
      parameters: [
        { name: "model.hidden" },
        { name: "optimizer.lr", scale: "log", low: 3e-5, high: 0.03 },
        { name: "optimizer.weight_decay" },
      ],
      skipped: [{ name: "model.activation" }, { name: "seed" }],
      metric: { name: "val_accuracy", direction: "maximize" },
    });
    expect(parse(studyFile(cwd))).toMatchObject({
      objective: { metric: "val_accuracy", direction: "maximize" },
      pass: { parameters: { to: "file" }, seed: { key: "seed" } },
    });
  });

  it.each<[string, string, string | undefined, string, RegExp]>([
    ["that is not there", "nothing.py", undefined, "script_unreadable", /cannot be read/],
    ["that is a folder", ".", undefined, "script_unreadable", /directory/],
    ["in another language", "train.rs", "fn main() {}", "script_unreadable", /\.py, \.json/],
    ["that is no Python", "broken.py", "LR = = 3\n\x00", "script_unreadable", /./],
    ["with nothing to tune", "empty.py", "print('val_loss: 1')\n", "script_unreadable", /./],
  ])("a script %s is told and nothing is written", async (_, name, text, code, says) => {
    const cwd = projectFolder();
    if (text !== undefined) writeFileSync(join(cwd, name), text);
    const before = contentOf(cwd);
    const ended = await inProcess(["init", name, "--json"], { cwd });
    expect(ended.code).toBe(ExitCode.configuration);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      code,
      message: expect.stringMatching(says),
      remedy: expect.any(String),
    });
    expect(contentOf(cwd)).toEqual(before);
    expect(existsSync(join(cwd, ".agent-tune"))).toBe(false);
  });

  it("does not overwrite a study file unless it is told to", async () => {
    const cwd = projectFolder("argparse");
    writeFileSync(join(cwd, "agent-tune.yaml"), "mine\n");
    const refused = await inProcess(["init", "train.py", "--json"], { cwd });
    expect(refused.code).toBe(ExitCode.usage);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      code: "usage",
      message: expect.stringMatching(/already; nothing was changed/),
      remedy: expect.stringMatching(/--output.*--force/),
    });
    expect(studyFile(cwd)).toBe("mine\n");
    expect(await inProcess(["init", "train.py", "--output", "other.yaml"], { cwd })).toMatchObject({ code: 0 });
    expect(studyFile(cwd)).toBe("mine\n");
    expect(await inProcess(["init", "train.py", "--force"], { cwd })).toMatchObject({ code: 0 });
    expect(studyFile(cwd)).toMatch(/learning_rate:/);
  });
});

describe("agent-tune init with a model", () => {
  const wish = { description: null, unit: null, low: null, high: null, scale: null, leave_out: false, reason: "" };

  it("takes over what holds, refuses what does not, and shows all that the model said in the file", async () => {
    const cwd = projectFolder("argparse");
    const { server, env } = await withModel({
      output: {
        task: "Trains a small network.",
        parameters: [
          { ...wish, name: "hidden", low: 32, reason: "small ones are worth a try" },
          { ...wish, name: "dropout", high: 0.05, reason: "no more is needed" },
          { ...wish, name: "momentum", high: 1, reason: "made up" },
        ],
      },
    });
    const { code, stderr } = await inProcess(["init", "train.py", "--model", "openai:gpt-5.2"], { cwd, env });
    expect(code).toBe(0);
    const text = studyFile(cwd);
    expect(parse(text)).toMatchObject({
      task: "Trains a small network.",
      parameters: { hidden: { low: 32, high: 512 }, dropout: { high: 0.6 } },
    });
    expect(text).toMatch(/'model:' are what openai:gpt-5\.2 said/);
    expect(text).toMatch(/# model: .*small ones are worth a try/);
    // A range without the default in it would not run.
    expect(text).toMatch(/# model: .*0\.05.*refused/);
    expect(stderr).toMatch(/^note: not followed: dropout/m);
    expect(stderr).toMatch(/^note: not followed: there is no parameter .*momentum/m);
    expect(JSON.stringify(server.requests[0]?.body)).toContain("learning-rate");
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain(key);
    expect(Object.values(contentOf(cwd)).some((content) => content.includes(key))).toBe(false);
  });

  it.each<[string, Script, RegExp]>([
    ["refuses", { refusal: "no" }, /refusal/],
    ["answers something else", { output: { hello: 1 } }, /did not fit the schema/],
    ["does not exist", { status: 404, error: { message: "no such model" } }, /unknown_model/],
    ["does not accept the key", { status: 401, error: { message: "bad key" } }, /auth/],
  ])("that %s leaves what the script alone gives, and says so", async (_, script, says) => {
    const cwd = projectFolder("argparse");
    const alone = projectFolder("argparse");
    await inProcess(["init", "train.py"], { cwd: alone });
    const { env } = await withModel(script);
    const { code, stderr } = await inProcess(["init", "train.py", "--model", "openai:gpt-5.2"], { cwd, env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^note: openai:gpt-5\.2 was asked but gave nothing/m);
    expect(stderr).toMatch(says);
    expect(studyFile(cwd)).toBe(studyFile(alone));
  });

  it("without a key says that nobody was asked (auto), or that the key is missing (by name)", async () => {
    const cwd = projectFolder("argparse");
    const auto = await inProcess(["init", "train.py", "--model", "auto"], { cwd });
    expect(auto).toMatchObject({ code: 0, stderr: expect.stringMatching(/no model was asked: set ANTHROPIC_API_KEY/) });
    const named = await inProcess(["init", "train.py", "--output", "named.yaml", "--model", "openai:x", "--json"], {
      cwd,
    });
    expect(named.code).toBe(ExitCode.configuration);
    expect(JSON.parse(named.stdout)).toMatchObject({ code: "credentials_missing" });
    expect(existsSync(join(cwd, "named.yaml"))).toBe(false);
  });
});
