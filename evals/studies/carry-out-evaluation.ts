import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentTuneError } from "../../src/errors.js";
import { Store } from "../../src/store/index.js";
import { diskError } from "../../src/store/sqlite-failure.js";
import { systemClock } from "../../src/study/clock.js";
import type { Surroundings } from "../../src/study/session.js";
import { asksModel } from "./arm.js";
import type { Evaluation } from "./document.js";
import { evaluationOf } from "./evaluation.js";
import { earlierEvaluation } from "./keep-results.js";
import { type Machine, openMachine } from "./machine.js";
import { type StudiesPlan, storeOf } from "./plan.js";
import { progressText, type Standing } from "./progress.js";
import { StudiesAtWork, type StudiesListener, type StudiesProgress } from "./studies-at-work.js";
import { studyResult } from "./study-result.js";

export interface EvaluationOptions {
  readonly surroundings: Omit<Surroundings, "store">;
  /** Studies at once. */
  readonly workers: number;
  /** Given a line about what happens, for a person who waits. */
  readonly tell: (line: string) => void;
  /** Where trials run; absent: processes of this machine, as the study file says. */
  readonly machine?: Machine | undefined;
}

/** What can be done to an evaluation while it runs. */
export interface EvaluationAtWork {
  interrupt(reason: string): void;
  subscribe(listener: StudiesListener): () => void;
}

/** Milliseconds between lines about single trials: somebody watches, but a log should stay readable. */
const linesApart = 10_000;

/**
 * Works on an evaluation until it has its answer, from wherever an earlier call was cut off.
 *
 * @param begun given what can interrupt it, before anything runs
 * @returns the answer; undefined where it was interrupted
 * @throws AgentTuneError what a study throws that cannot go on, what the store throws, `nothing_completed` where no
 *   study has an answer
 */
export async function carryOutEvaluation(
  plan: StudiesPlan,
  { surroundings, workers, tell, machine }: EvaluationOptions,
  begun: (work: EvaluationAtWork) => void,
): Promise<Evaluation | undefined> {
  const at = machine ?? (await openMachine(plan, surroundings.env, workers));
  keepOutOfVersionControl(plan);
  const earlier = earlierEvaluation(plan.folder);
  const store = Store.open(storeOf(plan), { create: true });
  try {
    const { monotonic } = surroundings.clock ?? systemClock;
    let said = monotonic();
    const show = (progress: StudiesProgress): void => {
      if (progress.kind === "trial") {
        if (monotonic() - said < linesApart) return;
        said = monotonic();
      }
      const { unfinished, times } = work;
      const done = plan.jobs.length - unfinished.length;
      const cost = progress.kind === "study" ? costOf(plan, store) : undefined;
      tell(progressText(progress, { done, studies: plan.jobs.length, secondsLeft: times.left(unfinished), cost }));
    };
    const work = new StudiesAtWork(plan, { ...surroundings, store }, { workers, ...at, tell: show });
    if (work.workers < workers && work.unfinished.length > 0)
      tell(`note: the machine has room for ${work.workers} of the ${workers} studies at once`);
    begun(work);
    await work.run();
    if (work.unfinished.length > 0) return undefined;
    const evaluation = evaluationOf(
      plan,
      plan.jobs.map((job) => studyResult(store, job)),
      earlier,
    );
    if (evaluation.studies.some(({ value }) => value !== null)) return evaluation;
    throw new AgentTuneError("nothing_completed", {
      message: "No study has an answer, so there is nothing to compare.",
      where: plan.folder,
      remedy: `Look at one: agent-tune status ${plan.jobs[0]?.id} -C ${plan.folder}`,
    });
  } finally {
    store.close();
  }
}

/** What models have cost, and will have if the other studies that ask one cost as much. */
function costOf({ jobs }: StudiesPlan, store: Store): Standing["cost"] {
  const asking = jobs.filter(({ arm }) => asksModel(arm));
  const finished = store
    .studies()
    .filter(({ id, status }) => status === "finished" && asking.some((job) => job.id === id));
  const totals = finished.map(({ id }) => store.spendTotals(id));
  if (totals.length === 0 || totals.some(({ settled, reserved }) => settled.unpriced + reserved.unpriced > 0))
    return undefined;
  const spent = totals.reduce((sum, { settled, reserved }) => sum + settled.cost + reserved.cost, 0);
  return { spent, expected: (spent / totals.length) * asking.length };
}

/** As the store does for studies: what an evaluation keeps belongs to one machine. */
function keepOutOfVersionControl({ folder }: StudiesPlan): void {
  const home = dirname(dirname(folder));
  const ignore = join(home, ".gitignore");
  try {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  } catch (error) {
    throw diskError(error, home);
  }
}
