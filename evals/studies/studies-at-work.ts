import { isDeepStrictEqual } from "node:util";
import { AgentTuneError } from "../../src/errors.js";
import { optimizerFactory } from "../../src/optimizers/index.js";
import { SearchSpace } from "../../src/space/index.js";
import { systemClock } from "../../src/study/clock.js";
import { fileDefinition, settingsOf } from "../../src/study/file-definition.js";
import type { Overrides } from "../../src/study/overrides.js";
import { newRecord, type Surroundings, studyParts } from "../../src/study/session.js";
import { type StoredDefinition, storedDefinition } from "../../src/study/stored-definition.js";
import { Study } from "../../src/study/study.js";
import type { StudyEvent } from "../../src/study/study-events.js";
import type { Executor } from "../../src/trials/trial-run.js";
import { allotment } from "./allotment.js";
import { asksModel } from "./arm.js";
import type { StudiesPlan, StudyJob } from "./plan.js";
import { SharedRuns, studyExecutor } from "./shared-runs.js";
import { StudyTimes } from "./study-times.js";

/** What somebody who waits is told. */
export type StudiesProgress =
  | { readonly kind: "goes on"; readonly finished: number; readonly begun: number }
  | { readonly kind: "first trial"; readonly seconds: number }
  | { readonly kind: "trial"; readonly job: StudyJob; readonly trials: number }
  | { readonly kind: "unanswered"; readonly job: StudyJob; readonly failure: string; readonly message: string }
  | { readonly kind: "study"; readonly job: StudyJob; readonly study: Study };

/** Told every event of every study. */
export type StudiesListener = (study: string, event: StudyEvent) => void;

export interface CarryOutOptions {
  /** Studies at once. */
  readonly workers: number;
  /** Where trials of all studies run: at least `slots` at once, and for more studies at once as many times that. */
  readonly machine: Executor;
  /** Trials of one study at once. */
  readonly slots: number;
  readonly tell: (progress: StudiesProgress) => void;
}

/**
 * Works on the studies of an evaluation, in the order of the plan, until all are finished or {@link interrupt} is
 * called. Every study is durable by itself: one that is finished is left alone, one that was cut off goes on.
 */
export class StudiesAtWork {
  /** How long the rest will take. */
  readonly times: StudyTimes;
  private readonly open: StudyJob[];
  private readonly running = new Map<StudyJob, Study>();
  private readonly listeners = new Set<StudiesListener>();
  private readonly shared: SharedRuns | undefined;
  private stopping: string | undefined;
  private firstTrial = true;

  constructor(
    private readonly plan: StudiesPlan,
    private readonly surroundings: Surroundings,
    private readonly options: CarryOutOptions,
  ) {
    const { store } = surroundings;
    const { settings, jobs } = plan;
    for (const job of jobs) this.storedAs(job);
    this.open = jobs.filter((job) => !isFinished(surroundings, job));
    // With time as the budget a run that takes none would be an advantage.
    this.shared =
      settings.budget.seconds === undefined ? new SharedRuns(store, SearchSpace.from(settings.space)) : undefined;
    this.times = new StudyTimes(settings, this.workers);
  }

  /** Studies at once, as many as the machine allows. */
  get workers(): number {
    const { workers, machine, slots } = this.options;
    return Math.max(1, Math.min(workers, Math.floor(machine.slots / slots)));
  }

  /** Studies that are not finished. */
  get unfinished(): readonly StudyJob[] {
    return [...this.running.keys(), ...this.open];
  }

  /** Calls `listener` for every event of every study from now on. Returns what ends it. */
  subscribe(listener: StudiesListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends cleanly: running trials go back to their queues, no further study begins. `run` then returns. */
  interrupt(reason: string): void {
    this.stopping ??= reason;
    for (const study of this.running.values()) study.interrupt(reason);
  }

  /**
   * @throws AgentTuneError what {@link Study.run} throws, when the other studies have ended cleanly; those that are
   *   finished stay, and the evaluation can be carried on
   */
  async run(): Promise<void> {
    const { plan, options } = this;
    const begun = this.open.filter(({ id }) => this.isStored(id)).length;
    const finished = plan.jobs.length - this.open.length;
    if (begun + finished > 0) options.tell({ kind: "goes on", finished, begun });
    let failure: { readonly error: unknown } | undefined;
    const work = async (): Promise<void> => {
      for (;;) {
        const job = this.stopping === undefined ? this.open.shift() : undefined;
        if (job === undefined) return;
        try {
          await this.carryOut(job);
        } catch (error) {
          failure ??= { error };
          this.interrupt("another study of the evaluation cannot go on");
        }
      }
    };
    await Promise.all(Array.from({ length: this.workers }, work));
    if (failure !== undefined) throw failure.error;
  }

  private async carryOut(job: StudyJob): Promise<void> {
    const { tell } = this.options;
    const clock = this.surroundings.clock ?? systemClock;
    const study = this.openStudy(job);
    this.running.set(job, study);
    const started = clock.monotonic();
    const before = this.surroundings.store.trials(job.id).filter(({ state }) => state === "finished").length;
    let trials = 0;
    const unsubscribe = study.subscribe(({ event }) => {
      if (event.type === "trial.finished") {
        trials++;
        this.shared?.add(study.id, this.surroundings.store.trial(study.id, event.trial));
        this.times.note(job, { before, trials, seconds: (clock.monotonic() - started) / 1000 });
        if (this.firstTrial && event.trial === 0 && event.failure === null)
          tell({ kind: "first trial", seconds: event.seconds });
        this.firstTrial = false;
        tell({ kind: "trial", job, trials: study.progress.trialsUsed });
      }
      if (event.type === "advice.failed")
        tell({ kind: "unanswered", job, failure: event.failure, message: event.message });
      for (const listener of this.listeners) listener(study.id, event);
    });
    try {
      await study.run();
      if (study.over === undefined) this.open.unshift(job);
    } catch (error) {
      this.open.unshift(job);
      throw error;
    } finally {
      unsubscribe();
      study.close();
      this.running.delete(job);
    }
    if (study.over !== undefined) tell({ kind: "study", job, study });
  }

  /** The study of a job: as it is stored, or new. */
  private openStudy(job: StudyJob): Study {
    const { plan, surroundings, options } = this;
    const { path, text, warmStart } = plan;
    const stored = this.storedAs(job);
    const overrides = stored?.overrides ?? this.overridesOf(job);
    const definition = fileDefinition({ path, text, overrides });
    // The results of an earlier study come from another store, and are given instead of looked up.
    const { warmStart: _, ...own } = settingsOf(definition);
    const settings = stored?.settings ?? { ...own, name: `${own.name}/${job.arm.name}/${job.seed}` };
    const executor = studyExecutor(options.machine, options.slots, this.shared);
    const parts = {
      ...studyParts(surroundings, job.id, settings, executor, definition.advisor, definition.prices),
      optimizer: optimizerFactory(settings.optimizer),
      ...(warmStart.length === 0 ? {} : { warmStart }),
    };
    if (stored !== undefined) return Study.open(parts, job.id);
    const record = newRecord(surroundings, settings, { from: "file", path, text, overrides, settings });
    return Study.create(parts, { ...record, id: job.id });
  }

  /**
   * How the study of a job is stored; undefined where it is not.
   *
   * @throws AgentTuneError `study_changed` where somebody has given it another budget or advisor since
   */
  private storedAs(job: StudyJob): Extract<StoredDefinition, { from: "file" }> | undefined {
    if (!this.isStored(job.id)) return undefined;
    const stored = storedDefinition(this.surroundings.store.study(job.id));
    if (stored.from === "file") {
      // What it may cost was settled when it began.
      const { cost: _, ...own } = stored.overrides;
      if (isDeepStrictEqual(own, this.sameForAll(job))) return stored;
    }
    throw new AgentTuneError("study_changed", {
      message: `Study ${job.id} of the evaluation was changed by hand, so that it cannot be compared with the others.`,
      where: this.plan.folder,
      remedy: "Move the folder away and run the evaluation again.",
    });
  }

  /** All but what it may cost. */
  private sameForAll({ arm, seed }: StudyJob): Overrides {
    return { ...this.plan.overrides, seed, optimizer: arm.optimizer, model: arm.advisor };
  }

  private overridesOf(job: StudyJob): Overrides {
    const { settings, maxCost } = this.plan;
    if (maxCost === undefined || !asksModel(job.arm)) return this.sameForAll(job);
    const cost = Math.min(settings.budget.cost ?? Number.POSITIVE_INFINITY, allotment(this.money(maxCost)));
    return { ...this.sameForAll(job), cost };
  }

  /** Over all studies of the evaluation's folder: those of arms that are not asked for now were paid for as well. */
  private money(most: number): Parameters<typeof allotment>[0] {
    const { store } = this.surroundings;
    let spent = 0;
    let promised = 0;
    for (const record of store.studies()) {
      const { settled, reserved } = store.spendTotals(record.id);
      const used = settled.cost + reserved.cost;
      const stored = storedDefinition(record);
      const asks = stored.from === "file" && asksModel({ advisor: stored.overrides.model ?? "none" });
      if (record.status === "finished" || !asks) spent += used;
      else promised += Math.max(used, stored.settings.budget.cost ?? 0);
    }
    // The one that is about to begin is no longer in the queue.
    const waiting = this.open.filter(({ id, arm }) => asksModel(arm) && !this.isStored(id)).length + 1;
    return { most, spent, promised, waiting };
  }

  private isStored(id: string): boolean {
    return this.surroundings.store.studies().some((study) => study.id === id);
  }
}

function isFinished({ store }: Surroundings, { id }: StudyJob): boolean {
  return store.studies().some((study) => study.id === id && study.status === "finished");
}
