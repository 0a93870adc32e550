import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { Evidence, FinishedTrial, Group } from "../evidence/index.js";
import { average, toLoss } from "../evidence/index.js";
import { objectiveValue } from "../evidence/numbers.js";
import { deriveSeed, RandomStream } from "../math/random.js";
import { likelyToFail } from "../optimizers/index.js";
import type { Candidate, Optimizer, OptimizerView } from "../optimizers/optimizer.js";
import { encodedDistance } from "../space/encoded-distance.js";
import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import { causedByConfiguration, type Observation } from "../trials/outcome.js";
import type { Origin, Proposal } from "../trials/proposal.js";
import { type Advice, AdviceProblems, readAdvice } from "./advice.js";
import { AdviceFailure, type Advisor, type AdvisorKind, type Note, type Setting } from "./advisor.js";
import { addReward, addToTotal, type Credit, comparedResults, noCredit, noGain, reward, type Side } from "./credit.js";
import type { CentaurEvent } from "./events.js";
import { failureName, failureSeverity } from "./failure-severity.js";
import { Predictions } from "./predictions.js";
import { decideTurn, firstTurn, type Share, type TurnState } from "./turn-policy.js";

/** A candidate; with a reason where it is not what the optimizer drew. */
type Drawn = Candidate & { readonly reason?: string };

/** How a study wants its two sides to work together. */
export interface CentaurOptions {
  readonly space: SearchSpace;
  /** Shared with the study, which adds finished trials to it before {@link Centaur.learn} is called. */
  readonly evidence: Evidence;
  readonly optimizer: Optimizer;
  /** Absent: the optimizer alone. */
  readonly advisor?: Advisor | undefined;
  readonly share: Share;
  /** Whether the advisor sees one candidate a turn or reviews a whole generation in one call. */
  readonly review: "trial" | "generation";
  readonly seed: number;
  /** What the first configuration is, where it is not the one in use today. */
  readonly startReason?: string | undefined;
}

/** What one turn gave: proposals to be queued, and what happened on the way. */
export interface Turn {
  readonly number: number;
  readonly proposals: readonly Proposal[];
  readonly events: readonly CentaurEvent[];
}

export interface TurnContext {
  readonly setting: Setting;
  /** Configurations that are queued or running. */
  readonly pending: readonly Configuration[];
  /** Most proposals that the study can still take; at least 1. */
  readonly room: number;
  /** What a trial reported while it ran, for the advisor's tools; absent where that is not kept. */
  readonly curve?: ((trial: number) => readonly Observation[]) | undefined;
  readonly signal?: AbortSignal;
}

/** How often a candidate is drawn again that repeats a pending one. */
const redraws = 12;
/** Candidates in a row that are answered from what is known before something else is looked for. */
const answersInstead = 20;
/** Random configurations among which one that has not run is looked for. */
const unknownDraws = 200;
/** Notes that an advisor keeps; older ones are dropped. */
const keptNotes = 12;

/**
 * Centaur (arXiv 2603.24647): a classical optimizer and an advisor work on one problem and share one state. The
 * optimizer draws candidates; on the advisor's turns it may replace, edit, accept or veto them; whatever runs is told
 * to the optimizer. A failed, late or malformed answer never costs a trial: the candidate runs instead, and says so.
 *
 * Deterministic given its state and the advisor's answers; {@link state} is complete.
 */
export class Centaur {
  readonly predictions: Predictions;
  private turns: TurnState;
  private turn: number;
  /** Candidates that an advisor's proposal displaced: the next turns start with them. */
  private held: Held[];
  private notes: Note[];
  private readonly optimizer: Optimizer;

  private constructor(
    private readonly options: CentaurOptions,
    state?: z.infer<typeof stateSchema>,
  ) {
    this.optimizer = options.optimizer;
    this.predictions = new Predictions(options.evidence, deriveSeed(options.seed, "predictions"));
    this.turns = state?.turns ?? firstTurn;
    this.turn = state?.turn ?? 0;
    this.held = state?.held ?? [];
    this.notes = state?.notes ?? [];
  }

  static create(options: CentaurOptions): Centaur {
    return new Centaur(options);
  }

  /**
   * @param options with an optimizer that was restored already
   * @throws AgentTuneError `state_invalid`
   */
  static restore(options: CentaurOptions, state: unknown): Centaur {
    const parsed = stateSchema.safeParse(state);
    if (!parsed.success) {
      throw new AgentTuneError("state_invalid", {
        message: `The saved state of the study cannot be read: ${z.prettifyError(parsed.error)}`,
        remedy: "Run agent-tune doctor; the trials themselves are not affected.",
      });
    }
    return new Centaur(options, parsed.data);
  }

  /** Everything but the optimizer's own state and the evidence, as JSON. */
  state(): unknown {
    // A copy: turns that come later change the list.
    const held = [...this.held];
    return { version: 1, turns: this.turns, turn: this.turn, held, notes: this.notes } satisfies z.infer<
      typeof stateSchema
    >;
  }

  /** The state that a search of the same problem in another space begins with: what both sides are worth, and notes. */
  handedOn(): unknown {
    return { version: 1, turns: this.turns, turn: 0, held: [], notes: this.notes } satisfies z.infer<
      typeof stateSchema
    >;
  }

  view(): OptimizerView {
    return this.optimizer.view();
  }

  get credit(): Credit {
    return this.turns.credit;
  }

  /** One turn: decides whose it is, asks the advisor if it is theirs, and returns what to run. */
  async propose(context: TurnContext): Promise<Turn> {
    const number = this.turn++;
    const { space, evidence } = this.options;
    if (number === 0) return { number, proposals: [this.defaultProposal(number)], events: [] };

    const events: CentaurEvent[] = [];
    const generation = this.options.review === "generation" ? (this.optimizer.view().populationSize ?? 8) : 1;
    const count = Math.max(1, Math.min(generation, context.room));
    const changes = this.decideTurns(count, number, context.setting, events);
    const avoid = new Set(context.pending.map((configuration) => space.key(configuration)));
    const candidates: Drawn[] = [];
    for (let i = 0; i < count; i++) {
      const candidate = this.draw(avoid, number, events);
      avoid.add(space.key(candidate.configuration));
      candidates.push(candidate);
    }
    const { advisor } = this.options;
    if (advisor === undefined || changes === 0) {
      return { number, proposals: candidates.map((candidate) => this.ownProposal(candidate, number)), events };
    }

    let advice: Advice;
    try {
      advice = await advisor.advise(
        {
          turn: number,
          space,
          evidence,
          view: this.optimizer.view(),
          predictions: this.predictions,
          candidates: candidates.map((candidate) => candidate.configuration),
          changes,
          pending: context.pending,
          notes: this.notes,
          setting: context.setting,
          curve: (trial) => context.curve?.(trial) ?? [],
          sample: (n) => this.optimizer.sample(n, deriveSeed(this.options.seed, "sample", number)),
          review: (answer) => this.review(answer, candidates, changes, context.pending),
        },
        context.signal === undefined ? {} : { signal: context.signal },
      );
    } catch (error) {
      const { failure, message, blame } = asAdviceFailure(error);
      events.push({ type: "advice.failed", turn: number, failure, message });
      if (blame === "advisor") this.turns = { ...this.turns, credit: addReward(this.credit, "advisor", noGain) };
      const fallback = `${advisor.name}: ${message}`;
      const proposals = candidates.map((candidate) => ({ ...this.ownProposal(candidate, number), fallback }));
      return { number, proposals, events };
    }
    if (advice.note !== undefined) {
      this.notes = [...this.notes, { turn: number, text: advice.note }].slice(-keptNotes);
    }
    events.push({
      type: "advice.received",
      turn: number,
      advisor: advisor.name,
      decisions: advice.decisions.map(({ candidate, action, reason }) => ({ candidate, action, reason })),
      ...(advice.note === undefined ? {} : { note: advice.note }),
    });
    return { number, proposals: this.carryOut(advice, candidates, avoid, number, events), events };
  }

  /**
   * Learns from a finished trial, which is in the evidence already.
   *
   * @param incumbentBefore loss of the incumbent before this trial; undefined if there was none
   */
  learn(trial: FinishedTrial, incumbentBefore: number | undefined): void {
    const { proposal } = trial;
    if (endedByEnvironment(trial)) {
      if (proposal.candidate !== undefined) this.optimizer.forget(proposal.candidate);
      return;
    }
    const { evidence } = this.options;
    const loss = lossOf(evidence, trial);
    if (proposal.purpose === "search") this.reward(trial, loss, incumbentBefore);
    const failure = failureName(evidence, trial);
    // A repeat corrects what the optimizer believes of the configuration: it is told the mean of all complete runs;
    // but of a repeat that it asked for itself, what that one showed.
    const ownRepeat = proposal.purpose === "replicate" && proposal.candidate !== undefined;
    const losses = ownRepeat ? [] : (evidence.group(proposal.configuration)?.losses ?? []);
    this.optimizer.tell({
      ...(proposal.candidate === undefined ? {} : { candidate: proposal.candidate }),
      configuration: proposal.configuration,
      evaluation:
        loss === Number.POSITIVE_INFINITY
          ? { kind: "failure", severity: failureSeverity(trial), ...(failure === undefined ? {} : { failure }) }
          : { kind: "value", value: losses.length > 0 ? average(losses) : loss },
      ...(trial.peakMemoryBytes === undefined ? {} : { measured: { peakMemory: trial.peakMemoryBytes } }),
      ...(proposal.candidate === undefined && sideOf(proposal.origin) === "advisor" ? { advice: true } : {}),
    });
  }

  private defaultProposal(turn: number): Proposal {
    return {
      configuration: this.options.space.defaults(),
      origin: "default",
      purpose: "search",
      reason: this.options.startReason ?? "the configuration as it is today",
      turn,
    };
  }

  private decideTurns(count: number, turn: number, setting: Setting, events: CentaurEvent[]): number {
    if (this.options.advisor === undefined) return 0;
    const progress = setting.budget.trials === undefined ? 0 : setting.budget.trialsUsed / setting.budget.trials;
    let advisorTurns = 0;
    let share = 0;
    let reason = "";
    for (let i = 0; i < count; i++) {
      const decision = decideTurn(this.turns, this.options.share, progress);
      this.turns = decision.next;
      ({ share, reason } = decision);
      if (decision.side === "advisor") advisorTurns++;
    }
    const side: Side = advisorTurns > 0 ? "advisor" : "optimizer";
    events.push({ type: "turn.decided", turn, side, changes: advisorTurns, candidates: count, share, reason });
    return advisorTurns;
  }

  /** The optimizer's next candidate, not a repeat of a pending one. That it may succeed is the optimizer's own care. */
  private draw(avoid: ReadonlySet<string>, turn: number, events: CentaurEvent[]): Drawn {
    for (let attempt = 0; ; attempt++) {
      const candidate = this.nextUnknown(avoid, turn);
      const repeats = !candidate.again && avoid.has(this.options.space.key(candidate.configuration));
      if (repeats && attempt < redraws) {
        this.optimizer.forget(candidate.id);
        continue;
      }
      if (candidate.screened !== undefined) events.push({ type: "candidate.screened", turn, ...candidate.screened });
      return candidate;
    }
  }

  /**
   * The optimizer's next candidate whose configuration has not run. Discrete spaces give the same one again and again:
   * what is known of it is told at once, without a trial, so that the distribution moves on; where it keeps coming
   * back, the nearest of some random configurations that have not run takes its place. How often a known one is run
   * again is for the noise policy to decide, not for chance.
   */
  private nextUnknown(avoid: ReadonlySet<string>, turn: number): Drawn {
    const { evidence } = this.options;
    let candidate: Drawn = this.nextHeld() ?? this.optimizer.ask();
    if (candidate.again) return candidate;
    for (let known = ranBefore(evidence, candidate.configuration), answered = 0; known !== undefined; answered++) {
      if (answered === answersInstead) {
        const unknown = this.nearestUnknown(candidate.configuration, avoid, turn);
        // Nothing is left that has not run: the run is a repeat, and is named one.
        const reason = `near what ${this.optimizer.name} drew, which has run`;
        return unknown === undefined ? candidate : { ...candidate, configuration: unknown, reason };
      }
      this.tellKnown(candidate, known);
      candidate = this.optimizer.ask();
      if (candidate.again) return candidate;
      known = ranBefore(evidence, candidate.configuration);
    }
    return candidate;
  }

  /** Tells the optimizer of a candidate what earlier runs of its configuration have shown. */
  private tellKnown({ id, configuration }: Candidate, group: Group): void {
    const { evidence } = this.options;
    const judged = group.trials.filter((trial) => !endedByEnvironment(trial));
    this.optimizer.tell({
      candidate: id,
      configuration,
      evaluation: evidence.eligible(group)
        ? { kind: "value", value: average(group.losses) }
        : { kind: "failure", severity: Math.max(...judged.map(failureSeverity)) },
    });
  }

  private nearestUnknown(wanted: Configuration, avoid: ReadonlySet<string>, turn: number): Configuration | undefined {
    const { space, evidence, seed } = this.options;
    const random = RandomStream.fromSeed(deriveSeed(seed, "unknown", turn));
    const point = space.encode(wanted);
    let best: { readonly configuration: Configuration; readonly distance: number } | undefined;
    for (let draw = 0; draw < unknownDraws; draw++) {
      const configuration = space.sample(random);
      if (ranBefore(evidence, configuration) !== undefined || avoid.has(space.key(configuration))) continue;
      const distance = encodedDistance(space.encode(configuration), point);
      if (best === undefined || distance < best.distance) best = { configuration, distance };
    }
    return best?.configuration;
  }

  /** A displaced candidate, unless the distribution that it was drawn from has been updated since. */
  private nextHeld(): Drawn | undefined {
    for (let next = this.held.shift(); next !== undefined; next = this.held.shift()) {
      const { generation, ...candidate } = next;
      if (generation === this.optimizer.view().generation) return candidate;
      this.optimizer.forget(candidate.id);
    }
    return undefined;
  }

  private ownProposal(candidate: Drawn, turn: number, reason?: string): Proposal {
    const { optimizer } = this;
    const known = ranBefore(this.options.evidence, candidate.configuration);
    return {
      configuration: candidate.configuration,
      origin: optimizer.name,
      // Where everything has run: see nextUnknown.
      purpose: known === undefined ? "search" : "replicate",
      ...(known === undefined ? {} : { replicateOf: known.first.number }),
      reason: reason ?? candidate.reason ?? `drawn by ${optimizer.name}`,
      candidate: candidate.id,
      turn,
    };
  }

  private review(
    answer: unknown,
    candidates: readonly Candidate[],
    changes: number,
    pending: readonly Configuration[],
  ): Advice {
    const { space, evidence } = this.options;
    const advice = readAdvice(
      answer,
      space,
      candidates.map((candidate) => candidate.configuration),
      changes,
    );
    const problems: string[] = [];
    const taken = new Map(pending.map((configuration) => [space.key(configuration), "is queued or running already"]));
    for (const [index, candidate] of candidates.entries()) {
      const decision = advice.decisions.find((each) => each.candidate === index + 1);
      if (decision === undefined || decision.action === "accept") {
        taken.set(space.key(candidate.configuration), `is candidate ${index + 1}, which runs as it is`);
      }
    }
    const feasibility = this.predictions.feasibility();
    for (const decision of advice.decisions) {
      if (decision.action !== "propose" && decision.action !== "edit") continue;
      const key = space.key(decision.configuration);
      const known = ranBefore(evidence, decision.configuration);
      const repeated = known === undefined ? taken.get(key) : `ran already: ${describeGroup(evidence, known)}`;
      if (repeated !== undefined) {
        problems.push(`candidate ${decision.candidate}: the configuration ${repeated}. Choose one that has not run.`);
        continue;
      }
      taken.set(key, `is proposed twice in this answer`);
      const risk = feasibility?.probability(decision.configuration) ?? 0;
      if (feasibility !== undefined && risk > likelyToFail) {
        const near = feasibility.nearestFailures(decision.configuration);
        problems.push(
          `candidate ${decision.candidate}: about ${Math.round(risk * 100)} % likely to fail, judging by ${
            near.length === 0 ? "earlier trials" : near.map((trial) => describeTrial(evidence, trial)).join("; ")
          }. Move away from the failures.`,
        );
      }
    }
    if (problems.length > 0) throw new AdviceProblems(problems);
    return advice;
  }

  private carryOut(
    advice: Advice,
    candidates: readonly Drawn[],
    avoid: Set<string>,
    turn: number,
    events: CentaurEvent[],
  ): Proposal[] {
    const kind = this.options.advisor?.kind ?? "rules";
    const proposals: Proposal[] = [];
    const displaced: Drawn[] = [];
    for (const [index, candidate] of candidates.entries()) {
      const decision = advice.decisions.find((each) => each.candidate === index + 1);
      const expected = decision !== undefined && "expected" in decision ? { expected: decision.expected } : {};
      switch (decision?.action) {
        case undefined:
          proposals.push(this.ownProposal(candidate, turn));
          break;
        case "accept":
          proposals.push({ ...this.ownProposal(candidate, turn, `accepted: ${decision.reason}`), ...expected });
          break;
        case "veto": {
          this.optimizer.forget(candidate.id);
          const next = this.draw(avoid, turn, events);
          avoid.add(this.options.space.key(next.configuration));
          proposals.push(this.ownProposal(next, turn, `drawn after a veto: ${decision.reason}`));
          break;
        }
        case "edit":
        case "propose": {
          const edited = decision.action === "edit";
          if (!edited) displaced.push(candidate);
          proposals.push({
            configuration: decision.configuration,
            origin: edited ? `${kind}-edit` : kind,
            purpose: "search",
            reason: decision.reason,
            turn,
            // An edit is told with its candidate: the optimizer knows best what is left of its own sample.
            ...(edited ? { candidate: candidate.id } : {}),
            ...expected,
          });
          break;
        }
      }
    }
    const { generation } = this.optimizer.view();
    this.held.push(...displaced.map(({ screened: _, ...candidate }) => ({ ...candidate, generation })));
    return proposals;
  }

  private reward(trial: FinishedTrial, loss: number, incumbentBefore: number | undefined): void {
    const { evidence } = this.options;
    const side = sideOf(trial.proposal.origin);
    if (side === undefined) return;
    const recent: number[] = [];
    for (let i = evidence.trials.length - 1; i >= 0 && recent.length < comparedResults; i--) {
      const each = evidence.trials[i]!;
      if (each !== trial && each.proposal.purpose === "search" && !endedByEnvironment(each)) {
        recent.push(lossOf(evidence, each));
      }
    }
    const amount = reward({
      loss,
      incumbent: incumbentBefore ?? Number.POSITIVE_INFINITY,
      noise: evidence.noise?.deviation ?? 0,
      recent,
    });
    const { credit, total } = this.turns;
    this.turns = { ...this.turns, credit: addReward(credit, side, amount), total: addToTotal(total, side, amount) };
  }
}

const kinds: readonly AdvisorKind[] = ["llm", "rules", "stand-in"];
const advisorOrigins = new Set<Origin>(kinds.flatMap((kind) => [kind, `${kind}-edit`]));

/** Which side earns the credit of a proposal; undefined for the person's own. */
export function sideOf(origin: Origin): Side | undefined {
  if (origin === "default" || origin === "user") return undefined;
  return advisorOrigins.has(origin) ? "advisor" : "optimizer";
}

function endedByEnvironment({ outcome }: FinishedTrial): boolean {
  return outcome.kind === "failed" && !causedByConfiguration(outcome);
}

/** Infinite for a failure, and for a run that breaks a constraint on metrics. */
function lossOf(evidence: Evidence, trial: FinishedTrial): number {
  return trial.outcome.kind === "failed" || evidence.violated(trial) !== undefined
    ? Number.POSITIVE_INFINITY
    : toLoss(evidence.objective, trial.outcome.value);
}

/** What is known of a configuration; undefined also where every run of it was lost through no fault of its own. */
function ranBefore(evidence: Evidence, configuration: Configuration): Group | undefined {
  const group = evidence.group(configuration);
  return group === undefined || group.judged === 0 ? undefined : group;
}

/** "trial 7, val_bpb 1.23" by the estimated true value where there are several runs. */
function describeGroup(evidence: Evidence, group: Group): string {
  const estimate = evidence.estimate(group);
  if (estimate === undefined || group.trials.length === 1 || group.failures > 0) {
    return describeTrial(evidence, group.trials.find((trial) => !endedByEnvironment(trial)) ?? group.first);
  }
  const value = objectiveValue(estimate.mean, evidence.noise?.deviation);
  return `trial ${group.first.number}, ${evidence.objective.metric} ${value} over ${group.losses.length} runs`;
}

function describeTrial(evidence: Evidence, trial: FinishedTrial): string {
  const { outcome } = trial;
  if (outcome.kind === "failed") return `trial ${trial.number}, failed (${outcome.failure})`;
  const value = objectiveValue(outcome.value, evidence.noise?.deviation);
  const broken = evidence.violated(trial);
  return `trial ${trial.number}, ${evidence.objective.metric} ${value}${broken === undefined ? "" : `, breaks ${broken}`}`;
}

/** @throws what is neither a failure of the advisor nor a refusal of its answer */
function asAdviceFailure(error: unknown): AdviceFailure {
  if (error instanceof AdviceFailure) return error;
  if (error instanceof AdviceProblems) {
    return new AdviceFailure("refused", `its answer was refused: ${error.problems.join("; ")}`, {
      blame: "advisor",
      cause: error,
    });
  }
  throw error;
}

const configurationSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const sideSchema = z.object({ trials: z.number(), reward: z.number() });
const heldSchema = z.object({
  id: z.number().int(),
  configuration: configurationSchema,
  reason: z.string().exactOptional(),
  /** Of the distribution that it was drawn from. */
  generation: z.number().int(),
});
type Held = z.infer<typeof heldSchema>;
const creditSchema = z.object({ advisor: sideSchema, optimizer: sideSchema });
const stateSchema = z.object({
  version: z.literal(1),
  turns: z.object({
    credit: creditSchema,
    // Studies of earlier versions had none.
    total: creditSchema.default(noCredit),
    owed: z.number(),
  }),
  turn: z.number().int(),
  held: z.array(heldSchema),
  notes: z.array(z.object({ turn: z.number().int(), text: z.string() })),
});
