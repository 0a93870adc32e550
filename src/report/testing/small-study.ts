import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RulesAdvisor } from "../../centaur/rules-advisor.js";
import { InProcessExecutor, type ObjectiveFunction } from "../../executors/index.js";
import { optimizerFactory } from "../../optimizers/index.js";
import { Store } from "../../store/index.js";
import type { StudySettings } from "../../study/settings.js";
import { Study } from "../../study/study.js";

export const valleySettings: StudySettings = {
  name: "valley",
  space: {
    parameters: [
      { name: "lr", kind: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3, unit: "1/step" },
      { name: "width", kind: "int", low: 16, high: 512, scale: "log", powersOf: 2, default: 64 },
      { name: "activation", kind: "categorical", choices: ["relu", "tanh"], default: "tanh" },
    ],
    constraints: [],
    derived: [{ name: "area", formula: "width * width" }],
  },
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: 16 },
  seed: 7,
  optimizer: "cma-es",
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 3 },
};

/** A valley in lr and width, with noise that depends on the seed alone and a learning rate from which on it fails. */
export const valley: ObjectiveFunction = ({ lr, width, activation }, { seed }) => {
  if (Number(lr) > 0.05) throw new Error("CUDA out of memory. Tried to allocate 2.00 GiB | `rm -rf`\u001b[31m");
  const bowl = (Math.log10(Number(lr)) + 2) ** 2 + 0.3 * (Math.log2(Number(width)) - 7) ** 2;
  return 2 + bowl + (activation === "relu" ? 0 : 0.2) + ((seed % 1000) / 1000 - 0.5) * 0.02;
};

/** A real study on a real store in a folder of its own, with clocks that only tick when they are read. */
export class SmallStudy {
  readonly folder = mkdtempSync(join(tmpdir(), "agent-tune-report-"));
  readonly store = Store.open(this.folder, { create: true });
  readonly study: Study;

  constructor(options: { settings?: Partial<StudySettings>; objective?: ObjectiveFunction; advisor?: boolean } = {}) {
    const settings = { ...valleySettings, ...options.settings };
    let marks = 0;
    let time = 1_700_000_000_000;
    this.study = Study.create(
      {
        store: this.store,
        settings,
        executor: new InProcessExecutor({
          objective: options.objective ?? valley,
          settings: { objective: { ...settings.objective, pick: "last" } },
          parallel: 1,
        }),
        optimizer: optimizerFactory(settings.optimizer),
        advisor: options.advisor === false ? undefined : new RulesAdvisor(),
        clock: { now: () => time++, monotonic: () => time++ },
        mark: () => `mark-${marks++}`,
        holder: { pid: 4711, host: "test" },
      },
      {
        id: "s1",
        name: settings.name,
        createdAt: 1_700_000_000_000,
        seed: settings.seed,
        definition: { from: "program", settings },
        definitionHash: "abc",
        status: "open",
      },
    );
  }

  remove(): void {
    this.study.close();
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}
