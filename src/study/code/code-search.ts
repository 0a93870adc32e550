import {
  type Coder,
  CoderFailure,
  type CoderRequest,
  type CoderSetting,
  type EditSubmission,
} from "../../code/coder/index.js";
import type { CodeEvent } from "../../code/events.js";
import {
  type Candidate,
  type CandidateStep,
  closeGate,
  decide,
  type GateDecision,
  leastPairs,
  nextForCandidate,
  openGate,
  planCandidate,
} from "../../code/gate/index.js";
import { creditedGain, decideMove, recordMove } from "../../code/moves/index.js";
import type { CodeSettings } from "../../code/settings.js";
import { baseVersion, type CodeVersion, codeVersionSchema, versionOf } from "../../code/version.js";
import { Evidence, type FinishedTrial, toLoss } from "../../evidence/index.js";
import { deriveSeed } from "../../math/random.js";
import { carryOver } from "../../optimizers/index.js";
import type { Told } from "../../optimizers/optimizer.js";
import { projectConfiguration, SearchSpace } from "../../space/index.js";
import type { Configuration, SpaceDefinition } from "../../space/parameter.js";
import type { TrialRecord } from "../../store/index.js";
import { causedByConfiguration } from "../../trials/outcome.js";
import type { TaskCode } from "../../trials/trial-run.js";
import { type SeededProposal, trialSeed } from "../final-evaluation.js";
import { Track, type TrackParts, type TrackState } from "../track.js";
import { type CodeState, type Contender, initialCodeState, type Trying } from "./code-state.js";
import { heldReason } from "./held.js";
import { withDefaults } from "./inherited-space.js";
import type { TryOut } from "./try-out.js";
import type { Workshop } from "./workshop.js";

export interface CodeSearchParts {
  readonly code: CodeSettings;
  readonly coder: Coder;
  readonly workshop: Workshop;
  readonly tryOut: TryOut;
  /** Of every track but the space. */
  readonly track: Omit<TrackParts, "space" | "warmStart" | "startReason">;
  /** The search of numbers for the code as it was given. */
  readonly base: Track;
  readonly setting: Omit<CoderSetting, "objective" | "limits" | "task" | "confidence">;
}

/** How the study stands, as far as the next step depends on it. */
export interface StudyView {
  /** Trials that the search may still run; infinite where nothing bounds them. */
  readonly trialsLeft: number;
  /** Number of the next trial. */
  readonly nextTrial: number;
  /** Queued or running. */
  readonly unfinished: readonly TrialRecord[];
  readonly finished: (number: number) => TrialRecord | undefined;
}

/** What the study is to do next. */
export type CodeStep =
  /** A trial of the optimizer, or of the advisor, on this version. */
  | { readonly kind: "numbers"; readonly version: string }
  /** Ask the coder for another version. */
  | { readonly kind: "structure" }
  /** Both runs of one pair. */
  | { readonly kind: "pair"; readonly proposals: readonly SeededProposal[] }
  | { readonly kind: "verdict"; readonly decision: Exclude<GateDecision, { kind: "more" }> }
  /** Nothing before a running trial has ended. */
  | { readonly kind: "wait" };

/** A version that a turn of the coder has made, and what is saved with it. */
export interface TurnOfCoder {
  readonly events: readonly CodeEvent[];
  readonly version?: CodeVersion;
}

/** Turns in a row without a version after which the coder is only asked again where nothing else is left to do. */
const patience = 3;

/**
 * The search of training code: which version is searched, when another is tried, what becomes of it. The rules are in
 * the code room; this orders them. What changes its state is called within the study's durable points.
 */
export class CodeSearch {
  private current: CodeState;
  private readonly tracks = new Map<string, Track>();
  private readonly known = new Map<string, CodeVersion>();
  private lastMove: "structure" | "numbers" | undefined;

  constructor(
    private readonly parts: CodeSearchParts,
    saved: CodeState | undefined,
    versions: readonly unknown[],
  ) {
    this.current = saved ?? initialCodeState;
    for (const data of versions) {
      const version = codeVersionSchema.parse(data);
      this.known.set(version.id, version);
    }
    this.tracks.set(baseVersion, parts.base);
    this.loadTracks();
  }

  /** The repository and the checkouts; the first version where it is not there yet. Put right after a crash. */
  async open(at: number): Promise<TurnOfCoder> {
    const { workshop } = this.parts;
    await workshop.open(this.known, at);
    const first = this.known.has(baseVersion) ? undefined : await workshop.maker.base(at);
    if (first !== undefined) this.known.set(first.id, first);
    for (const id of this.tracks.keys()) await workshop.checkout(this.version(id));
    if (first === undefined) return { events: [] };
    return { events: [madeEvent(first)], version: first };
  }

  get head(): string {
    return this.current.head;
  }

  /** The version under trial, and how far its trial is. */
  get trying(): Trying | undefined {
    return this.current.trying;
  }

  get headTrack(): Track {
    return this.tracks.get(this.current.head) ?? this.parts.base;
  }

  /** Of a version that is searched. */
  track(version: string): Track | undefined {
    return this.tracks.get(version);
  }

  get versions(): readonly CodeVersion[] {
    return [...this.known.values()];
  }

  version(id: string): CodeVersion {
    const version = this.known.get(id);
    if (version === undefined) throw new Error(`There is no code version ${id}.`);
    return version;
  }

  task(version: string): TaskCode {
    const { workshop } = this.parts;
    return { version, checkout: workshop.path(version), base: workshop.path(baseVersion) };
  }

  declaredBy(version: string): readonly string[] {
    return this.parts.workshop.maker.declaredBy(version);
  }

  // ------------------------------------------------------------------------------------------------------- what is next

  /** @param exhausted whether every configuration of the head's space has run */
  next(view: StudyView, exhausted: boolean): CodeStep {
    const { trying } = this.current;
    if (trying === undefined) return this.move(view, exhausted);
    const step = nextForCandidate(this.withNoise(trying.plan));
    const due =
      step.kind === "verdict" && step.decision.kind === "keep"
        ? this.attribution(trying, step.decision, view)
        : this.dueStep(trying, step, view);
    if (due !== undefined) return due;
    // A free slot beside the runs that are awaited goes to numbers, which the parent is due anyway; not without end, as
    // the version's runs may be the slower ones.
    const { tuning, parentLosses, pairs } = trying.plan;
    const enough = parentLosses.length + running(view, trying.parent) >= 2 * (tuning + pairs.length);
    return exhausted || enough || view.trialsLeft <= this.reserved(trying, step)
      ? { kind: "wait" }
      : { kind: "numbers", version: this.head };
  }

  /** A version may be made before the noise is measured; as soon as it is, bad luck no longer looks hopeless. */
  private withNoise(plan: Candidate): Candidate {
    const noise = plan.noise ?? this.headTrack.evidence.noise?.deviation;
    return noise === undefined ? plan : { ...plan, noise };
  }

  private dueStep(trying: Trying, step: CandidateStep, view: StudyView): CodeStep | undefined {
    const pairs = view.unfinished.filter(({ proposal }) => proposal.pair?.candidate === trying.version).length;
    switch (step.kind) {
      case "verdict":
        return running(view, trying.version) + pairs > 0 ? undefined : step;
      case "check":
      case "tune-candidate":
        return running(view, trying.version) < step.count ? { kind: "numbers", version: trying.version } : undefined;
      case "tune-parent":
        return running(view, trying.parent) < step.count ? { kind: "numbers", version: trying.parent } : undefined;
      case "pairs":
        if (pairs > 0 || running(view, trying.version) > 0) return undefined;
        return view.trialsLeft < 2
          ? { kind: "verdict", decision: unjudged }
          : { kind: "pair", proposals: this.pair(trying, step.maxPairs) };
    }
  }

  /** Trials that the version under trial still needs at least. */
  private reserved(trying: Trying, step: CandidateStep): number {
    if (step.kind === "verdict") return 0;
    const { gate } = trying.plan;
    return step.count + 2 * Math.max(1, (gate?.leastPairs ?? 1) - trying.plan.pairs.length);
  }

  private move(view: StudyView, exhausted: boolean): CodeStep {
    const { evidence } = this.headTrack;
    const numbers: CodeStep = exhausted ? { kind: "wait" } : { kind: "numbers", version: this.head };
    const decision = decideMove(this.current.moves, {
      defaultDone: evidence.completeGroups > 0,
      noise: evidence.noise !== undefined,
      trials: evidence.completeGroups,
    });
    const ready = evidence.completeGroups > 0 && (exhausted || decision.kind === "structure");
    if (!ready || !this.mayAsk(exhausted) || this.plan(view.trialsLeft) === undefined) return numbers;
    // A version is compared with what the trials under way will have shown.
    return view.unfinished.length > 0 ? { kind: "wait" } : { kind: "structure" };
  }

  /** After turns that gave nothing, twice as many trials each time; for good where there are no trials left to do. */
  private mayAsk(exhausted: boolean): boolean {
    const { fruitless, sinceAsked } = this.current;
    if (fruitless === 0) return true;
    return exhausted ? fruitless < patience : sinceAsked >= 2 ** Math.min(fruitless, 6);
  }

  /** Whether neither numbers nor structure have anything left to try. */
  givenUp(exhausted: boolean): boolean {
    return exhausted && this.current.trying === undefined && !this.mayAsk(true);
  }

  private plan(trialsLeft: number): ReturnType<typeof planCandidate> {
    const { evidence, space } = this.headTrack;
    const best = evidence.incumbent;
    if (best === undefined) return undefined;
    const losses = evidence.trials.map((trial) => lossOf(evidence, trial)).filter(Number.isFinite);
    const noise = evidence.noise?.deviation;
    const known = noise === undefined ? {} : { noise };
    return planCandidate({
      parameters: space.parameters.length,
      budget: Math.min(trialsLeft, 10_000),
      leastPairs: leastPairs(this.current.tries, { confidence: this.parts.code.confidence, ...known }),
      parentBefore: { best: toLoss(evidence.objective, best.estimate.mean), median: median(losses) },
      ...known,
    });
  }

  /** Whether the kind of the next move is another one than that of the last; as an event. */
  moveEvent(kind: "structure" | "numbers"): readonly CodeEvent[] {
    if (this.current.trying !== undefined || kind === this.lastMove) return [];
    this.lastMove = kind;
    const { evidence } = this.headTrack;
    const { share, reason } = decideMove(this.current.moves, {
      defaultDone: evidence.completeGroups > 0,
      noise: evidence.noise !== undefined,
      trials: evidence.completeGroups,
    });
    return [{ type: "move.decided", kind, share, reason }];
  }

  // ------------------------------------------------------------------------------------------------------- a new version

  /**
   * One turn of the coder. Changes nothing: {@link begin} does, when its result is made durable.
   *
   * @throws what is no failure of the coder, such as a repository that cannot be written
   */
  async propose(
    view: StudyView,
    given: Pick<CoderRequest, "budget" | "parallel" | "curve" | "refused"> & {
      readonly at: number;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly events: readonly CodeEvent[]; readonly version?: CodeVersion }> {
    const { coder, workshop, code, track, setting, tryOut } = this.parts;
    const { maker } = workshop;
    const { objective, limits, task } = track.settings;
    const { at, signal, ...rest } = given;
    const { evidence, centaur } = this.headTrack;
    const attempt = this.current.attempts;
    let lastRefusal: { readonly submission: EditSubmission; readonly reason: string } | undefined;
    const { deletedBefore, syntax } = await maker.checkOptions();
    const request: CoderRequest = {
      ...rest,
      setting: { ...setting, objective, limits, task, confidence: code.confidence },
      attempt,
      versions: this.versions,
      parent: this.head,
      reintroduced: new Map(
        this.versions.flatMap(({ id, reintroduced: again }) => (again === undefined ? [] : [[id, again] as const])),
      ),
      sensitivities: centaur.predictions.sensitivities(),
      constants: await workshop.constantsOf(this.head, this.headTrack.definition),
      noise: evidence.noise,
      evidence: (version) => this.evidence(version, view),
      tree: (version) => maker.tree(version),
      diff: (version) => maker.diff(version),
      ...(syntax === undefined ? {} : { syntax }),
      deletedBefore,
      tryOut: (draft, options) => tryOut.run(draft, options),
      review: async (submission) => {
        const review = await maker.review(submission, (draft) => this.parts.tryOut.effectless(draft, signal));
        if (!review.ok) {
          const reason = review.problems.map((each) => (typeof each === "string" ? each : each.message)).join("; ");
          lastRefusal = { submission, reason };
        }
        return review;
      },
    };
    try {
      const submission = await coder.propose(request, { signal });
      if (submission.kind === "nothing") {
        return { events: [{ type: "coder.passed", attempt, reason: submission.reason }] };
      }
      const { version } = await maker.make(submission, `v${this.known.size}`, at);
      await workshop.checkout(version);
      return { events: [madeEvent(version)], version };
    } catch (error) {
      if (!(error instanceof CoderFailure)) throw error;
      const failed: CodeEvent = { type: "coder.failed", attempt, failure: error.failure, message: error.message };
      if (lastRefusal === undefined) return { events: [failed] };
      const { submission, reason } = lastRefusal;
      const { parent, summary } = submission;
      return { events: [failed, { type: "version.refused", attempt, parent, summary, reason }] };
    }
  }

  /** Takes in what a turn of the coder gave: a version to try, or one more turn without. */
  begin(version: CodeVersion | undefined, view: StudyView): void {
    const attempts = this.current.attempts + 1;
    const plan = version === undefined ? undefined : this.plan(view.trialsLeft);
    if (version === undefined || plan === undefined) {
      this.current = { ...this.current, attempts, fruitless: this.current.fruitless + 1, sinceAsked: 0 };
      return;
    }
    this.known.set(version.id, version);
    const opponent = this.headTrack;
    const numbersFrom = this.evidence(version.parent ?? baseVersion, view)?.incumbent ?? opponent.evidence.incumbent;
    const declared = SearchSpace.from(this.parts.workshop.maker.spaceOf(version.id));
    const start =
      numbersFrom === undefined
        ? declared.defaults()
        : (projectConfiguration(numbersFrom.group.configuration, declared) ?? declared.defaults());
    const space = withDefaults(this.parts.workshop.maker.spaceOf(version.id), start);
    const { optimizer } = carryOver(
      this.parts.track.factory,
      opponent.space,
      opponent.state().optimizer,
      SearchSpace.from(space),
      {
        seed: deriveSeed(this.parts.track.settings.seed, "optimizer", version.id),
        start,
        told: toldOf(opponent.evidence),
      },
    );
    const state = { optimizer: optimizer.state(), centaur: opponent.centaur.handedOn() };
    this.tracks.set(version.id, this.newTrack(space, state));
    this.current = {
      ...this.current,
      attempts,
      fruitless: 0,
      sinceAsked: 0,
      trying: { version: version.id, parent: this.head, plan, since: view.nextTrial, queuedPairs: 0 },
    };
  }

  // ------------------------------------------------------------------------------------------------------------- pairs

  private pair(trying: Trying, maxPairs: number): readonly SeededProposal[] {
    const contenders = trying.contenders ?? this.contenders(trying);
    const number = trying.queuedPairs + 1;
    let { plan } = trying;
    let { tries } = this.current;
    if (plan.gate === undefined) {
      const noise = this.headTrack.evidence.noise?.deviation;
      const candidate = this.version(trying.version);
      const opened = openGate(tries, {
        confidence: this.parts.code.confidence,
        lines: { candidate: candidate.lines.total, parent: this.version(trying.parent).lines.total },
        maxPairs,
        strict: candidate.flags.length > 0,
        ...(noise === undefined ? {} : { noise }),
      });
      plan = { ...plan, gate: opened.gate };
      ({ tries } = opened);
    }
    this.current = { ...this.current, tries };
    const seed = this.gateSeed({ ...trying, plan, contenders });
    const opponent = `the best of ${trying.parent}, which ${trying.version} is to beat`;
    return [
      this.side(trying, trying.version, contenders.candidate, `the best of ${trying.version}`, number, seed),
      this.side(trying, trying.parent, contenders.parent, opponent, number, seed),
    ];
  }

  /**
   * A version that beats the best of its parent has better code or better numbers. Only the code counts: it has to beat
   * its parent with the candidate's own numbers as well, on the same seeds and by the same test. (Both tests have to be
   * passed, so neither needs a stricter level: an intersection-union test, Berger 1982.) Otherwise an edit that changes
   * nothing would be kept whenever the search of numbers was luckier on its side.
   */
  private attribution(
    trying: Trying,
    beaten: Extract<GateDecision, { kind: "keep" }>,
    view: StudyView,
  ): CodeStep | undefined {
    const { plan, contenders } = trying;
    const { gate } = plan;
    const { space, evidence } = this.headTrack;
    if (gate === undefined || contenders === undefined) return { kind: "verdict", decision: beaten };
    if (view.unfinished.some(({ proposal }) => proposal.pair?.candidate === trying.version)) return undefined;
    const configuration = projectConfiguration(contenders.candidate.configuration, space);
    if (configuration === undefined || space.key(configuration) === space.key(contenders.parent.configuration)) {
      return { kind: "verdict", decision: beaten };
    }
    const runs = [...pairRuns(trying, view)];
    const own = this.tracks.get(trying.version)?.evidence ?? evidence;
    const pairs = runs.flatMap(([, { candidate, same }]) =>
      candidate === undefined || same === undefined || [candidate, same].some(endedByEnvironment)
        ? []
        : [{ candidate: lossOf(own, candidate), parent: lossOf(evidence, same) }],
    );
    const decision = decide(pairs, gate);
    switch (decision.kind) {
      case "keep": {
        const gain = decision.gain.mean < beaten.gain.mean ? decision.gain : beaten.gain;
        const reason = `${beaten.reason} Its parent with the same numbers: ${lowerFirst(decision.reason)}`;
        return { kind: "verdict", decision: { kind: "keep", gain, reason } };
      }
      case "keep_simpler":
        return { kind: "verdict", decision };
      case "reject": {
        const reason = `Its gain comes from its numbers, not from the edit: with the same numbers as its parent, ${lowerFirst(decision.reason)}`;
        return { kind: "verdict", decision: { ...decision, reason } };
      }
      case "more": {
        const proposals = this.sameNumbers(trying, configuration, runs);
        return view.trialsLeft < proposals.length
          ? { kind: "verdict", decision: unjudged }
          : { kind: "pair", proposals };
      }
    }
  }

  /** The parent with the candidate's numbers on the next seed that the candidate has run on; on a new one where there is none. */
  private sameNumbers(
    trying: Trying,
    configuration: Configuration,
    runs: readonly (readonly [number, PairOfRuns])[],
  ): readonly SeededProposal[] {
    const { contenders } = trying;
    if (contenders === undefined) return [];
    const against = { ...contenders.parent, configuration };
    const what = `${trying.parent} with the numbers of ${trying.version}`;
    const open = runs.find(([, { candidate, same }]) => candidate !== undefined && same === undefined);
    const [number, seed] =
      open?.[1].candidate === undefined
        ? [trying.queuedPairs + 1, this.gateSeed(trying)]
        : [open[0], open[1].candidate.seed];
    const same = this.side(trying, trying.parent, against, what, number, seed);
    const sameProposal = {
      seed,
      proposal: { ...same.proposal, pair: { candidate: trying.version, number, sameNumbers: true } },
    };
    if (open !== undefined) return [sameProposal];
    const best = `the best of ${trying.version}`;
    return [this.side(trying, trying.version, contenders.candidate, best, number, seed), sameProposal];
  }

  /** A seed that no pair had before; counts the pair. */
  private gateSeed(trying: Trying): number {
    const seed = trialSeed(this.parts.track.settings.seed, "gate", this.current.gateSeeds);
    this.current = {
      ...this.current,
      gateSeeds: this.current.gateSeeds + 1,
      trying: { ...trying, queuedPairs: trying.queuedPairs + 1 },
    };
    return seed;
  }

  private side(
    trying: Trying,
    version: string,
    { configuration, origin, trial }: Contender,
    what: string,
    number: number,
    seed: number,
  ): SeededProposal {
    return {
      proposal: {
        configuration,
        version,
        origin,
        purpose: "gate",
        reason: `${what}, pair ${number} on a fresh seed`,
        replicateOf: trial,
        pair: { candidate: trying.version, number },
      },
      seed,
    };
  }

  private contenders(trying: Trying): NonNullable<Trying["contenders"]> {
    const best = (version: string): Contender => {
      const group = this.tracks.get(version)?.evidence.incumbent?.group;
      if (group === undefined) throw new Error(`Version ${version} has no result to compare.`);
      const { number, proposal } = group.first;
      return { configuration: group.configuration, origin: proposal.origin, trial: number };
    };
    return { candidate: best(trying.version), parent: best(trying.parent) };
  }

  // ----------------------------------------------------------------------------------------------------------- learning

  /**
   * A search trial, a repeat or a run of a pair has ended and is in the evidence of its version.
   *
   * @param gain by how much it has improved the estimated true value of the head's incumbent, as a loss
   */
  learned(trial: FinishedTrial, gain: number, view: StudyView): void {
    const { proposal, outcome } = trial;
    const version = versionOf(proposal);
    const { trying } = this.current;
    if (proposal.purpose === "gate") {
      if (trying !== undefined) this.current = { ...this.current, trying: this.withPairs(trying, view) };
      return;
    }
    const track = this.tracks.get(version);
    const evidence = track?.evidence;
    // Where every configuration of a small space has run, tuning can only repeat them.
    const usedUp = track !== undefined && track.evidence.judgedGroups >= track.space.size();
    if (proposal.purpose !== "search" && !(proposal.purpose === "replicate" && trying !== undefined && usedUp)) return;
    const judged = outcome.kind !== "failed" || causedByConfiguration(outcome);
    if (trying !== undefined && evidence !== undefined && judged) {
      const { plan } = trying;
      const loss = lossOf(evidence, trial);
      if (version === trying.version) {
        const candidateLosses = [...plan.candidateLosses, loss];
        this.current = { ...this.current, trying: { ...trying, plan: { ...plan, candidateLosses } } };
        return;
      }
      if (version === trying.parent && trial.number >= trying.since) {
        const parentLosses = [...plan.parentLosses, loss];
        this.current = { ...this.current, trying: { ...trying, plan: { ...plan, parentLosses } } };
        return;
      }
    }
    if (version !== this.head) return;
    this.current = {
      ...this.current,
      sinceAsked: this.current.sinceAsked + 1,
      moves: recordMove(this.current.moves, { kind: "numbers", trials: 1, gain }),
    };
  }

  /** Pairs of which both runs have ended, in order; one that the environment ended does not count. */
  private withPairs(trying: Trying, view: StudyView): Trying {
    const pairs = [...pairRuns(trying, view).values()].flatMap(({ candidate, parent }) => {
      if (candidate === undefined || parent === undefined || [candidate, parent].some(endedByEnvironment)) return [];
      const loss = (version: string, trial: FinishedTrial): number => {
        const evidence = this.tracks.get(version)?.evidence;
        return evidence === undefined ? Number.POSITIVE_INFINITY : lossOf(evidence, trial);
      };
      return [{ candidate: loss(trying.version, candidate), parent: loss(trying.parent, parent) }];
    });
    return { ...trying, plan: { ...trying.plan, pairs } };
  }

  // ------------------------------------------------------------------------------------------------------------ verdict

  /** Ends the trial of a version. */
  decide(
    decision: Exclude<GateDecision, { kind: "more" }>,
    view: StudyView,
  ): { readonly events: readonly CodeEvent[]; readonly version: CodeVersion } {
    const { trying } = this.current;
    if (trying === undefined) throw new Error("No version is being tried.");
    const { plan } = trying;
    const candidate = this.version(trying.version);
    const passed = decision.kind !== "reject";
    const runs = [...pairRuns(trying, view).values()];
    const held = passed
      ? heldReason(candidate, this.parts.code, {
          candidate: runs.flatMap((run) => run.candidate?.seconds ?? []),
          parent: runs.flatMap((run) => run.parent?.seconds ?? []),
        })
      : undefined;
    const status = held !== undefined ? "held" : passed ? "kept" : decision.failed ? "failed" : "rejected";
    const reason = held === undefined ? decision.reason : `${decision.reason} ${held}`;
    const gain = "gain" in decision ? decision.gain : undefined;
    const version: CodeVersion = { ...candidate, status, reason, ...(gain === undefined ? {} : { gain }) };
    this.known.set(version.id, version);
    const kept = status === "kept";
    const pairRunCount = runs.reduce((sum, run) => sum + Object.keys(run).length, 0);
    const trials = plan.candidateLosses.length + plan.parentLosses.length + pairRunCount;
    const worth = kept && decision.kind === "keep" ? creditedGain(decision.gain) : 0;
    const { trying: _, ...state } = this.current;
    this.current = {
      ...state,
      head: kept ? version.id : state.head,
      tries: plan.gate === undefined ? state.tries : closeGate(state.tries, decision),
      moves: recordMove(state.moves, { kind: "structure", trials, gain: worth }),
    };
    for (const id of [...this.tracks.keys()]) {
      if (id !== this.current.head && id !== baseVersion) this.tracks.delete(id);
    }
    const event: CodeEvent = {
      type: "version.decided",
      version: version.id,
      status,
      reason,
      ...(gain === undefined ? {} : { gain }),
    };
    return { events: [event], version };
  }

  /** What is said of a version that is being tried when the search ends. */
  get unjudged(): Exclude<GateDecision, { kind: "more" }> | undefined {
    return this.current.trying === undefined ? undefined : unjudged;
  }

  /** Checkouts of versions that are not searched any more are given up. */
  async tidy(): Promise<void> {
    for (const id of this.known.keys()) if (!this.tracks.has(id)) await this.parts.workshop.remove(id);
  }

  // -------------------------------------------------------------------------------------------------------------- state

  state(): CodeState {
    const tracks: CodeState["tracks"] = {};
    for (const [id, track] of this.tracks) {
      if (id !== baseVersion) tracks[id] = { space: track.definition, ...track.state() };
    }
    return { ...this.current, tracks };
  }

  /** Goes back to a saved state after a turn that was given up: only what a turn changes. */
  restore(saved: CodeState): void {
    this.current = saved;
    for (const [id, track] of this.tracks) {
      const state = saved.tracks[id];
      if (state !== undefined) track.restore(state);
    }
  }

  /** What the trials of any version have shown. */
  evidence(id: string, view: StudyView): Evidence | undefined {
    const track = this.tracks.get(id);
    if (track !== undefined) return track.evidence;
    if (!this.known.has(id)) return undefined;
    const evidence = new Evidence(
      SearchSpace.from(this.parts.workshop.maker.spaceOf(id)),
      this.parts.track.settings.objective,
    );
    for (let number = 0; number < view.nextTrial; number++) {
      const trial = view.finished(number);
      if (trial?.outcome === undefined || versionOf(trial.proposal) !== id) continue;
      if (trial.proposal.purpose !== "final") evidence.add({ ...trial, outcome: trial.outcome });
    }
    return evidence;
  }

  private loadTracks(): void {
    for (const [id, { space, optimizer, centaur }] of Object.entries(this.current.tracks)) {
      this.tracks.set(id, this.newTrack(space, { optimizer, centaur }));
    }
  }

  private newTrack(space: SpaceDefinition, state: TrackState): Track {
    return new Track({ ...this.parts.track, space, startReason: "the best numbers of its parent" }, state);
  }
}

const unjudged = {
  kind: "reject",
  failed: false,
  reason: "The budget was used up before it could be judged.",
} as const satisfies GateDecision;

/** Search trials of a version that have not ended. */
function running({ unfinished }: StudyView, version: string): number {
  return unfinished.filter(({ proposal }) => proposal.purpose === "search" && versionOf(proposal) === version).length;
}

function madeEvent({ id, parent, summary, flags }: CodeVersion): CodeEvent {
  return { type: "version.made", version: id, parent, summary, flags: flags.length };
}

interface PairOfRuns {
  candidate?: FinishedTrial;
  parent?: FinishedTrial;
  /** The parent with the candidate's numbers. */
  same?: FinishedTrial;
}

/** Runs of the pairs of a version, by number of the pair. */
function pairRuns(trying: Trying, view: StudyView): ReadonlyMap<number, PairOfRuns> {
  const pairs = new Map<number, PairOfRuns>();
  for (let number = trying.since; number < view.nextTrial; number++) {
    const trial = view.finished(number);
    const pair = trial?.proposal.pair;
    if (trial?.outcome === undefined || pair?.candidate !== trying.version) continue;
    const runs = pairs.get(pair.number) ?? {};
    const side = versionOf(trial.proposal) === trying.version ? "candidate" : pair.sameNumbers ? "same" : "parent";
    runs[side] = { ...trial, outcome: trial.outcome };
    pairs.set(pair.number, runs);
  }
  return pairs;
}

/** Infinite for a failure, and for a run that breaks a constraint on metrics. */
function lossOf(evidence: Evidence, trial: FinishedTrial): number {
  return trial.outcome.kind === "failed" || evidence.violated(trial) !== undefined
    ? Number.POSITIVE_INFINITY
    : toLoss(evidence.objective, trial.outcome.value);
}

/** Results as an optimizer is told them; failures of any kind are left to its own trials. */
function toldOf(evidence: Evidence): readonly Told[] {
  return evidence.trials.flatMap((trial): Told[] => {
    const loss = lossOf(evidence, trial);
    const configuration: Configuration = trial.proposal.configuration;
    return Number.isFinite(loss) ? [{ configuration, evaluation: { kind: "value", value: loss } }] : [];
  });
}

function endedByEnvironment({ outcome }: FinishedTrial): boolean {
  return outcome.kind === "failed" && !causedByConfiguration(outcome);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
