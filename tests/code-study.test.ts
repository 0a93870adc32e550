import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SeenRequest } from "../src/llm/testing/model-server.js";
import { startModelServer } from "../src/llm/testing/model-server.js";
import { codeDocumentSchema } from "../src/study/code/code-document.js";
import { summarySchema } from "../src/study/summary.js";
import { agentTune, inProcess, projectFolder } from "./cli.js";
import { type CoderTurn, callOf, isCoders, startCoderServer, submit } from "./coder-server.js";
import { charLmTurns, digitsTurns } from "./example-edits.js";

const examples = join(import.meta.dirname, "..", "examples");
const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;
const possible = has("bwrap", "--version") && has("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))");

/** A copy of an example, so that its folder stays as it is. */
function exampleProject(name: string): string {
  const cwd = projectFolder();
  cpSync(join(examples, name), cwd, { recursive: true, filter: (path) => !/__pycache__|\.agent-tune$/.test(path) });
  return cwd;
}

async function outcome(cwd: string, run: { readonly stdout: string }) {
  const summary = summarySchema.parse(JSON.parse(run.stdout));
  const tree = await inProcess(["code", "tree", "--json"], { cwd });
  const { head, versions } = codeDocumentSchema.parse(JSON.parse(tree.stdout));
  return { summary, head, versions };
}

type Turns = readonly CoderTurn[];
const openAi = (url: string) => ({ OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: `${url}/v1` });

/** Runs a study with a coder that plays a script, as it would with a model. */
async function withCoder(turns: Turns, cwd: string, args: readonly string[]) {
  const server = await startCoderServer(turns);
  try {
    const model = ["--model", "openai:scripted-stand-in"];
    return await agentTune(["run", "--json", ...model, ...args], { cwd, env: openAi(server.url) });
  } finally {
    await server.close();
  }
}

const cases = [
  { example: "digits-python", turns: digitsTurns },
  { example: "char-lm", turns: charLmTurns },
];
const file = ["-c", "agent-tune-code.yaml", "--parallel", "2"];

describe.skipIf(!possible)("the examples whose code is searched", () => {
  it.skipIf(process.env["UPDATE_RECORDINGS"] === undefined).each(cases)(
    "$example: a scripted coder plays its edits, and what it said is written down",
    async ({ example, turns }) => {
      const cwd = exampleProject(example);
      // More trials than the study has, so that it comes to more turns of the coder.
      const run = await withCoder(turns, cwd, [...file, "--trials", "200"]);
      process.stderr.write(run.stderr);
      const { summary, versions, head } = await outcome(cwd, run);
      process.stderr.write(`${JSON.stringify({ summary, head, versions }, null, 1)}\n`);
      const recording = await inProcess(["recording"], { cwd });
      writeFileSync(join(examples, example, "recording.jsonl"), recording.stdout);
    },
    1_200_000,
  );

  // Two minutes on two idle cores: AGENT_TUNE_EXAMPLES=1 runs it.
  it.skipIf(process.env["AGENT_TUNE_EXAMPLES"] === undefined)(
    "char-lm: the recording finds a version that beats the tuned original, without a network",
    async () => {
      const cwd = exampleProject("char-lm");
      const run = await agentTune(["run", "--json", ...file, "--replay", "recording.jsonl"], { cwd });
      expect(run).toMatchObject({ code: 0 });
      const { summary, head, versions } = await outcome(cwd, run);
      process.stderr.write(`${JSON.stringify({ gain: summary.gain, head, versions }, null, 1)}\n`);
      const kept = versions.find(({ id }) => id === head);
      // Both tuned alike, on the same fresh seeds.
      expect(kept).toMatchObject({ status: "kept", gain: { low: expect.any(Number) } });
      expect(kept?.gain?.low).toBeGreaterThan(0);
      expect(summary.gain).toMatchObject({ significant: true });
    },
    600_000,
  );

  it("digits-python: the recording is played without a network, and its first version gets a verdict", async () => {
    const cwd = exampleProject("digits-python");
    const args = ["run", "--json", ...file, "--replay", "recording.jsonl", "--trials", "32"];
    const run = await agentTune(args, { cwd });
    expect(run).toMatchObject({ code: 0 });
    const { versions } = await outcome(cwd, run);
    expect(versions[1]).toMatchObject({
      summary: "average the weights over the last part of the run",
      declares: { AVERAGE_FROM: { type: "float" } },
      status: expect.stringMatching(/^(?:kept|rejected)$/),
    });
    // The held-out images are not in the folder that the training runs in, and every run was scored all the same.
    expect(versions[1]?.trials).toMatchObject({ failed: 0, unfinished: 0 });
  }, 240_000);
});

const crooked = submit({
  summary: "square the input",
  hypothesis: "The target is curved.",
  edits: [{ kind: "replace", path: "train.py", search: "    return [x]\n", replace: "    return [x, x * x]\n" }],
});
const crashing = submit({
  summary: "start from another bias",
  edits: [{ kind: "replace", path: "train.py", search: "bias = 0.0\n", replace: "bias = 0.0 / len([])\n" }],
});

describe.skipIf(!possible)("a study whose recording does not fit", () => {
  it("says which answers are missing and goes on with numbers", async () => {
    const first = projectFolder("code-toy");
    expect(await withCoder([[crashing], [crooked]], first, [])).toMatchObject({ code: 0 });
    const { stdout } = await inProcess(["recording"], { cwd: first });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.some((line) => line.includes('"code/1/0"'))).toBe(true);

    const cwd = projectFolder("code-toy");
    const cut = lines.filter((line) => !line.includes('"code/0/'));
    writeFileSync(join(cwd, "cut.jsonl"), `${cut.join("\n")}\n`);
    // Another seed is another course of trials.
    const run = await agentTune(["run", "--json", "--replay", "cut.jsonl", "--seed", "7"], { cwd });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain("The recording has no answer to the call code/0/0");
    const { summary, head, versions } = await outcome(cwd, run);
    // The turn after it is played all the same.
    expect(versions.slice(1)).toMatchObject([{ summary: "square the input" }]);
    expect(head).toBe("v1");
    expect(summary).toMatchObject({ study: { status: "finished", stop: { reason: "trials_used" } } });
  }, 180_000);
});

describe.skipIf(!possible)("what the coder costs", () => {
  /** Looks at the same file again and again, with a usage that eats up any cap. */
  const curious = callOf("read_file", { version: "v0", path: "train.py" });
  const accepted = {
    output: {
      decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }],
      note: null,
    },
  };

  it.each([
    {
      api: "messages",
      model: "anthropic:claude-sonnet-5-5",
      env: (url: string) => ({ ANTHROPIC_API_KEY: "sk-ant-test", ANTHROPIC_BASE_URL: url }),
      cap: ["--cost", "1"],
    },
    {
      api: "responses",
      model: "openai:gpt-5.6-terra",
      env: (url: string) => ({ ...openAi(url), AGENT_TUNE_OPENAI_API: "responses" }),
      cap: ["--tokens", "100000"],
    },
  ])(
    "$api: a cap that is reached in the middle of a turn ends the turn; the study goes on with numbers",
    async ({ api, model, env, cap }) => {
      const seen: SeenRequest[] = [];
      const server = await startModelServer((request) => {
        seen.push(request);
        return isCoders(request) ? { ...curious, usage: { input: 30_000, output: 500 } } : accepted;
      });
      try {
        const cwd = projectFolder("code-toy");
        const args = ["run", "--json", "--model", model, "--trials", "26", ...cap];
        const run = await agentTune(args, { cwd, env: env(server.url) });
        expect(run).toMatchObject({ code: 0 });
        const { summary, versions } = await outcome(cwd, run);
        expect(seen.every((request) => request.api === api)).toBe(true);
        const calls = seen.filter(isCoders).length;
        expect(calls).toBeGreaterThan(1);
        expect(calls).toBeLessThan(20);
        expect(summary.cost.calls).toBe(calls);
        if (api === "messages") expect(summary.cost.usd).toBeLessThanOrEqual(1);
        else expect(summary.cost.tokens).toBeLessThanOrEqual(100_000);
        expect(versions).toHaveLength(1);
        expect(summary.trials.search + summary.trials.replicate).toBe(26);
        process.stderr.write(`${api}: ${calls} calls, ${summary.cost.tokens} tokens, ${summary.cost.usd} USD\n`);
      } finally {
        await server.close();
      }
    },
    120_000,
  );
});

it("the recordings say that a scripted stand-in has made them", () => {
  for (const { example } of cases) {
    const readme = readFileSync(join(examples, example, "README.md"), "utf8");
    expect(readme).toMatch(/stand-in written by hand/);
    expect(readFileSync(join(examples, example, "recording.jsonl"), "utf8")).toContain("scripted-stand-in");
  }
});
