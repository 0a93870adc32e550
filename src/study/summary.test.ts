import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { complete, failed } from "../evidence/testing/finished-trials.js";
import type { EventRecord, SpendTotals, TrialRecord } from "../store/index.js";
import type { Outcome } from "../trials/outcome.js";
import type { Proposal } from "../trials/proposal.js";
import type { StudySettings } from "./settings.js";
import { snapshotVersion } from "./snapshot.js";
import { type StudyReading, summarize, summaryJsonSchema, summarySchema } from "./summary.js";
import { codeReading } from "./testing/code-reading.js";

const published = new URL("../../schemas/summary.schema.json", import.meta.url);

const settings: StudySettings = {
  name: "toy",
  space: {
    parameters: [{ name: "lr", kind: "float", low: 0, high: 100, scale: "linear", default: 1 }],
    constraints: [],
    derived: [],
  },
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: 10 },
  seed: 7,
  optimizer: "cma-es",
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 2 },
};

/** A trial as a test sketches it: `lr`, who proposed it, and how it ended if it has. */
interface Sketch extends Partial<Omit<Proposal, "configuration">> {
  readonly lr: number;
  readonly outcome?: Outcome;
  readonly metrics?: Readonly<Record<string, number>>;
}

const nothingSpent = { calls: 0, tokens: 0, cost: 0, unpriced: 0 };

interface Extras {
  readonly settings?: StudySettings;
  readonly phase?: "search" | "final" | "done";
  readonly answer?: number;
  readonly spend?: Partial<SpendTotals>;
  readonly events?: readonly Omit<EventRecord, "sequence" | "at">[];
}

/** What a store would read back of these trials, finished in the order in which they are given. */
function reading(sketches: readonly Sketch[], extras: Extras = {}): StudyReading {
  const trials = sketches.map(
    ({ lr, outcome, metrics, ...proposal }, number): TrialRecord => ({
      number,
      proposal: { configuration: { lr }, origin: "cma-es", purpose: "search", reason: "", ...proposal },
      derived: {},
      seed: 100 + number,
      state: outcome === undefined ? "running" : "finished",
      attempt: 1,
      mark: "m",
      queuedAt: 1,
      ...(outcome === undefined ? {} : { outcome }),
      metrics: { ...metrics },
      logTail: [],
    }),
  );
  const finished = trials
    .filter(({ outcome }) => outcome !== undefined)
    .map(({ number }) => ({ type: "trial.finished", trial: number, data: {} }));
  const { phase, answer, spend, events = [] } = extras;
  const snapshot = {
    phase,
    learned: finished.length,
    secondsUsed: 12.5,
    optimizer: { kind: "cma-es", version: 1, data: {} },
    centaur: {},
    ...(phase === "search" ? {} : { stop: { reason: "trials_used", detail: "all 10 trials" } }),
    ...(answer === undefined ? {} : { answer }),
  };
  return {
    record: {
      id: "s1",
      name: "toy",
      createdAt: 1,
      seed: 7,
      definition: {},
      definitionHash: "",
      status: phase === "done" ? "finished" : "open",
    },
    settings: extras.settings ?? settings,
    trials,
    events: [...finished, ...events].map((event, index) => ({ ...event, sequence: index + 1, at: index })),
    snapshot:
      phase === undefined ? undefined : { version: snapshotVersion, text: JSON.stringify(snapshot), generation: 1 },
    spend: { settled: nothingSpent, reserved: nothingSpent, ...spend },
    versions: new Map(),
    head: undefined,
  };
}

/** Whatever is summarised has the published form. */
function summaryOf(...given: Parameters<typeof reading>) {
  const summary = summarize(reading(...given));
  expect(summarySchema.strict().parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  return summary;
}

const start: Sketch = { lr: 1, origin: "default", outcome: complete(5) };
const better: Sketch = { lr: 2, origin: "llm", outcome: complete(3) };
const finals = (lr: number, replicateOf: number, values: readonly (number | undefined)[]): readonly Sketch[] =>
  values.map((value) => ({
    lr,
    replicateOf,
    purpose: "final",
    outcome: value === undefined ? failed("timeout") : complete(value),
  }));

describe("the summary of a study that is done", () => {
  const summary = summaryOf([start, better, ...finals(1, 0, [5.1, 4.9]), ...finals(2, 1, [3.2, 3.0])], {
    phase: "done",
    answer: 1,
  });

  it("compares answer and default on fresh seeds, by which they can be run again", () => {
    expect(summary.default).toMatchObject({
      trial: 0,
      origin: "default",
      configuration: { lr: 1 },
      fresh: { values: [5.1, 4.9], mean: 5, seeds: [102, 103], failed: 0 },
    });
    expect(summary.best).toMatchObject({ trial: 1, origin: "llm", fresh: { values: [3.2, 3.0], seeds: [104, 105] } });
    expect(summary.gain?.absolute).toBeCloseTo(1.9, 12);
    expect(summary.gain?.significant).toBe(true);
  });

  it("estimates by the runs of the search alone: a fresh run is not counted twice", () => {
    expect(summary.best?.estimate).toEqual({ mean: 3, deviation: 0, runs: 1 });
    expect(summary.noise).toBeNull();
    expect(summary.trials).toEqual({
      total: 6,
      complete: 6,
      pruned: 0,
      failed: 0,
      unfinished: 0,
      search: 2,
      replicate: 0,
      gate: 0,
      final: 4,
    });
    expect(summary.study).toMatchObject({ status: "finished", stop: { reason: "trials_used" } });
    expect(summary.seconds).toBe(12.5);
  });

  it("counts fresh runs that failed, and does not hide them in the mean", () => {
    const { best, failures } = summaryOf([start, better, ...finals(1, 0, [5]), ...finals(2, 1, [3, undefined])], {
      phase: "done",
      answer: 1,
    });
    expect(best?.fresh).toMatchObject({ values: [3], mean: 3, failed: 1 });
    expect(failures.timeout).toBe(1);
  });

  it("has no gain where the answer is the default, and says what it measured of it", () => {
    const same = summaryOf([start, { ...better, outcome: complete(9) }, ...finals(1, 0, [5, 5.2])], {
      phase: "done",
      answer: 0,
    });
    expect(same.gain).toBeNull();
    expect(same.best).toEqual(same.default);
    expect(same.best?.fresh?.values).toEqual([5, 5.2]);
  });

  it("has no answer where nothing completed", () => {
    const none = summaryOf(
      [
        { ...start, outcome: failed("out_of_memory") },
        { ...better, outcome: failed("lost") },
      ],
      {
        phase: "done",
      },
    );
    expect(none).toMatchObject({
      best: null,
      gain: null,
      default: { trial: 0, estimate: null, fresh: null },
      failures: { out_of_memory: 1, lost: 1, crashed: 0 },
    });
  });
});

describe("the summary of a study under way", () => {
  it("shows the incumbent as the best so far, and no fresh runs before all of them have ended", () => {
    const searching = summaryOf([start, better, { lr: 3 }], { phase: "search" });
    expect(searching).toMatchObject({
      best: { trial: 1, fresh: null },
      gain: null,
      trials: { total: 3, unfinished: 1 },
      study: { status: "open", stop: null },
    });
    const evaluating = summaryOf([start, better, ...finals(1, 0, [5])], { phase: "final", answer: 1 });
    expect(evaluating).toMatchObject({
      default: { fresh: null },
      gain: null,
      study: { stop: { reason: "trials_used" } },
    });
  });

  it("is there before anything has run", () => {
    expect(summaryOf([])).toMatchObject({ default: null, best: null, advisor: null, seconds: 0, report: null });
    expect(summaryOf([{ lr: 1, origin: "default" }])).toMatchObject({
      default: { trial: 0, estimate: null },
      best: null,
    });
  });
});

describe("the answer", () => {
  it("satisfies the constraints on metrics, however good the one that breaks them", () => {
    const fast = { ...settings, objective: { ...settings.objective, constraints: ["latency <= 20"] } };
    const { best } = summaryOf(
      [
        { ...start, metrics: { latency: 5 } },
        { ...better, outcome: complete(0), metrics: { latency: 50 } },
        { lr: 3, outcome: complete(4), metrics: { latency: 10 } },
      ],
      { settings: fast, phase: "search" },
    );
    expect(best?.trial).toBe(2);
  });

  it("is named by the first trial of its configuration, with the estimate over all its runs", () => {
    const { best, noise } = summaryOf(
      [start, better, { ...better, origin: "llm", purpose: "replicate", replicateOf: 1, outcome: complete(3.4) }],
      {
        phase: "search",
      },
    );
    expect(best).toMatchObject({ trial: 1, estimate: { runs: 2 } });
    expect(noise?.degreesOfFreedom).toBe(1);
  });
});

describe("who proposed what", () => {
  it("counts search trials by origin, with failures, fallbacks and changes of the incumbent", () => {
    const changed = (trial: number): Omit<EventRecord, "sequence" | "at"> => ({
      type: "incumbent.changed",
      trial,
      data: {},
    });
    const { proposals } = summaryOf(
      [
        start,
        better,
        { lr: 3, outcome: failed("diverged") },
        { lr: 4, outcome: complete(2), fallback: "test:m: no route" },
        { lr: 2, origin: "llm", purpose: "replicate", replicateOf: 1, outcome: complete(3) },
      ],
      { phase: "search", events: [changed(0), changed(1), changed(3)] },
    );
    expect(proposals).toEqual({
      default: { trials: 1, failed: 0, improved: 0, fallbacks: 0 },
      llm: { trials: 1, failed: 0, improved: 1, fallbacks: 0 },
      "cma-es": { trials: 2, failed: 1, improved: 1, fallbacks: 1 },
    });
  });

  it("credits nobody for the default, also where it finishes after a worse trial that ran beside it", () => {
    const changed = (trial: number) => ({ type: "incumbent.changed", trial, data: {} });
    const { proposals } = summaryOf([start, { lr: 3, outcome: complete(9) }], {
      phase: "search",
      events: [changed(1), changed(0)],
    });
    expect(Object.values(proposals).map(({ improved }) => improved)).toEqual([0, 0]);
  });

  it("names the advisor that the latest session had", () => {
    const started = (advisor: unknown) => ({ type: "study.started", data: { type: "study.started", advisor } });
    expect(summaryOf([start], { events: [started("test:a"), started("test:b")] }).advisor).toBe("test:b");
    expect(summaryOf([start], { events: [started(null)] }).advisor).toBeNull();
  });
});

describe("the cost", () => {
  it("contains what a crash left open, and is unknown, not zero, where a price is", () => {
    const settled = { calls: 3, tokens: 900, cost: 0.2, unpriced: 0 };
    const reserved = { calls: 1, tokens: 100, cost: 0.05, unpriced: 0 };
    expect(summaryOf([start], { spend: { settled, reserved } }).cost).toEqual({
      calls: 4,
      tokens: 1000,
      usd: 0.25,
      unsettled: 1,
    });
    expect(summaryOf([start], { spend: { settled: { ...settled, unpriced: 1 } } }).cost.usd).toBeNull();
    expect(summaryOf([start]).cost.usd).toBe(0);
  });
});

describe("a study that searches its code", () => {
  const summary = summarize(codeReading({ done: true }));

  it("answers with the configuration of a version, against the default on the code as it was given", () => {
    expect(summarySchema.strict().parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    expect(summary.default).toMatchObject({ trial: 0, version: "v0", fresh: { values: [5.1, 4.9] } });
    expect(summary.best).toMatchObject({
      trial: 4,
      version: "v2",
      configuration: { lr: 2.5, warmup: 20 },
      // Two runs of v2: those of the same numbers on other versions say nothing about it.
      estimate: { mean: 3, runs: 2 },
      fresh: { values: [3.1, 2.9] },
    });
    expect(summary.gain?.absolute).toBeCloseTo(2, 12);
  });

  it("does not take the check run of a version for the default", () => {
    expect(summary.proposals).toEqual({
      default: { trials: 1, failed: 0, improved: 0, fallbacks: 0 },
      "cma-es": { trials: 2, failed: 0, improved: 0, fallbacks: 0 },
      "check run": { trials: 3, failed: 0, improved: 0, fallbacks: 0 },
    });
  });

  it("counts what became of the versions, and the runs that compared them", () => {
    expect(summary.code).toEqual({ head: "v2", versions: 5, kept: 1, held: 1, rejected: 1, failed: 0, refused: 1 });
    expect(summary.trials).toMatchObject({ total: 12, search: 6, gate: 2, final: 4 });
  });

  it("shows the incumbent of the head while it is under way, not the best number of any version", () => {
    expect(summarize(codeReading()).best).toMatchObject({ trial: 4, version: "v2", fresh: null });
  });

  it("says that there is none where only numbers are searched", () => {
    const plain = summaryOf([start, better]);
    expect(plain.code).toBeNull();
    expect(plain.best).not.toHaveProperty("version");
  });
});

describe("the published schema", () => {
  it("is the one in schemas/; UPDATE_SCHEMAS=1 npx vitest run src/study/summary.test.ts writes it anew", () => {
    const text = `${JSON.stringify(summaryJsonSchema(), undefined, 2)}\n`;
    if (process.env.UPDATE_SCHEMAS === "1") writeFileSync(published, text);
    expect(readFileSync(published, "utf8")).toBe(text);
  });

  it("wants every key of a summary", () => {
    const { required, properties } = z
      .object({ required: z.array(z.string()), properties: z.record(z.string(), z.unknown()) })
      .parse(summaryJsonSchema());
    expect(required.sort()).toEqual(Object.keys(properties).sort());
  });
});
