import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ExitCode } from "../src/errors.js";
import { type ModelServer, type Script, startModelServer } from "../src/llm/testing/model-server.js";
import { type Summary, summarySchema } from "../src/study/summary.js";
import {
  agentTune,
  edit,
  inProcess,
  processesWith,
  projectFolder,
  start,
  trialsOf,
  undisturbed,
  until,
} from "./cli.js";

/* Going on with a study that is given more, or another advisor, than it began with. */

const env = { TOY_MS: "5" };

function summaryOf(stdout: string): Summary {
  return summarySchema.parse(JSON.parse(stdout));
}

async function statusOf(cwd: string): Promise<Summary> {
  return summaryOf((await inProcess(["status", "--json"], { cwd })).stdout);
}

/** A study of six trials that has ended. */
async function finishedStudy(...flags: readonly string[]): Promise<{ readonly cwd: string; readonly first: Summary }> {
  const cwd = projectFolder("toy");
  const { code, stdout } = await agentTune(["run", "--json", "--trials", "6", ...flags], { cwd, env });
  expect(code).toBe(0);
  return { cwd, first: summaryOf(stdout) };
}

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function serve(scripts: Parameters<typeof startModelServer>[0]): Promise<ModelServer> {
  const server = await startModelServer(scripts);
  servers.push(server);
  return server;
}
const accepting: Script = {
  output: { decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }], note: null },
};
const withKey = (server: ModelServer) => ({
  ...env,
  OPENAI_API_KEY: "sk-testKeyOfNobody1234567890",
  OPENAI_BASE_URL: `${server.url}/v1`,
  AGENT_TUNE_OPENAI_API: "responses",
});

describe("a finished study that is given more trials", () => {
  it("searches on, keeps its first end, and has a new answer on seeds of its own", async () => {
    const { cwd, first } = await finishedStudy();
    const before = await trialsOf(cwd);
    const { code, stdout, stderr } = await agentTune(["resume", "--trials", "12", "--json"], { cwd, env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^changed: trials 6 → 12$/m);
    expect(stderr).toMatch(/^the search goes on$/m);

    const after = await trialsOf(cwd);
    expect(after.slice(0, before.length)).toEqual(before);
    const summary = summaryOf(stdout);
    expect(summary).toMatchObject({
      study: { id: first.study.id, status: "finished", stop: { reason: "trials_used" } },
      trials: { unfinished: 0, failed: expect.any(Number) },
    });
    expect(summary.trials.search + summary.trials.replicate).toBe(12);
    // No seed of a final run was ever used before, by the search or by the first end.
    const finals = after.filter(({ proposal }) => proposal.purpose === "final");
    const early = new Set(after.slice(0, after.length - 4).map(({ seed }) => seed));
    const late = finals.slice(-4);
    expect(late.some(({ seed }) => early.has(seed))).toBe(false);
    for (const measured of [summary.default, summary.best]) {
      expect(measured?.fresh?.seeds).toEqual(
        late.filter(({ proposal }) => proposal.replicateOf === measured?.trial).map(({ seed }) => seed),
      );
      expect(measured?.fresh?.seeds).toHaveLength(2);
    }
    expect(summary.default?.fresh?.seeds).not.toEqual(first.default?.fresh?.seeds);
    expect(await statusOf(cwd)).toEqual({ ...summary, report: null });

    const report = readFileSync(summary.report ?? "", "utf8");
    expect(report).toMatch(/## Changes on the way\n\n- \S+, after 10 finished trials: trials 6 → 12\n/);
    expect(report).toMatch(/agent-tune run .* --trials 6\nagent-tune resume --trials 12 # after 10 finished trials\n/);
  });

  it("killed at any moment of that, comes to the same end as undisturbed", async () => {
    const more = ["resume", "--trials", "11"];
    const whole = (await finishedStudy()).cwd;
    expect(await agentTune(more, { cwd: whole, env })).toMatchObject({ code: 0 });
    const expected = undisturbed(await trialsOf(whole));

    for (const kill of ["changed:", "trial 11 ", "search done", "[final]"]) {
      const { cwd } = await finishedStudy();
      const mark = `go-on-${process.pid}-${kill.replace(/\W/g, "")}`;
      const running = start(more, { cwd, env: { TOY_MS: "60", TOY_MARK: mark } });
      await until(() => running.errorSoFar().includes(kill));
      running.process.kill("SIGKILL");
      await running.ended;
      // What was said is kept: nobody has to say it again.
      expect(await agentTune(["resume"], { cwd, env })).toMatchObject({ code: 0 });
      expect(undisturbed(await trialsOf(cwd))).toEqual(expected);
      await until(() => processesWith(mark).length === 0);
    }
  }, 60_000);

  it("while its final runs are at work: those that have not ended are given up", async () => {
    const cwd = projectFolder("toy");
    // The six of the search and one final run are quick; the next one would take minutes until it is released.
    edit(
      join(cwd, "train.mjs"),
      "const values",
      `import { appendFileSync, existsSync, statSync } from "node:fs";
appendFileSync("runs", "x");
if (statSync("runs").size > 7 && !existsSync("released")) process.env.TOY_MS = "100000";
const values`,
    );
    const running = start(["run", "--trials", "6"], { cwd, env });
    await until(() => running.errorSoFar().includes("[final]"));
    running.process.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: ExitCode.interrupted });
    writeFileSync(join(cwd, "released"), "");
    const { code, stdout } = await agentTune(["resume", "--trials", "8", "--json"], { cwd, env });
    expect(code).toBe(0);
    const summary = summaryOf(stdout);
    expect(summary.trials).toMatchObject({ unfinished: 0, final: 8 });
    expect(summary.trials.search + summary.trials.replicate).toBe(8);
    expect(summary.failures.cancelled).toBeGreaterThan(0);
    expect(summary.best?.fresh).toMatchObject({ failed: 0, values: [expect.any(Number), expect.any(Number)] });
    const finals = (await trialsOf(cwd)).filter(({ proposal }) => proposal.purpose === "final");
    expect(new Set(finals.slice(0, 4).map(({ seed }) => seed))).not.toContain(finals.at(-1)?.seed);
  });

  it("says why there is nothing to do, tells the answer and changes nothing", async () => {
    const { cwd, first } = await finishedStudy();
    for (const [flags, note] of [
      [[], /finished already\. To search on, give it more: agent-tune resume \S+ --trials N$/m],
      [["--trials", "6"], /gives it no room: all 6 trials of the budget are used/],
      [["--trials", "3"], /gives it no room: all 3 trials of the budget are used/],
      [["--advisor", "none"], /gives it no room: all 6 trials/],
    ] as const) {
      const { code, stdout, stderr } = await inProcess(["resume", "--json", ...flags], { cwd, env });
      expect([flags, code, stderr]).toEqual([flags, 0, expect.stringMatching(note)]);
      expect(summaryOf(stdout)).toEqual(first);
    }
    expect(await statusOf(cwd)).toEqual({ ...first, report: null });
    expect(readFileSync(first.report ?? "", "utf8")).not.toContain("Changes on the way");
  });
});

describe("what would make it another study", () => {
  it("is refused, and nothing changes", async () => {
    const { cwd, first } = await finishedStudy();
    for (const [flag, value] of [
      ["--seed", "9"],
      ["--optimizer", "random"],
      ["--share", "0.5"],
      ["--review", "generation"],
      ["--config", "other.yaml"],
    ] as const) {
      const { code, stdout, stderr } = await inProcess(["resume", "--json", "--trials", "9", flag, value], {
        cwd,
        env,
      });
      expect([flag, code]).toEqual([flag, ExitCode.configuration]);
      expect(JSON.parse(stdout)).toMatchObject({
        schema: "agent-tune/error/1",
        code: "study_changed",
        remedy: expect.stringContaining(`agent-tune run ${flag} ${value}`),
      });
      expect(stderr).toMatch(/another study|began with/);
    }
    expect(await statusOf(cwd)).toEqual({ ...first, report: null });
    // Free for the next one.
    expect(await agentTune(["resume", "--trials", "7"], { cwd, env })).toMatchObject({ code: 0 });
  });

  it("what it has already may be said again", async () => {
    const { cwd } = await finishedStudy("--seed", "3");
    const flags = ["--seed", "3", "--optimizer", "cma-es", "--share", "adaptive", "--trials", "7"];
    expect(await agentTune(["resume", ...flags], { cwd, env })).toMatchObject({ code: 0 });
  });
});

describe("another advisor", () => {
  const advised = (): string => {
    const cwd = projectFolder("toy");
    edit(join(cwd, "agent-tune.yaml"), "advisor: rules", "advisor: { model: auto, share: 1, deadline: 6s }");
    edit(join(cwd, "agent-tune.yaml"), "noise: {", "noise: { replicates: off, ");
    return cwd;
  };

  it("takes over where the model's name was wrong", async () => {
    const cwd = advised();
    const server = await serve(({ body }) =>
      body.model === "gpt-right"
        ? accepting
        : { status: 404, error: { message: "no such model", code: "model_not_found" } },
    );
    const wrong = await agentTune(["run", "--model", "openai:gpt-wrong", "--trials", "5"], {
      cwd,
      env: withKey(server),
    });
    expect(wrong).toMatchObject({ code: ExitCode.configuration, stdout: "" });
    expect(wrong.stderr).toContain("agent-tune resume --model NAME");
    const { code, stdout, stderr } = await agentTune(["resume", "--model", "openai:gpt-right", "--json"], {
      cwd,
      env: withKey(server),
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^changed: advisor openai:gpt-wrong → openai:gpt-right$/m);
    expect(summaryOf(stdout)).toMatchObject({
      advisor: "openai:gpt-right",
      advice: { "openai:gpt-right": { turns: 4, failed: 0 } },
      trials: { search: 5 },
    });
  });

  it("may be at another address, and more trials at once", async () => {
    const cwd = advised();
    const server = await serve(() => accepting);
    const { code } = await agentTune(["run", "--advisor", "none", "--trials", "3"], { cwd, env });
    expect(code).toBe(0);
    const flags = ["--model", "compatible:llama", "--base-url", `${server.url}/v1`, "--parallel", "2", "--trials", "7"];
    const resumed = await agentTune(["resume", "--json", ...flags], { cwd, env });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("trials at once");
    expect(server.requests.length).toBeGreaterThan(0);
    // From here on without saying so.
    const before = server.requests.length;
    expect(await agentTune(["resume", "--trials", "8"], { cwd, env })).toMatchObject({ code: 0 });
    expect(server.requests.length).toBeGreaterThan(before);
  });

  it("that cannot be had is told before anything changes", async () => {
    const { cwd, first } = await finishedStudy();
    const resumed = await inProcess(["resume", "--trials", "9", "--model", "openai:gpt-5.2", "--json"], { cwd, env });
    expect(resumed.code).toBe(ExitCode.configuration);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ code: "credentials_missing" });
    expect(await statusOf(cwd)).toEqual({ ...first, report: null });
  });
});

describe("a model server that is down from the start", () => {
  it("is said once in full and counted everywhere", async () => {
    const cwd = projectFolder("toy");
    edit(join(cwd, "agent-tune.yaml"), "advisor: rules", "advisor: { model: auto, share: 1, deadline: 1s }");
    edit(join(cwd, "agent-tune.yaml"), "noise: {", "noise: { replicates: off, ");
    // A port that was just given back: nobody listens there.
    const gone = await startModelServer(() => accepting);
    await gone.close();
    const model = `compatible:llama@${gone.url}/v1`;
    const { code, stdout, stderr } = await agentTune(["run", "--model", model, "--trials", "4"], { cwd, env });
    expect(code).toBe(0);
    const said = stderr.split("\n").filter((line) => line.startsWith("advisor "));
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(
      /^advisor openai-compatible:llama gave no answer \(network\): .+ The optimizer's proposal runs instead/,
    );
    expect(said[2]).toMatch(/^advisor gave no answer \(\w+\), 3 of 3 turns: /);
    const counted = /gave no\s+answer in 3 of 3 turns: network/;
    expect(stdout).toMatch(/Warning +The advisor openai-compatible:llama/);
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(counted);
    const status = await inProcess(["status"], { cwd });
    expect(status.stdout.replaceAll(/\s+/g, " ")).toMatch(counted);
    expect(Object.values((await statusOf(cwd)).advice)).toEqual([{ turns: 3, failed: 3, failures: { network: 3 } }]);
    // Nothing was sent, so nothing was spent.
    expect((await statusOf(cwd)).cost).toMatchObject({ tokens: 0 });
    const report = readFileSync((await inProcess(["report"], { cwd })).stdout.trim(), "utf8");
    expect(report.match(/no answer in 3 of 3 turns: network/g)).toHaveLength(2);
  }, 30_000);
});

describe("a study in which nothing completed", () => {
  it("says so, and promises no final runs", async () => {
    const cwd = projectFolder("toy");
    // Every run fails through its configuration.
    edit(join(cwd, "train.mjs"), "if (width >= 512)", "if (width >= 0)");
    const { code, stderr, stdout } = await agentTune(["run", "--trials", "3"], { cwd, env });
    expect(code).toBe(ExitCode.allTrialsFailed);
    expect(stderr).toMatch(/^search done; no trial completed, so there is nothing to run on fresh seeds$/m);
    expect(stderr).not.toContain("running the answer");
    expect(stdout).toContain("No trial completed, so there is no answer.");
    const status = await inProcess(["status"], { cwd });
    expect(status.stdout).toContain("loss: no chart, since all 3 trials so far failed");
    expect(status.stdout).not.toMatch(/[┤└]/);
  });
});
