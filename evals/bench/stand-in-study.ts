import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { RulesAdvisor } from "../../src/centaur/rules-advisor.js";
import { InProcessExecutor } from "../../src/executors/index.js";
import { optimizerFactory } from "../../src/optimizers/index.js";
import type { Store } from "../../src/store/index.js";
import { systemClock } from "../../src/study/clock.js";
import { newRecord } from "../../src/study/session.js";
import type { StudySettings } from "../../src/study/settings.js";
import { Study, type StudyParts } from "../../src/study/study.js";
import { trainingSpace, trainingStandIn } from "./training-stand-in.js";

export interface StandInOptions {
  readonly advisor: "none" | "rules";
  readonly optimizer: string;
  /** Budget of the search. */
  readonly trials: number;
}

/** The study of this store, new or as far as it has come, whose trials take no time of their own. */
export function openStandInStudy(store: Store, { advisor, optimizer, trials }: StandInOptions): Study {
  const settings: StudySettings = {
    name: "stand-in",
    space: trainingSpace,
    objective: { metric: "loss", direction: "minimize", constraints: [] },
    limits: {},
    budget: { trials },
    seed: 1,
    optimizer,
    share: "adaptive",
    review: "trial",
    noise: { replicates: "auto", finalSeeds: 0 },
  };
  const holder = { pid: process.pid, host: hostname() };
  const parts: StudyParts = {
    store,
    settings,
    executor: new InProcessExecutor({
      objective: trainingStandIn,
      settings: { objective: { metric: "loss", direction: "minimize", pick: "last" } },
      parallel: 1,
    }),
    optimizer: optimizerFactory(optimizer),
    advisor: advisor === "rules" ? new RulesAdvisor() : undefined,
    clock: systemClock,
    mark: randomUUID,
    holder,
  };
  const [known] = store.studies();
  if (known !== undefined) return Study.open(parts, known.id);
  const surroundings = { store, env: {}, holder, nonce: randomUUID };
  return Study.create(parts, newRecord(surroundings, settings, { from: "program", settings }));
}

/** Works until so many trials of the search have finished. */
export async function runUntil(study: Study, finished: number): Promise<void> {
  const enough = (): boolean => study.evidence.trials.length >= finished;
  if (enough()) return;
  const unsubscribe = study.subscribe(({ event }) => {
    if (event.type === "trial.finished" && enough()) study.interrupt("so many trials were wanted");
  });
  await study.run();
  unsubscribe();
}
