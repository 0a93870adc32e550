import { failureSeverity } from "../centaur/failure-severity.js";
import { Predictions } from "../centaur/predictions.js";
import { AgentTuneError } from "../errors.js";
import { average, Evidence, type FinishedTrial, toLoss } from "../evidence/index.js";
import { deriveSeed } from "../math/random.js";
import type {
  Evaluation,
  Measured,
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  OptimizerView,
} from "../optimizers/optimizer.js";
import { type Configuration, SearchSpace } from "../space/index.js";
import type { TrialRecord } from "../store/index.js";
import type { Clock } from "../study/clock.js";
import { trialSeed } from "../study/final-evaluation.js";
import type { StudySettings } from "../study/settings.js";
import type { StudyEvent } from "../study/study-events.js";
import { endedTrial, finishedTrial, queuedTrial } from "../study/trial-lifecycle.js";
import { causedByConfiguration, type Observation, type Outcome } from "../trials/outcome.js";
import type { Proposal } from "../trials/proposal.js";
import { optimizerOptions, optimizerSeed, readConfiguration, type Search } from "./study-request.js";
import type { ToldTrial } from "./told-trial.js";

/** What one call has changed; kept as a whole or not at all. */
export interface Change {
  readonly inserted: readonly TrialRecord[];
  readonly updated: readonly TrialRecord[];
  readonly observed: readonly { readonly trial: TrialRecord; readonly observations: readonly Observation[] }[];
  /** Empty where nothing is journaled. */
  readonly events: readonly StudyEvent[];
  readonly optimizer: () => OptimizerState;
  /** Finished trials, this change's included. */
  readonly finished: number;
}

/** Where the trials of a study are kept. */
export interface Keeper {
  /** Whether {@link Change.events} are wanted. */
  readonly journals: boolean;
  /** Returns when the change is kept as well as this keeper can. */
  keep(change: Change): void;
  observations(trial: TrialRecord): readonly Observation[];
  close(): void;
}

/** What was kept of a study that goes on. */
export interface KeptStudy {
  /** By number, without gaps. */
  readonly trials: readonly TrialRecord[];
  /** Numbers of the finished ones in the order in which they finished. */
  readonly finishOrder: readonly number[];
  readonly optimizer: OptimizerState;
}

export interface AskTellParts {
  readonly id: string;
  readonly settings: StudySettings;
  readonly search: Search;
  readonly optimizer: OptimizerFactory;
  readonly keeper: Keeper;
  readonly clock: Clock;
  /** A new unguessable mark for one attempt. */
  readonly mark: () => string;
}

/** What telling one result came to. */
export interface ToldAnswer {
  readonly trial: number;
  readonly outcome: Outcome;
  /** Whether the optimizer learned from it: not where the environment was at fault. */
  readonly learned: boolean;
  /** True where the same result had been told before, and nothing was done. */
  readonly repeated?: true;
}

/**
 * A study whose trials run somewhere else: the client asks for configurations and tells what became of them.
 *
 * It is not the study loop (study/study.ts) because that one has the trials run: it decides when to ask, starts them
 * on an executor, ends them, repeats them and stops by a budget, all of which is the client's affair here. What the
 * two have in common is shared: settings, trials and their lifecycle, seeds, the events of the journal, the snapshot,
 * the evidence that finds the incumbent, the models that predict, and the rule of what a failure means.
 *
 * The same calls give the same answers whether or not the study is kept, in this process or after it was opened again.
 */
export class AskTellStudy {
  readonly id: string;
  readonly space: SearchSpace;
  readonly evidence: Evidence;
  private readonly predictions: Predictions;
  private readonly optimizer: Optimizer;
  /** By number. */
  private readonly all: TrialRecord[] = [];
  private readonly unfinished = new Set<number>();
  private readonly startKey: string | undefined;
  private startIsKnown = false;
  private isBroken = false;

  constructor(
    private readonly parts: AskTellParts,
    kept?: KeptStudy,
  ) {
    const { id, settings, search, optimizer } = parts;
    this.id = id;
    this.space = SearchSpace.from(settings.space);
    this.evidence = new Evidence(this.space, settings.objective);
    this.predictions = new Predictions(this.evidence, deriveSeed(settings.seed, "predictions"));
    this.optimizer =
      kept === undefined
        ? optimizer.create(this.space, optimizerOptions(this.space, optimizerSeed(settings), search))
        : optimizer.restore(this.space, kept.optimizer);
    this.startKey = search.start === undefined ? undefined : this.space.key(search.start);
    for (const trial of kept?.trials ?? []) this.know(trial);
    for (const number of kept?.finishOrder ?? []) {
      const trial = this.all[number];
      if (trial !== undefined) this.evidence.add(finishedTrial(trial));
    }
  }

  get settings(): StudySettings {
    return this.parts.settings;
  }

  /** By number. */
  get trials(): readonly TrialRecord[] {
    return this.all;
  }

  /** Trials that were asked for and whose end was not told. */
  get pending(): readonly TrialRecord[] {
    return [...this.unfinished].map((number) => this.trial(number));
  }

  /** True where what is in memory has got ahead of what is kept, because a change failed: it must be given up. */
  get broken(): boolean {
    return this.isBroken;
  }

  /** @throws AgentTuneError `trial_unknown` */
  trial(number: number): TrialRecord {
    const trial = this.all[number];
    if (trial !== undefined) return trial;
    throw new AgentTuneError("trial_unknown", {
      message: `There is no trial ${number} in study ${this.id}.`,
      where: `study ${this.id}`,
      remedy: "Tell the number that ask gave; trials lists them.",
    });
  }

  observations(number: number): readonly Observation[] {
    return this.parts.keeper.observations(this.trial(number));
  }

  /** Trials to be run, the study's own start first. */
  ask(count: number): readonly TrialRecord[] {
    return this.begin(() => Array.from({ length: count }, () => this.queue(this.nextProposal())));
  }

  /**
   * The same for configurations that the client wants to run.
   *
   * @param wanted canonical
   */
  askFor(wanted: readonly Configuration[]): readonly TrialRecord[] {
    return this.begin(() =>
      wanted.map((configuration) => this.queue(this.proposal(configuration, "user", "asked for by the client"))),
    );
  }

  /**
   * Learns from results in the given order: all of them or, where one cannot be understood, none.
   *
   * @throws AgentTuneError `trial_unknown`, `configuration_invalid`, or `usage` for a trial that has another result
   */
  tell(results: readonly ToldTrial[]): readonly ToldAnswer[] {
    const prepared = this.prepare(results);
    return this.change(() => {
      const events: StudyEvent[] = [];
      const inserted: TrialRecord[] = [];
      const updated: TrialRecord[] = [];
      const observed: Change["observed"][number][] = [];
      const answers = prepared.map(({ trial, result, known }): ToldAnswer => {
        const { number } = trial;
        if (known !== undefined) return { trial: number, outcome: known, learned: isJudged(known), repeated: true };
        const asked = number < this.all.length;
        // What the results before it in this call make of its configuration: a first run or a repeat.
        const done = this.finish(
          asked ? trial : { ...trial, proposal: this.toldProposal(trial.proposal.configuration) },
          result,
        );
        (asked ? updated : inserted).push(done);
        if (!asked) events.push(queuedEvent(done));
        this.know(done);
        events.push(...this.learn(finishedTrial(done), result));
        if (result.observations.length > 0) observed.push({ trial: done, observations: result.observations });
        return { trial: number, outcome: result.outcome, learned: isJudged(result.outcome) };
      });
      if (inserted.length + updated.length > 0) this.keep({ inserted, updated, observed, events });
      return answers;
    });
  }

  view(): OptimizerView {
    return this.optimizer.view();
  }

  optimizerState(): OptimizerState {
    return this.optimizer.state();
  }

  /** Models of the trials, fitted when they are asked for. */
  get models(): Predictions {
    return this.predictions;
  }

  close(): void {
    this.parts.keeper.close();
  }

  private begin(queue: () => readonly TrialRecord[]): readonly TrialRecord[] {
    return this.change(() => {
      const inserted = queue();
      this.keep({ inserted, updated: [], observed: [], events: inserted.map(queuedEvent) });
      return inserted;
    });
  }

  private change<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      // Where nothing is kept, there is nothing better to go back to.
      this.isBroken ||= this.parts.keeper.journals;
      throw error;
    }
  }

  private nextProposal(): Proposal {
    const { start } = this.parts.search;
    if (start !== undefined && !this.startIsKnown) {
      return this.startKey === this.space.key(this.space.defaults())
        ? this.proposal(start, "default", "the configuration as it is today")
        : this.proposal(start, "user", "the configuration to start from");
    }
    const { id, configuration } = this.optimizer.ask();
    const { name } = this.optimizer;
    return { ...this.proposal(configuration, name, `drawn by ${name}`), candidate: id };
  }

  private proposal(configuration: Configuration, origin: string, reason: string): Proposal {
    const known = this.evidence.group(configuration);
    return {
      configuration,
      origin,
      purpose: known === undefined ? "search" : "replicate",
      reason,
      ...(known === undefined ? {} : { replicateOf: known.first.number }),
    };
  }

  private toldProposal(configuration: Configuration): Proposal {
    return this.proposal(configuration, "user", "told by the client");
  }

  private queue(proposal: Proposal): TrialRecord {
    const trial = this.newTrial(proposal, this.all.length);
    this.know(trial);
    return trial;
  }

  /** A trial that its client is about to run. */
  private newTrial(proposal: Proposal, number: number): TrialRecord {
    const now = this.parts.clock.now();
    const queued = queuedTrial(proposal, {
      number,
      seed: trialSeed(this.settings.seed, "trial", number),
      derived: { ...this.space.derive(proposal.configuration) },
      mark: this.parts.mark(),
      queuedAt: now,
    });
    return { ...queued, state: "running", startedAt: now };
  }

  /** Checks everything that can be wrong before anything is learned. */
  private prepare(results: readonly ToldTrial[]): readonly PreparedResult[] {
    const outcomes = new Map<number, Outcome>();
    let next = this.all.length;
    return results.map((result, index): PreparedResult => {
      const { of } = result;
      if ("configuration" in of) {
        const where = results.length === 1 ? "params" : `params.results[${index}]`;
        const configuration = readConfiguration(this.space, of.configuration, `${where}.configuration`);
        return { trial: this.newTrial(this.toldProposal(configuration), next++), result };
      }
      const trial = this.trial(of.trial);
      const known = trial.outcome ?? outcomes.get(of.trial);
      outcomes.set(of.trial, result.outcome);
      if (known === undefined) return { trial, result };
      // A client that had no answer, because one of the two ended, tells again.
      if (JSON.stringify(known) === JSON.stringify(result.outcome)) return { trial, result, known };
      throw new AgentTuneError("usage", {
        message: `Trial ${of.trial} has another result already: ${inWords(known)}.`,
        where: `study ${this.id}, trial ${of.trial}`,
        remedy: "Tell each trial once. To tell another run of its configuration, tell the configuration.",
      });
    });
  }

  private finish(trial: TrialRecord, result: ToldTrial): TrialRecord {
    const now = this.parts.clock.now();
    const asked = trial.number < this.all.length;
    const waited = (now - (trial.startedAt ?? now)) / 1000;
    const end = {
      outcome: result.outcome,
      metrics: result.metrics,
      seconds: result.seconds ?? Math.max(0, waited),
      logTail: result.log,
      ...(result.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes }),
    };
    const done = endedTrial(trial, end, now, undefined);
    if (asked || result.seconds !== undefined) return done;
    // How long it took elsewhere is not known.
    const { seconds: _, ...rest } = done;
    return rest;
  }

  private know(trial: TrialRecord): void {
    this.all[trial.number] = trial;
    if (trial.state === "finished") this.unfinished.delete(trial.number);
    else this.unfinished.add(trial.number);
    this.startIsKnown ||= this.startKey === this.space.key(trial.proposal.configuration);
  }

  private learn(trial: FinishedTrial, result: ToldTrial): readonly StudyEvent[] {
    const { journals } = this.parts.keeper;
    const before = journals ? this.evidence.incumbent?.group.key : undefined;
    const { outcome, proposal } = trial;
    this.evidence.add(trial);
    const { candidate, configuration } = proposal;
    if (isJudged(outcome)) {
      this.optimizer.tell({
        ...(candidate === undefined ? {} : { candidate }),
        configuration,
        evaluation: this.evaluation(trial),
        ...measuredOf(result),
      });
    } else if (candidate !== undefined) this.optimizer.forget(candidate);
    if (!journals) return [];
    const finished: StudyEvent = {
      type: "trial.finished",
      trial: trial.number,
      value: outcome.kind === "failed" ? null : outcome.value,
      failure: outcome.kind === "failed" ? outcome.failure : null,
      seconds: trial.seconds ?? 0,
    };
    const { incumbent } = this.evidence;
    if (incumbent === undefined || incumbent.group.key === before) return [finished];
    const { first } = incumbent.group;
    const value = incumbent.estimate.mean;
    return [finished, { type: "incumbent.changed", trial: first.number, value, origin: first.proposal.origin }];
  }

  private evaluation(trial: FinishedTrial): Evaluation {
    const { outcome, proposal } = trial;
    if (outcome.kind === "failed") {
      return { kind: "failure", severity: failureSeverity(trial), failure: outcome.failure };
    }
    // A repeat corrects what the optimizer believes of the configuration: it is told the mean of all complete runs.
    const losses = this.evidence.group(proposal.configuration)?.losses ?? [];
    const loss = toLoss(this.settings.objective, outcome.value);
    return { kind: "value", value: losses.length === 0 ? loss : average(losses) };
  }

  private keep(change: Omit<Change, "optimizer" | "finished">): void {
    this.parts.keeper.keep({
      ...change,
      optimizer: () => this.optimizerState(),
      finished: this.all.length - this.unfinished.size,
    });
  }
}

interface PreparedResult {
  readonly trial: TrialRecord;
  readonly result: ToldTrial;
  /** The outcome, where the same was told before. */
  readonly known?: Outcome;
}

function isJudged(outcome: Outcome): boolean {
  return outcome.kind !== "failed" || causedByConfiguration(outcome);
}

function measuredOf({ seconds, cost, peakMemoryBytes, progress }: ToldTrial): { readonly measured?: Measured } {
  const spent = cost ?? seconds;
  const measured: Measured = {
    ...(peakMemoryBytes === undefined ? {} : { peakMemory: peakMemoryBytes }),
    ...(progress === undefined ? {} : { progress }),
    ...(spent === undefined || spent === 0 ? {} : { cost: spent }),
  };
  return Object.keys(measured).length === 0 ? {} : { measured };
}

function queuedEvent({ number, proposal }: TrialRecord): StudyEvent {
  const { origin, purpose, reason } = proposal;
  return { type: "trial.queued", trial: number, origin, purpose, reason };
}

function inWords(outcome: Outcome): string {
  return outcome.kind === "failed" ? `failed (${outcome.failure})` : `${outcome.kind} with ${outcome.value}`;
}
