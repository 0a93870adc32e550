import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { midStudy } from "../../src/centaur/testing/mid-study.js";
import { type Environment, readRecording } from "../../src/llm/index.js";
import type { SeenRequest } from "../../src/llm/testing/model-server.js";
import { request } from "../../src/llm/testing/scripted-provider.js";
import { centaurMethod } from "../methods/centaur-method.js";
import { readHybridName } from "../methods/hybrid-name.js";
import { runJob } from "../protocol/run.js";
import { maxCostVariable, pricesVariable, recordingsVariable, replayVariable } from "./environment.js";
import { checkModelName, openEvalModel } from "./open-eval-model.js";
import { openModelAdvisor } from "./open-model-advisor.js";
import { recordingFile } from "./recording-folder.js";
import { Spending } from "./spending.js";
import { askedText, emptyFolder, scriptedModels } from "./testing/scripted-models.js";
import { smallBenchmark } from "./testing/small-benchmark.js";

const scripted = scriptedModels();
const run = { task: "test/small", method: "model-alone+compatible:scripted", seed: 7 };
const long = { deadlineMs: 15_000 };
const usage = { input: 1000, output: 100 };

it("records what was asked and answered, one file a run, and counts what it took", async () => {
  const { name, env, recordings } = await scripted(() => ({ text: "good", usage }));
  const opened = openEvalModel(name, run, { env });
  await opened.model.ask(request({ key: "a" }), long);
  await opened.model.ask(request({ key: "b" }), long);
  expect(opened.usage()).toMatchObject({ calls: 2, inputTokens: 2000, outputTokens: 200, usd: 0.004 });
  expect(opened.waited()).toBeGreaterThan(0);
  expect(opened.waited()).toBe(0);
  const path = recordingFile(recordings, run);
  expect(readRecording(readFileSync(path, "utf8"), path).map(({ key }) => key)).toEqual(["a", "b"]);
});

it("gives the same answers again without the server, and the same numbers", async () => {
  const { name, env, replayEnv, server } = await scripted(({ index }) => ({ text: `answer ${index}`, usage }));
  const live = openEvalModel(name, run, { env });
  const first = await live.model.ask(request({ key: "a" }), long);
  const second = await live.model.ask(request({ key: "b" }), long);
  const replayed = openEvalModel(name, run, { env: replayEnv });
  expect(await replayed.model.ask(request({ key: "b" }), long)).toEqual(second);
  expect(await replayed.model.ask(request({ key: "a" }), long)).toEqual(first);
  expect(replayed.usage()).toEqual(live.usage());
  expect(replayed.model.id).toBe(live.model.id);
  expect(server.requests).toHaveLength(2);
});

it("asks nothing twice in a run that was stopped, even in the middle of a line", async () => {
  const { name, env, server, recordings } = await scripted(({ index }) => ({ text: `answer ${index}`, usage }));
  await openEvalModel(name, run, { env }).model.ask(request({ key: "a" }), long);
  appendFileSync(recordingFile(recordings, run), '{"version":1,"key":"b","mo');
  const again = openEvalModel(name, run, { env });
  expect(await again.model.ask(request({ key: "a" }), long)).toMatchObject({ text: "answer 0" });
  expect(await again.model.ask(request({ key: "b" }), long)).toMatchObject({ text: "answer 1" });
  expect(server.requests).toHaveLength(2);
  const third = openEvalModel(name, run, { env });
  expect(await third.model.ask(request({ key: "b" }), long)).toMatchObject({ text: "answer 1" });
  expect(third.usage().calls).toBe(1);
});

it("does not take an old answer for a question in other words", async () => {
  const { name, env, replayEnv, server } = await scripted(({ index }) => ({ text: `answer ${index}` }));
  await openEvalModel(name, run, { env }).model.ask(request({ key: "a", system: "Old words." }), long);
  const changed = request({ key: "a", system: "New words." });
  await expect(openEvalModel(name, run, { env: replayEnv }).model.ask(changed, long)).rejects.toMatchObject({
    code: "recording_invalid",
    message: expect.stringContaining("no answer to the call a"),
  });
  await openEvalModel(name, run, { env }).model.ask(changed, long);
  expect(server.requests).toHaveLength(2);
});

it("keeps runs apart", async () => {
  const { name, env, server } = await scripted(({ index }) => ({ text: `answer ${index}` }));
  for (const seed of [1, 2]) await openEvalModel(name, { ...run, seed }, { env }).model.ask(request(), long);
  expect(server.requests).toHaveLength(2);
});

it("leaves a useless answer to the method, and gives it again", async () => {
  const { name, env, replayEnv } = await scripted(() => ({ refusal: "No." }));
  const live = openEvalModel(name, run, { env });
  await expect(live.model.ask(request(), long)).rejects.toMatchObject({ failure: "refusal" });
  const replayed = openEvalModel(name, run, { env: replayEnv });
  await expect(replayed.model.ask(request(), long)).rejects.toMatchObject({ failure: "refusal" });
  expect(replayed.usage()).toEqual(live.usage());
});

it("ends the run where the model cannot be asked, and keeps nothing of it", async () => {
  const { name, env, recordings } = await scripted(() => ({ status: 401, error: { message: "wrong key" } }));
  const opened = openEvalModel(name, run, { env });
  await expect(opened.model.ask(request(), long)).rejects.toMatchObject({
    code: "model_failed",
    message: expect.stringMatching(/could not be asked \(auth\)/),
    where: "model-alone+compatible:scripted on test/small, seed 7, call advise/1/1",
  });
  expect(readdirSync(recordings)).toEqual(["spending.jsonl"]);
});

it("never passes the cap, over runs and restarts, and goes on where it is raised", async () => {
  const { name, env, server, recordings } = await scripted(() => ({ text: "good", usage }), { maxCost: "0.02" });
  // At worst a call costs a little more than a cent: 1,000 tokens of output at $10 a million.
  const ask = (seed: number, key: string, around = env) =>
    openEvalModel(name, { ...run, seed }, { env: around }).model.ask(request({ key }), long);
  let asked = 0;
  await expect(
    (async () => {
      for (; asked < 20; asked++) await ask(asked, "a");
    })(),
  ).rejects.toMatchObject({
    code: "model_failed",
    message: expect.stringMatching(/cap_reached.*cap of \$0\.02 for the whole evaluation would be passed/),
    remedy: expect.stringContaining("AGENT_TUNE_EVAL_MAX_COST"),
  });
  expect(asked).toBeGreaterThan(3);
  expect(asked * 0.002).toBeLessThanOrEqual(0.02);
  expect(server.requests).toHaveLength(asked);
  await ask(0, "a");
  expect(server.requests).toHaveLength(asked);
  await ask(asked, "a", { ...env, AGENT_TUNE_EVAL_MAX_COST: "1", [recordingsVariable]: recordings });
  expect(server.requests).toHaveLength(asked + 1);
});

it("waits for calls under way where only their reservations leave no room, and not for ever", async () => {
  const { name, env, recordings } = await scripted(() => ({ text: "good", usage }), { maxCost: "0.03" });
  const ask = (seed: number) => openEvalModel(name, { ...run, seed }, { env }).model.ask(request(), long);
  // At worst each takes more than a third of the cap.
  await Promise.all([1, 2, 3, 4, 5].map(ask));
  const lost = new Spending(join(recordings, "spending.jsonl"), 0.03, "a process that was killed");
  lost.reserved("a", { tokens: 1000, cost: 0.015 });
  const late = openEvalModel(name, { ...run, seed: 9 }, { env, longestMs: 250 });
  await expect(late.model.ask(request(), long)).rejects.toMatchObject({ code: "model_failed" });
});

it("asks no model of unknown price under a cap", async () => {
  const { name, env, server } = await scripted(() => ({ text: "good" }), { maxCost: "5", priced: false });
  await expect(openEvalModel(name, run, { env }).model.ask(request(), long)).rejects.toThrow(/price/);
  expect(server.requests).toHaveLength(0);
});

it("says before anything runs that a name or a key is wrong, but not where nothing is asked", () => {
  expect(() => checkModelName("openai:m", {})).toThrow(/key/);
  expect(() => checkModelName("openai:m", { AGENT_TUNE_EVAL_REPLAY: emptyFolder() })).not.toThrow();
  expect(() => checkModelName(`replay:${emptyFolder()}`, {})).not.toThrow();
  expect(() => checkModelName("replay:/nowhere", {})).toThrow("There are no recordings at /nowhere.");
  expect(() => checkModelName("openai:m", { AGENT_TUNE_EVAL_REPLAY: "/nowhere" })).toThrow("at /nowhere.");
  expect(() => checkModelName("nonsense", { AGENT_TUNE_EVAL_REPLAY: emptyFolder() })).toThrow('"nonsense" names no');
  expect(() => checkModelName("openai:m?without=moon", {})).toThrow(/Settings of the model/);
  expect(() => checkModelName("openai:m", { OPENAI_API_KEY: "k", [maxCostVariable]: "much" })).toThrow(/no amount/);
  expect(() => openEvalModel("openai:m", run, { env: { AGENT_TUNE_EVAL_REPLAY: "/nowhere" } })).toThrow(
    /no recording of model-alone\+compatible:scripted on test\/small/,
  );
});

it("says that prices cannot be read", () => {
  const env = { OPENAI_API_KEY: "key", [recordingsVariable]: emptyFolder(), AGENT_TUNE_EVAL_PRICES: '{"m": 1}' };
  expect(() => openEvalModel("openai:m", run, { env })).toThrow(/prices cannot be read/);
});

it("opens the product's advisor, without the sections that are left out", async () => {
  const { name, env, server, recordings } = await scripted(() => ({
    output: {
      decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }],
      note: null,
    },
  }));
  const context = { task: smallBenchmark, method: `cma-es+${name}?without=incumbent&tools=false`, seed: 3, runSeed: 3 };
  const opened = openModelAdvisor(`${name}?without=incumbent&tools=false`, context, { env });
  const advice = await opened?.advisor.advise(midStudy().request, {});
  expect(advice?.decisions).toHaveLength(1);
  expect(opened?.advisor.kind).toBe("llm");
  expect(opened?.usage?.().calls).toBe(1);
  const text = askedText(server.requests[0]!);
  expect(text).toContain("## Trials");
  expect(text).not.toContain("## Incumbent");
  expect(server.requests[0]?.body["tools"]).toBeUndefined();
  expect(readdirSync(join(recordings, "test%2Fsmall"))).toHaveLength(1);
  expect(openModelAdvisor("rules", context, { env })).toBeUndefined();
});

describe("Centaur with a model", () => {
  const name = "cma-es+compatible:scripted?tools=false@0.5";
  const answers = ({ index }: SeenRequest) => ({
    output: {
      decisions: [
        {
          candidate: 1,
          action: "propose",
          values: { ...valid, learning_rate: 0.001 * (index + 2) },
          reason: "a guess",
          expected: null,
        },
      ],
      note: null,
    },
    usage,
  });
  const valid = { width: 128, heads: 8, optimizer: "adam", momentum: null, bias: false };
  const around = (env: Environment): void => {
    for (const variable of ["OPENAI_BASE_URL", recordingsVariable, replayVariable, maxCostVariable, pricesVariable]) {
      vi.stubEnv(variable, env[variable]);
    }
  };
  const runOnce = () =>
    runJob(
      { task: smallBenchmark.name, method: name, seed: 1, trials: 8 },
      smallBenchmark,
      centaurMethod(readHybridName(name)),
    );
  afterEach(() => vi.unstubAllEnvs());

  it("has the model's proposals in its row, and the same row from its recording", async () => {
    const { env, replayEnv } = await scripted(answers);
    around(env);
    const { overhead: _, ...recorded } = await runOnce();
    expect(recorded.origins["llm"]?.trials).toBeGreaterThanOrEqual(3);
    expect(recorded.usage).toMatchObject({ calls: 3, usd: 0.006 });
    around(replayEnv);
    const { overhead: __, ...replayed } = await runOnce();
    expect(replayed).toEqual(recorded);
  });

  it("has no row where the cap is reached or the model is not there: never the optimizer alone in its name", async () => {
    const capped = await scripted(answers, { maxCost: "0.084" });
    around(capped.env);
    await expect(runOnce()).rejects.toMatchObject({ code: "model_failed", message: expect.stringContaining("cap") });
    const down = await scripted(() => ({ status: 404, error: { message: "no such model" } }));
    around(down.env);
    await expect(runOnce()).rejects.toMatchObject({ code: "model_failed" });
  });
});
