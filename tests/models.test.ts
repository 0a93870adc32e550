import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ExitCode } from "../src/errors.js";
import { type ModelServer, type Script, type SeenRequest, startModelServer } from "../src/llm/testing/model-server.js";
import { type Summary, summarySchema } from "../src/study/summary.js";
import {
  agentTune,
  contentOf,
  edit,
  inProcess,
  processesWith,
  projectFolder,
  type ShownTrial,
  start,
  trialsOf,
  until,
} from "./cli.js";

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
  script: readonly Script[] | ((request: SeenRequest) => Script | Promise<Script>),
): Promise<ModelServer> {
  const server = await startModelServer(script);
  servers.push(server);
  return server;
}

const openAiKey = "sk-proj-QmFzZTY0aXNub3RhcmVhbGtleQ0123456789";
const anthropicKey = "sk-ant-api03-QmFzZTY0aXNub3RhcmVhbGtleQ9876543210";

function environment(server: ModelServer): Record<string, string> {
  return {
    TOY_MS: "5",
    OPENAI_API_KEY: openAiKey,
    ANTHROPIC_API_KEY: anthropicKey,
    OPENAI_BASE_URL: `${server.url}/v1`,
    ANTHROPIC_BASE_URL: server.url,
    AGENT_TUNE_OPENAI_API: "responses",
  };
}

function summaryOf(stdout: string): Summary {
  return summarySchema.parse(JSON.parse(stdout));
}

/** One decision about the only candidate. */
function decide(
  action: string,
  values: Readonly<Record<string, unknown>> | null,
  reason = `because of ${action}`,
): Script {
  return { output: { decisions: [{ candidate: 1, action, values, reason, expected: null }], note: null } };
}

/** What a model of no taste says about each trial: the answers to the requests that decide it, in order. */
type Answers = Readonly<Record<number, readonly Script[]>>;

const saidSchema = z.union([
  z.looseObject({ messages: z.array(z.looseObject({ role: z.string() })) }).transform(({ messages }) => messages),
  z.looseObject({ input: z.array(z.looseObject({})) }).transform(({ input }) => input),
]);

/**
 * Answers by what a request says, the trial that it decides and what the model has answered so far in this turn, so
 * that a study that is cut off and asks again hears the same again.
 */
function byTrial(answers: Answers, otherwise: Script = decide("accept", null)): (request: SeenRequest) => Script {
  return ({ body }) => {
    const trial = Number(/trial (\d+) of \d+/.exec(JSON.stringify(body))?.[1]) - 1;
    const step = saidSchema
      .parse(body)
      .filter((item) => item["role"] === "assistant" || item["type"] === "function_call").length;
    const script = answers[trial] ?? [otherwise];
    return script[Math.min(step, script.length - 1)] ?? otherwise;
  };
}

/** The fixture with an advisor that is asked at every turn, and nothing that runs twice. */
function advisedFolder(advisor = "deadline: 6s"): string {
  const cwd = projectFolder("toy");
  edit(join(cwd, "agent-tune.yaml"), "advisor: rules", `advisor: { model: auto, share: 1, ${advisor} }`);
  edit(join(cwd, "agent-tune.yaml"), "noise: { final_seeds: 2 }", "noise: { replicates: off, final_seeds: 1 }");
  return cwd;
}

/** What must be the same in a disturbed study, a replayed one and an undisturbed one. */
function proposals(trials: readonly ShownTrial[]): readonly unknown[] {
  return trials.map(({ number, proposal, seed, outcome }) => ({ number, proposal, seed, outcome }));
}

const wires = [
  { name: "OpenAI Responses", model: () => "openai:gpt-5.2", api: "responses" },
  { name: "Chat Completions", model: (server: ModelServer) => `compatible:llama@${server.url}/v1`, api: "chat" },
  { name: "Anthropic Messages", model: () => "anthropic:claude-sonnet-5-5", api: "messages" },
] as const;

const everything: Answers = {
  1: [decide("propose", { lr: 0.02, width: 128 })],
  2: [{ toolCalls: [{ id: "call_1", name: "trial", input: { number: 0 } }] }, decide("edit", { lr: null, width: 32 })],
  3: [decide("accept", null)],
  4: [decide("veto", null)],
  // Outside the space, and mended when told.
  5: [decide("propose", { lr: 5, width: 100 }), decide("propose", { lr: 0.03, width: 64 })],
  // What has run already, and again when told.
  6: [decide("propose", { lr: 0.02, width: 128 })],
  7: [{ refusal: "I cannot help with that." }],
  8: [{ raw: "<html><body>Please log in</body></html>", contentType: "text/html" }],
  9: [{ hang: true }],
  10: [{ output: { decisions: "none" } }, { output: { decisions: [] } }],
};

interface AdvisedStudy {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly summary: Summary;
  readonly trials: readonly ShownTrial[];
  readonly requests: readonly SeenRequest[];
  /** Every file that the study left, its database among them. */
  readonly files: Readonly<Record<string, string>>;
}

describe("a study with each kind of model", () => {
  const studies = new Map<string, AdvisedStudy>();

  // All at once: most of the time goes to waiting for the one answer that never comes.
  beforeAll(async () => {
    await Promise.all(
      wires.map(async ({ api, model }) => {
        const cwd = advisedFolder();
        const server = await serve(byTrial(everything));
        const args = ["run", "--json", "--model", model(server), "--trials", "12"];
        const { code, stdout, stderr } = await agentTune(args, { cwd, env: environment(server) });
        const recording = await inProcess(["recording"], { cwd });
        studies.set(api, {
          code,
          stdout,
          stderr,
          summary: summaryOf(stdout),
          trials: await trialsOf(cwd),
          requests: server.requests,
          files: { ...contentOf(join(cwd, ".agent-tune")), recording: recording.stdout },
        });
      }),
    );
  }, 60_000);

  describe.each(wires)("$name", ({ api }) => {
    const study = (): AdvisedStudy => studies.get(api)!;

    it("uses its whole budget, and every proposal says where it came from", () => {
      const { code, summary, trials } = study();
      expect(code).toBe(0);
      expect(summary.study).toMatchObject({ status: "finished", stop: { reason: "trials_used" } });
      const searched = trials.slice(0, 12).map(({ proposal }) => proposal);
      expect(searched.map(({ origin, fallback }) => (fallback === undefined ? origin : `${origin}, fallback`))).toEqual(
        [
          "default",
          "llm",
          "llm-edit",
          "cma-es",
          "cma-es",
          "llm",
          ...Array.from({ length: 5 }, () => "cma-es, fallback"),
          "cma-es",
        ],
      );
      expect(searched[1]).toMatchObject({ configuration: { lr: 0.02, width: 128 }, reason: "because of propose" });
      expect(searched[2]?.configuration).toMatchObject({ width: 32 });
      expect(searched[3]?.reason).toBe("accepted: because of accept");
      expect(searched[4]?.reason).toBe("drawn after a veto: because of veto");
      expect(searched[5]?.configuration).toEqual({ lr: 0.03, width: 64 });
      for (const [trial, why] of [
        [6, /refused twice.*ran already: trial 1/],
        [7, /I cannot help/],
        [8, /HTML|web page|log in/i],
        [9, /No complete answer within 6 s/],
        [10, /refused twice/],
      ] as const) {
        expect(searched[trial]?.fallback).toMatch(why);
      }
    });

    it("counts fallbacks in the summary and tells the person of each", () => {
      const { summary, stderr } = study();
      expect(summary.proposals["cma-es"]).toMatchObject({ fallbacks: 5 });
      expect(summary.proposals["llm"]).toMatchObject({ trials: 2, fallbacks: 0 });
      expect([...stderr.matchAll(/^advisor .*gave no answer \((\w+)\)/gm)].map(([, failure]) => failure)).toEqual([
        "refused_twice",
        "refusal",
        "html",
        "deadline",
        "refused_twice",
      ]);
    });

    it("says in a repair turn what was wrong, and hands back what a tool found", () => {
      const bodies = study().requests.map(({ body }) => JSON.stringify(body));
      const about = (trial: number) => bodies.filter((body) => body.includes(`trial ${trial + 1} of 12`));
      expect(about(2)[1]).toMatch(/call_1[\s\S]*Trial 0|call_1[\s\S]*trial 0/);
      expect(about(5)[1]).toMatch(/cannot be used[\s\S]*lr[\s\S]*width/);
      expect(about(6)[1]).toMatch(/ran already: trial 1[\s\S]*2\.09/);
      expect(about(6)).toHaveLength(2);
    });

    it("asks for strictly structured output, with the stable front first", () => {
      for (const { api: seen, body } of study().requests) {
        expect(seen).toBe(api);
        const text = JSON.stringify(body);
        expect(text.indexOf("# The problem")).toBeLessThan(text.indexOf("# The study so far"));
        if (api === "responses")
          expect(body).toMatchObject({ store: false, text: { format: { type: "json_schema", strict: true } } });
        if (api === "chat")
          expect(body).toMatchObject({ response_format: { type: "json_schema", json_schema: { strict: true } } });
        if (api === "messages") {
          expect(body).toMatchObject({ output_config: { format: { type: "json_schema" } } });
          // The front up to the problem is cached; what changes from turn to turn comes after it.
          const { messages } = messagesBody.parse(body);
          const blocks = messages[0]?.content ?? [];
          expect(blocks[0]).toMatchObject({
            text: expect.stringMatching(/^# The problem/),
            cache_control: { type: "ephemeral" },
          });
        }
      }
      const fronts = study().requests.map(
        ({ body }) => /# The problem[\s\S]*?(?=# The study so far|"})/.exec(JSON.stringify(body))?.[0],
      );
      expect(new Set(fronts).size).toBe(1);
    });

    it("keeps the keys out of everything that is sent, stored and shown", () => {
      const { requests, files, stdout, stderr } = study();
      const everythingSaid = [
        ...requests.map(({ body }) => JSON.stringify(body)),
        ...Object.values(files),
        stdout,
        stderr,
      ];
      expect(files["recording"]?.split("\n").length).toBeGreaterThan(10);
      for (const key of [openAiKey, anthropicKey]) {
        expect(everythingSaid.filter((text) => text.includes(key) || text.includes(key.slice(0, 20)))).toEqual([]);
      }
      // Each key goes to its own provider and to nobody else.
      for (const { headers } of requests) {
        expect(headers["authorization"]).toBe(`Bearer ${api === "messages" ? anthropicKey : openAiKey}`);
        expect(JSON.stringify(headers)).not.toContain(api === "messages" ? openAiKey : anthropicKey);
      }
    });
  });
});

const messagesBody = z.looseObject({
  messages: z.array(z.looseObject({ content: z.array(z.looseObject({ type: z.string() })) })),
});

describe("a model that reviews a whole generation", () => {
  it("is asked once for all its candidates, and changes no more of them than it may", async () => {
    const cwd = advisedFolder();
    const server = await serve(({ body }) => {
      // Told how many it may change; the first answer of all takes more.
      const may = Number(/propose or edit at most (\d+)/.exec(JSON.stringify(body))?.[1] ?? 1);
      const take = server.requests.length === 1 ? may + 1 : may;
      const decisions = Array.from({ length: take }, (_, index) => ({
        candidate: index + 1,
        action: "propose",
        values: { lr: 0.001 * (server.requests.length * 10 + index + 1), width: 128 },
        reason: "a rate of its own",
        expected: null,
      }));
      return { output: { decisions, note: null } };
    });
    const { code, stdout } = await inProcess(
      ["run", "--json", "--review", "generation", "--share", "0.4", "--model", "openai:gpt-5.2"],
      { cwd, env: environment(server) },
    );
    expect(code).toBe(0);
    const summary = summaryOf(stdout);
    expect(summary.trials).toMatchObject({ search: 12, final: 2 });
    // 11 turns after the default at a share of 0.4, kept exactly.
    expect(summary.proposals["llm"]).toMatchObject({ trials: 4, failed: 0 });
    expect(summary.proposals["cma-es"]).toMatchObject({ trials: 7, fallbacks: 0 });
    // Three generations and one repair, instead of eleven calls.
    expect(server.requests).toHaveLength(4);
    expect(JSON.stringify(server.requests[1]?.body)).toMatch(/this turn allows/);
  });
});

describe("a recording", () => {
  it("gives the same proposals again without a server, a key or a call", async () => {
    const cwd = advisedFolder("deadline: 60s");
    const { 8: _html, 9: _hang, ...quick } = everything;
    const server = await serve(byTrial(quick));
    const args = ["--model", "openai:gpt-5.2", "--trials", "11"];
    expect(await agentTune(["run", ...args], { cwd, env: environment(server) })).toMatchObject({ code: 0 });
    await server.close();
    servers.splice(servers.indexOf(server), 1);
    const recorded = await trialsOf(cwd);
    const { stdout } = await agentTune(["recording"], { cwd });
    writeFileSync(join(cwd, "rec.jsonl"), stdout);

    const replayed = await agentTune(["run", "--json", "--replay", "rec.jsonl", ...args], {
      cwd,
      env: { TOY_MS: "5" },
    });
    expect(replayed.code).toBe(0);
    expect(proposals(await trialsOf(cwd))).toEqual(proposals(recorded));
    expect(summaryOf(replayed.stdout).proposals["cma-es"]).toMatchObject({ fallbacks: 3 });
    // A replay is a study like any other: it can be recorded again, byte for byte.
    expect((await inProcess(["recording"], { cwd })).stdout).toBe(stdout);
  });
});

describe("kill -9 of a study with a model", () => {
  const answers: Answers = {
    1: [decide("propose", { lr: 0.02, width: 128 })],
    2: [
      { toolCalls: [{ id: "call_1", name: "predict", input: { configuration: { lr: 0.02, width: 64 } } }] },
      decide("edit", { lr: null, width: 32 }),
    ],
    3: [decide("propose", { lr: 0.01, width: 128 })],
  };
  const args = ["--model", "anthropic:claude-sonnet-5-5", "--trials", "5"];

  const expected = { trials: [] as readonly ShownTrial[], requests: 0 };
  beforeAll(async () => {
    const cwd = advisedFolder();
    const server = await serve(byTrial(answers));
    expect(await agentTune(["run", ...args], { cwd, env: environment(server) })).toMatchObject({ code: 0 });
    expected.trials = await trialsOf(cwd);
    expected.requests = server.requests.length;
  }, 60_000);

  it("between the answer and the end of its trial pays nothing twice and goes on as if nothing had happened", async () => {
    const cwd = advisedFolder();
    const server = await serve(byTrial(answers));
    const env = { ...environment(server), TOY_MARK: `paid-once-${process.pid}` };
    const first = start(["run", ...args], { cwd, env: { ...env, TOY_MS: "400" } });
    await until(() => server.requests.length > 0);
    // Trial 1 comes from the model: with it running, the answer is in and the trial is not over.
    while ((await trialsOf(cwd))[1]?.state !== "running") await new Promise((resolve) => setTimeout(resolve, 5));
    first.process.kill("SIGKILL");
    expect(await first.ended).toMatchObject({ signal: "SIGKILL" });
    expect(server.requests).toHaveLength(1);

    const resumed = await agentTune(["resume", "--json"], { cwd, env });
    expect(resumed).toMatchObject({ code: 0 });
    expect(processesWith(env.TOY_MARK)).toEqual([]);
    expect(server.requests).toHaveLength(expected.requests);
    expect(proposals(await trialsOf(cwd))).toEqual(proposals(expected.trials));
  });

  it("after the first of two answers of a turn asks only for the second", async () => {
    const cwd = advisedFolder();
    const script = byTrial(answers);
    let running: ReturnType<typeof start> | undefined;
    const server = await serve((request) => {
      // The third request is the second of trial 2's turn: the tool's answer was heard, this one never is.
      if (request.index !== 2) return script(request);
      running?.process.kill("SIGKILL");
      return { hang: true };
    });
    const env = environment(server);
    running = start(["run", ...args], { cwd, env });
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });

    const resumed = await agentTune(["resume", "--json"], { cwd, env });
    expect(resumed).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(expected.requests + 1);
    expect(proposals(await trialsOf(cwd))).toEqual(proposals(expected.trials));
    // Nobody knows what the call that was cut off cost: it counts with all that was set aside for it.
    expect(summaryOf(resumed.stdout).cost.unsettled).toBe(1);
  });
});

describe("Ctrl-C while the model thinks", () => {
  it("ends at once, closes the connection, runs nothing instead, and resume asks again", async () => {
    const cwd = advisedFolder("deadline: 60s");
    let thinking = true;
    const server = await serve(() => (thinking ? { hang: true } : decide("propose", { lr: 0.02, width: 128 })));
    const env = environment(server);
    const args = ["--model", "openai:gpt-5.2", "--trials", "2"];
    const running = start(["run", "--json", ...args], { cwd, env });
    await until(() => server.requests.length > 0);
    running.process.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(ExitCode.interrupted);
    await until(() => server.open() === 0);
    expect(summaryOf(stdout).trials).toMatchObject({ total: 1, complete: 1 });
    expect(stderr).not.toMatch(/gave no answer|^error:/m);

    thinking = false;
    const resumed = await agentTune(["resume", "--json"], { cwd, env });
    expect(resumed.code).toBe(0);
    expect((await trialsOf(cwd))[1]?.proposal).toMatchObject({
      origin: "llm",
      configuration: { lr: 0.02, width: 128 },
    });
    expect(server.requests).toHaveLength(2);
  });
});

describe("a key that is gone when a study is resumed", () => {
  async function interrupted(model: string): Promise<string> {
    const cwd = advisedFolder("deadline: 60s");
    const server = await serve([{ hang: true }]);
    const running = start(["run", "--model", model, "--trials", "2"], {
      cwd,
      env: { ...environment(server), ANTHROPIC_API_KEY: "" },
    });
    await until(() => server.requests.length > 0);
    running.process.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: ExitCode.interrupted });
    return cwd;
  }

  it("is missed where the model was named, and nothing changes", async () => {
    const cwd = await interrupted("openai:gpt-5.2");
    const before = await trialsOf(cwd);
    const resumed = await inProcess(["resume", "--json"], { cwd });
    expect(resumed.code).toBe(ExitCode.configuration);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ code: "credentials_missing" });
    expect(await trialsOf(cwd)).toEqual(before);
  });

  it("is said where the study takes whom it finds: no silent fallback", async () => {
    const cwd = await interrupted("auto");
    const { code, stderr } = await agentTune(["resume"], { cwd, env: { TOY_MS: "5" } });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^note: until now this study was advised by openai:\S+, from here on by built-in rules \(no model\)/m,
    );
  });
});

describe("a cap on spending", () => {
  const price = (cwd: string, model: string) =>
    edit(join(cwd, "agent-tune.yaml"), "limits:", `prices: { "${model}": { input: 1, output: 10 } }\nlimits:`);

  it("is never passed: the study goes on without the advisor and says so", async () => {
    const cwd = advisedFolder();
    price(cwd, "openai:my-model");
    // Each call takes 1,000 tokens in and 500 out: 0.006 dollars. What is set aside before it is about 0.08.
    const server = await serve(() => ({
      output: {
        decisions: [{ candidate: 1, action: "accept", values: null, reason: "fine", expected: null }],
        note: null,
      },
      usage: { input: 1000, output: 500 },
    }));
    const run = await agentTune(["run", "--json", "--model", "openai:my-model", "--cost", "0.1", "--trials", "9"], {
      cwd,
      env: environment(server),
    });
    const { cost, trials, proposals: origins } = summaryOf(run.stdout);
    expect(run.code).toBe(0);
    expect(trials.search + trials.replicate).toBe(9);
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.length).toBeLessThan(8);
    expect(cost).toMatchObject({ calls: server.requests.length, tokens: 1500 * server.requests.length });
    expect(cost.usd).toBeCloseTo(0.006 * server.requests.length, 10);
    expect(cost.usd).toBeLessThanOrEqual(0.1);
    expect(origins["cma-es"]?.fallbacks).toBe(8 - server.requests.length);
    expect(run.stderr).toMatch(/^advisor openai:my-model gave no answer \(cap_reached\)/m);
  });

  it("of nothing asks nobody, and an unknown price with a cap in money is refused rather than guessed", async () => {
    const asked = [
      ["openai:my-model", ["--cost", "0"]],
      ["openai:of-unknown-price", ["--cost", "5"]],
      ["openai:my-model", ["--tokens", "10"]],
    ] as const;
    const runOne = async ([name, flags]: (typeof asked)[number]) => {
      const cwd = advisedFolder();
      price(cwd, "openai:my-model");
      const server = await serve([decide("accept", null)]);
      const run = await agentTune(["run", "--json", "--model", name, ...flags, "--trials", "3"], {
        cwd,
        env: environment(server),
      });
      expect(run.code).toBe(0);
      expect(server.requests).toHaveLength(0);
      expect(summaryOf(run.stdout)).toMatchObject({ cost: { calls: 0, tokens: 0, usd: 0 }, trials: { search: 3 } });
      expect(run.stderr).toMatch(/cap_reached/);
    };
    await Promise.all(asked.map(runOne));
  });
});
