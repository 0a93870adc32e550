import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentTuneError, type ErrorCode } from "../errors.js";
import type { Exchange } from "../llm/model.js";
import type { StudyRecord, TrialRecord } from "./index.js";
import { Store } from "./index.js";
import { SqliteConnection } from "./sqlite-connection.js";

let root: string;
let folder: string;
const opened: Store[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "agent-tune-store-"));
  folder = join(root, ".agent-tune");
});

afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(root, { recursive: true, force: true });
});

function open(options: Parameters<typeof Store.open>[1] = { create: true }): Store {
  const store = Store.open(folder, options);
  opened.push(store);
  return store;
}

function withStudy(): Store {
  const store = open();
  store.createStudy(study());
  return store;
}

function study(over: Partial<StudyRecord> = {}): StudyRecord {
  return {
    id: "20261120-a1",
    name: "char-lm",
    createdAt: 1_763_600_000_123,
    seed: 2 ** 53 - 1,
    definition: { objective: { metric: "val_bpb" }, tags: ["a", 1, null] },
    definitionHash: "9f2c",
    status: "open",
    ...over,
  };
}

function trial(number: number, over: Partial<TrialRecord> = {}): TrialRecord {
  return {
    number,
    proposal: {
      configuration: { learning_rate: 0.1 + 0.2, layers: 3, activation: "gelu", tied: true },
      origin: "cma-es",
      purpose: "search",
      reason: "Drawn from the distribution.",
      candidate: 4,
    },
    derived: { model_dim: 192 },
    seed: 4_294_967_295,
    state: "queued",
    attempt: 1,
    mark: `mark-${number}`,
    queuedAt: 1_763_600_000_500.25,
    metrics: {},
    logTail: [],
    ...over,
  };
}

function finished(number: number): TrialRecord {
  return trial(number, {
    state: "finished",
    startedAt: 1_763_600_001_000,
    finishedAt: 1_763_600_004_000,
    outcome: { kind: "complete", value: 1.0625 },
    metrics: { val_bpb: 1.0625, "loss/train": 1e-300 },
    seconds: 3.25,
    peakMemoryBytes: 123_456_789_012,
    exitCode: 0,
    device: "cuda:1",
    logTail: ["step 1 \u0000 \ud800 é", "done"],
    logFile: "trials/0001/attempt-1/log.txt",
    sandbox: "bubblewrap",
  });
}

function errorOf(call: () => unknown): AgentTuneError {
  try {
    call();
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function codeOf(call: () => unknown): ErrorCode {
  return errorOf(call).code;
}

describe("a study", () => {
  it("comes back word for word after the store was closed", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", trial(0));
    store.insertTrial("20261120-a1", finished(1));
    store.close();

    const again = open({});
    expect(again.study("20261120-a1")).toEqual(study());
    expect(again.trials("20261120-a1")).toEqual([trial(0), finished(1)]);
    expect(again.trial("20261120-a1", 1)).toEqual(finished(1));
  });

  it("is changed as a whole", () => {
    const store = withStudy();
    store.updateStudy(study({ status: "finished", finishedReason: "budget_trials" }));
    expect(store.study("20261120-a1")).toMatchObject({ status: "finished", finishedReason: "budget_trials" });
    store.updateStudy(study());
    expect(store.study("20261120-a1")).toEqual(study());
  });

  it("is found by id, by name, by the beginning of its id, or as the newest", () => {
    const store = withStudy();
    store.createStudy(study({ id: "20261121-b2", createdAt: 1_763_700_000_000 }));
    store.createStudy(study({ id: "20261122-c3", name: "digits", createdAt: 1_763_800_000_000 }));

    expect(store.findStudy("20261120-a1").id).toBe("20261120-a1");
    expect(store.findStudy("char-lm").id).toBe("20261121-b2");
    expect(store.findStudy("20261122").id).toBe("20261122-c3");
    expect(store.findStudy().id).toBe("20261122-c3");
    expect(store.studies().map((each) => each.id)).toEqual(["20261120-a1", "20261121-b2", "20261122-c3"]);

    const ambiguous = errorOf(() => store.findStudy("2026112"));
    expect(ambiguous.code).toBe("study_unknown");
    expect(ambiguous.remedy).toContain("digits (20261122-c3), char-lm (20261121-b2)");
  });

  it("that does not exist is named, and so is one that exists already", () => {
    const store = withStudy();
    expect(codeOf(() => store.study("nope"))).toBe("study_unknown");
    expect(codeOf(() => store.updateStudy(study({ id: "nope" })))).toBe("study_unknown");
    expect(codeOf(() => store.createStudy(study()))).toBe("study_exists");
    expect(codeOf(() => store.trial("20261120-a1", 7))).toBe("trial_unknown");
    expect(codeOf(() => store.updateTrial("20261120-a1", trial(7)))).toBe("trial_unknown");
  });

  it("has folders of its own, and its id cannot lead elsewhere", () => {
    const store = withStudy();
    const attempt = store.attemptFolder("20261120-a1", 7, 2);
    expect(attempt).toBe(join(folder, "studies", "20261120-a1", "trials", "0007", "attempt-2"));
    writeFileSync(join(attempt, "params.json"), "{}");
    expect(readdirSync(store.attemptFolder("20261120-a1", 7, 2))).toEqual(["params.json"]);
    expect(readdirSync(store.emptyAttemptFolder("20261120-a1", 7, 2))).toEqual([]);
    for (const id of ["../../etc", "a/b", "", ".", "-rf"]) {
      expect(codeOf(() => store.createStudy(study({ id })))).toBe("internal");
    }
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  });
});

describe("a trial", () => {
  it.each([
    ["a metric", { metrics: { val_bpb: Number.NaN } }],
    ["a derived quantity", { derived: { model_dim: Number.POSITIVE_INFINITY } }],
    ["the run time", { seconds: Number.NaN }],
  ])("with %s that JSON cannot carry is refused instead of becoming unreadable", (_, over) => {
    const store = withStudy();
    expect(codeOf(() => store.insertTrial("20261120-a1", trial(0, over)))).toBe("internal");
    expect(store.trials("20261120-a1")).toEqual([]);
  });

  it("has an outcome exactly when it is finished", () => {
    const store = withStudy();
    expect(codeOf(() => store.insertTrial("20261120-a1", trial(0, { state: "finished" })))).toBe("internal");
    const running = trial(0, { state: "running", outcome: { kind: "complete", value: 1 } });
    expect(codeOf(() => store.insertTrial("20261120-a1", running))).toBe("internal");
  });
});

describe("events", () => {
  it("are numbered without gaps within each study, also after a rollback", () => {
    const store = withStudy();
    store.createStudy(study({ id: "other" }));
    const stored = store.appendEvents("20261120-a1", [
      { at: 1, type: "study_started", data: { seed: 1 } },
      { at: 2, type: "trial_queued", trial: 0, data: null },
    ]);
    expect(stored.map((event) => event.sequence)).toEqual([1, 2]);
    expect(() =>
      store.transaction(() => {
        store.appendEvent("20261120-a1", { at: 3, type: "lost", data: {} });
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(store.appendEvent("other", { at: 3, type: "study_started", data: undefined }).sequence).toBe(1);
    expect(store.appendEvent("20261120-a1", { at: 4, type: "trial_started", trial: 0, data: [1] }).sequence).toBe(3);

    expect(store.events("20261120-a1")).toEqual([
      { sequence: 1, at: 1, type: "study_started", data: { seed: 1 } },
      { sequence: 2, at: 2, type: "trial_queued", trial: 0, data: null },
      { sequence: 3, at: 4, type: "trial_started", trial: 0, data: [1] },
    ]);
    expect(store.events("20261120-a1", { after: 1, limit: 1 }).map((event) => event.sequence)).toEqual([2]);
    expect(
      store.events("20261120-a1", { types: ["trial_started", "study_started"] }).map((event) => event.sequence),
    ).toEqual([1, 3]);
  });
});

describe("several events", () => {
  it("are appended together or not at all", () => {
    const store = withStudy();
    const events = [
      { at: 1, type: "a", data: 1 },
      { at: 2, type: "b", data: 10n },
    ];
    expect(() => store.appendEvents("20261120-a1", events)).toThrow(/BigInt/);
    expect(store.events("20261120-a1")).toEqual([]);
  });
});

describe("observations", () => {
  it("keep what divergence looks like", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", trial(0));
    const values = [1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324];
    const readings = values.map((value, step) => ({ metric: "loss", step, value, seconds: step / 10 }));
    store.appendObservations("20261120-a1", 0, 1, readings.slice(0, 2));
    store.appendObservations("20261120-a1", 0, 2, readings.slice(0, 1));
    store.appendObservations("20261120-a1", 0, 1, readings.slice(2));
    store.appendObservations("20261120-a1", 0, 1, []);

    const expected = readings.map((reading, index) => ({ ...reading, trial: 0, attempt: 1, index }));
    expect(store.observations("20261120-a1", 0)).toEqual([
      ...expected,
      { ...readings[0], trial: 0, attempt: 2, index: 0 },
    ]);
  });

  it("survive a metric's name with a NUL in it, which a log can contain", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", trial(0));
    store.appendObservations("20261120-a1", 0, 1, [{ metric: "lo\0ss", step: 0, value: 1, seconds: 0 }]);
    expect(store.observations("20261120-a1", 0)[0]?.metric).toBe("lo\ufffdss");
  });
});

describe("the snapshot", () => {
  it("is replaced, and the one before it is kept", () => {
    const store = withStudy();
    expect(store.snapshot("20261120-a1")).toBeUndefined();
    for (const turn of [1, 2, 3]) store.saveSnapshot("20261120-a1", 7, JSON.stringify({ turn }));
    expect(store.snapshot("20261120-a1")).toEqual({ version: 7, text: '{"turn":3}', generation: 3 });
    expect(store.previousSnapshot("20261120-a1")).toEqual({ version: 7, text: '{"turn":2}', generation: 2 });
  });
});

describe("exchanges", () => {
  it("come back in order, more of them than are read at once", () => {
    const store = withStudy();
    const exchange = (index: number): Exchange => ({
      version: 1,
      key: `advise/${index}/1`,
      model: "openai:gpt",
      request: {
        key: `advise/${index}/1`,
        system: "You tune.",
        messages: [
          { role: "user", text: "the brief", stable: true },
          {
            role: "assistant",
            text: "",
            toolCalls: [{ id: "1", name: "predict", input: { lr: 1 } }],
            continuation: [1],
          },
          { role: "tool", callId: "1", name: "predict", text: "0.9", isError: false },
        ],
        tools: [{ name: "predict", description: "p", input: { type: "object" } }],
        output: { name: "advice", schema: { type: "object" } },
        maxOutputTokens: 2_000,
      },
      result:
        index % 2 === 0
          ? { kind: "failure", failure: "cut_stream", message: "cut" }
          : {
              kind: "answer",
              answer: { text: "x", output: { lr: 0.1 }, toolCalls: [], usage: null, model: "gpt", requestId: "r" },
            },
      attempts: 2,
      usage: { input: 1, cacheRead: 2, cacheWrite: 3, output: 4 },
      cost: index % 3 === 0 ? null : 0.01,
      milliseconds: 812,
    });
    const all = Array.from({ length: 70 }, (_, index) => exchange(index));
    for (const each of all) store.appendExchange("20261120-a1", each);

    expect([...store.exchanges("20261120-a1")]).toEqual(all);
  });
});

describe("spending", () => {
  it("counts what is reserved until it is settled, and never an unknown price as nothing", () => {
    const store = withStudy();
    store.reserveSpend("20261120-a1", { id: "advise/1/1#1", tokens: 4_000, cost: 0.05, at: 10 });
    store.reserveSpend("20261120-a1", { id: "advise/2/1#1", tokens: 4_000, cost: 0.05, at: 9 });
    store.reserveSpend("20261120-a1", { id: "advise/3/1#1", tokens: 100, cost: null, at: 11 });
    store.settleSpend("20261120-a1", "advise/1/1#1", { tokens: 1_200, cost: 0.0125 }, 12);
    store.settleSpend("20261120-a1", "advise/3/1#1", { tokens: 90, cost: null }, 13);
    store.settleSpend("20261120-a1", "advise/1/1#1", { tokens: 1, cost: 0 }, 14);
    store.close();

    const again = open({});
    expect(again.spendTotals("20261120-a1")).toEqual({
      settled: { calls: 2, tokens: 1_290, cost: 0.0125, unpriced: 1 },
      reserved: { calls: 1, tokens: 4_000, cost: 0.05, unpriced: 0 },
    });
    expect(again.unsettledReservations("20261120-a1")).toEqual([
      { id: "advise/2/1#1", tokens: 4_000, cost: 0.05, at: 9 },
    ]);
    expect(again.reservations("20261120-a1")).toEqual([
      { id: "advise/1/1#1", tokens: 4_000, cost: 0.05, at: 10, settled: { tokens: 1_200, cost: 0.0125 } },
      { id: "advise/2/1#1", tokens: 4_000, cost: 0.05, at: 9 },
      { id: "advise/3/1#1", tokens: 100, cost: null, at: 11, settled: { tokens: 90, cost: null } },
    ]);
    expect(codeOf(() => again.settleSpend("20261120-a1", "never", { tokens: 1, cost: 0 }, 1))).toBe("internal");
  });
});

describe("a transaction", () => {
  it("that throws leaves nothing behind", () => {
    const store = withStudy();
    expect(() =>
      store.transaction(() => {
        store.insertTrial("20261120-a1", trial(0));
        store.saveSnapshot("20261120-a1", 1, "{}");
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(store.trials("20261120-a1")).toEqual([]);
    expect(store.snapshot("20261120-a1")).toBeUndefined();
    expect(store.transaction(() => store.appendEvent("20261120-a1", { at: 1, type: "x", data: 1 })).sequence).toBe(1);
  });

  it("inside another is committed with it, or undone alone where the outer one catches", () => {
    const store = withStudy();
    const other = Store.open(folder, { readonly: true });
    opened.push(other);
    store.transaction(() => {
      store.insertTrial("20261120-a1", trial(0));
      expect(() =>
        store.transaction(() => {
          store.insertTrial("20261120-a1", trial(1));
          throw new Error("inner");
        }),
      ).toThrow("inner");
      store.transaction(() => store.insertTrial("20261120-a1", trial(2)));
      expect(other.trials("20261120-a1")).toEqual([]);
    });
    expect(other.trials("20261120-a1").map((each) => each.number)).toEqual([0, 2]);
  });

  it("refuses an asynchronous function, which would outlive it", () => {
    const store = withStudy();
    const late = async (): Promise<void> => store.insertTrial("20261120-a1", trial(0));
    expect(codeOf(() => store.transaction(late))).toBe("internal");
    expect(store.trials("20261120-a1")).toEqual([]);
  });
});

describe("a readonly store", () => {
  it("sees one consistent view, blocks no writer, and cannot write", () => {
    const store = withStudy();
    const reader = open({ readonly: true });
    reader.transaction(() => {
      expect(reader.trials("20261120-a1")).toEqual([]);
      store.insertTrial("20261120-a1", trial(0));
      expect(reader.trials("20261120-a1")).toEqual([]);
    });
    expect(reader.trials("20261120-a1")).toHaveLength(1);
    expect(codeOf(() => reader.insertTrial("20261120-a1", trial(1)))).toBe("store_unwritable");
  });

  it("leaves every byte as it is, the log of a killed writer included", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", trial(0));
    const bytes = (): Buffer[] =>
      ["agent-tune.db", "agent-tune.db-wal"].map((name) => readFileSync(join(folder, name)));
    const before = bytes();
    expect(before[1]?.length).toBeGreaterThan(0);
    const reader = Store.open(folder, { readonly: true });
    expect(reader.trials("20261120-a1")).toHaveLength(1);
    expect(reader.check()).toEqual([]);
    reader.close();
    expect(bytes()).toEqual(before);
  });

  it("of nothing says so and creates nothing", () => {
    for (const options of [{}, { readonly: true }, { readonly: true, create: true }]) {
      expect(codeOf(() => Store.open(folder, options))).toBe("study_unknown");
    }
    expect(existsSync(folder)).toBe(false);
  });
});

describe("the write-ahead log", () => {
  it("stays small while a run is on and empties at the end", () => {
    const store = withStudy();
    const text = JSON.stringify("x".repeat(200_000));
    let largest = 0;
    for (let turn = 0; turn < 120; turn += 1) {
      store.saveSnapshot("20261120-a1", 1, text);
      largest = Math.max(largest, statSync(join(folder, "agent-tune.db-wal")).size);
    }
    expect(largest).toBeLessThan(12_000_000);
    store.close();
    expect(statSync(join(folder, "agent-tune.db-wal")).size).toBe(0);
    expect(open({}).snapshot("20261120-a1")?.generation).toBe(120);
  });
});

describe("damage", () => {
  it("is named, and the file is left as it is", () => {
    mkdirSync(folder);
    const file = join(folder, "agent-tune.db");
    writeFileSync(file, "SQLite format 3, or so they said. ".repeat(300));
    const before = readFileSync(file);
    for (const options of [{ create: true }, { readonly: true }]) {
      const error = errorOf(() => Store.open(folder, options));
      expect(error.code).toBe("store_damaged");
      expect(error.where).toBe(file);
      expect(error.remedy).toContain("backup");
    }
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["agent-tune.db"]);
  });

  it.each(["missing", "empty"])("by which the database is %s does not look like a new start", (how) => {
    withStudy().close();
    const file = join(folder, "agent-tune.db");
    if (how === "missing") rmSync(file);
    else writeFileSync(file, "");
    for (const options of [{ create: true }, {}, { readonly: true }]) {
      expect(codeOf(() => Store.open(folder, options))).toBe("store_damaged");
    }
    expect(existsSync(file)).toBe(how === "empty");
  });

  it("inside the file is found when it is read and when it is checked", () => {
    const store = withStudy();
    for (let number = 0; number < 200; number += 1) store.insertTrial("20261120-a1", finished(number));
    store.close();
    const file = join(folder, "agent-tune.db");
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 40_960, 81_920);
    writeFileSync(file, bytes);

    const broken = open({});
    expect(codeOf(() => broken.trials("20261120-a1"))).toBe("store_damaged");
    expect(broken.check().join("\n")).toMatch(/quick_check|damaged/);
  });

  it("of single records is told with their place", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", trial(0));
    for (const type of ["a", "b", "c"]) store.appendEvent("20261120-a1", { at: 1, type, data: {} });
    store.saveSnapshot("20261120-a1", 1, "{");
    expect(store.check()).toEqual(["Snapshot 1 of study 20261120-a1 is not JSON."]);
    store.close();

    const raw = SqliteConnection.writer(join(folder, "agent-tune.db"));
    raw.run("DELETE FROM events WHERE sequence = 2");
    raw.run("UPDATE trials SET proposal = '{}'");
    raw.close();

    const problems = open({}).check().join("\n");
    expect(problems).toContain("Events of study 20261120-a1 have gaps: 2 events, numbered 1 to 3.");
    expect(problems).toContain("trial 0");
  });
});

describe("a backup", () => {
  it("is one whole database, also in the middle of a run, and never overwrites", () => {
    const store = withStudy();
    store.insertTrial("20261120-a1", finished(0));
    const target = join(root, "backups", "agent-tune.db");
    open({ readonly: true }).backup(target);
    expect(codeOf(() => store.backup(target))).toBe("store_unwritable");

    const copy = Store.open(join(root, "backups"), {});
    opened.push(copy);
    expect(copy.check()).toEqual([]);
    expect(copy.trials("20261120-a1")).toEqual([finished(0)]);
  });
});
