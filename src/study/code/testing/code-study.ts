import { join } from "node:path";
import type { CodeVersion } from "../../../code/version.js";
import { baseVersion } from "../../../code/version.js";
import { CodeRepository } from "../../../code/versions/index.js";
import type { PersonsFolder } from "../../../code/versions/testing/persons-folder.js";
import { Store } from "../../../store/index.js";
import type { Outcome } from "../../../trials/outcome.js";
import type { Proposal } from "../../../trials/proposal.js";
import type { StudySettings } from "../../settings.js";
import { snapshotVersion } from "../../snapshot.js";
import { definitionHash, type StoredDefinition } from "../../stored-definition.js";
import { initialCodeState } from "../code-state.js";

export const trainedCode = `import sys

learning_rate = 0.01
layers = 4
normalise = False


def train(seed):
    return learning_rate * layers


print("loss", train(int(sys.argv[1])))
`;

const settings: StudySettings = {
  name: "toy",
  space: {
    parameters: [{ name: "lr", kind: "float", low: 1e-4, high: 1, scale: "log", default: 0.01 }],
    constraints: [],
    derived: [],
  },
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: 60 },
  seed: 7,
  optimizer: "cma-es",
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 3 },
  code: {
    editable: ["train.py"],
    locked: [],
    holdout: [],
    confidence: 0.95,
    network: false,
    sandbox: "auto",
  },
};

/** What a test says of a version; the rest is made. */
type Sketch = Pick<CodeVersion, "id" | "parent" | "summary" | "hypothesis" | "status" | "reason"> &
  Partial<CodeVersion> & { readonly edit: readonly [from: string, to: string] };

const sketches: readonly Sketch[] = [
  {
    id: "v1",
    parent: "v0",
    summary: "normalise before each layer",
    hypothesis: "Gradients keep their size, so that larger learning rates are stable.",
    expected: 0.02,
    edit: ["normalise = False", "normalise = True\nepsilon = 1e-05"],
    declares: { epsilon: { type: "float", low: 1e-8, high: 1e-2, scale: "log", default: 1e-5 } },
    status: "kept",
    reason: "Better by 0.03 (95 % interval 0.02 to 0.04) in 3 pairs: evidence 120 to 1.",
    gain: { mean: 0.03, low: 0.02, high: 0.04, pairs: 3 },
  },
  {
    id: "v2",
    parent: "v1",
    summary: "twice the layers",
    hypothesis: "Depth is what it lacks.",
    edit: ["layers = 4", "layers = 8"],
    status: "rejected",
    reason: "After 3 runs its best is 0.2 behind its parent's, more than chance and further tuning could make good.",
  },
  {
    id: "v3",
    parent: "v1",
    summary: "draw the batches in another order",
    hypothesis: "A better order of the data.",
    edit: ["train(int(sys.argv[1]))", "train(7)"],
    flags: [
      {
        rule: "seed",
        file: "train.py",
        line: 13,
        text: 'print("loss", train(7))',
        why: "A gain from another seed is luck and not a better model.",
      },
    ],
    status: "held",
    reason:
      "Better by 0.1 in 5 pairs: evidence 900 to 1. Held for you to judge: train.py, line 13: A gain from another seed is luck and not a better model.",
    gain: { mean: 0.1, low: 0.05, high: 0.15, pairs: 5 },
  },
  {
    id: "v4",
    parent: "v1",
    summary: "three layers",
    hypothesis: "Fewer layers train for more steps.",
    edit: ["layers = 4", "layers = 3"],
    status: "kept",
    reason: "Better by 0.01 (95 % interval 0.005 to 0.015) in 3 pairs: evidence 60 to 1.",
    gain: { mean: 0.01, low: 0.005, high: 0.015, pairs: 3 },
  },
  {
    id: "v5",
    parent: "v4",
    summary: "half precision",
    hypothesis: "Twice the steps in the same time.",
    edit: ["layers = 3", "layers = half(3)"],
    status: "failed",
    reason: "Its run with the parent's numbers failed.",
  },
];

/** What ran: version, configuration, value or failure, and for a pair which one. */
interface Run extends Partial<Omit<Proposal, "configuration">> {
  readonly version: string;
  readonly configuration: Proposal["configuration"];
  readonly seed: number;
  readonly outcome: Outcome;
}

const value = (value: number): Outcome => ({ kind: "complete", value });
const search = (version: string, configuration: Proposal["configuration"], seed: number, outcome: Outcome): Run => ({
  version,
  configuration,
  seed,
  outcome,
});
/** Pairs of a version and the one that was head, on fresh seeds. */
function pairs(candidate: Run, against: Run, values: readonly (readonly [number, number])[]): readonly Run[] {
  return values.flatMap(([own, other], k) =>
    [
      { ...candidate, outcome: value(own) },
      { ...against, outcome: value(other) },
    ].map((run) => ({
      ...run,
      seed: candidate.seed + 1000 + k,
      purpose: "gate" as const,
      pair: { candidate: candidate.version, number: k + 1 },
    })),
  );
}

/** The version that was head, with the numbers of the candidate, on the seeds of its pairs. */
function sameNumbers(candidate: Run, against: string, values: readonly number[]): readonly Run[] {
  return values.map((loss, k) => ({
    ...candidate,
    version: against,
    outcome: value(loss),
    seed: candidate.seed + 1000 + k,
    purpose: "gate" as const,
    pair: { candidate: candidate.version, number: k + 1, sameNumbers: true },
  }));
}

const base = search("v0", { lr: 0.01 }, 1, value(0.99));
const tuned = search("v1", { lr: 0.04, epsilon: 1e-6 }, 4, value(0.951));
const third = search("v3", { lr: 0.04, epsilon: 1e-6 }, 8, value(0.85));
const fourth = search("v4", { lr: 0.05, epsilon: 1e-6 }, 10, value(0.94));
const runs: readonly Run[] = [
  { ...base, origin: "default" },
  search("v0", { lr: 0.02 }, 2, value(0.982)),
  search("v1", { lr: 0.02, epsilon: 1e-5 }, 3, value(0.96)),
  tuned,
  ...pairs(tuned, search("v0", { lr: 0.02 }, 2, value(0)), [
    [0.95, 0.981],
    [0.952, 0.979],
    [0.949, 0.981],
  ]),
  search("v2", { lr: 0.04, epsilon: 1e-6 }, 5, value(1.15)),
  search("v2", { lr: 0.03, epsilon: 1e-6 }, 6, { kind: "failed", failure: "timeout", message: "It took too long." }),
  third,
  ...pairs(third, tuned, [
    [0.85, 0.951],
    [0.85, 0.949],
    [0.85, 0.95],
    [0.85, 0.948],
    [0.85, 0.952],
  ]),
  fourth,
  ...pairs(fourth, tuned, [
    [0.94, 0.95],
    [0.939, 0.951],
    [0.941, 0.949],
  ]),
  ...sameNumbers(fourth, "v1", [0.953, 0.954, 0.952]),
  search("v5", { lr: 0.05, epsilon: 1e-6 }, 12, {
    kind: "failed",
    failure: "crashed",
    message: "NameError: name 'half' is not defined",
  }),
];

/**
 * A study that has searched its code, written as a study writes it, without running anything: five versions of
 * `train.py`, of which v1 and v4 were kept, v2 rejected, v3 held and v5 failed. The head is v4.
 *
 * @param person with a folder; the code is written into it and committed
 * @returns id of the study, which lies in `.agent-tune` below the folder
 */
export async function writeCodeStudy(person: PersonsFolder): Promise<string> {
  const id = "s1";
  const at = Date.UTC(2026, 0, 5);
  person.write("train.py", trainedCode);
  person.write(".gitignore", ".agent-tune\n");
  person.write("agent-tune.yaml", "command: python3 train.py {seed}\n");
  person.commitAll();
  const definition: StoredDefinition = {
    from: "file",
    path: join(person.folder, "agent-tune.yaml"),
    text: "",
    overrides: {},
    settings,
  };
  const store = Store.open(join(person.folder, ".agent-tune"), { create: true, now: at });
  try {
    store.createStudy({
      id,
      name: "toy",
      createdAt: at,
      seed: 7,
      definition,
      definitionHash: definitionHash(definition),
      status: "finished",
    });
    const studyFolder = store.studyFolder(id);
    const { folder, environment } = person;
    const repository = await CodeRepository.create({ studyFolder, folder, environment, at, excluded: [store.folder] });
    await writeVersions(store, id, repository, at);
    for (const [number, run] of runs.entries()) writeTrial(store, id, number, run, at);
    store.saveSnapshot(
      id,
      snapshotVersion,
      JSON.stringify({
        phase: "done",
        learned: runs.length,
        secondsUsed: 60,
        optimizer: { kind: "cma-es", version: 2, data: {} },
        centaur: {},
        code: { ...initialCodeState, head: "v4" },
      }),
    );
  } finally {
    store.close();
  }
  return id;
}

async function writeVersions(store: Store, study: string, repository: CodeRepository, at: number): Promise<void> {
  const lines = { added: 0, removed: 0, total: trainedCode.split("\n").length - 1 };
  const first: CodeVersion = {
    id: baseVersion,
    parent: null,
    ...repository.base,
    createdAt: at,
    summary: "the code as it was given",
    hypothesis: "",
    declares: {},
    removes: [],
    lines,
    flags: [],
    status: "base",
    reason: "the study began with it",
  };
  store.putCodeVersion(study, { number: 0, data: first });
  const known = new Map([[baseVersion, { commit: repository.base.commit, text: trainedCode, total: lines.total }]]);
  for (const [k, { edit, ...sketch }] of sketches.entries()) {
    const parent = known.get(sketch.parent ?? baseVersion);
    if (parent === undefined) throw new Error(`${sketch.id} comes before its parent.`);
    const text = parent.text.replace(...edit);
    const made = await repository.commit(parent.commit, new Map([["train.py", text]]), sketch.summary, {
      id: sketch.id,
      at,
    });
    const added = edit[1].split("\n").length;
    const total = parent.total + added - 1;
    const version: CodeVersion = {
      createdAt: at,
      declares: {},
      removes: [],
      flags: [],
      lines: { added, removed: 1, total },
      ...sketch,
      commit: made.commit,
      tree: made.tree,
    };
    store.putCodeVersion(study, { number: k + 1, data: version });
    known.set(sketch.id, { commit: made.commit, text, total });
  }
}

function writeTrial(store: Store, study: string, number: number, run: Run, at: number): void {
  const { seed, outcome, ...proposal } = run;
  store.insertTrial(study, {
    number,
    proposal: { origin: "cma-es", purpose: "search", reason: "a test", ...proposal },
    derived: {},
    seed,
    state: "finished",
    attempt: 1,
    mark: `mark-${number}`,
    queuedAt: at,
    outcome,
    metrics: {},
    seconds: 2,
    logTail: [],
  });
  store.appendEvent(study, { at, type: "trial.finished", trial: number, data: {} });
}
