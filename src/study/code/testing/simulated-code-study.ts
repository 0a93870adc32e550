import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Coder, ScriptedCoder, type ScriptedSubmission } from "../../../code/coder/index.js";
import { passingOf } from "../../../code/parameters/index.js";
import { codeSchema, codeSettings } from "../../../code/settings.js";
import { optimizerFactory } from "../../../optimizers/index.js";
import type { Configuration } from "../../../space/parameter.js";
import { Store } from "../../../store/index.js";
import { trialSettingsSchema } from "../../../trials/settings.js";
import type { Executor, TrialTask } from "../../../trials/trial-run.js";
import type { StudySettings } from "../../settings.js";
import { Study, type StudyParts } from "../../study.js";
import { TryOut } from "../try-out.js";
import { Workshop } from "../workshop.js";

/** The value of a run, or what it failed by; `text` is train.py as it stands in the version that runs. */
export type SimulatedRun = (run: {
  readonly version: string;
  readonly text: string;
  readonly configuration: Configuration;
  readonly seed: number;
}) => number | Error;

export interface SimulatedOptions {
  /** train.py as the person gave it. */
  readonly source: string;
  readonly script: readonly ScriptedSubmission[];
  readonly run: SimulatedRun;
  readonly trials: number;
  readonly seed?: number;
  readonly slots?: number;
  readonly finalSeeds?: number;
  readonly coder?: Coder;
}

/** A folder for a simulated study, which its user removes. */
export function simulatedFolder(): string {
  return mkdtempSync(join(tmpdir(), "agent-tune-code-"));
}

/**
 * A study that searches its code, with real edits in a real repository and simulated runs: a stand-in for training, for
 * tests and for measuring how often an edit that changes nothing is kept.
 */
export function simulatedCodeStudy(folder: string, options: SimulatedOptions): { study: Study; store: Store } {
  const { source, script, run, trials, seed = 7, slots = 1, finalSeeds = 0 } = options;
  const project = join(folder, "project");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "train.py"), source);
  const store = Store.open(join(folder, "store"), { create: true });
  const code = codeSettings(codeSchema.parse({ editable: ["train.py"] }));
  const space = {
    parameters: [
      { name: "x", kind: "float", low: 0, high: 1, scale: "linear", default: 0.2 },
      { name: "y", kind: "float", low: 0, high: 1, scale: "linear", default: 0.2 },
    ],
    constraints: [],
    derived: [],
  } satisfies StudySettings["space"];
  const settings: StudySettings = {
    name: "simulated",
    space,
    objective: { metric: "loss", direction: "minimize", constraints: [] },
    limits: {},
    budget: { trials },
    seed,
    optimizer: "cma-es",
    share: "adaptive",
    review: "trial",
    noise: { replicates: "auto", finalSeeds },
    code,
  };
  const trial = trialSettingsSchema.parse({
    command: "python3 train.py",
    objective: { metric: "loss", direction: "minimize" },
  });
  let marks = 0;
  let time = 1_700_000_000_000;
  const clock = { now: () => time++, monotonic: () => time++ };
  const mark = (): string => `mark-${marks++}`;
  const passing = passingOf(trial);
  const workshop = new Workshop({
    settings: code,
    metric: "loss",
    python: "python3",
    space,
    passing,
    studyFolder: store.folderOf("s1"),
    folder: project,
    excluded: [store.folder],
    environment: process.env,
  });
  const executor = simulatedExecutor(workshop, run, slots);
  const parts: StudyParts = {
    store,
    settings,
    executor,
    optimizer: optimizerFactory(settings.optimizer),
    clock,
    mark,
    holder: { pid: process.pid, host: "test" },
    code: {
      code,
      coder: options.coder ?? new ScriptedCoder(script),
      workshop,
      tryOut: new TryOut({
        study: "s1",
        studyFolder: store.folderOf("s1"),
        seed,
        executor,
        workshop,
        mark,
        now: clock.now,
      }),
      setting: { rules: { editable: code.editable }, command: "python3 train.py", passing: passing.sentence },
    },
  };
  const known = store.studies().some(({ id }) => id === "s1");
  const record = {
    id: "s1",
    name: settings.name,
    createdAt: 1,
    seed,
    definition: {},
    definitionHash: "",
    status: "open",
  } as const;
  return { study: known ? Study.open(parts, "s1") : Study.create(parts, record), store };
}

function simulatedExecutor(workshop: Workshop, run: SimulatedRun, slots: number): Executor {
  const end = async ({ code, configuration, seed, number }: TrialTask) => {
    const version = code?.version ?? "v0";
    const known = version === "draft" ? "v0" : version;
    const text = (await workshop.maker.tree(known)).read("train.py") ?? "";
    const value = run({ version, text, configuration, seed });
    // Later ones end later, so that a parallel study has an order.
    await new Promise((resolve) => setTimeout(resolve, slots > 1 ? number % 3 : 0));
    return {
      outcome:
        value instanceof Error
          ? ({ kind: "failed", failure: "crashed", message: value.message } as const)
          : ({ kind: "complete", value } as const),
      metrics: value instanceof Error ? {} : { loss: value },
      seconds: 1,
      logTail: [],
    };
  };
  return {
    slots,
    start: (task, observer) => {
      observer.started({});
      return { ended: end(task), cancel() {} };
    },
    reap: async () => [],
  };
}
