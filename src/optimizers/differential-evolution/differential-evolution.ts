import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type {
  Candidate,
  Evaluation,
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  OptimizerView,
  Told,
} from "../optimizer.js";
import { configurationSchema, evaluationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { bestConfigurations, compareEvaluations } from "../ranking.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { randomPoint, StartingDesign, startingDeviations } from "../sobol/index.js";
import { trialPoint } from "./mutant.js";
import { type ControlParameters, SuccessHistory, successHistorySchema } from "./success-history.js";

const format = { kind: "differential-evolution", version: 1 } as const;

const settingsSchema = z.strictObject({
  population: z.int().min(5).max(1000).default(10).describe("Members of the population at the start."),
  smallest: z.int().min(5).max(1000).default(6).describe("Members that the population shrinks to."),
  horizon: z.int().min(1).default(100).describe("Results over which the population shrinks."),
  best: z.number().gt(0).max(1).default(0.2).describe("Share of the population that trials are guided by."),
});
type Settings = z.infer<typeof settingsSchema>;

/** Of the first population this share stands around the start, the rest is spread over the space. */
const aroundStart = 0.75;

/** Members with a result that mutation needs: the target and two others, and one to choose from. */
const fewest = 4;

/** Largest extent of a population, as a share of the range, at which it has nothing left to recombine. */
const collapse = 1e-4;

/** Candidates that are kept until they are told. */
const mostPending = 4096;

const pointSchema = z.object({ numeric: z.array(z.number()), categorical: z.array(z.number()) });
const controlSchema = z.object({ scaleFactor: z.number(), crossoverRate: z.number() });
const memberSchema = z.object({
  configuration: configurationSchema,
  point: pointSchema,
  evaluation: evaluationSchema.optional(),
});
const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  settings: settingsSchema,
  design: z.number(),
  center: configurationSchema,
  deviations: z.array(z.number()),
  earlier: z.array(configurationSchema),
  members: z.array(memberSchema),
  archive: z.array(pointSchema),
  history: successHistorySchema,
  pending: z.array(
    z.object({
      id: z.number(),
      configuration: configurationSchema,
      point: pointSchema,
      target: z.string().optional(),
      control: controlSchema.optional(),
    }),
  ),
  turn: z.number(),
  trials: z.number(),
  designed: z.number(),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

interface Member {
  /** Canonical key of the configuration. */
  readonly key: string;
  readonly configuration: Configuration;
  /** Not rounded to the values of grids. */
  readonly point: EncodedPoint;
  /** Absent for the start until somebody has run it. */
  readonly evaluation?: Evaluation | undefined;
}

interface Pending {
  readonly configuration: Configuration;
  readonly point: EncodedPoint;
  /** Key of the member that it competes with, and how it was made; absent for points of the first population. */
  readonly target?: string | undefined;
  readonly control?: ControlParameters | undefined;
}

interface Progress {
  readonly random: RandomStream;
  readonly settings: Settings;
  /** Seed of the Sobol sequences of the first population. */
  design: number;
  /** What the present population began around. */
  center: Configuration;
  readonly deviations: readonly number[];
  /** The best of an earlier study, still to be evaluated in this one; best first. */
  earlier: readonly Configuration[];
  members: Member[];
  /** Points that were replaced by better ones, oldest first. */
  archive: EncodedPoint[];
  readonly history: SuccessHistory;
  readonly pending: Map<number, Pending>;
  /** Position of the member whose turn it is to be the target. */
  turn: number;
  /** Results of trials since the control parameters were last learned from. */
  trials: number;
  /** Points of the present first population that were asked for or passed over. */
  designed: number;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  nextCandidate: number;
  told: number;
}

/**
 * Differential evolution without generations (asynchronous, as DEHB does it: Awad, Mallik and Hutter 2021) with the
 * adaptation of L-SHADE (Tanabe and Fukunaga 2014): current-to-pbest/1 with an archive, success history of F and CR,
 * and a population that shrinks. Every result counts at once: against its target or, where that is gone by then or the
 * result comes from elsewhere, against the worst member.
 * Successes weigh by the ranks that they gained and not by differences of values, so that the search is the same for
 * every monotone transformation of the objective. The user's configuration is a member from the beginning.
 */
class DifferentialEvolution implements Optimizer {
  readonly name = format.kind;
  private design: StartingDesign;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {
    this.design = this.designAround();
  }

  ask(): Candidate {
    const { progress, space } = this;
    const earlier = this.nextEarlier();
    const next = earlier
      ? { configuration: earlier, point: space.encode(earlier) }
      : this.draw(progress.random, progress.turn++, () => progress.designed++);
    progress.recent.add(space.key(next.configuration));
    const id = progress.nextCandidate++;
    progress.pending.set(id, next);
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    return { id, configuration: next.configuration };
  }

  tell({ candidate, configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    const { progress, space } = this;
    const key = space.key(configuration);
    const drawn = candidate === undefined ? undefined : progress.pending.get(candidate);
    if (candidate !== undefined) progress.pending.delete(candidate);
    const own = drawn !== undefined && space.key(drawn.configuration) === key ? drawn : undefined;
    progress.told += 1;
    progress.recent.add(key);
    this.settle({ key, configuration, point: own?.point ?? space.encode(configuration), evaluation }, own);
    this.shrink();
    if (own?.control) {
      progress.trials += 1;
      if (progress.trials >= progress.members.length) {
        progress.trials = 0;
        progress.history.endGeneration();
        if (this.collapsed()) this.beginAgain();
      }
    }
  }

  forget(candidate: number): void {
    this.progress.pending.delete(candidate);
  }

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    let designed = this.progress.designed;
    return Array.from({ length: count }, (_, k) => this.draw(random, k, () => designed++).configuration);
  }

  view(): OptimizerView {
    const { told, members, settings } = this.progress;
    return {
      optimizer: this.name,
      generation: Math.floor(told / settings.population),
      told,
      populationSize: Math.max(members.length, this.size()),
    };
  }

  state(): OptimizerState {
    const { random, history, pending, recent, ...rest } = this.progress;
    const data = {
      space: spaceFingerprint(this.space),
      ...rest,
      random: [...random.state()],
      members: rest.members.map(({ configuration, point, evaluation }) => ({
        configuration,
        point,
        ...(evaluation && { evaluation }),
      })),
      history: history.state(),
      pending: Array.from(pending, ([id, { configuration, point, target, control }]) => ({
        id,
        configuration,
        point,
        ...(target !== undefined && { target }),
        ...(control && { control }),
      })),
      recent: [...recent.fingerprints()],
    };
    return { ...format, data };
  }

  /** Lets a result take its place in the population, if it deserves one. */
  private settle(member: Member, own: Pending | undefined): void {
    const { progress } = this;
    const { members } = progress;
    const there = members.findIndex(({ key }) => key === member.key);
    if (there >= 0) {
      members[there] = { ...member, point: members[there]?.point ?? member.point };
      return;
    }
    if (members.length < this.size()) {
      members.push(member);
      return;
    }
    const target = members.findIndex(({ key }) => key === own?.target);
    const rival = target >= 0 ? target : this.worst();
    const before = members[rival];
    if (!before || compareMembers(member, before) > 0) return;
    if (own?.control && compareMembers(member, before) < 0) {
      const passed = members.filter((other) => compareMembers(member, other) < 0 && compareMembers(other, before) <= 0);
      progress.history.succeeded(own.control, passed.length);
    }
    members[rival] = member;
    progress.archive = [...progress.archive, before.point].slice(-this.size());
  }

  private worst(): number {
    const { members } = this.progress;
    let worst = 0;
    members.forEach((member, k) => {
      const other = members[worst];
      if (other && compareMembers(member, other) > 0) worst = k;
    });
    return worst;
  }

  /** Members that there should be by now: linear reduction. */
  private size(): number {
    const { settings, told } = this.progress;
    const least = Math.min(settings.smallest, settings.population);
    const share = Math.min(1, told / settings.horizon);
    return Math.round(settings.population - share * (settings.population - least));
  }

  private shrink(): void {
    const { progress } = this;
    const size = this.size();
    while (progress.members.length > size) progress.members.splice(this.worst(), 1);
    progress.archive = progress.archive.slice(-size);
  }

  private nextEarlier(): Configuration | undefined {
    const { progress, space } = this;
    const [next, ...rest] = progress.earlier.filter((configuration) => !progress.recent.has(space.key(configuration)));
    progress.earlier = rest;
    return next;
  }

  private draw(random: RandomStream, turn: number, nextDesigned: () => number): Pending {
    const { space, progress } = this;
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    const drawn = draw(space, random, isRepetition, () => {
      const trial = this.trial(random, turn, nextDesigned);
      return { point: trial, configuration: space.decode(trial.point) };
    });
    const { configuration } = drawn;
    if (!drawn.point) return { configuration, point: space.encode(configuration) };
    // What constraints changed is not the point that was drawn; it still competes with its target.
    const point = drawn.repaired ? space.encode(configuration) : drawn.point.point;
    return { ...drawn.point, configuration, point };
  }

  private trial(
    random: RandomStream,
    turn: number,
    nextDesigned: () => number,
  ): { readonly point: EncodedPoint; readonly target?: string; readonly control?: ControlParameters } {
    const { space, progress } = this;
    const evaluated = progress.members.filter(({ evaluation }) => evaluation !== undefined);
    // Asked for already, but not told: they will be members.
    const expected = [...progress.pending.values()].filter(({ control }) => control === undefined).length;
    if (evaluated.length < fewest || progress.members.length + expected < this.size()) {
      return { point: this.design.point(nextDesigned()) };
    }
    // Where nothing has succeeded yet, what has failed is a poor guide.
    const succeeded = evaluated.some(({ evaluation }) => evaluation?.kind === "value");
    if (!succeeded && random.uniform() < 0.5) return { point: randomPoint(space, random) };
    const target = progress.members[turn % progress.members.length] ?? evaluated[0];
    if (!target) return { point: this.design.point(nextDesigned()) };
    const ranked = [...evaluated].sort(compareMembers);
    const guides = Math.max(2, Math.round(progress.settings.best * ranked.length));
    const guide = ranked[random.integer(guides)] ?? target;
    const others = evaluated.filter((member) => member !== target).map(({ point }) => point);
    const first = others[random.integer(others.length)] ?? target.point;
    const seconds = [...others, ...progress.archive].filter((point) => point !== first);
    const second = seconds[random.integer(seconds.length)] ?? target.point;
    const control = progress.history.draw(random);
    const point = trialPoint(space, { target: target.point, guide: guide.point, first, second }, control, random);
    return { point, target: target.key, control };
  }

  private collapsed(): boolean {
    const { members } = this.progress;
    return (
      members.every(({ evaluation }) => evaluation !== undefined) &&
      this.space.numericAxes.every(({ grid }, j) => {
        const values = members.map(({ point }) => at(point.numeric, j));
        const cell = grid ? 1 / grid.length : 0;
        return Math.max(...values) - Math.min(...values) <= Math.max(collapse, cell / 2);
      }) &&
      this.space.categoricalAxes.every((_, i) => new Set(members.map(({ point }) => point.categorical[i])).size === 1)
    );
  }

  /** Keeps the best member and starts a population around it. */
  private beginAgain(): void {
    const { progress } = this;
    const best = [...progress.members].sort(compareMembers)[0];
    if (!best) return;
    progress.members = [best];
    progress.archive = [];
    progress.center = best.configuration;
    progress.design = deriveSeed(progress.design, "again");
    progress.designed = 0;
    this.design = this.designAround();
  }

  private designAround(): StartingDesign {
    const { center, deviations, design } = this.progress;
    return new StartingDesign(this.space, this.space.encode(center), deviations, aroundStart, design);
  }
}

/** Best first; one that was not run yet stands between what succeeded and what failed. */
function compareMembers(a: Member, b: Member): number {
  if (a.evaluation && b.evaluation) return compareEvaluations(a.evaluation, b.evaluation);
  if (a.evaluation) return a.evaluation.kind === "value" ? -1 : 1;
  if (b.evaluation) return b.evaluation.kind === "value" ? 1 : -1;
  return 0;
}

/** Asynchronous differential evolution with success-history adaptation. */
export const differentialEvolution: OptimizerFactory = {
  name: format.kind,
  summary: "differential evolution with success-history adaptation of its control parameters (L-SHADE)",
  settings: settingsSchema,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
    const read = readSettings(settingsSchema, format.kind, settings);
    return new DifferentialEvolution(space, {
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      settings: read,
      design: deriveSeed(seed, format.kind, "design"),
      center: start,
      deviations: startingDeviations(space, initialDeviation),
      earlier: bestConfigurations(space, warmStart, Math.ceil(read.population / 4)),
      members: [{ key: space.key(start), configuration: start, point: space.encode(start) }],
      archive: [],
      history: new SuccessHistory(),
      pending: new Map(),
      turn: 0,
      trials: 0,
      designed: 0,
      recent: new RecentConfigurations(),
      nextCandidate: 0,
      told: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new DifferentialEvolution(space, {
      ...data,
      random: RandomStream.fromState(data.random),
      members: data.members.map((member) => ({ key: space.key(member.configuration), ...member })),
      history: new SuccessHistory(data.history),
      pending: new Map(data.pending.map(({ id, ...entry }) => [id, entry])),
      recent: new RecentConfigurations(data.recent),
    });
  },
};
