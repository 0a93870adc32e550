import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { optimizerFactory } from "../optimizers/index.js";
import { Store } from "../store/index.js";
import { readStudy } from "../study/reading.js";
import { summarize } from "../study/summary.js";
import { failureKinds } from "../trials/outcome.js";
import { AskTellStudy } from "./ask-tell-study.js";
import { MemoryKeeper } from "./memory-keeper.js";
import { errorObject } from "./rpc-error.js";
import { ServedStudies } from "./served-studies.js";
import { readStudyRequest } from "./study-request.js";
import { readToldTrial } from "./told-trial.js";

const parameters = {
  lr: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
  layers: { type: "int", low: 1, high: 8, default: 2 },
  kind: { type: "categorical", choices: ["a", "b"] },
  momentum: { type: "float", low: 0, high: 1, default: 0.9, when: "kind == 'b'" },
};
const space = { parameters, constraints: ["lr <= 0.5"], derived: { twice: "2 * layers" } };

const configuration = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const askedSchema = z.object({
  trials: z.array(
    z.object({
      trial: z.number(),
      configuration,
      seed: z.number(),
      origin: z.string(),
      derived: z.record(z.string(), z.number()),
    }),
  ),
});
type Asked = z.infer<typeof askedSchema>["trials"][number];

let folder: string;
let open: ServedStudies[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-serve-"));
  open = [];
});
afterEach(() => {
  for (const each of open) each.closeAll();
  rmSync(folder, { recursive: true });
});

function served(): ServedStudies {
  let nonces = 0;
  const studies = new ServedStudies({
    cwd: folder,
    version: "1.2.3",
    holder: { pid: process.pid, host: "here" },
    nonce: () => `n${nonces++}-${open.length}-${process.pid}`,
  });
  open.push(studies);
  return studies;
}
const create = (studies: ServedStudies, more: object = {}): string =>
  z.object({ study: z.string() }).parse(studies.call("study.create", { space, optimizer: "random", ...more })).study;
const ask = (studies: ServedStudies, study: string, more: object = {}): readonly Asked[] =>
  askedSchema.parse(studies.call("ask", { study, ...more })).trials;
const lossOf = ({ lr = 1, layers = 0 }: z.infer<typeof configuration>): number =>
  (Math.log10(Number(lr)) + 2) ** 2 + 0.1 * (Number(layers) - 5) ** 2;
const errorOf = (action: () => unknown): ReturnType<typeof errorObject> => {
  try {
    action();
  } catch (error) {
    return errorObject(error);
  }
  throw new Error("nothing was refused");
};

describe("asking", () => {
  it("gives trials with ascending numbers, seeds of their own and derived quantities", () => {
    const studies = served();
    const trials = ask(studies, create(studies), { count: 3 });
    expect(trials.map(({ trial }) => trial)).toEqual([0, 1, 2]);
    expect(new Set(trials.map(({ seed }) => seed)).size).toBe(3);
    for (const { configuration: values, derived, origin } of trials) {
      expect(derived).toEqual({ twice: 2 * Number(values["layers"]) });
      expect(origin).toBe("random");
    }
  });

  it("begins with the start, once, and with the optimizer where none is given", () => {
    const studies = served();
    const defaults = { lr: 1e-3, layers: 2, kind: "a" };
    const [first, second] = ask(studies, create(studies, { start: "defaults" }), { count: 2 });
    expect(first).toMatchObject({ configuration: defaults, origin: "default" });
    expect(second?.origin).toBe("random");
    const mine = { lr: 0.1, layers: 8, kind: "b", momentum: 0.5 };
    expect(ask(studies, create(studies, { start: mine }))).toMatchObject([{ configuration: mine, origin: "user" }]);
    expect(ask(studies, create(studies))).toMatchObject([{ origin: "random" }]);
  });

  it("does not give the start again where its result was told before", () => {
    const studies = served();
    const study = create(studies, { start: "defaults" });
    studies.call("tell", { study, configuration: { lr: 1e-3, layers: 2, kind: "a" }, value: 1 });
    expect(ask(studies, study)).toMatchObject([{ trial: 1, origin: "random" }]);
  });

  it("gives configurations that the client wants to run, canonically", () => {
    const studies = served();
    const study = create(studies);
    const wanted = [{ lr: 0.25, layers: 3, kind: "a", momentum: 0.1 }];
    expect(ask(studies, study, { configurations: wanted })).toMatchObject([
      { trial: 0, configuration: { lr: 0.25, layers: 3, kind: "a" }, origin: "user" },
    ]);
  });
});

describe("telling", () => {
  it("learns like the optimizer alone does, in any order", () => {
    const studies = served();
    const study = create(studies, { optimizer: "cma-es", seed: 7, start: "defaults" });
    const request = readStudyRequest({ space, optimizer: "cma-es", seed: 7, start: "defaults" });
    const alone = new AskTellStudy({
      id: "alone",
      settings: request.settings,
      search: request.search,
      optimizer: optimizerFactory("cma-es"),
      keeper: new MemoryKeeper(),
      clock: { now: () => 0, monotonic: () => 0 },
      mark: () => "",
    });
    for (let round = 0; round < 8; round++) {
      const trials = ask(studies, study, { count: 4 });
      const expected = alone.ask(4);
      expect(trials.map((each) => each.configuration)).toEqual(expected.map(({ proposal }) => proposal.configuration));
      const results = trials.toReversed().map(({ trial, configuration: values }) => ({ trial, value: lossOf(values) }));
      studies.call("tell", { study, results });
      alone.tell(results.map((each) => readToldTrial(each, "", "objective", [])));
    }
    expect(studies.call("state", { study })).toEqual(alone.view());
    expect(alone.view().told).toBe(32);
  });

  it.each(["NaN", "Infinity", "-inf", null])("takes %s for a failure, and says so", (value) => {
    const studies = served();
    const study = create(studies);
    ask(studies, study);
    expect(studies.call("tell", { study, trial: 0, value })).toMatchObject({
      results: [{ trial: 0, outcome: { kind: "failed", failure: "diverged" }, learned: true }],
    });
  });

  it("learns from failures that the configuration has caused, and forgets the others", () => {
    const studies = served();
    const study = create(studies);
    ask(studies, study, { count: failureKinds.length + 1 });
    for (const [trial, failure] of failureKinds.entries()) {
      const learned = failure !== "cancelled" && failure !== "lost";
      expect(studies.call("tell", { study, trial, failure })).toMatchObject({
        results: [{ outcome: { kind: "failed", failure }, learned }],
      });
    }
    const trial = failureKinds.length;
    expect(studies.call("tell", { study, trial, failure: "crashed", fault: "environment" })).toMatchObject({
      results: [{ learned: false }],
    });
    expect(studies.call("state", { study })).toMatchObject({ told: failureKinds.length - 2 });
  });

  it("tells the kind of a failure from the end of a log", () => {
    const studies = served();
    const study = create(studies);
    ask(studies, study, { count: 2 });
    const traceback = ["Traceback (most recent call last):", '  File "train.py", line 3, in <module>'];
    const results = [
      { trial: 0, log: [...traceback, "torch.cuda.OutOfMemoryError: CUDA out of memory."] },
      { trial: 1, log: [...traceback, "ModuleNotFoundError: No module named 'torch'"] },
    ];
    expect(studies.call("tell", { study, results })).toMatchObject({
      results: [
        { outcome: { failure: "out_of_memory" }, learned: true },
        { outcome: { failure: "crashed", fault: "environment" }, learned: false },
      ],
    });
  });

  it("keeps curves, metrics, memory and time, and shows them with the trial", () => {
    const studies = served();
    const study = create(studies);
    ask(studies, study);
    studies.call("tell", {
      study,
      trial: 0,
      pruned: true,
      seconds: 12,
      cost: 3,
      peakMemoryBytes: 1e9,
      progress: 0.5,
      metrics: { accuracy: 0.5, broken: "NaN" },
      observations: [
        { step: 1, value: 4 },
        { step: 2, value: 3 },
        { step: 2, metric: "accuracy", value: 0.7 },
        { step: 3, value: "Infinity" },
      ],
    });
    expect(studies.call("trial", { study, trial: 0 })).toMatchObject({
      state: "finished",
      outcome: { kind: "pruned", value: 3, step: 2 },
      seconds: 12,
      peakMemoryBytes: 1e9,
      metrics: { accuracy: 0.7, objective: 3 },
      observations: [{ value: 4 }, { value: 3 }, { metric: "accuracy" }, { value: "Infinity" }],
    });
    expect(studies.call("best", { study })).toMatchObject({ best: null });
  });

  it("knows the same result told twice, and refuses another one for the same trial", () => {
    const studies = served();
    const study = create(studies);
    ask(studies, study);
    const told = { study, trial: 0, value: 1 };
    expect(studies.call("tell", told)).not.toHaveProperty("results.0.repeated");
    expect(studies.call("tell", told)).toMatchObject({ results: [{ repeated: true }] });
    expect(studies.call("state", { study })).toMatchObject({ told: 1 });
    expect(errorOf(() => studies.call("tell", { ...told, value: 2 }))).toMatchObject({ data: { code: "usage" } });
  });

  it("learns from all results of a call or, where one is wrong, from none", () => {
    const studies = served();
    const study = create(studies);
    ask(studies, study, { count: 2 });
    const good = { trial: 0, value: 1 };
    for (const bad of [
      { trial: 9, value: 1 },
      { trial: 1 },
      { trial: 1, value: "much" },
      { trial: 0, value: 2 },
      { configuration: { lr: 3, layers: 2, kind: "a" }, value: 1 },
      { configuration: { lr: 0.9, layers: 2, kind: "a" }, value: 1 },
    ]) {
      expect(errorOf(() => studies.call("tell", { study, results: [good, bad] })).message).not.toBe("");
      expect(studies.call("trials", { study })).toMatchObject({ trials: [{ state: "running" }, { state: "running" }] });
    }
    expect(studies.call("state", { study })).toMatchObject({ told: 0 });
  });

  it("tells the optimizer the mean of a configuration that ran more than once", () => {
    const studies = served();
    const study = create(studies, { direction: "maximize" });
    const mine = { lr: 0.1, layers: 2, kind: "a" };
    studies.call("tell", { study, results: [1, 3].map((value) => ({ configuration: mine, value })) });
    expect(studies.call("trials", { study })).toMatchObject({
      trials: [{ proposal: { purpose: "search" } }, { proposal: { purpose: "replicate", replicateOf: 0 } }],
    });
    expect(studies.call("best", { study })).toMatchObject({
      best: { trial: 0, value: 2, values: [1, 3] },
      trials: { total: 2, running: 0 },
    });
  });
});

describe("the optimizer", () => {
  it("is told of its own candidates with what was measured, and of others without, and forgets what says nothing", () => {
    const calls: unknown[] = [];
    const request = readStudyRequest({ space, start: "defaults", direction: "maximize", seed: 2 });
    let drawn = 10;
    const configurationOf = { lr: 0.25, layers: 3, kind: "a" };
    const study = new AskTellStudy({
      id: "spied",
      settings: request.settings,
      search: request.search,
      optimizer: {
        name: "spy",
        summary: "",
        create: (_space, options) => {
          calls.push(options.start);
          return {
            name: "spy",
            ask: () => ({ id: drawn++, configuration: configurationOf }),
            tell: (told) => calls.push(told),
            forget: (candidate) => calls.push({ forgotten: candidate }),
            sample: () => [],
            view: () => ({ optimizer: "spy", generation: 0, told: 0 }),
            state: () => ({ kind: "spy", version: 1, data: {} }),
          };
        },
        restore: () => {
          throw new Error("nothing to restore");
        },
      },
      keeper: new MemoryKeeper(),
      clock: { now: () => 0, monotonic: () => 0 },
      mark: () => "",
    });
    study.ask(4);
    const tell = (told: Readonly<Record<string, unknown>>): unknown =>
      study.tell([readToldTrial(told, "", "objective", [])]);
    const defaults = { lr: 1e-3, layers: 2, kind: "a" };
    expect(calls.splice(0)).toEqual([defaults]);
    tell({ trial: 0, value: 2, seconds: 3 });
    tell({ trial: 1, value: 5, seconds: 3, cost: 8, peakMemoryBytes: 9, progress: 0.5 });
    tell({ trial: 2, failure: "timeout", progress: 0.25 });
    tell({ trial: 3, failure: "lost" });
    tell({ configuration: { ...configurationOf, lr: 0.5 }, pruned: true, value: 7 });
    expect(calls).toEqual([
      { configuration: defaults, evaluation: { kind: "value", value: -2 }, measured: { cost: 3 } },
      {
        candidate: 10,
        configuration: configurationOf,
        evaluation: { kind: "value", value: -5 },
        measured: { cost: 8, peakMemory: 9, progress: 0.5 },
      },
      {
        candidate: 11,
        configuration: configurationOf,
        evaluation: { kind: "failure", severity: 1, failure: "timeout" },
        measured: { progress: 0.25 },
      },
      { forgotten: 12 },
      { configuration: { ...configurationOf, lr: 0.5 }, evaluation: { kind: "value", value: -7 } },
    ]);
  });
});

describe("requests that cannot be carried out", () => {
  it.each([
    ["nonsense", {}, -32601, /no method "nonsense"/],
    ["ask", {}, -32602, /params.study/],
    ["ask", { study: "other" }, -32002, /no study "other"/],
    ["ask", { study: "memory-1", count: 0 }, -32602, /whole number from 1/],
    ["ask", { study: "memory-1", count: 1e9 }, -32602, /at most/],
    ["ask", { study: "memory-1", cuont: 3 }, -32602, /did you mean count/],
    ["tell", { study: "memory-1", trial: 0, value: 1, failure: "lost" }, -32602, /no value/],
    ["tell", { study: "memory-1", trial: 0, failure: "sad" }, -32602, /is not known/],
    ["tell", { study: "memory-1", trial: 0, value: 1, fault: "environment" }, -32602, /belongs to a failure/],
    ["tell", { study: "memory-1", value: 1 }, -32602, /either trial or configuration/],
    ["tell", { study: "memory-1", trial: 5, value: 1 }, -32002, /no trial 5/],
    ["tell", { study: "memory-1", trial: 0, value: 1, progress: 2 }, -32602, /between 0 and 1/],
    ["tell", { study: "memory-1", trial: 0, observations: [3], value: 1 }, -32602, /observations\[0\]/],
    ["tell", { study: "memory-1", results: [] }, -32602, /is empty/],
    ["predict", { study: "memory-1", configurations: [{}] }, -32002, /lr is missing|lr/],
    ["study.create", {}, -32602, /params.space/],
    ["study.create", { space: { parameters: {} } }, -32003, /parameter/],
    ["study.create", { space, optimizer: "none" }, -32002, /no optimizer named "none"/],
    ["study.create", { space, seed: -1 }, -32602, /params.seed/],
    ["study.create", { space, start: { lr: 5 } }, -32002, /lr must lie/],
    ["study.create", { space, initialDeviation: { width: 0.1 } }, -32002, /width/],
    ["study.open", {}, -32002, /no studies here/],
    ["study.open", { durable: false }, -32602, /neither true/],
  ])("%s %j", (method, params, code, message) => {
    const studies = served();
    ask(studies, create(studies));
    const error = errorOf(() => studies.call(method, params));
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
  });

  it("leave no store behind", () => {
    const studies = served();
    expect(() => studies.call("study.create", { space, optimizer: "none", durable: true })).toThrow();
    expect(() => Store.open(join(folder, ".agent-tune"), { readonly: true })).toThrow("no studies here");
  });
});

describe("what is known", () => {
  it("is predicted and weighed once there are enough results", () => {
    const studies = served();
    const study = create(studies, { direction: "maximize", seed: 3 });
    const elsewhere = { lr: 0.01, layers: 5, kind: "a" };
    const predict = (): unknown => studies.call("predict", { study, configurations: [elsewhere] });
    expect(predict()).toMatchObject({ calibration: "too little data", predictions: [{ mean: null, failure: null }] });
    for (const { trial, configuration: values } of ask(studies, study, { count: 40 })) {
      studies.call(
        "tell",
        values["layers"] === 8 ? { study, trial, failure: "out_of_memory" } : { study, trial, value: -lossOf(values) },
      );
    }
    const found = z
      .object({
        calibration: z.string(),
        coverage: z.number(),
        parameters: z.array(z.object({ name: z.string(), effect: z.number(), low: z.number(), high: z.number() })),
        unclear: z.array(z.string()),
      })
      .parse(studies.call("importance", { study }));
    expect(found.parameters[0]?.name).toBe("lr");
    for (const { effect, low, high } of found.parameters) expect(low <= effect && effect <= high).toBe(true);
    expect([...found.parameters.map(({ name }) => name), ...found.unclear].sort()).toEqual(
      Object.keys(parameters).sort(),
    );
    const { predictions } = z
      .object({
        predictions: z.tuple([
          z.object({ mean: z.number(), interval: z.tuple([z.number(), z.number()]), failure: z.number() }),
        ]),
      })
      .parse(predict());
    const [{ mean, interval, failure }] = predictions;
    // The best there is at all is 0.
    expect(mean).toBeGreaterThan(-1);
    expect(interval[0]).toBeLessThanOrEqual(mean);
    expect(failure).toBeLessThan(0.6);
  });

  it("about the server itself names methods and optimizers", () => {
    expect(served().call("about", {})).toMatchObject({ version: "1.2.3", protocol: 1 });
  });
});

describe("several studies", () => {
  it("have ids of their own and do not touch each other, and are gone when closed", () => {
    const studies = served();
    const ids = [
      create(studies),
      create(studies),
      create(studies, { durable: true }),
      create(studies, { durable: true }),
    ];
    expect(new Set(ids).size).toBe(4);
    const [one = "", other = ""] = ids;
    expect(ask(studies, one)).toEqual(ask(studies, other));
    studies.call("tell", { study: one, trial: 0, value: 1 });
    expect(studies.call("best", { study: other })).toMatchObject({ best: null });
    studies.call("close", { study: one });
    expect(errorOf(() => studies.call("best", { study: one }))).toMatchObject({ data: { code: "study_unknown" } });
    expect(ask(studies, other)).toMatchObject([{ trial: 1 }]);
  });
});

describe("durable studies", () => {
  const steps = (studies: ServedStudies, study: string, count: number): readonly Asked[] =>
    Array.from({ length: count }, () => {
      const [asked] = ask(studies, study);
      if (asked === undefined) throw new Error("nothing was asked");
      const told = asked.trial % 5 === 3 ? { failure: "out_of_memory" } : { value: lossOf(asked.configuration) };
      studies.call("tell", { study, trial: asked.trial, ...told });
      return asked;
    });

  it.each(["cma-es", "random"])(
    "propose with %s what one in memory proposes, however often they are opened anew",
    (optimizer) => {
      const memory = served();
      const options = { optimizer, seed: 11, start: "defaults" };
      const expected = steps(memory, create(memory, options), 20);
      const found: Asked[] = [];
      const first = served();
      const study = create(first, { ...options, durable: true });
      found.push(...steps(first, study, 5));
      first.closeAll();
      while (found.length < 20) {
        const next = served();
        expect(next.call("study.open", { durable: folder })).toMatchObject({
          study,
          pending: [],
          trials: found.length,
        });
        found.push(...steps(next, study, 5));
        next.closeAll();
      }
      expect(found).toEqual(expected);
    },
  );

  it("come back with what was asked for and not told, and with what they are made of", () => {
    const first = served();
    const study = create(first, { durable: true, name: "mine", direction: "maximize" });
    const asked = ask(first, study, { count: 2 });
    first.call("tell", { study, trial: 0, value: 1 });
    first.closeAll();
    const again = served();
    expect(again.call("study.open", { study: "mine" })).toMatchObject({
      study,
      name: "mine",
      direction: "maximize",
      space: { parameters, constraints: space.constraints },
      pending: [asked[1]],
    });
    expect(again.call("study.open", { study: "mine" })).toMatchObject({ study });
    again.call("tell", { study, trial: 1, value: 2, observations: [{ step: 1, value: 5 }] });
    expect(again.call("best", { study })).toMatchObject({ best: { trial: 1, value: 2 } });
    expect(again.call("trial", { study, trial: 1 })).toMatchObject({ observations: [{ step: 1, value: 5 }] });
  });

  it("can be looked at by everything that looks at studies", () => {
    const studies = served();
    const study = create(studies, { durable: true, start: "defaults" });
    const asked = steps(studies, study, 12);
    ask(studies, study);
    const store = Store.open(join(folder, ".agent-tune"), { readonly: true });
    try {
      const summary = summarize(readStudy(store, study));
      const best = Math.min(...asked.filter(({ trial }) => trial % 5 !== 3).map((each) => lossOf(each.configuration)));
      expect(summary).toMatchObject({
        study: { status: "open" },
        optimizer: "random",
        advisor: null,
        default: { trial: 0 },
        best: { estimate: { mean: best } },
        trials: { total: 13, failed: 2, complete: 10, unfinished: 1 },
        failures: { out_of_memory: 2 },
      });
      expect(store.check()).toEqual([]);
    } finally {
      store.close();
    }
  });

  it("are held: nobody else can open them, and other kinds of studies are not taken for them", () => {
    const first = served();
    const study = create(first, { durable: true });
    expect(errorOf(() => served().call("study.open", { study }))).toMatchObject({
      code: -32003,
      data: { code: "study_held" },
    });
    first.closeAll();
    const store = Store.open(join(folder, ".agent-tune"));
    const { definition: _, ...record } = store.study(study);
    store.createStudy({ ...record, id: "other", definition: { from: "program", settings: {} } });
    store.close();
    expect(errorOf(() => served().call("study.open", { study: "other" })).message).toContain(
      "agent-tune runs them itself",
    );
  });

  it("that could not be kept are given up, so that nothing is answered that is not stored", () => {
    const request = readStudyRequest({ space, optimizer: "random" });
    let full = false;
    const study = new AskTellStudy({
      id: "full",
      settings: request.settings,
      search: request.search,
      optimizer: optimizerFactory("random"),
      keeper: {
        journals: true,
        keep: () => {
          if (full) throw new AgentTuneError("store_full", { message: "Full." });
        },
        observations: () => [],
        close: () => {},
      },
      clock: { now: () => 0, monotonic: () => 0 },
      mark: () => "",
    });
    study.ask(1);
    expect(study.broken).toBe(false);
    full = true;
    expect(() => study.ask(1)).toThrow("Full.");
    expect(study.broken).toBe(true);
  });
});
