import { describe, expect, it } from "vitest";
import type { Script, SeenRequest } from "../../src/llm/testing/model-server.js";
import { deriveSeed } from "../../src/math/random.js";
import { definitionFromFields, SearchSpace } from "../../src/space/index.js";
import { askedText, emptyFolder, type ScriptedModel, scriptedModels } from "../models/testing/scripted-models.js";
import { smallBenchmark } from "../models/testing/small-benchmark.js";
import { type Run, runJob } from "../protocol/run.js";
import type { Benchmark } from "../tasks/task.js";
import type { Method } from "./method.js";
import { modelMethod, modelMethodNames } from "./model-methods.js";

const scripted = scriptedModels();

/** With few calls a trial, so that tests stay fast. */
const names = [
  "model-alone",
  "one-shot:count=3",
  "llambo:candidates=2,samples=2,warm=2",
  "llambo-labels:candidates=2,initial=2",
];

function methodNamed(name: string, env: ScriptedModel["env"]): Method {
  const method = modelMethod(name, { env });
  if (method === undefined) throw new Error(`there is no ${name}`);
  return method;
}

function runOf(method: Method, { trials = 6, workers = 1, task = smallBenchmark } = {}): Promise<Run> {
  return runJob({ task: task.name, method: method.name, seed: 1, trials, workers }, task, method);
}

const valid = (k: number) => ({
  learning_rate: 0.001 * ((k % 200) + 1),
  width: [16, 32, 64, 128, 256, 512][k % 6],
  heads: 1 + (k % 16),
  optimizer: k % 2 === 0 ? "adam" : "sgd",
  momentum: k % 2 === 0 ? null : 0.5,
  bias: k % 3 === 0,
});

/** Answers every question of every method: the same question with the same answer, whoever asks first. */
function sensible(request: SeenRequest): Script {
  const text = askedText(request);
  const index = deriveSeed(0, text) % 1000;
  const usage = { input: 500, output: 50 };
  if (text.includes('{"performance": NUMBER}')) return { output: { performance: 0.3 + 0.01 * (index % 7) }, usage };
  if (text.includes('{"class": NUMBER}')) return { output: { class: (index % 5) / 5 }, usage };
  if (text.includes('{"configurations": [...]}')) {
    return { output: { configurations: [0, 1, 2, 3, 4, 5].map((k) => valid(index + k)) }, usage };
  }
  return { output: valid(index), usage };
}

const withoutTime = ({ overhead: _, ...run }: Run) => run;

describe.each(names)("%s", (base) => {
  it("runs its trials, and says which of them the model proposed", async () => {
    const model = await scripted(sensible);
    const run = await runOf(methodNamed(`${base}+${model.name}`, model.env));
    expect(run.done.trials).toBe(6);
    expect(run.origins["default"]?.trials).toBe(1);
    expect(run.origins["llm"]?.trials).toBeGreaterThanOrEqual(3);
    expect(run.usage).toMatchObject({ calls: model.server.requests.length, usd: expect.any(Number) });
    expect(run.usage?.seconds).toBeGreaterThan(0);
    expect(run.overhead.total).toBeGreaterThanOrEqual(0);
  });

  it("gives the same row again from its recording, without a server", async () => {
    const model = await scripted(sensible);
    const name = `${base}+${model.name}`;
    const recorded = await runOf(methodNamed(name, model.env));
    const asked = model.server.requests.length;
    const replayed = await runOf(methodNamed(name, model.replayEnv));
    expect(withoutTime(replayed)).toEqual(withoutTime(recorded));
    const named = await runOf(methodNamed(`${base}+replay:${model.recordings}`, {}));
    expect({ ...withoutTime(named), method: name }).toEqual(withoutTime(recorded));
    expect(model.server.requests).toHaveLength(asked);
  });

  it("says which recording is missing", async () => {
    const env = { AGENT_TUNE_EVAL_REPLAY: emptyFolder() };
    await expect(runOf(methodNamed(`${base}+compatible:scripted`, env))).rejects.toMatchObject({
      code: "recording_invalid",
      where: expect.stringContaining("test%2Fsmall"),
    });
  });

  it("goes on where it was stopped, without asking anything twice", async () => {
    const plain = await scripted(sensible);
    const name = `${base}+${plain.name}`;
    const undisturbed = await runOf(methodNamed(name, plain.env));
    const half = Math.floor(plain.server.requests.length / 2);
    const model = await scripted((request) =>
      request.index === half ? { status: 401, error: { message: "the key was withdrawn" } } : sensible(request),
    );
    await expect(runOf(methodNamed(name, model.env))).rejects.toMatchObject({ code: "model_failed" });
    const finished = await runOf(methodNamed(name, model.env));
    expect(finished.trace).toEqual(undisturbed.trace);
    expect(model.server.requests).toHaveLength(plain.server.requests.length + 1);
  });

  it("spends all its trials where no answer can be used, and says who proposed them", async () => {
    for (const script of [
      { output: { learning_rate: "small", performance: "good", class: 7, configurations: "none" } },
      { refusal: "I would rather not." },
    ]) {
      const model = await scripted(() => script);
      const run = await runOf(methodNamed(`${base}+${model.name}`, model.env), { trials: 5 });
      expect(run.done.trials).toBe(5);
      expect(run.origins["llm"]).toBeUndefined();
      expect(model.server.requests.length).toBeGreaterThan(0);
    }
  });

  it("ends without a row where the cap is reached, and never passes it", async () => {
    const model = await scripted(sensible, { maxCost: "0.086" });
    const failed = runOf(methodNamed(`${base}+${model.name}`, model.env), { trials: 12 });
    if (base.startsWith("one-shot")) {
      // Its single call fits.
      expect((await failed).usage?.usd).toBeLessThan(0.086);
      return;
    }
    await expect(failed).rejects.toMatchObject({ code: "model_failed", message: expect.stringContaining("cap") });
    // 500 tokens of input at $1 and 50 of output at $10 a million.
    expect(model.server.requests.length * 0.001).toBeLessThanOrEqual(0.086);
  });

  it("works with several trials at once", async () => {
    const model = await scripted(sensible);
    const run = await runOf(methodNamed(`${base}+${model.name}`, model.env), { trials: 7, workers: 3 });
    expect(run.done.trials).toBe(7);
  });

  it("shows the problem and never the optimum or the best known value", async () => {
    const secret: Benchmark = { ...smallBenchmark, known: { best: -0.98765, bestOf25: 0.54321 } };
    const model = await scripted(sensible);
    await runOf(methodNamed(`${base}+${model.name}`, model.env), { task: secret });
    for (const request of model.server.requests) {
      const text = askedText(request);
      expect(text).toContain("A small network on a toy problem.");
      expect(text).toContain("learning_rate: float in [1e-05, 1], log scale; step size");
      expect(text).toContain("width: int in [16, 512], log scale, powers of 2; in units");
      expect(text).toContain("momentum: float in [0, 0.99]; only where optimizer == 'sgd'");
      expect(text).toContain("constraint: heads <= width");
      expect(text).toContain("wall time 10 min");
      expect(text).not.toMatch(/0\.02718|0\.0271828|98765|54321|optimum|test\/small/);
    }
  });

  it("runs a space with a single parameter to its end", async () => {
    const space = SearchSpace.from(definitionFromFields({ parameters: { bias: { type: "boolean", default: true } } }));
    const tiny: Benchmark = {
      ...smallBenchmark,
      space,
      start: space.defaults(),
      evaluate: ({ bias }) => ({ evaluation: { kind: "value", value: bias === true ? 1 : 0 }, measured: { cost: 1 } }),
      trueValue: ({ bias }) => (bias === true ? 1 : 0),
    };
    const model = await scripted((request) => {
      const text = askedText(request);
      if (text.includes("NUMBER")) return sensible(request);
      const each = { bias: request.index % 2 === 0 };
      return { output: text.includes("[...]") ? { configurations: [each] } : each };
    });
    const run = await runOf(methodNamed(`${base}+${model.name}`, model.env), { trials: 6, task: tiny });
    expect(run.done.trials).toBe(6);
  });
});

describe("model-alone", () => {
  it("is asked once more with what is wrong, and then runs a uniform draw", async () => {
    const wrong = { ...valid(0), learning_rate: 7, dropout: 0.1 };
    const model = await scripted(({ index }) => ({ output: index < 3 ? wrong : valid(index) }));
    const run = await runOf(methodNamed(`model-alone+${model.name}`, model.env), { trials: 3 });
    expect(model.server.requests).toHaveLength(4);
    const repair = askedText(model.server.requests[1]!);
    expect(repair).toContain("- dropout is not a parameter of this study");
    expect(repair).toContain("- learning_rate ");
    expect(run.origins).toMatchObject({ default: { trials: 1 }, random: { trials: 1 }, llm: { trials: 1 } });
  });

  it("moves what breaks a constraint to what keeps it", async () => {
    const model = await scripted(() => ({ output: { ...valid(0), width: 16, heads: 60 } }));
    const run = await runOf(methodNamed(`model-alone+${model.name}`, model.env), { trials: 2 });
    expect(model.server.requests).toHaveLength(1);
    expect(run.origins["llm"]?.trials).toBe(1);
  });

  it("sees the latest trials with their failures, the incumbent, what is running and what is left", async () => {
    const model = await scripted(({ index }) => ({
      output: { ...valid(index), learning_rate: index === 0 ? 0.9 : 0.01 },
    }));
    await runOf(methodNamed(`model-alone:history=2+${model.name}`, model.env), { trials: 6, workers: 2 });
    const last = askedText(model.server.requests.at(-1)!);
    expect(last).toMatch(/\(\d earlier runs are not shown\)/);
    expect(last).toMatch(/Best so far: \{"learning_rate": 0\.01, .*\} -> loss \d/);
    expect(last).toContain("Running now:");
    expect(last).toContain("This is run 6 of 6.");
    const texts = model.server.requests.map(askedText);
    expect(texts.some((text) => /"learning_rate": 0\.9, .*\} -> failed \(diverged\)/.test(text))).toBe(true);
  });

  it("can be an advisor that needs no model", async () => {
    const run = await runOf(methodNamed("model-alone+rules", {}));
    expect(run.done.trials).toBe(6);
    expect(run.usage).toBeUndefined();
  });
});

describe("one-shot", () => {
  it("asks once, and the optimizer goes on from the answer", async () => {
    const model = await scripted(sensible);
    const run = await runOf(methodNamed(`one-shot:count=4,optimizer=tpe+${model.name}`, model.env));
    expect(model.server.requests).toHaveLength(1);
    expect(askedText(model.server.requests[0]!)).toContain("Choose 4 configurations");
    expect(run.origins).toMatchObject({ default: { trials: 1 }, llm: { trials: 4 }, tpe: { trials: 1 } });
    expect(run.trace.slice(1, 5).map(([origin]) => origin)).toEqual([1, 1, 1, 1]);
  });

  it("runs what can be run of a list", async () => {
    const list = [valid(0), { ...valid(1), width: 100_000 }, valid(0), valid(2)];
    const model = await scripted(() => ({ output: { configurations: list } }));
    const run = await runOf(methodNamed(`one-shot+${model.name}`, model.env));
    expect(run.origins["llm"]?.trials).toBe(2);
  });

  it("can begin with an advisor that needs no model", async () => {
    const run = await runOf(methodNamed("one-shot:count=3+rules", {}));
    expect(run.done.trials).toBe(6);
    expect(run.origins["cma-es"]?.trials).toBe(2);
  });
});

describe("llambo", () => {
  it("starts from the description alone, then samples, predicts and runs the best candidate", async () => {
    const model = await scripted((request) => {
      const text = askedText(request);
      // The model promises most of wide networks.
      if (text.includes("NUMBER"))
        return { output: { performance: /: 512,.*\nAnswer/s.test(text.split("Predict")[1] ?? "") ? -5 : 1 } };
      if (text.includes("[...]")) return { output: { configurations: [valid(30), valid(31)] } };
      return { output: { ...valid(request.index), width: request.index % 3 === 0 ? 512 : 64 } };
    });
    const run = await runOf(methodNamed(`llambo:candidates=6,samples=2,warm=2+${model.name}`, model.env), {
      trials: 5,
    });
    expect(run.origins).toMatchObject({ default: { trials: 1 }, llm: { trials: 4 } });
    const texts = model.server.requests.map(askedText);
    expect(texts[0]).toContain("Nothing has been tried yet");
    expect(texts[0]).not.toContain("performance 0");
    expect(texts.slice(1).every((text) => text.includes("Examples of"))).toBe(true);
    const shown = texts.at(-1)?.split("Predict")[0] ?? "";
    expect(shown.match(/"width": 512/g)).toHaveLength(1);
  });

  it("shows failures with their reason, in more than one order", async () => {
    const model = await scripted((request) => {
      const answer = sensible(request);
      return request.index === 0
        ? { output: { configurations: [{ ...valid(0), learning_rate: 0.8 }, valid(1)] } }
        : answer;
    });
    await runOf(methodNamed(`llambo:candidates=4,samples=2,warm=2+${model.name}`, model.env), { trials: 6 });
    const last = model.server.requests
      .map(askedText)
      .filter((text) => text.includes("target performance"))
      .slice(-4);
    expect(last.every((text) => text.includes("performance none, it failed (diverged)"))).toBe(true);
    expect(new Set(last).size).toBe(2);
  });
});

describe("llambo-labels", () => {
  it("hides failures and values, and draws categories itself", async () => {
    const model = await scripted((request) => {
      const text = askedText(request);
      return text.includes("NUMBER")
        ? sensible(request)
        : { output: { ...valid(request.index), learning_rate: 0.5, optimizer: "sgd", momentum: 0.5 } };
    });
    const run = await runOf(methodNamed(`llambo-labels:initial=3,candidates=4+${model.name}`, model.env), {
      trials: 9,
    });
    expect(run.origins["random"]?.trials).toBe(3);
    expect(run.origins["llm"]?.failures).toBe(5);
    const labels = model.server.requests.map(askedText).filter((text) => text.includes("NUMBER"));
    const asked = labels.map((text) => text.split("class of this configuration is 1?")[1] ?? "");
    expect(new Set(asked.map((text) => /"optimizer": "(\w+)"/.exec(text)?.[1]))).toEqual(new Set(["sgd", "adam"]));
    for (const text of labels) {
      expect(text).not.toMatch(/failed|diverged|performance \d/);
      expect(text.match(/: class 1/g)).toHaveLength(1);
    }
  });
});

describe("a name", () => {
  it("is of one of these methods or of none", () => {
    expect(modelMethodNames).toEqual(["model-alone", "one-shot", "llambo", "llambo-labels"]);
    expect(modelMethod("cma-es+rules@0.3")).toBeUndefined();
    expect(modelMethod("cma-es")).toBeUndefined();
    expect(methodNamed("one-shot:optimizer=tpe,count=3+replay:/", {}).name).toBe(
      "one-shot:optimizer=tpe,count=3+replay:/",
    );
  });

  it.each([
    ["model-alone", /names no model/],
    ["one-shot+none", /names no model/],
    ["llambo+rules", /needs a model/],
    ["llambo-labels+oracle:quality=1", /needs a model/],
    ["model-alone+openai:m@0.3", /share of turns/],
    ["llambo+replay:/?without=regions", /settings of a brief/],
    ["model-alone:memory=3+replay:/", /memory/],
    ["one-shot:optimizer=magic+replay:/", /no optimizer named "magic"/],
    ["model-alone+openai:m", /no key/],
  ])("%s is refused before anything runs", (name, message) => {
    expect(() => modelMethod(name, { env: {} })).toThrow(message);
  });
});
