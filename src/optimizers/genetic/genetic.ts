import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { configurationSchema, evaluationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { bestConfigurations } from "../ranking.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { randomPoint, StartingDesign, startingDeviations } from "../sobol/index.js";
import { type Individual, Population } from "./population.js";
import { crossover, mutate } from "./variation.js";

const format = { kind: "genetic", version: 1 } as const;

const settingsSchema = z.strictObject({
  population: z.int().min(4).max(1000).default(8).describe("Individuals that parents are chosen from."),
  tournament: z.int().min(1).max(100).default(4).describe("Individuals that compete to be a parent."),
  crossover: z.number().min(0).max(1).default(0.7).describe("Share of children that have two parents."),
  newcomers: z.number().min(0).max(1).default(0.05).describe("Share of children that have no parents: random ones."),
});
type Settings = z.infer<typeof settingsSchema>;

/** Of the first population this share stands around the start, the rest is spread over the space. */
const aroundStart = 0.9;

/** Learning rate of the self-adapting strength and its limits, as shares of the initial deviations. */
const strengthLearning = 0.5;
const leastStrength = 1e-3;
const mostStrength = 3;

/** Least share of the parameters that a mutation changes. */
const mutationShare = 0.3;

/** Candidates whose strength is kept until they are told. */
const mostPending = 4096;

const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  settings: settingsSchema,
  design: z.number(),
  start: configurationSchema,
  deviations: z.array(z.number()),
  earlier: z.array(configurationSchema),
  population: z.array(
    z.object({ configuration: configurationSchema, evaluation: evaluationSchema, strength: z.number() }),
  ),
  pending: z.array(z.tuple([z.number(), z.number()])),
  designed: z.number(),
  nextCandidate: z.number(),
  told: z.number(),
  recent: z.array(z.number()),
});

interface Progress {
  readonly random: RandomStream;
  readonly settings: Settings;
  /** Seed of the Sobol sequences of the first population. */
  readonly design: number;
  readonly start: Configuration;
  readonly deviations: readonly number[];
  /** The best of an earlier study, still to be evaluated in this one; best first. */
  earlier: readonly Configuration[];
  readonly population: Population;
  /** Strengths of candidates that have no result yet. */
  readonly pending: Map<number, number>;
  /** Points of the first population that were asked for or passed over. */
  designed: number;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  nextCandidate: number;
  told: number;
}

/**
 * A steady-state genetic algorithm for mixed spaces (Whitley 1989): every result enters the population at once if it is
 * better than the worst, so that any number of workers can be served without waiting for a generation, and the best is
 * never lost. Mutation strengths are inherited and mutated themselves (self-adaptation, Baeck and Schwefel 1993).
 */
class Genetic implements Optimizer {
  readonly name = format.kind;

  /** What is asked for until the population is complete. */
  private readonly design: StartingDesign;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {
    const { start, deviations, design } = progress;
    this.design = new StartingDesign(space, space.encode(start), deviations, aroundStart, design);
  }

  ask(): Candidate {
    const { progress, space } = this;
    const earlier = this.nextEarlier();
    const { configuration, strength } = earlier
      ? { configuration: earlier, strength: 1 }
      : this.draw(progress.random, () => progress.designed++);
    progress.recent.add(space.key(configuration));
    const id = progress.nextCandidate++;
    progress.pending.set(id, strength);
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    return { id, configuration };
  }

  tell({ candidate, configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    const { progress, space } = this;
    const key = space.key(configuration);
    const strength = candidate === undefined ? undefined : progress.pending.get(candidate);
    if (candidate !== undefined) progress.pending.delete(candidate);
    progress.population.add({ key, configuration, evaluation, strength: strength ?? this.usualStrength() });
    progress.recent.add(key);
    progress.told += 1;
  }

  forget(candidate: number): void {
    this.progress.pending.delete(candidate);
  }

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    let designed = this.progress.designed;
    return Array.from({ length: count }, () => this.draw(random, () => designed++).configuration);
  }

  view(): OptimizerView {
    const { told, population } = this.progress;
    return {
      optimizer: this.name,
      generation: Math.floor(told / population.capacity),
      told,
      populationSize: population.capacity,
    };
  }

  state(): OptimizerState {
    const { random, population, pending, recent, ...rest } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      ...rest,
      random: [...random.state()],
      deviations: [...rest.deviations],
      earlier: [...rest.earlier],
      population: population.individuals.map(({ configuration, evaluation, strength }) => ({
        configuration,
        evaluation,
        strength,
      })),
      pending: [...pending],
      recent: [...recent.fingerprints()],
    };
    return { ...format, data };
  }

  private nextEarlier(): Configuration | undefined {
    const { progress, space } = this;
    const [next, ...rest] = progress.earlier.filter((configuration) => !progress.recent.has(space.key(configuration)));
    progress.earlier = rest;
    return next;
  }

  private draw(random: RandomStream, nextDesigned: () => number): { configuration: Configuration; strength: number } {
    const { space, progress } = this;
    const isRepetition = (configuration: Configuration) => progress.recent.has(space.key(configuration));
    const { configuration, point } = draw(space, random, isRepetition, () => {
      const child = this.child(random, nextDesigned);
      return { point: child.strength, configuration: space.decode(child.point) };
    });
    return { configuration, strength: point ?? 1 };
  }

  private child(random: RandomStream, nextDesigned: () => number): { point: EncodedPoint; strength: number } {
    const { space, progress } = this;
    const { population, settings, deviations } = progress;
    const parent = population.full ? population.select(settings.tournament, random) : undefined;
    if (!parent) return { point: this.design.point(nextDesigned()), strength: 1 };
    // Where nothing has succeeded yet, what has failed is a poor guide.
    const newcomers = parent.evaluation.kind === "failure" ? Math.max(0.5, settings.newcomers) : settings.newcomers;
    if (random.uniform() < newcomers) return { point: randomPoint(space, random), strength: 1 };
    const strength = Math.min(
      mostStrength,
      Math.max(leastStrength, parent.strength * Math.exp(strengthLearning * random.normal())),
    );
    const mother = space.encode(parent.configuration);
    const other = random.uniform() < settings.crossover ? population.select(settings.tournament, random) : undefined;
    const unmutated =
      other && other.key !== parent.key ? crossover(mother, space.encode(other.configuration), random) : mother;
    const axes = mother.numeric.length + mother.categorical.length;
    const probability = Math.max(1 / axes, mutationShare);
    return { point: mutate(space, unmutated, probability, strength, deviations, random), strength };
  }

  /** Median strength of the population, for a configuration that no mutation made. */
  private usualStrength(): number {
    const strengths = this.progress.population.individuals.map(({ strength }) => strength).sort((a, b) => a - b);
    return strengths[strengths.length >> 1] ?? 1;
  }
}

/** Steady-state genetic algorithm. */
export const genetic: OptimizerFactory = {
  name: format.kind,
  summary: "steady-state genetic algorithm: crossover and self-adapting mutation of the best configurations",
  settings: settingsSchema,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
    const read = readSettings(settingsSchema, format.kind, settings);
    return new Genetic(space, {
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      settings: read,
      design: deriveSeed(seed, format.kind, "design"),
      start,
      deviations: startingDeviations(space, initialDeviation),
      earlier: bestConfigurations(space, warmStart, Math.ceil(read.population / 4)),
      population: new Population(read.population),
      pending: new Map(),
      designed: 0,
      recent: new RecentConfigurations(),
      nextCandidate: 0,
      told: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    const individuals = data.population.map(
      (individual): Individual => ({ ...individual, key: space.key(individual.configuration) }),
    );
    return new Genetic(space, {
      ...data,
      random: RandomStream.fromState(data.random),
      // From the worst to the best, so that equal ones keep their order.
      population: new Population(data.settings.population, individuals.reverse()),
      pending: new Map(data.pending),
      recent: new RecentConfigurations(data.recent),
    });
  },
};
