import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
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
import { startingDeviations, startingProbabilities } from "../sobol/index.js";
import { elitePoint, ProductDistribution } from "./product-distribution.js";

const format = { kind: "cross-entropy", version: 1 } as const;

const settingsSchema = z.strictObject({
  population: z.int().min(4).max(10_000).default(10).describe("Results between two updates of the distribution."),
  memory: z.int().min(1).max(100).default(2).describe("Generations of results that the elite is chosen from."),
  elite: z.number().gt(0).max(1).default(0.15).describe("Share of those results that is the elite."),
  smoothing: z
    .number()
    .gt(0)
    .max(1)
    .default(0.9)
    .describe("How far the mean and the probabilities of choices move to those of the elite in one update."),
});
type Settings = z.infer<typeof settingsSchema>;

/** beta and q of dynamic smoothing. */
const deviationSmoothing = 0.9;
const smoothingDecay = 5;

/** Deviations, as shares of a range, below which the search begins again around the best. */
const collapse = 1e-3;

/** Deviations grow by this factor in a generation in which nothing succeeded before the first success. */
const widening = 1.5;

/** Least results of an elite. */
const smallestElite = 3;

const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  settings: settingsSchema,
  start: configurationSchema,
  deviations: z.array(z.number()),
  mean: z.array(z.number()),
  deviation: z.array(z.number()),
  probabilities: z.array(z.array(z.number())),
  results: z.array(z.object({ configuration: configurationSchema, evaluation: evaluationSchema })),
  fresh: z.number(),
  best: z.object({ configuration: configurationSchema, value: z.number() }).optional(),
  phase: z.number(),
  generation: z.number(),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

interface Result {
  readonly configuration: Configuration;
  readonly evaluation: Evaluation;
}

interface Progress {
  readonly random: RandomStream;
  readonly settings: Settings;
  readonly start: Configuration;
  /** Initial deviations, also those of a new beginning. */
  readonly deviations: readonly number[];
  readonly distribution: ProductDistribution;
  /** What the elite is chosen from, oldest first, one result for each configuration. */
  results: readonly Result[];
  /** Results told since the last update. */
  fresh: number;
  best: { readonly configuration: Configuration; readonly value: number } | undefined;
  /** Updates since the last beginning; slows the deviations down. */
  phase: number;
  generation: number;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  nextCandidate: number;
  told: number;
}

/**
 * The cross-entropy method (Rubinstein 1999, Rubinstein and Kroese 2004): independent Gaussians and choice
 * probabilities, moved towards the best share of the latest results. Deviations shrink with a rate that falls from
 * generation to generation (dynamic smoothing), and so with a power of the number of generations and not exponentially;
 * they grow at full rate where the best results lie far from the mean. Whoever proposed a result, it can be of the elite; a failure never is.
 */
class CrossEntropy implements Optimizer {
  readonly name = format.kind;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {}

  ask(): Candidate {
    const configuration = this.draw(this.progress.random);
    this.progress.recent.add(this.space.key(configuration));
    return { id: this.progress.nextCandidate++, configuration };
  }

  tell({ configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    const { progress, space } = this;
    const key = space.key(configuration);
    progress.told += 1;
    progress.recent.add(key);
    // A configuration that is told again, such as the mean of its repeats, replaces what was believed of it.
    progress.results = [
      ...progress.results.filter((result) => space.key(result.configuration) !== key),
      { configuration, evaluation },
    ].slice(-progress.settings.population * progress.settings.memory);
    if (evaluation.kind === "value") {
      const repeated = progress.best !== undefined && space.key(progress.best.configuration) === key;
      if (progress.best === undefined || repeated || evaluation.value < progress.best.value) {
        progress.best = { configuration, value: evaluation.value };
      }
    }
    progress.fresh += 1;
    if (progress.fresh >= progress.settings.population) this.update();
  }

  /** Nothing is kept for a candidate. */
  forget(): void {}

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => this.draw(random));
  }

  view(): OptimizerView {
    const { distribution, generation, told, settings } = this.progress;
    const { numeric, categorical } = distribution.views();
    return {
      optimizer: this.name,
      generation,
      told,
      populationSize: settings.population,
      ...(numeric.length > 0 && { numeric }),
      ...(categorical.length > 0 && { categorical }),
    };
  }

  state(): OptimizerState {
    const { random, distribution, recent, best, ...rest } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      ...rest,
      random: [...random.state()],
      deviations: [...rest.deviations],
      results: [...rest.results],
      mean: [...distribution.mean],
      deviation: [...distribution.deviation],
      probabilities: distribution.probabilities.map((row) => [...row]),
      ...(best && { best }),
      recent: [...recent.fingerprints()],
    };
    return { ...format, data };
  }

  private draw(random: RandomStream): Configuration {
    const { space, progress } = this;
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    return draw(space, random, isRepetition, () => {
      const point = progress.distribution.sample(random);
      return { point, configuration: space.decode(point) };
    }).configuration;
  }

  private update(): void {
    const { progress, space } = this;
    const { distribution, settings, results, best } = progress;
    progress.fresh = 0;
    progress.generation += 1;
    const latest = results.slice(-settings.population);
    if (latest.every(({ evaluation }) => evaluation.kind === "failure")) {
      // What was searched does not work: look further afield, or go back to what did.
      if (best) distribution.approach(space.encode(best.configuration), 0.5);
      else distribution.widen(widening);
      return;
    }
    const size = Math.max(smallestElite, Math.round(settings.elite * results.length));
    const elite = results
      .filter(({ evaluation }) => evaluation.kind === "value")
      .sort((a, b) => compareEvaluations(a.evaluation, b.evaluation))
      .slice(0, size)
      .map(({ configuration }) => elitePoint(space, configuration));
    progress.phase += 1;
    distribution.update(elite, {
      mean: settings.smoothing,
      probabilities: settings.smoothing,
      growth: deviationSmoothing,
      shrinkage: deviationSmoothing * (1 - (1 - 1 / progress.phase) ** smoothingDecay),
    });
    if (distribution.collapsed(collapse)) this.beginAgain();
  }

  /** Variance injection (Botev and Kroese 2004): the initial deviations around the best configuration. */
  private beginAgain(): void {
    const { progress, space } = this;
    const { distribution, best, start, deviations } = progress;
    const center = space.encode(best?.configuration ?? start);
    distribution.mean.set(center.numeric);
    distribution.deviation.set(deviations);
    distribution.probabilities.forEach((row, i) => {
      row.set(startingProbabilities(row.length, center.categorical[i] ?? 0));
    });
    progress.phase = 0;
  }
}

function distributionAround(
  space: SearchSpace,
  start: Configuration,
  deviations: readonly number[],
): ProductDistribution {
  const { numeric, categorical } = space.encode(start);
  return new ProductDistribution(
    space,
    Float64Array.from(numeric),
    Float64Array.from(deviations),
    categorical.map((choice, i) =>
      Float64Array.from(startingProbabilities(space.categoricalAxes[i]?.choices.length ?? 1, choice)),
    ),
  );
}

/** Cross-entropy method with dynamic smoothing. */
export const crossEntropy: OptimizerFactory = {
  name: format.kind,
  summary: "cross-entropy method: independent Gaussians and choice probabilities fitted to the best results",
  settings: settingsSchema,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
    const deviations = startingDeviations(space, initialDeviation);
    return new CrossEntropy(space, {
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      settings: readSettings(settingsSchema, format.kind, settings),
      start,
      deviations,
      distribution: distributionAround(space, bestConfigurations(space, warmStart, 1)[0] ?? start, deviations),
      results: [],
      fresh: 0,
      best: undefined,
      phase: 0,
      generation: 0,
      recent: new RecentConfigurations(),
      nextCandidate: 0,
      told: 0,
    });
  },

  restore(space, state) {
    const { mean, deviation, probabilities, ...data } = readState(schema, format, space, state);
    return new CrossEntropy(space, {
      ...data,
      random: RandomStream.fromState(data.random),
      distribution: new ProductDistribution(
        space,
        Float64Array.from(mean),
        Float64Array.from(deviation),
        probabilities.map((row) => Float64Array.from(row)),
      ),
      best: data.best,
      recent: new RecentConfigurations(data.recent),
    });
  },
};
