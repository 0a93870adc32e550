import { z } from "zod";
import { AgentTuneError } from "../../errors.js";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { configurationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { ToldResults, toldResultsSchema } from "../told-results.js";
import { type Axis, axesOf, coordinatesOf } from "./axis.js";
import { type DensityRatio, learnedDensities, type PriorKnowledge, priorDensities } from "./density-ratio.js";
import { densityView } from "./density-view.js";
import { Proposals } from "./proposals.js";
import { RankedResults } from "./ranked-results.js";
import { type TpeSettings, tpeSettingsSchema } from "./tpe-settings.js";

const format = { kind: "tpe", version: 1 } as const;

/** Results kept: a proposal takes time in proportion, and by then the model changes little. */
const mostResults = 1000;

/** Candidates kept for a result; beyond, the oldest are released. */
const mostPending = 4096;

/** Of the candidates under way, so many of the latest enter the density of what to avoid. */
const mostLiars = 200;

/** Of an earlier study's results, so many of the best are kept, and so many of the others. */
const mostEarlierGood = 10;
const mostEarlierOthers = 50;

const schema = z.object({
  space: z.number(),
  settings: tpeSettingsSchema,
  random: z.array(z.number()),
  start: configurationSchema,
  deviations: z.record(z.string(), z.number()),
  earlier: z.object({ good: z.array(configurationSchema), others: z.array(configurationSchema) }),
  results: toldResultsSchema,
  pending: z.array(z.tuple([z.number(), configurationSchema])),
  recent: z.array(z.number()),
  nextCandidate: z.number(),
});

/** Configurations of an earlier study, the best first. */
interface Earlier {
  readonly good: readonly Configuration[];
  readonly others: readonly Configuration[];
}

/** What changes while the optimizer lives, and what it started from. */
interface Progress {
  readonly settings: TpeSettings;
  readonly random: RandomStream;
  readonly start: Configuration;
  /** Initial standard deviations that were given, by name of the parameter. */
  readonly deviations: Readonly<Record<string, number>>;
  readonly earlier: Earlier;
  readonly results: ToldResults;
  readonly pending: Map<number, Configuration>;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  nextCandidate: number;
}

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011): one density of the good results, one of all others, and
 * of some draws from the first the one where their ratio is largest. Products of all axes as in Falkner et al. 2018;
 * what each part is worth is taken apart in Watanabe 2023 (arXiv 2304.11127).
 */
class Tpe implements Optimizer {
  readonly name = format.kind;
  private readonly axes: readonly Axis[];
  private readonly ranked: RankedResults;
  private readonly known: PriorKnowledge;
  /** What the present results and pending candidates show; made when first needed. */
  private densities: readonly DensityRatio[] | undefined;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {
    this.axes = axesOf(space);
    this.ranked = new RankedResults(this.axes, progress.results.results);
    const all = (configurations: readonly Configuration[]) => configurations.map((each) => this.coordinates(each));
    this.known = {
      start: this.coordinates(progress.start),
      deviations: progress.deviations,
      earlier: { good: all(progress.earlier.good), others: all(progress.earlier.others) },
    };
  }

  ask(): Candidate {
    const { progress, space } = this;
    const configuration = this.propose(progress.random, progress.settings.candidates);
    const id = progress.nextCandidate++;
    progress.pending.set(id, configuration);
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    progress.recent.add(space.key(configuration));
    if (progress.settings.constantLiar) this.densities = undefined;
    return { id, configuration };
  }

  tell(told: Told): void {
    checkEvaluation(told.evaluation);
    const { progress, space } = this;
    if (told.candidate !== undefined) progress.pending.delete(told.candidate);
    this.ranked.add(progress.results.add(told));
    this.ranked.keepOnly(progress.results.results);
    progress.recent.add(space.key(told.configuration));
    this.densities = undefined;
  }

  forget(candidate: number): void {
    if (this.progress.pending.delete(candidate)) this.densities = undefined;
  }

  /** Draws from the density of the good results. */
  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => this.propose(random, 1));
  }

  view(): OptimizerView {
    const { told } = this.progress.results;
    return { optimizer: this.name, generation: told, told, ...densityView(this.space, this.axes, this.learned()) };
  }

  state(): OptimizerState {
    const { settings, random, start, deviations, earlier, results, pending, recent, nextCandidate } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      settings,
      random: [...random.state()],
      start,
      deviations,
      earlier: { good: [...earlier.good], others: [...earlier.others] },
      results: results.state(),
      pending: [...pending],
      recent: [...recent.fingerprints()],
      nextCandidate,
    };
    return { ...format, data };
  }

  /** @param candidates of how many draws the best is taken */
  private propose(random: RandomStream, candidates: number): Configuration {
    const { space, axes, progress } = this;
    const proposals = new Proposals(space, axes, this.learned(), candidates, random);
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    return draw(space, random, isRepetition, () => ({ point: undefined, configuration: proposals.next() }))
      .configuration;
  }

  private learned(): readonly DensityRatio[] {
    this.densities ??= this.learn();
    return this.densities;
  }

  private learn(): readonly DensityRatio[] {
    const { axes, known, progress, ranked } = this;
    const { settings, results, pending } = progress;
    // An earlier study is as good as results of this one to begin with.
    if (results.told < settings.startup && known.earlier.good.length === 0)
      return priorDensities(axes, known, settings);
    const liars = settings.constantLiar ? [...pending.values()].slice(-mostLiars) : [];
    return learnedDensities(
      axes,
      known,
      ranked,
      liars.map((configuration) => this.coordinates(configuration)),
      settings,
    );
  }

  private coordinates(configuration: Configuration): Float64Array {
    return coordinatesOf(this.axes, configuration, this.space.encode(configuration));
  }
}

export const tpe: OptimizerFactory = {
  name: format.kind,
  summary: "tree-structured Parzen estimator: densities of good and of other results; conditional spaces",
  settings: tpeSettingsSchema,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation = {}, warmStart = [], settings }) {
    checkDeviations(initialDeviation);
    return new Tpe(space, {
      settings: readSettings(tpeSettingsSchema, format.kind, settings),
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      start,
      deviations: initialDeviation,
      earlier: earlierOf(warmStart),
      results: new ToldResults(space, mostResults),
      pending: new Map(),
      recent: new RecentConfigurations(),
      nextCandidate: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new Tpe(space, {
      ...data,
      random: RandomStream.fromState(data.random),
      results: ToldResults.restore(space, data.results, mostResults),
      pending: new Map(data.pending),
      recent: new RecentConfigurations(data.recent),
    });
  },
};

/** @throws AgentTuneError `usage` where one that is given is not a positive number */
function checkDeviations(given: Readonly<Record<string, number>>): void {
  for (const [name, deviation] of Object.entries(given)) {
    if (deviation > 0) continue;
    throw new AgentTuneError("usage", {
      message: `The initial deviation of ${name} is ${deviation}.`,
      where: name,
      remedy: "Give a share of the range above 0, for example 0.2.",
    });
  }
}

/** The best tenth of earlier results, at least one of those that succeeded, and of the others some at even steps. */
function earlierOf(results: readonly Told[]): Earlier {
  const succeeded = results.flatMap(({ configuration, evaluation }) =>
    evaluation.kind === "value" ? [{ configuration, value: evaluation.value }] : [],
  );
  const failed = results.flatMap(({ configuration, evaluation }) =>
    evaluation.kind === "failure" ? [configuration] : [],
  );
  succeeded.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const count = Math.min(mostEarlierGood, Math.ceil(succeeded.length / 10));
  const sorted = succeeded.map(({ configuration }) => configuration);
  const others = [...sorted.slice(count), ...failed];
  const step = Math.max(1, others.length / mostEarlierOthers);
  return { good: sorted.slice(0, count), others: others.filter((_, k) => Math.floor(k % step) === 0) };
}
