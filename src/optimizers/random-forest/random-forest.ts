import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { encodedDistance } from "../../space/encoded-distance.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import { FailureModel } from "../failure-screen-model.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { configurationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { logExpectedImprovement } from "../surrogate/acquisition.js";
import type { Feasibility } from "../surrogate/index.js";
import { ValueWarp } from "../surrogate/value-warp.js";
import { ToldResults, toldResultsSchema } from "../told-results.js";
import { searchAcquisition } from "./acquisition-search.js";
import { ForestFeatures } from "./forest-features.js";
import { reflect } from "./reflect.js";
import { RegressionForest } from "./regression-forest.js";
import { randomForestSettings } from "./settings.js";

const format = { kind: "random-forest", version: 1 } as const;

/** Values beyond this are one: differences of what is left stay finite. */
const largestValue = 1e300;
/** Rows that each tree sees at most, so that long studies ask no more slowly. */
const rowsOfTree = 400;
const smallestSplit = 2;
/** Variance below this share of that of the values counts as this much: no forest knows better. */
const leastVariance = 1e-4;
/**
 * Power of the probability of success by which expected improvement is multiplied. With 1 the search keeps so far from
 * the failures that it misses the best values, which often lie near them; with 0 it fails up to twice as often.
 */
const successWeight = 0.3;
/** Successes below which there is nothing to model, whatever the settings. */
const fewestSuccesses = 2;
/** Results that are kept: more than the trees see, and more than the model of failures learns from. */
const capacity = 1000;
/** Candidates without a result that are remembered. */
const mostPending = 256;
/** Configurations of earlier studies that are tried first. */
const warmStarts = 3;
/** Deviation of the initial candidates around the start, where a range is 1. */
const startDeviation = 0.15;
/** Among so many uniform draws the one farthest from what is known fills the space. */
const fillingDraws = 20;

const schema = z.object({
  space: z.number(),
  seed: z.number(),
  settings: z.object({ initialTrials: z.number(), randomShare: z.number(), trees: z.number() }),
  start: configurationSchema,
  deviations: z.array(z.number()),
  /** Tried before all others. */
  first: z.array(configurationSchema),
  nextCandidate: z.number(),
  results: toldResultsSchema,
  pending: z.array(z.object({ id: z.number(), configuration: configurationSchema })),
  recent: z.array(z.number()),
});

interface Progress {
  readonly seed: number;
  readonly settings: { readonly initialTrials: number; readonly randomShare: number; readonly trees: number };
  readonly start: Configuration;
  /** Of initial candidates around the start, for each numeric axis. */
  readonly deviations: readonly number[];
  readonly first: Configuration[];
  readonly results: ToldResults;
  readonly pending: Map<number, Configuration>;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  nextCandidate: number;
}

/** A forest and what it takes to ask it. */
interface Model {
  readonly features: ForestFeatures;
  readonly forest: RegressionForest;
  /** Smallest value so far, on the scale of the forest. */
  readonly best: number;
  readonly incumbents: readonly Configuration[];
  readonly feasibility: Feasibility | undefined;
}

/** See {@link randomForest}. */
class RandomForest implements Optimizer {
  readonly name = format.kind;
  /** Functions of the results, and of what is pending: never saved. */
  private fitted: { readonly of: string; readonly model: Model } | undefined;
  private readonly failures: FailureModel;
  private successes: number;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {
    this.failures = new FailureModel(space, deriveSeed(progress.seed, "failures"));
    this.successes = progress.results.results.filter(({ evaluation }) => evaluation.kind === "value").length;
  }

  ask(): Candidate {
    const { progress, space } = this;
    const id = progress.nextCandidate++;
    const random = RandomStream.fromSeed(deriveSeed(progress.seed, "ask", id));
    const configuration = this.propose(random, progress.first.shift());
    progress.recent.add(space.key(configuration));
    progress.pending.set(id, configuration);
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    return { id, configuration };
  }

  tell(result: Told): void {
    checkEvaluation(result.evaluation);
    const { progress } = this;
    if (result.candidate !== undefined) progress.pending.delete(result.candidate);
    progress.recent.add(this.space.key(result.configuration));
    progress.results.add(result);
    if (result.evaluation.kind === "value") this.successes += 1;
  }

  forget(candidate: number): void {
    this.progress.pending.delete(candidate);
  }

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => this.propose(random, undefined));
  }

  view(): OptimizerView {
    return { optimizer: this.name, generation: 0, told: this.progress.results.told };
  }

  state(): OptimizerState {
    const { seed, settings, start, deviations, first, nextCandidate, results, pending, recent } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      seed,
      settings,
      start,
      deviations: [...deviations],
      first: [...first],
      nextCandidate,
      results: results.state(),
      pending: Array.from(pending, ([id, configuration]) => ({ id, configuration })),
      recent: [...recent.fingerprints()],
    };
    return { ...format, data };
  }

  private propose(random: RandomStream, first: Configuration | undefined): Configuration {
    const { space, progress } = this;
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    if (first !== undefined && !isRepetition(first)) return first;
    const uniform = () => space.sample(random);
    if (!this.isModelled()) return this.initial(random, isRepetition);
    if (random.uniform() >= progress.settings.randomShare) {
      const { features, forest, best, incumbents, feasibility } = this.model();
      const found = searchAcquisition(space, {
        incumbents,
        isRepetition,
        random,
        worth(configuration, point, floor) {
          const { mean, variance } = forest.predict(features.row(configuration, point));
          const worth = logExpectedImprovement(mean, Math.sqrt(Math.max(variance, leastVariance)), best);
          if (feasibility === undefined || worth <= floor) return worth;
          return worth + successWeight * Math.log(1 - feasibility.probability(configuration));
        },
      });
      if (found !== undefined) return found;
    }
    return draw(space, random, isRepetition, () => ({ point: undefined, configuration: uniform() })).configuration;
  }

  private isModelled(): boolean {
    const { results, settings } = this.progress;
    return results.told >= settings.initialTrials && this.successes >= fewestSuccesses;
  }

  /** Near the start and far from everything by turns. */
  private initial(random: RandomStream, isRepetition: (configuration: Configuration) => boolean): Configuration {
    const { space, progress } = this;
    const near = random.uniform() < 0.5;
    const known = near
      ? []
      : [
          ...progress.results.results.slice(-progress.settings.initialTrials).map(({ point }) => point),
          ...Array.from(progress.pending.values(), (configuration) => space.encode(configuration)),
        ];
    const center = space.encode(progress.start);
    return draw(space, random, isRepetition, () => ({
      point: undefined,
      configuration: near ? space.decode(this.around(center, random)) : farthest(space, known, random),
    })).configuration;
  }

  private around({ numeric, categorical }: EncodedPoint, random: RandomStream): EncodedPoint {
    const { deviations } = this.progress;
    const mutation = 1 / (numeric.length + categorical.length);
    return {
      numeric: numeric.map((x, j) => reflect(x + deviations[j]! * random.normal())),
      categorical: categorical.map((choice, i) =>
        random.uniform() < mutation ? random.integer(this.space.categoricalAxes[i]!.choices.length) : choice,
      ),
    };
  }

  private model(): Model {
    const { results, pending, seed, settings } = this.progress;
    const of = `${results.told},${[...pending.keys()].join()}`;
    if (this.fitted?.of === of) return this.fitted.model;
    const { space } = this;
    const good = results.results.flatMap(({ configuration, point, evaluation }) =>
      evaluation.kind === "value"
        ? [{ configuration, point, value: Math.max(-largestValue, Math.min(largestValue, evaluation.value)) }]
        : [],
    );
    const warp = ValueWarp.fit(good.map(({ value }) => value));
    const targets = good.map(({ value }) => warp.forward(value));
    const features = new ForestFeatures(
      space,
      good.map(({ configuration }) => configuration),
    );
    const rows = good.map(({ configuration, point }) => features.row(configuration, point));
    const grow = (): RegressionForest =>
      RegressionForest.fit(
        { rows, targets: Float64Array.from(targets), isChoice: features.isChoice },
        { trees: settings.trees, rowsOfTree, smallestSplit },
        RandomStream.fromSeed(deriveSeed(seed, "forest", results.told)),
      );
    const order = targets.map((_, i) => i).sort((a, b) => targets[a]! - targets[b]! || b - a);
    const best = targets[order[0]!]!;
    // A failure counts as much as the worst success (the crash cost of SMAC): the forest learns where not to go.
    const worst = targets[order[order.length - 1]!]!;
    for (const { configuration, point, evaluation } of results.results) {
      if (evaluation.kind === "value") continue;
      rows.push(features.row(configuration, point));
      targets.push(worst);
    }
    let forest = grow();
    if (pending.size > 0) {
      // What is under way is believed to come out as predicted, so that the next candidate goes elsewhere (kriging
      // believer, Ginsbourger, Le Riche and Carraro 2010).
      const believed = Array.from(pending.values(), (configuration) =>
        features.row(configuration, space.encode(configuration)),
      );
      const means = believed.map((row) => forest.predict(row).mean);
      rows.push(...believed);
      targets.push(...means);
      forest = grow();
    }
    const model: Model = {
      features,
      forest,
      best,
      incumbents: order.slice(0, 10).map((i) => good[i]!.configuration),
      feasibility: this.failures.at(results.results, results.told),
    };
    this.fitted = { of, model };
    return model;
  }
}

/** Of some uniform draws the one that is farthest from everything known. */
function farthest(space: SearchSpace, known: readonly EncodedPoint[], random: RandomStream): Configuration {
  let best: { readonly configuration: Configuration; readonly distance: number } | undefined;
  for (let k = 0; k < fillingDraws; k++) {
    const configuration = space.sample(random);
    const point = space.encode(configuration);
    const distance = known.reduce((least, other) => Math.min(least, encodedDistance(point, other)), Infinity);
    if (best === undefined || distance > best.distance) best = { configuration, distance };
  }
  return best!.configuration;
}

/** Enough for a split in most directions, and little of a hundred trials. */
function initialTrialsFor(space: SearchSpace): number {
  return Math.min(15, Math.max(5, Math.ceil(0.7 * space.parameters.length)));
}

/**
 * Sequential model-based optimization with a random forest, after SMAC (Hutter, Hoos and Leyton-Brown 2011; Lindauer
 * et al. 2022): the forest predicts the value of a configuration with its uncertainty, and the configuration with the
 * largest expected improvement is tried next, some random ones in between. At home where parameters are categorical
 * or conditional. A failure counts like the worst success, and expected improvement is multiplied by a power of the
 * probability that a configuration succeeds (Gardner et al. 2014).
 */
export const randomForest: OptimizerFactory = {
  name: format.kind,
  summary: "random forest with expected improvement, after SMAC; for categorical and conditional parameters",
  settings: randomForestSettings,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
    const {
      initialTrials = initialTrialsFor(space),
      randomShare,
      trees,
    } = readSettings(randomForestSettings, format.kind, settings);
    const earlier = warmStart
      .flatMap(({ configuration, evaluation }) =>
        evaluation.kind === "value" ? [{ configuration, value: evaluation.value }] : [],
      )
      .sort((a, b) => a.value - b.value)
      .map(({ configuration }) => configuration);
    const distinct = [...new Map(earlier.map((configuration) => [space.key(configuration), configuration])).values()];
    return new RandomForest(space, {
      seed: deriveSeed(seed, format.kind),
      settings: { initialTrials, randomShare, trees },
      start: distinct[0] ?? start,
      deviations: space.numericAxes.map(({ name }) => initialDeviation?.[name] ?? startDeviation),
      first: [start, ...distinct.slice(0, warmStarts)],
      results: new ToldResults(space, capacity),
      pending: new Map(),
      recent: new RecentConfigurations(),
      nextCandidate: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new RandomForest(space, {
      ...data,
      results: ToldResults.restore(space, data.results, capacity),
      pending: new Map(data.pending.map(({ id, configuration }) => [id, configuration])),
      recent: new RecentConfigurations(data.recent),
    });
  },
};
