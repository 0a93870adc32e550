import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RulesAdvisor } from "../centaur/rules-advisor.js";
import { InProcessExecutor, type ObjectiveFunction } from "../executors/index.js";
import { optimizerFactory } from "../optimizers/index.js";
import { Store } from "../store/index.js";
import type { StudySettings } from "./settings.js";
import { Study, type StudyParts } from "./study.js";
import type { StampedEvent } from "./study-events.js";

const settings: StudySettings = {
  name: "valley",
  space: {
    parameters: [
      { name: "lr", kind: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      { name: "width", kind: "int", low: 16, high: 512, scale: "log", powersOf: 2, default: 64 },
      { name: "activation", kind: "categorical", choices: ["relu", "tanh"], default: "tanh" },
    ],
    constraints: [],
    derived: [],
  },
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: 30 },
  seed: 7,
  optimizer: "cma-es",
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 3 },
};

/** A valley in lr and width, with noise that depends on the seed alone and a memory limit. */
const valley: ObjectiveFunction = ({ lr, width, activation }, { seed }) => {
  if (Number(width) >= 512) throw new Error("CUDA out of memory. Tried to allocate 2.00 GiB");
  const bowl = (Math.log10(Number(lr)) + 2) ** 2 + 0.3 * (Math.log2(Number(width)) - 7) ** 2;
  return 2 + bowl + (activation === "relu" ? 0 : 0.2) + ((seed % 1000) / 1000 - 0.5) * 0.02;
};

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-tune-study-"));
  store = Store.open(folder, { create: true });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function partsWith(
  overrides: { objective?: ObjectiveFunction; settings?: Partial<StudySettings>; parallel?: number } = {},
): StudyParts {
  const all = { ...settings, ...overrides.settings };
  let marks = 0;
  let time = 1_700_000_000_000;
  return {
    store,
    settings: all,
    executor: new InProcessExecutor({
      objective: overrides.objective ?? valley,
      settings: { objective: { ...all.objective, pick: "last" } },
      parallel: overrides.parallel ?? 1,
    }),
    optimizer: optimizerFactory(all.optimizer),
    advisor: new RulesAdvisor(),
    clock: { now: () => time++, monotonic: () => time++ },
    mark: () => `mark-${marks++}`,
    holder: { pid: process.pid, host: "test" },
  };
}

function createStudy(parts: StudyParts, id = "s1"): Study {
  return Study.create(parts, {
    id,
    name: parts.settings.name,
    createdAt: 1,
    seed: parts.settings.seed,
    definition: {},
    definitionHash: "",
    status: "open",
  });
}

/** What was proposed, in order: the fingerprint by which two studies are compared. */
function proposals(id: string): readonly string[] {
  return store
    .trials(id)
    .map((trial) => JSON.stringify([trial.number, trial.proposal.origin, trial.proposal.configuration, trial.seed]));
}

describe("a study", () => {
  it("starts with the default, spends its budget, and re-evaluates answer and default on the same fresh seeds", async () => {
    const study = createStudy(partsWith());
    await study.run();
    study.close();

    const trials = store.trials("s1");
    expect(trials[0]?.proposal.origin).toBe("default");
    expect(trials.filter((trial) => trial.proposal.purpose !== "final")).toHaveLength(30);
    const finals = trials.filter((trial) => trial.proposal.purpose === "final");
    expect(finals).toHaveLength(6);
    expect(finals.slice(0, 3).map((trial) => trial.seed)).toEqual(finals.slice(3).map((trial) => trial.seed));
    const searched = new Set(trials.filter((trial) => trial.proposal.purpose !== "final").map((trial) => trial.seed));
    expect(finals.every((trial) => !searched.has(trial.seed))).toBe(true);
    expect(store.study("s1")).toMatchObject({ status: "finished", finishedReason: "trials_used" });
    expect(study.evidence.incumbent?.estimate.mean).toBeLessThan(2.4);
  });

  it("uses the proposals of both sides and measures the noise", async () => {
    const study = createStudy(partsWith());
    await study.run();
    study.close();
    const origins = new Set(store.trials("s1").map((trial) => trial.proposal.origin));
    expect(origins).toEqual(new Set(["default", "rules", "cma-es"]));
    expect(study.evidence.noise?.deviation).toBeGreaterThan(0);
    expect(study.evidence.noise?.deviation).toBeLessThan(0.02);
  });

  it("proposes the same again for the same seed, and something else for another", async () => {
    for (const [id, seed] of [
      ["a", 7],
      ["b", 7],
      ["c", 8],
    ] as const) {
      const study = createStudy(partsWith({ settings: { seed } }), id);
      await study.run();
      study.close();
    }
    expect(proposals("b")).toEqual(proposals("a"));
    expect(proposals("c")).not.toEqual(proposals("a"));
  });

  it("goes on after an interruption at any trial exactly as an undisturbed study", async () => {
    const undisturbed = createStudy(partsWith(), "whole");
    await undisturbed.run();
    undisturbed.close();

    let runs = 0;
    let study: Study | undefined;
    const interrupting: ObjectiveFunction = async (configuration, context) => {
      // Ends the study in the middle of every third run.
      if (runs++ % 3 === 2) study?.interrupt("test");
      await new Promise((resolve) => setImmediate(resolve));
      context.signal.throwIfAborted();
      return valley(configuration, context);
    };
    const parts = partsWith({ objective: interrupting });
    study = createStudy(parts, "cut");
    for (let sessions = 0; store.study("cut").status === "open"; sessions++) {
      expect(sessions).toBeLessThan(60);
      await study.run();
      study.close();
      study = Study.open(parts, "cut");
    }
    study.close();
    expect(proposals("cut")).toEqual(proposals("whole"));
  });

  it("keeps every slot busy and loses nothing with several trials at once", async () => {
    let now = 0;
    let most = 0;
    const slow: ObjectiveFunction = async (configuration, context) => {
      most = Math.max(most, ++now);
      for (let i = 0; i < (context.seed % 5) + 1; i++) await new Promise((resolve) => setImmediate(resolve));
      now--;
      return valley(configuration, context);
    };
    const study = createStudy(partsWith({ objective: slow, parallel: 4 }));
    await study.run();
    study.close();
    expect(most).toBe(4);
    const trials = store.trials("s1");
    expect(trials.every((trial) => trial.state === "finished")).toBe(true);
    expect(study.view().told).toBe(trials.filter((trial) => trial.proposal.purpose !== "final").length);
  });

  it("stops at once when the default does not even run, says where to look, and starts over when it is mended", async () => {
    let mended = false;
    const objective: ObjectiveFunction = (configuration, context) => {
      if (!mended) throw new TypeError("x is not a function");
      return valley(configuration, context);
    };
    const parts = partsWith({ objective });
    const study = createStudy(parts);
    await expect(study.run()).rejects.toMatchObject({
      code: "all_trials_failed",
      message: expect.stringContaining("x is not a function"),
    });
    study.close();

    mended = true;
    const again = Study.open(parts, "s1");
    await again.run();
    again.close();
    expect(store.trial("s1", 0).outcome?.kind).toBe("complete");
    expect(store.trials("s1").filter((trial) => trial.proposal.purpose !== "final")).toHaveLength(30);
  });

  it("ends when the target is reached by estimate", async () => {
    const study = createStudy(partsWith({ settings: { objective: { ...settings.objective, target: 2.6 } } }));
    await study.run();
    study.close();
    expect(store.study("s1").finishedReason).toBe("target_reached");
    expect(store.trials("s1").length).toBeLessThan(30);
  });

  it("shows events only after they are in the journal, in the journal's order", async () => {
    const study = createStudy(partsWith({ settings: { budget: { trials: 5 } } }));
    const seen: StampedEvent[] = [];
    study.subscribe((event) => {
      if (event.sequence > 0) {
        expect(store.events("s1", { after: event.sequence - 1, limit: 1 })[0]?.type).toBe(event.event.type);
        seen.push(event);
      }
    });
    await study.run();
    study.close();
    expect(seen.map((event) => event.sequence)).toEqual(seen.map((_, index) => index + 1));
    expect(seen.at(-1)?.event.type).toBe("study.finished");
  });

  it("is refused to a second controller", async () => {
    const study = createStudy(partsWith());
    expect(() => Study.open(partsWith(), "s1")).toThrow(expect.objectContaining({ code: "study_held" }));
    study.close();
  });
});
