import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ExitCode } from "../src/errors.js";
import { type ModelServer, type Script, startModelServer } from "../src/llm/testing/model-server.js";
import { agentTune, contentOf, edit, inProcess, projectFolder } from "./cli.js";

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const doctorSchema = z.strictObject({
  schema: z.literal("agent-tune/doctor/1"),
  healthy: z.boolean(),
  findings: z.array(
    z.strictObject({
      subject: z.string(),
      verdict: z.enum(["fine", "note", "wrong"]),
      message: z.string().min(1),
      remedy: z.string().min(1).optional(),
    }),
  ),
});

async function doctor(
  cwd: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<z.infer<typeof doctorSchema>> {
  const { code, stdout, stderr } = await inProcess(["doctor", "--json", ...args], { cwd, env });
  const found = doctorSchema.parse(JSON.parse(stdout));
  expect(stderr).toBe("");
  expect(code).toBe(found.healthy ? 0 : ExitCode.configuration);
  // Whatever is wrong, there is something to do about it.
  for (const finding of found.findings) if (finding.verdict === "wrong") expect(finding.remedy).toBeDefined();
  return found;
}

describe("agent-tune doctor", () => {
  it("finds a healthy project healthy, and leaves nothing behind", async () => {
    const cwd = projectFolder("toy");
    const before = contentOf(cwd);
    const { code, stdout, stderr } = await agentTune(["doctor"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^(\w+) +([\w ]+):/gm)).toEqual(
      ["machine", "disk", "study file", "space", "command", "store", "model"].map((subject) => `ok     ${subject}:`),
    );
    expect(stdout).toMatch(/Ready to run\.\n$/);
    expect(contentOf(cwd)).toEqual(before);
    expect(readdirSync(cwd)).not.toContain(".agent-tune");
  });

  it("does not call a folder without a study file ready", async () => {
    const cwd = projectFolder("toy");
    rmSync(join(cwd, "agent-tune.yaml"));
    const { code, stdout } = await inProcess(["doctor"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/agent-tune init train\.py/);
    expect(stdout).not.toContain("Ready to run");
  });

  it.each<[string, (cwd: string) => void, string, RegExp]>([
    [
      "a study file with a mistake",
      (cwd) => edit(join(cwd, "agent-tune.yaml"), "low: 1e-5", "low: 0"),
      "study file",
      /log scale has no zero.*yaml:8/,
    ],
    [
      "a folder for a study file",
      (cwd) => {
        rmSync(join(cwd, "agent-tune.yaml"));
        mkdirSync(join(cwd, "agent-tune.yaml"));
      },
      "study file",
      /cannot be read.*directory/,
    ],
    [
      "a command that is not there",
      (cwd) => edit(join(cwd, "agent-tune.yaml"), "command: node", "command: nodejjs"),
      "command",
      /"nodejjs" was not found/,
    ],
    [
      "a script that may not be executed",
      (cwd) => {
        writeFileSync(join(cwd, "run.sh"), "");
        chmodSync(join(cwd, "run.sh"), 0o644);
        edit(join(cwd, "agent-tune.yaml"), "node train.mjs", "./run.sh");
      },
      "command",
      /may not be executed/,
    ],
    [
      "a damaged database",
      (cwd) => {
        mkdirSync(join(cwd, ".agent-tune"));
        writeFileSync(join(cwd, ".agent-tune", "agent-tune.db"), "x".repeat(5000));
      },
      "store",
      /damaged/,
    ],
    [
      "a key that is missing",
      (cwd) => edit(join(cwd, "agent-tune.yaml"), "advisor: rules", "advisor: openai:gpt-5.2"),
      "model",
      /no key for OpenAI.*OPENAI_API_KEY/,
    ],
    [
      "a model of no provider",
      (cwd) => edit(join(cwd, "agent-tune.yaml"), "advisor: rules", "advisor: closedai:gpt-5.2"),
      "model",
      /not the name of a model/,
    ],
  ])("%s is wrong, and nothing else is", async (_, spoil, subject, says) => {
    const cwd = projectFolder("toy");
    spoil(cwd);
    const { healthy, findings } = await doctor(cwd);
    expect(healthy).toBe(false);
    expect(findings.filter(({ verdict }) => verdict === "wrong").map((each) => each.subject)).toEqual([subject]);
    expect(findings.find((each) => each.subject === subject)?.message).toMatch(says);
  });

  it("notes what keeps nobody from running", async () => {
    const cwd = projectFolder("toy");
    edit(join(cwd, "agent-tune.yaml"), /lr: \{.*\}/, "lr: { type: categorical, choices: [0.1, 0.2], default: 0.1 }");
    edit(join(cwd, "agent-tune.yaml"), "trials: 12", "trials: 13");
    expect((await doctor(cwd)).findings).toContainEqual(
      expect.objectContaining({
        subject: "space",
        verdict: "note",
        remedy: expect.stringMatching(/budget of 13 trials is more/),
      }),
    );
    rmSync(join(cwd, "agent-tune.yaml"));
    const { healthy, findings } = await doctor(cwd);
    expect(healthy).toBe(true);
    expect(findings).toContainEqual(
      expect.objectContaining({ subject: "study file", verdict: "note", remedy: expect.stringMatching(/init/) }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ subject: "model", verdict: "note", message: expect.stringMatching(/built-in rules/) }),
    );
  });

  it("counts the studies that are there", async () => {
    const cwd = projectFolder("toy");
    expect(await agentTune(["run", "--trials", "1"], { cwd, env: { TOY_MS: "5" } })).toMatchObject({ code: 0 });
    expect((await doctor(cwd)).findings).toContainEqual(
      expect.objectContaining({
        subject: "store",
        verdict: "fine",
        message: expect.stringMatching(/1 study, undamaged/),
      }),
    );
  });

  it.each<[string, Script, boolean, RegExp]>([
    ["answers", { text: "ready" }, true, /answers$/],
    ["does not exist", { status: 404, error: { message: "no such model" } }, false, /unknown_model/],
    ["does not accept the key", { status: 401, error: { message: "bad key" } }, false, /auth/],
  ])("asks the model only when told to: one that %s", async (_, script, healthy, says) => {
    const cwd = projectFolder("toy");
    const server = await startModelServer([script]);
    servers.push(server);
    const env = {
      OPENAI_API_KEY: "sk-proj-QmFzZTY0aXNub3RhcmVhbGtleQ",
      OPENAI_BASE_URL: `${server.url}/v1`,
      AGENT_TUNE_OPENAI_API: "responses",
    };
    expect((await doctor(cwd, ["--model", "openai:gpt-5.2"], env)).healthy).toBe(true);
    expect(server.requests).toHaveLength(0);
    const online = await doctor(cwd, ["--model", "openai:gpt-5.2", "--online"], env);
    expect(server.requests).toHaveLength(1);
    expect(online.healthy).toBe(healthy);
    expect(online.findings.at(-1)?.message).toMatch(says);
    expect(JSON.stringify(online)).not.toContain(env.OPENAI_API_KEY);
  });
});
