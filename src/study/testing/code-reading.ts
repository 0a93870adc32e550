import { noTries } from "../../code/gate/index.js";
import { noMoves } from "../../code/moves/index.js";
import type { CodeVersion } from "../../code/version.js";
import { optimizerFactory } from "../../optimizers/index.js";
import type { Configuration, SpaceDefinition } from "../../space/parameter.js";
import { SearchSpace } from "../../space/search-space.js";
import type { TrialRecord } from "../../store/index.js";
import type { Proposal } from "../../trials/proposal.js";
import { versionSpace } from "../code/version-space.js";
import type { StudySettings } from "../settings.js";
import { type StudySnapshot, snapshotVersion } from "../snapshot.js";
import type { StudyReading } from "../summary.js";

export const codeStudySettings: StudySettings = {
  name: "edited",
  space: {
    parameters: [{ name: "lr", kind: "float", low: 0.1, high: 10, scale: "log", default: 1 }],
    constraints: [],
    derived: [],
  },
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: 40 },
  seed: 7,
  optimizer: "cma-es",
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 2 },
  code: { editable: ["train.py"], locked: [], holdout: [], confidence: 0.95, network: false, sandbox: "auto" },
};

function version(id: string, parent: string | null, fields: Partial<CodeVersion>): CodeVersion {
  return {
    id,
    parent,
    tree: id,
    commit: id,
    createdAt: 1,
    summary: "the code as it was given",
    hypothesis: "",
    declares: {},
    removes: [],
    lines: { added: 3, removed: 1, total: 40 },
    flags: [],
    status: "base",
    reason: "the study began with it",
    ...fields,
  };
}

/** One of each fate: v2 is kept and declares a parameter; v3 looks too good; v4 is under trial. */
export const fiveVersions: readonly CodeVersion[] = [
  version("v0", null, {}),
  version("v1", "v0", { summary: "no dropout", status: "rejected", reason: "No gain shown." }),
  version("v2", "v0", {
    summary: "warm up | the learning rate",
    declares: { warmup: { type: "int", low: 0, high: 100, default: 0 } },
    status: "kept",
    reason: "Better by 1.0: evidence 40 to 1.",
    gain: { mean: 1, low: 0.8, high: 1.2, pairs: 6 },
  }),
  version("v3", "v2", {
    summary: "evaluate on fewer examples",
    status: "held",
    reason: "Better by 2.0. Held for you to judge: train.py, line 9: it prints the metric.",
    flags: [
      { rule: "metric-output", file: "train.py", line: 9, text: 'print("loss", 0)', why: "It prints the metric." },
    ],
    gain: { mean: 2, low: 1.8, high: 2.2, pairs: 8 },
  }),
  version("v4", "v2", { summary: "cosine schedule", status: "candidate", reason: "it is being tried" }),
];

interface Sketch extends Partial<Omit<Proposal, "configuration">> {
  readonly configuration: Configuration;
  /** Absent while it runs. */
  readonly loss?: number;
  readonly seed?: number;
}

const warm: Configuration = { lr: 2.5, warmup: 20 };
const searched: readonly Sketch[] = [
  { version: "v0", origin: "default", configuration: { lr: 1 }, loss: 5 },
  { version: "v0", configuration: { lr: 2 }, loss: 4 },
  { version: "v1", origin: "default", configuration: { lr: 2 }, loss: 4.5 },
  { version: "v2", origin: "default", configuration: { lr: 2, warmup: 0 }, loss: 3.9 },
  { version: "v2", configuration: warm, loss: 3 },
  {
    version: "v2",
    configuration: warm,
    purpose: "gate",
    replicateOf: 4,
    pair: { candidate: "v2", number: 1 },
    loss: 3,
    seed: 71,
  },
  {
    version: "v0",
    configuration: { lr: 2 },
    purpose: "gate",
    replicateOf: 1,
    pair: { candidate: "v2", number: 1 },
    loss: 4,
    seed: 71,
  },
  { version: "v3", origin: "default", configuration: warm, loss: 1 },
];
const running: Sketch = { version: "v4", origin: "default", configuration: warm };
const finals: readonly Sketch[] = [5.1, 4.9, 3.1, 2.9].map((loss, k) => ({
  version: k < 2 ? "v0" : "v2",
  configuration: k < 2 ? { lr: 1 } : warm,
  origin: k < 2 ? "default" : "cma-es",
  purpose: "final",
  replicateOf: k < 2 ? 0 : 4,
  loss,
  seed: 90 + (k % 2),
}));

/**
 * What is read of a study that searches its code, made by hand: five versions, v2 the head.
 *
 * @param done it has ended and re-evaluated its answer; otherwise the check run of v4 is under way
 */
export function codeReading({ done = false }: { readonly done?: boolean } = {}): StudyReading {
  const trials = [...searched, ...(done ? finals : [running])].map(trialOf);
  const finished = (number: number) => ({ type: "trial.finished", trial: number, data: { type: "trial.finished" } });
  const decided = (id: string, status: string) => ({
    type: "version.decided",
    data: { type: "version.decided", version: id, status, reason: "" },
  });
  const events = [
    { type: "study.started", data: { type: "study.started", advisor: "test:m" } },
    ...[0, 1, 2].map(finished),
    decided("v1", "rejected"),
    {
      type: "version.refused",
      data: { type: "version.refused", attempt: 1, parent: "v0", summary: "seed 3", reason: "seed.py is locked" },
    },
    ...[3, 4, 5, 6].map(finished),
    decided("v2", "kept"),
    finished(7),
    decided("v3", "held"),
    { type: "coder.failed", data: { type: "coder.failed", attempt: 4, failure: "deadline", message: "No answer." } },
    ...(done ? [8, 9, 10, 11].map(finished) : []),
  ];
  const versions = new Map(fiveVersions.map((each) => [each.id, each]));
  return {
    record: {
      id: "s1",
      name: "edited",
      createdAt: 1_700_000_000_000,
      seed: 7,
      definition: { from: "program", settings: codeStudySettings },
      definitionHash: "abc",
      status: done ? "finished" : "open",
    },
    settings: codeStudySettings,
    trials,
    events: events.map((event, index) => ({ ...event, sequence: index + 1, at: index })),
    snapshot: { version: snapshotVersion, text: JSON.stringify(snapshotOf(versions, done)), generation: 1 },
    spend: {
      settled: { calls: 4, tokens: 9000, cost: 0.1, unpriced: 0 },
      reserved: { calls: 0, tokens: 0, cost: 0, unpriced: 0 },
    },
    versions,
    head: "v2",
  };
}

function trialOf({ loss, seed, configuration, ...proposal }: Sketch, number: number): TrialRecord {
  return {
    number,
    proposal: { configuration, origin: "cma-es", purpose: "search", reason: "a test", ...proposal },
    derived: {},
    seed: seed ?? number,
    state: loss === undefined ? "running" : "finished",
    attempt: 1,
    mark: "m",
    queuedAt: 1,
    ...(loss === undefined ? {} : { outcome: { kind: "complete" as const, value: loss }, finishedAt: number }),
    metrics: loss === undefined ? {} : { loss },
    logTail: [],
  };
}

function snapshotOf(versions: ReadonlyMap<string, CodeVersion>, done: boolean): StudySnapshot {
  const track = (space: SpaceDefinition) => {
    const searchSpace = SearchSpace.from(space);
    const optimizer = optimizerFactory("cma-es").create(searchSpace, { seed: 1, start: searchSpace.defaults() });
    return { space, optimizer: optimizer.state(), centaur: {} };
  };
  const { space, ...base } = track(codeStudySettings.space);
  return {
    phase: done ? "done" : "search",
    learned: 8,
    secondsUsed: 60,
    ...base,
    code: {
      head: "v2",
      attempts: 5,
      fruitless: 0,
      sinceAsked: 0,
      moves: noMoves,
      tries: noTries,
      gateSeeds: 1,
      tracks: { v2: track(versionSpace(space, versions, "v2")) },
      ...(done
        ? {}
        : {
            trying: {
              version: "v4",
              parent: "v2",
              since: 8,
              queuedPairs: 0,
              plan: {
                tuning: 4,
                budget: 30,
                parentBefore: { best: 3, median: 3.5 },
                candidateLosses: [3.1, 3],
                parentLosses: [],
                pairs: [],
              },
            },
          }),
    },
    ...(done ? { stop: { reason: "trials_used", detail: "all 40 trials of the budget are used" }, answer: 4 } : {}),
  };
}
