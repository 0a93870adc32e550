import type { Advisor, Setting } from "../centaur/advisor.js";
import { baseVersion, type CodeVersion, versionOf } from "../code/version.js";
import { type Evidence, toLoss } from "../evidence/index.js";
import type { Model } from "../llm/model.js";
import type { OptimizerFactory, OptimizerView, Told } from "../optimizers/optimizer.js";
import type { SearchSpace } from "../space/search-space.js";
import type { Store, StudyHold, StudyRecord, TrialRecord } from "../store/index.js";
import { causedByConfiguration, type Observation } from "../trials/outcome.js";
import type { Proposal } from "../trials/proposal.js";
import type { Executor, TrialEnd } from "../trials/trial-run.js";
import { budgetStop, type Stop, secondsLeft, type Use } from "./budget.js";
import type { StudyChange } from "./changed-definition.js";
import type { Clock } from "./clock.js";
import { CodeMoves } from "./code/code-moves.js";
import { CodeSearch, type CodeSearchParts, type StudyView } from "./code/code-search.js";
import type { CodeState } from "./code/code-state.js";
import { finalRuns, finalSeeds, type SeededProposal, trialSeed } from "./final-evaluation.js";
import { finishOrder } from "./finish-order.js";
import { Journal, type StudyListener } from "./journal.js";
import { nextRepeat } from "./noise-policy.js";
import { RunningTrials } from "./running-trials.js";
import type { StudySettings } from "./settings.js";
import { readSnapshot, type StudySnapshot, snapshotVersion } from "./snapshot.js";
import { definitionHash } from "./stored-definition.js";
import type { Phase, StudyEvent } from "./study-events.js";
import { Track } from "./track.js";
import { endedTrial, finishedTrial, nextAttempt, queuedTrial } from "./trial-lifecycle.js";
import { verdictOfEnvironment, verdictOfFirstCall, verdictOfFirstTrial, withMetrics } from "./verdicts.js";

/** What the search of code works with. */
export type StudyCode = Omit<CodeSearchParts, "track" | "base">;

/** Everything a study works with that is not its own: given from outside, so that a test can give its own. */
export interface StudyParts {
  readonly store: Store;
  readonly settings: StudySettings;
  readonly executor: Executor;
  readonly optimizer: OptimizerFactory;
  /** Results of an earlier study, for the optimizer's start. */
  readonly warmStart?: readonly Told[];
  readonly advisor?: Advisor | undefined;
  /** Who is asked for advice, where that is a language model; asked for code as well. */
  readonly model?: Model | undefined;
  readonly clock: Clock;
  /** A new unguessable mark for one attempt. */
  readonly mark: () => string;
  readonly holder: { readonly pid: number; readonly host: string };
  /** What model calls have cost so far, in US dollars, for the brief; null where prices are not known. */
  readonly costUsed?: () => number | null;
  /** Present exactly where the settings search the code. */
  readonly code?: StudyCode | undefined;
}

/** Attempts of one trial when the environment, not the configuration, is at fault. */
const environmentAttempts = 2;

/**
 * One tuning problem being worked on: asks Centaur for proposals, has them run, learns from the results, within a
 * budget. The only place that orders the other rooms.
 *
 * Durable points: (1) proposals are queued together with the state after asking, before anything starts; (2) an
 * outcome is saved together with the state after learning from it, before anybody sees it. A kill between the two
 * loses nothing that was acknowledged: the trial runs again and what follows is what would have followed.
 */
export class Study {
  readonly id: string;
  readonly settings: StudySettings;
  private readonly store: Store;
  private readonly trials = new Map<number, TrialRecord>();
  /** How many of them count against the budget: all but the final runs. */
  private searchTrials = 0;
  private readonly finals: TrialRecord[] = [];
  private readonly queue: number[] = [];
  private readonly running: RunningTrials;
  private readonly unlearned: TrialRecord[] = [];
  private readonly journal: Journal;
  private readonly durations: number[] = [];
  /** The search of numbers for the code as it was given. */
  private readonly base: Track;
  private readonly code: CodeSearch | undefined;
  private readonly moves: CodeMoves | undefined;
  private phase: Phase;
  private stop: Stop | undefined;
  private answer: number | undefined;
  private learned: number;
  private saved: StudySnapshot;
  private secondsBefore: number;
  private startedAt: number | undefined;
  private stopping: string | undefined;
  private inTurn = false;
  private readonly abort = new AbortController();

  private constructor(
    private readonly parts: StudyParts,
    private record: StudyRecord,
    private readonly hold: StudyHold,
    private change: StudyChange | undefined,
  ) {
    this.id = record.id;
    this.settings = parts.settings;
    this.store = parts.store;
    this.journal = new Journal(parts.store, record.id, parts.clock);
    this.running = new RunningTrials({
      study: record.id,
      executor: parts.executor,
      store: parts.store,
      journal: this.journal,
      clock: parts.clock,
      codeOf: ({ proposal }) => {
        const version = versionOf(proposal);
        return this.code === undefined
          ? {}
          : { code: this.code.task(version), declared: this.code.declaredBy(version) };
      },
      put: (trial) => this.put(trial),
      // During a turn the outcome is made durable at once; the optimizer learns from it when the turn is over.
      onEnd: () => {
        if (this.inTurn) this.takeEnded();
      },
    });
    const stored = this.store.snapshot(record.id);
    const snapshot = stored === undefined ? undefined : readSnapshot(stored.version, stored.text);
    const { settings, optimizer: factory, advisor, warmStart } = parts;
    const track = { settings, factory, advisor };
    this.base = new Track({ ...track, space: settings.space, warmStart }, snapshot);
    if (parts.code !== undefined) {
      const versions = this.store.codeVersions(record.id).map(({ data }) => data);
      const code = new CodeSearch({ ...parts.code, track, base: this.base }, snapshot?.code, versions);
      this.code = code;
      this.moves = new CodeMoves({
        study: record.id,
        code,
        store: parts.store,
        journal: this.journal,
        clock: parts.clock,
        view: () => this.codeView(),
        exhausted: () => this.exhausted,
        setting: () => this.setting(),
        curve: (number) => this.curve(number),
        enqueue: (proposals) => this.enqueue(proposals, []),
        save: () => this.save(),
        turn: (work) => this.turn(work),
      });
    }
    this.phase = snapshot?.phase ?? "search";
    this.stop = snapshot?.stop;
    this.answer = snapshot?.answer;
    this.secondsBefore = snapshot?.secondsUsed ?? 0;
    this.learned = snapshot?.learned ?? 0;
    this.load();
    this.saved = this.snapshot();
  }

  /**
   * Creates a study in the store and takes it.
   *
   * @throws AgentTuneError `study_exists`, `study_held`, and what the store throws
   */
  static create(parts: StudyParts, record: StudyRecord): Study {
    parts.store.createStudy(record);
    return Study.open(parts, record.id);
  }

  /**
   * Takes an existing study, whatever state a crash left it in.
   *
   * @param change what it is to go on with, as `parts` have it already; stored by {@link run}, and journaled
   * @throws AgentTuneError `study_unknown`, `study_held`, `state_invalid`
   */
  static open(parts: StudyParts, id: string, change?: StudyChange): Study {
    const record = parts.store.study(id);
    const hold = parts.store.hold(id, { ...parts.holder, now: parts.clock.now() });
    try {
      return new Study(parts, record, hold, change);
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /** Calls `listener` for every event from now on, after it is durable. Returns what ends it. */
  subscribe(listener: StudyListener): () => void {
    return this.journal.subscribe(listener);
  }

  /**
   * Works until the study is done or {@link interrupt} is called. Resumes where an earlier run was cut off.
   *
   * @throws AgentTuneError when the first trial shows that the command does not work, when the first call shows that
   *   the model or its key is wrong, when trial after trial fails through the environment, or when the store cannot be
   *   written; the study can be resumed
   */
  async run(): Promise<void> {
    if (this.over !== undefined) return;
    this.startedAt = this.parts.clock.monotonic();
    try {
      await this.recover();
      for (;;) {
        await this.fillSlots();
        if (this.running.broken !== undefined) throw this.running.broken;
        if (this.running.idle) break;
        await this.running.next();
        this.takeEnded();
      }
      if (this.stopping !== undefined)
        this.journal.commit([{ type: "study.interrupted", reason: this.stopping }], () => this.save());
    } finally {
      this.running.cancel("the study stopped");
      await this.running.gone();
      this.secondsBefore = this.secondsUsed();
      this.startedAt = undefined;
    }
  }

  /**
   * Ends cleanly: no new trials, running ones are ended and go back to the queue, a model call is given up. `run`
   * then returns, and a later run goes on.
   */
  interrupt(reason: string): void {
    if (this.stopping !== undefined) return;
    this.stopping = reason;
    this.abort.abort(new Error(reason));
    this.running.cancel(reason);
  }

  /** Why {@link run} has nothing to do: the study is done, and no change gives its search room to go on. */
  get over(): Stop | undefined {
    if (this.phase !== "done") return undefined;
    const stop = this.stop ?? { reason: "trials_used" as const, detail: "" };
    return this.change === undefined ? stop : this.searchStop();
  }

  /** Releases the study to other controllers. `run` must have returned. */
  close(): void {
    this.hold.release();
  }

  /** Of the version that the study would answer with; the study's own where the code is not searched. */
  get space(): SearchSpace {
    return this.head.space;
  }

  get evidence(): Evidence {
    return this.head.evidence;
  }

  /** The code versions so far, the first of them as it was given; none where the code is not searched. */
  get versions(): readonly CodeVersion[] {
    return this.code?.versions ?? [];
  }

  /** The version that the study would answer with and the one under trial; undefined where the code is not searched. */
  get codeStanding(): CodeStanding | undefined {
    return this.code === undefined ? undefined : { head: this.code.head, trying: this.code.trying };
  }

  view(): OptimizerView {
    return this.head.centaur.view();
  }

  /** Name of this session's advisor; null for the optimizer alone. */
  get advisor(): string | null {
    return this.parts.advisor?.name ?? null;
  }

  get progress(): Progress {
    const use = this.use();
    const { budget } = this.settings;
    const finals = 2 * finalSeeds(this.evidence, this.settings.noise.finalSeeds);
    const left =
      this.phase === "search"
        ? secondsLeft(budget, use, this.durations, this.parts.executor.slots, finals)
        : secondsLeft(
            { trials: this.queue.length },
            { ...use, trials: 0 },
            this.durations,
            this.parts.executor.slots,
            0,
          );
    return {
      phase: this.phase,
      trialsUsed: use.trials,
      trialsFinished: this.searchTrialsFinished(),
      ...(budget.trials === undefined ? {} : { trials: budget.trials }),
      secondsUsed: use.seconds,
      ...(budget.seconds === undefined ? {} : { seconds: budget.seconds }),
      ...(left === undefined ? {} : { secondsLeft: left }),
      running: this.running.numbers,
      thinking: this.inTurn,
    };
  }

  // ---------------------------------------------------------------------------------------------- start and resume

  /** Reads trials back; finished ones in the order in which they finished, which is the order of learning. */
  private load(): void {
    for (const trial of this.store.trials(this.id)) {
      this.know(trial);
      if (trial.state !== "finished") this.queue.push(trial.number);
    }
    let searched = 0;
    for (const number of finishOrder(this.store.events(this.id, { types: ["trial.finished"] }))) {
      const trial = this.trials.get(number);
      if (trial === undefined || trial.state !== "finished") continue;
      if (trial.proposal.purpose === "final") this.finals.push(trial);
      else if (searched++ < this.learned) {
        this.trackOf(trial)?.evidence.add(finishedTrial(trial));
        if (trial.seconds !== undefined) this.durations.push(trial.seconds);
      } else this.unlearned.push(trial);
    }
  }

  /** Ends what a killed controller left running, and queues again what had not finished. */
  private async recover(): Promise<void> {
    const { advisor, optimizer } = this.parts;
    const resumed = this.trials.size > 0;
    const opened = await this.code?.open(this.parts.clock.now());
    const left = [...this.trials.values()].filter((trial) => trial.state !== "finished");
    if (left.length > 0) await this.parts.executor.reap(left.map((trial) => trial.mark));
    await this.parts.code?.tryOut.reap();
    const events: StudyEvent[] = [
      { type: "study.started", resumed, advisor: advisor?.name ?? null, optimizer: optimizer.name },
      ...(this.parts.code?.code.sandbox === "off" ? [unconfined] : []),
      ...(opened?.events ?? []),
    ];
    const requeued: TrialRecord[] = [];
    this.applyChange(events);
    const reopened = this.phase !== "search" && this.change !== undefined && this.searchStop() === undefined;
    const dropped = reopened ? left.filter(({ proposal }) => proposal.purpose === "final") : [];
    for (const trial of left) {
      if (trial.state !== "running" || dropped.includes(trial)) continue;
      requeued.push(nextAttempt(trial, this.parts.mark()));
      events.push(requeuedEvent(trial, "the controller ended while it ran"));
    }
    const first = this.trials.get(0);
    if (this.trials.size === 1 && this.learned === 0 && first?.outcome?.kind === "failed") {
      requeued.push(nextAttempt(first, this.parts.mark()));
      this.queue.push(0);
      this.unlearned.length = 0;
      events.push(requeuedEvent(first, "it had failed as the only trial; the command may have been mended since"));
    }
    if (reopened) this.searchOn(events);
    this.journal.commit(events, () => {
      if (this.change !== undefined) this.store.updateStudy(this.record);
      this.moves?.put(opened?.version);
      for (const trial of requeued) this.put(trial);
      for (const trial of dropped) this.drop(trial, events);
      this.learnAll(events);
      this.save();
    });
    this.change = undefined;
  }

  private applyChange(events: StudyEvent[]): void {
    if (this.change === undefined) return;
    const { definition, changes } = this.change;
    this.record = { ...this.record, definition, definitionHash: definitionHash(definition) };
    events.push({ type: "study.changed", changes });
  }

  /** Back from the end: what its final runs have measured stays stored, and is not learned from. */
  private searchOn(events: StudyEvent[]): void {
    this.phase = "search";
    this.stop = undefined;
    this.answer = undefined;
    const { finishedReason: _, ...record } = this.record;
    this.record = { ...record, status: "open" };
    events.push({ type: "study.phase", phase: "search" });
  }

  /** Ends a final run that has not finished, of an answer that is to be searched for again. */
  private drop(trial: TrialRecord, events: StudyEvent[]): void {
    const message = "the search went on before this final run had finished";
    const end: TrialEnd = {
      outcome: { kind: "failed", failure: "cancelled", message },
      metrics: {},
      seconds: 0,
      logTail: [],
    };
    const done = endedTrial(trial, end, this.parts.clock.now(), undefined);
    this.put(done);
    this.finals.push(done);
    this.queue.splice(this.queue.indexOf(trial.number), 1);
    events.push({ type: "trial.finished", trial: trial.number, value: null, failure: "cancelled", seconds: 0 });
  }

  // ------------------------------------------------------------------------------------------------- starting trials

  private async fillSlots(): Promise<void> {
    while (this.running.size < this.running.slots && this.stopping === undefined && this.running.broken === undefined) {
      const next = this.queue.shift();
      if (next !== undefined) {
        this.running.start(this.trials.get(next)!);
        continue;
      }
      const before = this.phase;
      await this.propose();
      this.takeEnded();
      if (this.queue.length === 0 && this.phase === before) return;
    }
  }

  // ------------------------------------------------------------------------------------------------------ proposing

  /** Queues what comes next, or moves on to the next phase; leaves the queue empty when there is nothing to start. */
  private async propose(): Promise<void> {
    if (this.phase === "final") {
      if (this.running.size === 0) this.finish();
      return;
    }
    if (this.phase === "done") return;
    const stop = this.searchStop();
    if (stop !== undefined) {
      if (this.running.size === 0) {
        this.moves?.end();
        this.enterFinal(stop);
      }
      return;
    }
    const version = await this.moves?.next();
    if (version !== undefined || this.moves === undefined) await this.proposeNumbers(version);
  }

  /** A trial of the optimizer or the advisor, or a repeat; on a version of the code where that is searched. */
  private async proposeNumbers(version: string | undefined): Promise<void> {
    const track = version === undefined ? this.base : (this.code?.track(version) ?? this.base);
    const onVersion = version === undefined ? {} : { version };
    const own = this.running.numbers.filter(
      (number) => versionOf(this.trials.get(number)!.proposal) === (version ?? baseVersion),
    );
    const busy = new Set(own.map((number) => track.space.key(this.trials.get(number)!.proposal.configuration)));
    const repeat = track === this.head ? nextRepeat(this.settings.noise, track.evidence, busy) : undefined;
    if (repeat !== undefined) {
      const proposal: Proposal = {
        configuration: repeat.group.configuration,
        ...onVersion,
        origin: repeat.group.first.proposal.origin,
        purpose: "replicate",
        reason: repeat.reason,
        replicateOf: repeat.group.first.number,
      };
      this.enqueue([proposal], []);
      return;
    }
    try {
      const turn = await this.turn((signal) =>
        track.centaur.propose({
          setting: this.setting(),
          pending: own.map((number) => this.trials.get(number)!.proposal.configuration),
          // A version under trial is due so many runs and no more.
          room: track === this.head ? Math.max(1, this.trialsLeft) : 1,
          curve: (number) => this.curve(number),
          signal,
        }),
      );
      if (turn === undefined) {
        this.forgetTurn();
        return;
      }
      const answered = this.store.events(this.id, { types: ["advice.received"], limit: 1 }).length > 0;
      const refused = answered ? undefined : verdictOfFirstCall(turn.events, this.advisor ?? "the model");
      if (refused !== undefined) throw refused;
      this.enqueue(
        turn.proposals.map((proposal) => ({ ...proposal, ...onVersion })),
        turn.events,
      );
    } catch (error) {
      this.forgetTurn();
      throw error;
    }
  }

  /** Carries out a turn; undefined where the study was stopped meanwhile. */
  private async turn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.inTurn = true;
    try {
      const done = await work(this.abort.signal);
      return this.stopping === undefined ? done : undefined;
    } catch (error) {
      if (this.stopping === undefined) throw error;
      return undefined;
    } finally {
      this.inTurn = false;
    }
  }

  private codeView(): StudyView {
    const unfinished = [...this.queue, ...this.running.numbers].map((number) => this.trials.get(number)!);
    return {
      trialsLeft: this.trialsLeft,
      nextTrial: this.trials.size,
      unfinished,
      finished: (number) => {
        const trial = this.trials.get(number);
        return trial?.state === "finished" ? trial : undefined;
      },
    };
  }

  /** A turn that is given up leaves no trace: the state is that of the last durable point again. */
  private forgetTurn(): void {
    this.base.restore(this.saved);
    if (this.saved.code !== undefined) this.code?.restore(this.saved.code);
  }

  /** Durable point 1: the trials are queued together with the state after asking. */
  private enqueue(proposals: readonly (Proposal | SeededProposal)[], turnEvents: readonly StudyEvent[]): void {
    const queuedAt = this.parts.clock.now();
    const queued = proposals.map((each, index) => {
      const number = this.trials.size + index;
      // Every run of the search has a seed of its own.
      const { proposal, seed } =
        "seed" in each ? each : { proposal: each, seed: trialSeed(this.settings.seed, "trial", number) };
      const derived = { ...(this.trackOf({ proposal }) ?? this.base).space.derive(proposal.configuration) };
      return queuedTrial(proposal, { number, seed, derived, mark: this.parts.mark(), queuedAt });
    });
    const events: StudyEvent[] = [
      ...turnEvents,
      ...queued.map(
        ({ number, proposal }): StudyEvent => ({
          type: "trial.queued",
          trial: number,
          origin: proposal.origin,
          purpose: proposal.purpose,
          reason: proposal.reason,
        }),
      ),
    ];
    this.journal.commit(events, () => {
      for (const trial of queued) this.store.insertTrial(this.id, trial);
      this.save();
    });
    for (const trial of queued) {
      this.know(trial);
      this.queue.push(trial.number);
    }
  }

  private searchStop(): Stop | undefined {
    const budget = budgetStop(this.settings.budget, this.use());
    if (budget !== undefined) return budget;
    const { target } = this.settings.objective;
    const best = this.evidence.incumbent?.estimate.mean;
    if (target !== undefined && best !== undefined && !this.evidence.better(target, best)) {
      return { reason: "target_reached", detail: `the incumbent is at ${best}, the target is ${target}` };
    }
    if (this.exhausted && (this.code === undefined || this.code.givenUp(true))) {
      return { reason: "space_exhausted", detail: "every configuration of the search space has run" };
    }
    return undefined;
  }

  private setting(): Setting {
    const { settings } = this;
    const use = this.use();
    return {
      task: settings.task,
      limits: settings.limits,
      budget: {
        trials: settings.budget.trials,
        trialsUsed: use.trials,
        seconds: settings.budget.seconds,
        secondsUsed: use.seconds,
        cost: settings.budget.cost,
        costUsed: this.parts.costUsed?.() ?? undefined,
      },
      parallel: this.parts.executor.slots,
    };
  }

  // ------------------------------------------------------------------------------------------------------- learning

  private takeEnded(): void {
    for (const { number, end } of this.running.takeEnded()) {
      this.running.guarded(() => this.settle(number, end));
    }
    if (!this.inTurn && this.unlearned.length > 0) {
      const events: StudyEvent[] = [];
      this.running.guarded(() => {
        this.learnAll(events);
        this.journal.commit(events, () => this.save());
      });
    }
  }

  /** Durable point 2: the outcome is saved together with the state after learning from it. */
  private settle(number: number, end: TrialEnd): void {
    const trial = this.trials.get(number)!;
    const unmeasured = number === 0 && end.outcome.kind === "complete" ? this.evidence.unmeasured(end.metrics) : [];
    const { outcome } = blamed(withMetrics(end, unmeasured), trial, this.code);
    if (this.stopping !== undefined && outcome.kind === "failed" && outcome.failure === "cancelled") {
      const next = nextAttempt(trial, this.parts.mark());
      this.journal.commit([requeuedEvent(trial, this.stopping)], () => this.put(next));
      return;
    }
    const environment = outcome.kind === "failed" && !causedByConfiguration(outcome);
    if (environment && trial.attempt < environmentAttempts && number > 0) {
      const next = nextAttempt(trial, this.parts.mark());
      this.journal.commit([requeuedEvent(trial, outcome.message)], () => this.put(next));
      this.queue.push(number);
      return;
    }
    const logFile = end.logFile === undefined ? undefined : this.relative(end.logFile);
    const done = endedTrial(trial, { ...end, outcome }, this.parts.clock.now(), logFile);
    const events: StudyEvent[] = [
      {
        type: "trial.finished",
        trial: number,
        value: outcome.kind === "failed" ? null : outcome.value,
        failure: outcome.kind === "failed" ? outcome.failure : null,
        seconds: end.seconds,
      },
      ...(end.warnings ?? []).map(
        (warning): StudyEvent => ({ type: "warning", message: `trial ${number}: ${warning}`, trial: number }),
      ),
    ];
    if (done.proposal.purpose === "final") {
      this.journal.commit(events, () => this.put(done));
      this.finals.push(done);
      return;
    }
    if (number === 0) {
      const log = logFile === undefined ? undefined : `${this.store.studyFolder(this.id)}/${logFile}`;
      const verdict = verdictOfFirstTrial(finishedTrial(done), this.settings.objective.metric, log, unmeasured);
      if (verdict !== undefined) {
        // Nothing is learned from it: the study starts over with this trial once the command is mended.
        this.journal.commit(events, () => this.put(done));
        this.running.break(verdict);
        return;
      }
    }
    this.trials.set(number, done);
    this.unlearned.push(done);
    if (!this.inTurn) this.learnAll(events);
    this.journal.commit(events, () => {
      this.put(done);
      if (!this.inTurn) this.save();
    });
    const broken = verdictOfEnvironment(this.evidence.trials);
    if (broken !== undefined) this.running.break(broken);
  }

  private learnAll(events: StudyEvent[]): void {
    for (const trial of this.unlearned.splice(0)) {
      const track = this.trackOf(trial);
      const known = finishedTrial(trial);
      this.learned++;
      if (trial.seconds !== undefined) this.durations.push(trial.seconds);
      // It ran on a version that was given up meanwhile.
      if (track === undefined) continue;
      const { evidence } = track;
      const before = evidence.incumbent;
      const loss = before === undefined ? undefined : toLoss(this.settings.objective, before.estimate.mean);
      evidence.add(known);
      track.centaur.learn(known, loss);
      const after = evidence.incumbent;
      if (this.code !== undefined) {
        const now = after === undefined ? undefined : toLoss(this.settings.objective, after.estimate.mean);
        this.code.learned(known, Math.max(0, (loss ?? Number.NaN) - (now ?? Number.NaN)) || 0, this.codeView());
      }
      if (track === this.head && after !== undefined && after.group.key !== before?.group.key) {
        const { first } = after.group;
        events.push({
          type: "incumbent.changed",
          trial: first.number,
          value: after.estimate.mean,
          origin: first.proposal.origin,
        });
      }
    }
  }

  // --------------------------------------------------------------------------------------------------------- the end

  /** Fixes the answer and queues its re-evaluation. */
  private enterFinal(stop: Stop): void {
    this.stop = stop;
    this.phase = "final";
    this.answer = this.evidence.incumbent?.group.first.number;
    const seeds = finalSeeds(this.evidence, this.settings.noise.finalSeeds);
    const used = new Set(this.finals.map(({ seed }) => seed)).size;
    const runs = finalRuns(
      { evidence: this.evidence, ...(this.code === undefined ? {} : { version: this.code.head }) },
      this.base,
      this.settings.seed,
      seeds,
      used,
    );
    this.enqueue(runs, [{ type: "study.phase", phase: "final" }]);
  }

  private finish(): void {
    this.phase = "done";
    const stop = this.stop ?? { reason: "trials_used" as const, detail: "" };
    this.record = { ...this.record, status: "finished", finishedReason: stop.reason };
    this.journal.commit(
      [
        { type: "study.phase", phase: "done" },
        { type: "study.finished", reason: stop.reason, detail: stop.detail },
      ],
      () => {
        this.store.updateStudy(this.record);
        this.save();
      },
    );
  }

  // ------------------------------------------------------------------------------------------------------ small parts

  /** Takes in a trial that was not there before. */
  private know(trial: TrialRecord): void {
    this.trials.set(trial.number, trial);
    if (trial.proposal.purpose !== "final") this.searchTrials++;
  }

  private searchTrialsFinished(): number {
    let count = 0;
    for (const { state, proposal } of this.trials.values())
      if (state === "finished" && proposal.purpose !== "final") count++;
    return count;
  }

  private use(): Use {
    let failures = 0;
    for (let i = this.evidence.trials.length - 1; i >= 0 && this.evidence.trials[i]!.outcome.kind === "failed"; i--)
      failures++;
    return { trials: this.searchTrials, seconds: this.secondsUsed(), failuresInARow: failures };
  }

  private secondsUsed(): number {
    const now = this.startedAt === undefined ? 0 : this.parts.clock.monotonic() - this.startedAt;
    return this.secondsBefore + now / 1000;
  }

  /** The search of numbers of the version that the study would answer with. */
  private get head(): Track {
    return this.code?.headTrack ?? this.base;
  }

  /** Undefined for a trial of a version that is not searched any more. */
  private trackOf({ proposal }: Pick<TrialRecord, "proposal">): Track | undefined {
    return this.code === undefined ? this.base : this.code.track(versionOf(proposal));
  }

  private get exhausted(): boolean {
    return this.evidence.judgedGroups >= this.space.size();
  }

  private get trialsLeft(): number {
    return (this.settings.budget.trials ?? Number.POSITIVE_INFINITY) - this.use().trials;
  }

  private curve(number: number): readonly Observation[] {
    const { attempt } = this.trials.get(number) ?? {};
    return this.store.observations(this.id, number).filter((each) => each.attempt === attempt);
  }

  private relative(path: string): string {
    const folder = `${this.store.studyFolder(this.id)}/`;
    return path.startsWith(folder) ? path.slice(folder.length) : path;
  }

  private put(trial: TrialRecord): void {
    this.store.updateTrial(this.id, trial);
    this.trials.set(trial.number, trial);
  }

  private snapshot(): StudySnapshot {
    return {
      phase: this.phase,
      learned: this.learned,
      secondsUsed: this.secondsUsed(),
      ...this.base.state(),
      ...(this.code === undefined ? {} : { code: this.code.state() }),
      ...(this.stop === undefined ? {} : { stop: this.stop }),
      ...(this.answer === undefined ? {} : { answer: this.answer }),
    };
  }

  private save(): void {
    this.saved = this.snapshot();
    this.store.saveSnapshot(this.id, snapshotVersion, JSON.stringify(this.saved));
  }
}

/** Where the search of the code stands. */
export interface CodeStanding extends Pick<CodeState, "head"> {
  readonly trying: CodeState["trying"] | undefined;
}

/** How far a study is, for the person who waits. */
export interface Progress {
  readonly phase: Phase;
  /** Trials of the search that were begun, whatever code version they run on; final runs are not among them. */
  readonly trialsUsed: number;
  /** Those of them that have ended. */
  readonly trialsFinished: number;
  readonly trials?: number;
  readonly secondsUsed: number;
  readonly seconds?: number;
  /** Estimate; absent until a trial has finished. */
  readonly secondsLeft?: number;
  readonly running: readonly number[];
  /** Whether the advisor is being asked at this moment. */
  readonly thinking: boolean;
}

/**
 * The end of a run of a version that is being tried: what would be the machine's fault with the person's own code, such
 * as a module that cannot be imported or a file that may not be written, is here the edit's until another run shows that
 * it is not.
 */
function blamed(end: TrialEnd, { proposal, attempt }: TrialRecord, code: CodeSearch | undefined): TrialEnd {
  const { outcome } = end;
  if (outcome.kind !== "failed" || causedByConfiguration(outcome) || outcome.failure === "cancelled") return end;
  const version = versionOf(proposal);
  if (code === undefined || version === baseVersion || version === code.head) return end;
  if (outcome.failure === "lost" && attempt < environmentAttempts) return end;
  return { ...end, outcome: { ...outcome, fault: "configuration" } };
}

/** Said at every start, since it was said once on a command line that nobody may remember. */
const unconfined: StudyEvent = {
  type: "warning",
  message: "edited code runs unconfined (sandbox: off): it can do whatever you can do on this machine",
};

function requeuedEvent(trial: TrialRecord, reason: string): StudyEvent {
  return { type: "trial.requeued", trial: trial.number, attempt: trial.attempt + 1, reason };
}
