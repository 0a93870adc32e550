import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScriptedSubmission } from "../../code/coder/index.js";
import { type CodeVersion, codeVersionSchema } from "../../code/version.js";
import { RandomStream } from "../../math/random.js";
import type { Store } from "../../store/index.js";
import { type SimulatedOptions, simulatedCodeStudy, simulatedFolder } from "./testing/simulated-code-study.js";

let folder: string;
let stores: Store[] = [];
beforeEach(() => {
  folder = simulatedFolder();
});
afterEach(() => {
  for (const store of stores) store.close();
  stores = [];
  rmSync(folder, { recursive: true, force: true });
});

const source = 'import sys\n\n\ndef layers():\n    return ["dense"]\n\n\nprint("loss:", len(layers()))\n';

/** An edit of train.py that puts another list of layers there. */
function withLayers(before: string, after: string, summary: string): ScriptedSubmission {
  const edit = { kind: "replace", path: "train.py", search: `return ${before}`, replace: `return ${after}` } as const;
  return { kind: "edit", edits: [edit], summary, hypothesis: "it may help" };
}

/** A bowl in x and y with noise of 0.05 from the seed; what the code says moves its bottom. */
function bowl(bottom: (text: string) => number): SimulatedOptions["run"] {
  return ({ text, configuration, seed }) => {
    const noise = 0.05 * RandomStream.fromSeed(seed).normal();
    return bottom(text) + (Number(configuration.x) - 0.7) ** 2 + (Number(configuration.y) - 0.4) ** 2 + noise;
  };
}

async function carryOut(options: Omit<SimulatedOptions, "source">) {
  const { study, store } = simulatedCodeStudy(folder, { source, ...options });
  stores.push(store);
  await study.run();
  study.close();
  const versions = store.codeVersions("s1").map(({ data }) => codeVersionSchema.parse(data));
  return { study, store, versions, trials: store.trials("s1") };
}

const statuses = (versions: readonly CodeVersion[]) => versions.map(({ id, status }) => `${id} ${status}`);

describe("a study that searches its code", () => {
  it("keeps an edit that helps, and goes on from it", async () => {
    const { study, versions, trials } = await carryOut({
      script: [
        withLayers('["dense"]', '["dense", "norm"]', "normalise"),
        withLayers('["dense", "norm"]', '["dense", "norm", "noise"]', "add noise"),
      ],
      run: bowl((text) => 2 - (text.includes("norm") ? 0.5 : 0) + (text.includes('"noise"') ? 0.4 : 0)),
      trials: 120,
    });
    expect(statuses(versions)).toEqual(["v0 base", "v1 kept", "v2 rejected"]);
    const [, kept, worse] = versions;
    expect(kept?.gain?.low).toBeGreaterThan(0.3);
    expect(kept?.gain?.high).toBeLessThan(0.7);
    expect(worse?.parent).toBe("v1");
    expect(study.space.parameters).toHaveLength(2);
    // The search went on with the numbers of the kept version.
    const last = trials.filter(({ proposal }) => proposal.purpose === "search").at(-1);
    expect(last?.proposal.version).toBe("v1");
  });

  it("runs both sides of a pair on one seed that nothing else had", async () => {
    const { trials } = await carryOut({
      script: [withLayers('["dense"]', '["dense", "norm"]', "normalise")],
      run: bowl((text) => (text.includes("norm") ? 1 : 2)),
      trials: 60,
    });
    const gate = trials.filter(({ proposal }) => proposal.purpose === "gate");
    const numbers = new Set(gate.map(({ proposal }) => proposal.pair?.number));
    expect(numbers.size).toBeGreaterThan(2);
    for (const number of numbers) {
      const pair = gate.filter(({ proposal }) => proposal.pair?.number === number);
      expect(new Set(pair.map(({ seed }) => seed)).size).toBe(1);
      const seed = pair[0]?.seed;
      expect(trials.filter((trial) => trial.seed === seed && trial.proposal.purpose !== "gate")).toEqual([]);
    }
  });

  it("starts a version with the best numbers of its parent", async () => {
    const { trials } = await carryOut({
      script: [withLayers('["dense"]', '["dense", "norm"]', "normalise")],
      run: bowl(() => 2),
      trials: 40,
    });
    const first = trials.find(({ proposal }) => proposal.version === "v1");
    const before = trials.filter(({ number }) => number < (first?.number ?? 0));
    expect(before.map(({ proposal }) => proposal.configuration)).toContainEqual(first?.proposal.configuration);
    expect(first?.proposal.reason).toBe("the best numbers of its parent");
  });

  it("rejects a version whose runs fail, and blames no other", async () => {
    const { versions, trials } = await carryOut({
      script: [withLayers('["dense"]', '["dense", "broken"]', "break it")],
      run: (run) => (run.text.includes("broken") ? new Error("NameError: broken") : bowl(() => 2)(run)),
      trials: 30,
    });
    expect(statuses(versions)).toEqual(["v0 base", "v1 failed"]);
    expect(trials.filter(({ proposal }) => proposal.version === "v1")).toHaveLength(1);
  });

  it("does not take a seed that is written into the code for a gain", async () => {
    const { versions } = await carryOut({
      script: [withLayers('["dense"]', '["dense"]  # ok\n\n\nimport random\nrandom.seed(1234)', "fix the seed")],
      run: bowl((text) => (text.includes("random.seed(1234)") ? 1 : 2)),
      trials: 60,
    });
    expect(versions[1]).toMatchObject({ id: "v1", status: "held" });
    expect(versions[1]?.reason).toContain("Held for you to judge");
  });

  it("does not keep an edit whose gain is that of its numbers", async () => {
    // A narrow bowl far from the default: whichever side searches more happily has the better numbers for long.
    const narrow: SimulatedOptions["run"] = ({ configuration, seed }) =>
      20 * ((Number(configuration.x) - 0.9) ** 2 + (Number(configuration.y) - 0.9) ** 2) +
      0.01 * RandomStream.fromSeed(seed).normal();
    const script = Array.from({ length: 12 }, (_, k) =>
      withLayers(k === 0 ? '["dense"]' : `["d${k}"]`, `["d${k + 1}"]`, `rename to d${k + 1}`),
    ).map((edit, k) =>
      // Each builds on the first version: all are the same program under other names.
      edit.kind === "edit"
        ? {
            ...edit,
            parent: "v0",
            edits: [{ kind: "replace", path: "train.py", search: '["dense"]', replace: `["d${k}"]` } as const],
          }
        : edit,
    );
    const { versions } = await carryOut({ script, run: narrow, trials: 200 });
    expect(versions.length).toBeGreaterThan(4);
    expect(statuses(versions).filter((each) => each.endsWith("kept"))).toEqual([]);
    expect(versions.some(({ reason }) => reason.includes("comes from its numbers"))).toBe(true);
  }, 60_000);

  it("takes the same course when it is cut off at any trial and resumed", async () => {
    const options = {
      script: [
        withLayers('["dense"]', '["dense", "norm"]', "normalise"),
        withLayers('["dense", "norm"]', '["dense", "norm", "wide"]', "widen"),
      ],
      run: bowl((text) => 2 - (text.includes("norm") ? 0.5 : 0)),
      trials: 70,
    };
    const whole = await carryOut(options);
    rmSync(folder, { recursive: true });
    let study = simulatedCodeStudy(folder, { source, ...options });
    for (let cuts = 0; cuts < 200; cuts++) {
      let ended = 0;
      study.study.subscribe(({ event }) => {
        if (event.type === "trial.finished" && ++ended === 3) study.study.interrupt("cut off");
      });
      await study.study.run();
      study.study.close();
      if (study.study.over !== undefined) break;
      study.store.close();
      study = simulatedCodeStudy(folder, { source, ...options });
    }
    stores.push(study.store);
    const course = (store: Store) =>
      store
        .trials("s1")
        .map(({ proposal, outcome, seed }) => [proposal.version, proposal.configuration, seed, outcome]);
    expect(course(study.store)).toEqual(course(whole.store));
    const decided = (store: Store) =>
      store.codeVersions("s1").map(({ data }) => {
        const { id, status, reason } = codeVersionSchema.parse(data);
        return [id, status, reason];
      });
    expect(decided(study.store)).toEqual(decided(whole.store));
  }, 60_000);

  it("searches on with free slots while a version is being tried", async () => {
    const { versions, trials } = await carryOut({
      script: [withLayers('["dense"]', '["dense", "norm"]', "normalise")],
      run: bowl((text) => (text.includes("norm") ? 1.5 : 2)),
      trials: 90,
      slots: 4,
    });
    expect(statuses(versions)).toEqual(["v0 base", "v1 kept"]);
    const made = trials.findIndex(({ proposal }) => proposal.version === "v1");
    const decided = trials.findLastIndex(({ proposal }) => proposal.purpose === "gate");
    const beside = trials.slice(made, decided).filter(({ proposal }) => proposal.version === "v0");
    expect(beside.length).toBeGreaterThan(5);
  });
});
