import { deriveSeed, RandomStream } from "../../math/random.js";
import { at, median } from "../../math/vector.js";
import type { Configuration } from "../../space/parameter.js";
import { sameConfiguration } from "../../space/project-configuration.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { type Drawn, draw } from "../draw.js";
import type {
  Candidate,
  CarryOverOptions,
  Evaluation,
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  OptimizerView,
  Told,
} from "../optimizer.js";
import { readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { carriedDistribution, type NumericSource, numericSources, type Place } from "./carry-over.js";
import { confine } from "./confine.js";
import { Coordinates } from "./coordinates.js";
import { distributionView } from "./distribution-view.js";
import { leadingSeverity } from "./failure-grading.js";
import { liesOutside } from "./gaussian-update.js";
import { initialDeviations, initialDistribution, startAround } from "./initial-distribution.js";
import { type LateOrigin, type Origin, originOf } from "./origin.js";
import { afterRepetition, type Noise, noNoise } from "./repetition.js";
import { firstRun, nextRun, type Run } from "./restarts.js";
import { retreat } from "./retreat.js";
import { mostScreenedParameters, Screening, screenedPopulationSize } from "./screening.js";
import { SearchDistribution, type SearchDistributionState, type SearchPoint } from "./search-distribution.js";
import { type CmaEsSettings, cmaEsSettings, lraCmaEsSettings } from "./settings.js";
import { type CmaEsData, cmaEsStateSchema } from "./state.js";
import { emptyHistory, remember, type Stop, stopReason, type ValueHistory } from "./stop.js";
import { defaultPopulationSize, type ParameterConvention } from "./strategy-parameters.js";
import { warmStarted } from "./warm-start.js";

/** A kind of CMA-ES that can be named. */
interface Variant {
  readonly kind: string;
  /** Format of its saved state. */
  readonly version: number;
  /** See learning-rate-adaptation.ts. */
  readonly adaptLearningRates: boolean;
  /** See diagonal-acceleration.ts. */
  readonly accelerateDiagonal: boolean;
  readonly convention: ParameterConvention;
  readonly settings: typeof cmaEsSettings;
}

/** Candidates kept for a result; beyond, the oldest are released and count as external when told after all. */
const mostPending = 4096;
/** Results by which an injected one is judged before there was a generation. */
const fewestSamples = 3;

/** A run may at least shrink to this share of its start before `tolx` ends it, however narrow that was. */
const smallestShrinkage = 0.1;

/** Generation of a result that no distribution of this optimizer sampled. */
const external = -1;

/** A candidate that has no result yet. */
interface Pending {
  readonly point: SearchPoint;
  readonly configuration: Configuration;
  /** Generation of the distribution that it was sampled from, or `external`. */
  readonly generation: number;
}

/** A result that waits until there are enough for an update. */
interface Waiting {
  readonly point: SearchPoint;
  readonly configuration: Configuration;
  readonly evaluation: Evaluation;
  readonly generation: number;
}

/** What changes while the optimizer lives. */
interface Progress {
  readonly random: RandomStream;
  readonly start: Configuration;
  readonly settings: CmaEsSettings;
  readonly pending: Map<number, Pending>;
  readonly waiting: Waiting[];
  /** Earlier Gaussians by their generation, as long as candidates sampled from them are under way. */
  readonly origins: Map<number, Origin>;
  readonly recent: RecentConfigurations;
  /** Present where samples are screened. */
  readonly screening: Screening | undefined;
  /** Standard deviation of each numeric coordinate that a run starts with, before BIPOP's factor. */
  deviations: readonly number[];
  distribution: SearchDistribution;
  /** The same of the present run, with what a warm start or BIPOP made of it. */
  initialDeviations: readonly number[];
  initialStepSize: number;
  history: ValueHistory;
  nextCandidate: number;
  told: number;
  /** Completed updates, restarts included. */
  generation: number;
  run: Run;
  noise: Noise;
  best: { readonly configuration: Configuration; readonly value: number } | undefined;
  stop: Stop | undefined;
}

/**
 * CMA-ES over a search space. Every populationSize results make one update, whoever proposed them and however old
 * they are; those that this distribution never sampled are injected (injection.ts), those that it sampled some
 * generations ago count as late (gaussian-update.ts). When a stop rule holds,
 * the next `ask` starts a new distribution (restarts.ts).
 */
class CmaEs implements Optimizer {
  readonly name: string;
  /** In a space without continuous parameters a configuration can be drawn twice. */
  private readonly repeats: boolean;

  constructor(
    private readonly space: SearchSpace,
    private readonly coordinates: Coordinates,
    private readonly variant: Variant,
    private readonly progress: Progress,
  ) {
    this.name = variant.kind;
    this.repeats = Number.isFinite(space.size());
  }

  ask(): Candidate {
    const { progress } = this;
    if (progress.stop) this.restart(progress.stop);
    const id = progress.nextCandidate;
    const again = this.askAgain(id);
    const asked = again ?? this.screened(progress.screening) ?? this.pendingOf(this.draw(progress.random));
    progress.nextCandidate += 1;
    progress.pending.set(id, asked);
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    return { id, configuration: asked.configuration, ...(again && { again: true }) };
  }

  tell(result: Told): void {
    const { candidate, configuration, evaluation } = result;
    checkEvaluation(evaluation);
    const { progress, space } = this;
    const drawn = candidate === undefined ? undefined : progress.pending.get(candidate);
    if (candidate !== undefined) progress.pending.delete(candidate);
    const own = drawn !== undefined && space.key(drawn.configuration) === space.key(configuration);
    const repetition = own && candidate === progress.noise.repetition?.candidate && progress.noise.repetition;
    let value = evaluation.kind === "value" ? evaluation.value : undefined;
    if (repetition) value = this.repeated(repetition.row, evaluation);
    else if (!result.advice || this.isWorthInjecting(evaluation)) {
      progress.waiting.push({
        point: own ? drawn.point : this.coordinates.point(configuration, this.neutral(), drawn),
        configuration,
        evaluation,
        generation: own ? drawn.generation : external,
      });
    }
    progress.told += 1;
    progress.screening?.tell(result);
    progress.run = { ...progress.run, evaluations: progress.run.evaluations + 1 };
    if (this.repeats) progress.recent.add(space.key(configuration));
    if (value !== undefined) this.compareToBest(configuration, value, repetition !== false);
    if (candidate !== undefined && candidate === progress.noise.repetition?.candidate) this.update();
    else this.updateWhenReady();
  }

  /**
   * Whether a configuration that an advisor proposed says where to go: only where it is better than half of the
   * samples. A worse one would take the place of a sample in the generation and thin out the selection among the rest;
   * bad advice then costs its own trial and nothing more.
   */
  private isWorthInjecting(evaluation: Evaluation): boolean {
    const { history, waiting } = this.progress;
    const samples = waiting.flatMap((entry) => (entry.evaluation.kind === "value" ? [entry.evaluation.value] : []));
    const usual = history.median.at(-1) ?? (samples.length >= fewestSamples ? median(samples) : undefined);
    if (usual === undefined) return true;
    return evaluation.kind === "value" && evaluation.value <= usual;
  }

  forget(candidate: number): void {
    this.progress.pending.delete(candidate);
    if (candidate === this.progress.noise.repetition?.candidate) this.update();
  }

  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, this.name, "sample"));
    return Array.from({ length: count }, () => this.draw(random).configuration);
  }

  view(): OptimizerView {
    const { distribution, initialStepSize, generation, told, stop } = this.progress;
    return {
      optimizer: this.name,
      generation,
      told,
      populationSize: distribution.parameters.populationSize,
      ...(distribution.gaussian && {
        stepSize: { value: distribution.gaussian.stepSize, initial: initialStepSize },
      }),
      ...distributionView(this.space, this.coordinates, distribution),
      ...(stop && { stop }),
    };
  }

  state(): OptimizerState {
    const { random, start, deviations, pending, waiting, recent, distribution, best, stop, history } = this.progress;
    const { settings, initialDeviations, initialStepSize, nextCandidate, told, generation, run, noise, screening } =
      this.progress;
    const data: CmaEsData = {
      space: spaceFingerprint(this.space),
      random: [...random.state()],
      settings,
      start,
      deviations: [...deviations],
      initialDeviations: [...initialDeviations],
      nextCandidate,
      told,
      generation,
      run,
      noise,
      populationSize: distribution.parameters.populationSize,
      initialStepSize,
      distribution: distribution.state(),
      origins: [...this.progress.origins.values()],
      pending: Array.from(pending, ([id, entry]) => ({ id, ...entry, point: plain(entry.point) })),
      waiting: waiting.map((entry) => ({ ...entry, point: plain(entry.point) })),
      history: { best: [...history.best], median: [...history.median], flat: history.flat },
      ...(best && { best }),
      ...(stop && { stop }),
      recent: [...recent.fingerprints()],
      ...(screening && { screening: screening.state() }),
    };
    return { kind: this.variant.kind, version: this.variant.version, data };
  }

  /** The configuration of the waiting generation that is to be run a second time, where it was not asked for yet. */
  private askAgain(candidate: number): Pending | undefined {
    const { progress } = this;
    const { repetition } = progress.noise;
    const first = repetition && progress.waiting[repetition.row];
    if (!first || repetition.candidate !== undefined) return undefined;
    progress.noise = { ...progress.noise, repetition: { ...repetition, candidate } };
    return { point: first.point, configuration: first.configuration, generation: first.generation };
  }

  /** Takes a second measurement of a waiting result; the average of both, or undefined where it failed. */
  private repeated(row: number, evaluation: Evaluation): number | undefined {
    const { progress } = this;
    const first = progress.waiting[row];
    if (!first || first.evaluation.kind === "failure") return undefined;
    if (evaluation.kind === "failure") {
      // What fails every other time is no place to go.
      progress.waiting[row] = { ...first, evaluation };
      return undefined;
    }
    const generation = progress.waiting.slice(0, progress.distribution.parameters.populationSize);
    const values = generation.map((each) =>
      each.evaluation.kind === "value" ? each.evaluation.value : Number.POSITIVE_INFINITY,
    );
    const { noise, average } = afterRepetition(progress.noise, values, row, evaluation.value);
    progress.noise = { ...noise, ...(progress.noise.repetition && { repetition: progress.noise.repetition }) };
    progress.waiting[row] = { ...first, evaluation: { kind: "value", value: average } };
    return average;
  }

  private compareToBest(configuration: Configuration, value: number, corrects: boolean): void {
    const { progress, space } = this;
    const { best } = progress;
    const same = corrects && best !== undefined && space.key(best.configuration) === space.key(configuration);
    if (!best || same || value < best.value) progress.best = { configuration, value };
  }

  /** Updates when a generation is complete and, under noise, one of its configurations was measured twice. */
  private updateWhenReady(): void {
    const { waiting, noise, settings, distribution } = this.progress;
    const { populationSize } = distribution.parameters;
    if (waiting.length < populationSize) return;
    const row = settings.noise === "none" ? undefined : bestOf(waiting.slice(0, populationSize));
    // A second measurement that takes long does not hold up the others for more than one generation.
    if (row === undefined || waiting.length >= 2 * populationSize) this.update();
    else if (!noise.repetition) this.progress.noise = { ...noise, repetition: { row } };
  }

  /** The sample that the model chooses, where there is a model and this candidate is one to be screened. */
  private screened(screening: Screening | undefined): Pending | undefined {
    if (!screening) return undefined;
    const { pending, random, nextCandidate, generation } = this.progress;
    const running = Array.from(pending.values(), ({ configuration }) => configuration);
    return screening.choose<Pending>(nextCandidate, running, random, this.outlyingBest(), (stretch, around) => {
      const { point, configuration, repaired } = this.draw(random, stretch, around?.point);
      if (!point || repaired) return undefined;
      // What was stretched or drawn around another point is no sample of the distribution.
      return { point, configuration, generation: stretch === 1 && !around ? generation : external };
    });
  }

  /** The best result so far, where it lies farther from the mean than an injected step may be: others found it. */
  private outlyingBest(): Pending | undefined {
    const { best, distribution } = this.progress;
    const { gaussian } = distribution;
    if (!best || !gaussian) return undefined;
    const point = this.coordinates.point(best.configuration, this.neutral());
    if (!liesOutside(gaussian, point.numeric)) return undefined;
    return { point, configuration: best.configuration, generation: external };
  }

  private draw(random: RandomStream, stretch = 1, around?: SearchPoint): Drawn<SearchPoint> {
    const { distribution, pending, recent } = this.progress;
    const { space, coordinates } = this;
    const isRepetition = (configuration: Configuration) => {
      if (!this.repeats) return false;
      const key = space.key(configuration);
      if (recent.has(key)) return true;
      for (const entry of pending.values()) if (space.key(entry.configuration) === key) return true;
      return false;
    };
    return draw(space, random, isRepetition, () => {
      const point = around ? distribution.sampleAround(around, stretch, random) : distribution.sample(random, stretch);
      return { point, configuration: coordinates.configuration(point) };
    });
  }

  /** A configuration that constraints changed is not a sample of the distribution any more. */
  private pendingOf({ configuration, point, repaired }: Drawn<SearchPoint>): Pending {
    if (point && !repaired) return { point, configuration, generation: this.progress.generation };
    const drawn = point && { point, configuration: this.coordinates.configuration(point) };
    return { point: this.coordinates.point(configuration, this.neutral(), drawn), configuration, generation: external };
  }

  /** Where coordinates without a meaning stand: the present mean. */
  private neutral(): ArrayLike<number> {
    return this.progress.distribution.gaussian?.mean ?? [];
  }

  private update(): void {
    const { progress } = this;
    const { distribution, history, best, start } = progress;
    const results = progress.waiting.splice(0, distribution.parameters.populationSize);
    const values = results.flatMap(({ evaluation }) => (evaluation.kind === "value" ? [evaluation.value] : []));
    const sampledFrom = originOf(distribution.gaussian, progress.generation);
    if (values.length === 0 && leadingSeverity(results.map(({ evaluation }) => evaluation)) === undefined) {
      const anchor = this.coordinates.center(best?.configuration ?? start);
      retreat(distribution, anchor.numeric, best !== undefined, progress.initialStepSize);
    } else {
      distribution.update(
        results.map(({ point, evaluation, generation }) => ({
          ...point,
          evaluation,
          injected: generation !== progress.generation,
          origin: this.lateOrigin(generation),
        })),
      );
    }
    confine(distribution);
    this.keepOrigins(sampledFrom);
    progress.generation += 1;
    progress.stop = undefined;
    if (values.length > 0) {
      remember(history, distribution, values);
      progress.stop = stopReason(distribution, history, values, {
        tolx: Math.min(progress.settings.tolx, smallestShrinkage * Math.max(...progress.initialDeviations)),
        initialDeviations: progress.initialDeviations,
      });
    }
    const { evaluations, limit = Number.POSITIVE_INFINITY } = progress.run;
    if (evaluations >= limit) {
      progress.stop ??= {
        reason: "maxiter",
        detail: `a run with a small population ended after ${evaluations} trials`,
      };
    }
    progress.noise = { uncertainty: progress.noise.uncertainty, factor: progress.noise.factor };
    this.resize();
  }

  /** Gives the distribution the population that the run and its noise ask for. */
  private resize(): void {
    const { progress, coordinates, variant } = this;
    const populationSize = Math.round(progress.noise.factor * progress.run.populationSize);
    if (populationSize === progress.distribution.parameters.populationSize) return;
    progress.distribution = restored(coordinates, variant, populationSize, progress.distribution.state());
  }

  private lateOrigin(generation: number): LateOrigin | undefined {
    const origin = this.progress.origins.get(generation);
    return origin && { ...origin, age: this.progress.generation - generation };
  }

  /** Remembers where candidates under way were sampled, and forgets what none of them needs. */
  private keepOrigins(present: Origin): void {
    const { origins, pending } = this.progress;
    const needed = new Set(Array.from(pending.values(), ({ generation }) => generation));
    if (needed.has(present.generation)) origins.set(present.generation, present);
    for (const generation of origins.keys()) if (!needed.has(generation)) origins.delete(generation);
  }

  private restart(stop: Stop): void {
    const { progress, coordinates, space } = this;
    const { best, start, random, settings } = progress;
    if (settings.restarts === "none") return;
    const { run, stepSizeFactor } = nextRun(
      settings.restarts,
      progress.run,
      populationSizeOf(coordinates, settings),
      random,
    );
    // Whoever gave them was wrong by three orders of magnitude.
    if (stop.reason === "tolxup") progress.deviations = initialDeviations(coordinates, undefined);
    const around = settings.around === "uniform" ? space.sample(random) : (best?.configuration ?? start);
    progress.run = run;
    progress.distribution = initialDistribution(
      startAround(
        coordinates,
        coordinates.center(around),
        progress.deviations.map((deviation) => stepSizeFactor * deviation),
        Math.round(progress.noise.factor * run.populationSize),
        this.variant,
      ),
    );
    progress.initialDeviations = deviationsOf(progress.distribution);
    progress.initialStepSize = progress.distribution.gaussian?.stepSize ?? 1;
    progress.history = emptyHistory();
    progress.stop = undefined;
    // Results still under way were sampled by the distribution that was given up.
    progress.origins.clear();
    for (const [id, entry] of progress.pending) progress.pending.set(id, { ...entry, generation: external });
    progress.waiting.forEach((entry, k) => {
      progress.waiting[k] = { ...entry, generation: external };
    });
  }
}

function cmaEsFactory(variant: Variant, summary: string): OptimizerFactory {
  const restore = (space: SearchSpace, data: CmaEsData): CmaEs => {
    const coordinates = new Coordinates(space);
    return new CmaEs(space, coordinates, variant, {
      ...data,
      random: RandomStream.fromState(data.random),
      pending: new Map(data.pending.map(({ id, ...entry }) => [id, entry])),
      origins: new Map(data.origins.map((origin) => [origin.generation, origin])),
      recent: new RecentConfigurations(data.recent),
      screening: data.screening && Screening.restore(space, data.screening),
      distribution: restored(coordinates, variant, data.populationSize, data.distribution),
      best: data.best,
      stop: data.stop,
    });
  };
  return {
    name: variant.kind,
    summary,
    settings: variant.settings,
    takesWarmStart: true,

    create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
      const read = readSettings(variant.settings, variant.kind, settings);
      const coordinates = new Coordinates(space);
      const deviations = initialDeviations(coordinates, initialDeviation);
      const fresh = startAround(
        coordinates,
        coordinates.center(start),
        deviations,
        populationSizeOf(coordinates, read),
        variant,
      );
      const distribution = initialDistribution(warmStarted(fresh, coordinates, deviations, warmStart));
      return new CmaEs(space, coordinates, variant, {
        random: RandomStream.fromSeed(deriveSeed(seed, variant.kind)),
        settings: read,
        screening: isScreened(coordinates, read)
          ? Screening.create(space, deriveSeed(seed, variant.kind, "screening"))
          : undefined,
        start,
        deviations,
        pending: new Map(),
        waiting: [],
        origins: new Map(),
        recent: new RecentConfigurations(),
        distribution,
        initialDeviations: deviationsOf(distribution),
        initialStepSize: distribution.gaussian?.stepSize ?? 1,
        history: emptyHistory(),
        nextCandidate: 0,
        told: 0,
        generation: 0,
        run: firstRun(populationSizeOf(coordinates, read)),
        noise: noNoise,
        best: undefined,
        stop: undefined,
      });
    },

    restore: (space, state) => restore(space, readState(cmaEsStateSchema, variant, space, state)),

    carryOver(from, state, to, options) {
      const data = readState(cmaEsStateSchema, variant, from, state);
      return restore(to, carriedState(variant, placeOf(from), data, placeOf(to), options));
    },
  };
}

/** CMA-ES with margin and categorical distributions, for every kind of parameter at once. */
export const cmaEs = cmaEsFactory(
  {
    kind: "cma-es",
    version: 2,
    adaptLearningRates: false,
    accelerateDiagonal: true,
    convention: "pycma",
    settings: cmaEsSettings,
  },
  "CMA-ES for continuous, discrete and categorical parameters; learns from every result",
);

/** The same with learning rates that adapt to noise. */
export const lraCmaEs = cmaEsFactory(
  {
    kind: "lra-cma-es",
    version: 2,
    adaptLearningRates: true,
    accelerateDiagonal: false,
    convention: "tutorial",
    settings: lraCmaEsSettings,
  },
  "CMA-ES whose learning rates adapt to noise; pays off after some thousands of trials",
);

function placeOf(space: SearchSpace): Place {
  return { space, coordinates: new Coordinates(space) };
}

/**
 * A saved state in another search space. Of the run, population, restarts and noise go on; the history that stop rules
 * look back to begins anew, as values of another space are no continuation of it. Results that wait for an update count
 * as external and say nothing about new parameters, candidates under way are forgotten.
 */
function carriedState(
  variant: Variant,
  from: Place,
  data: CmaEsData,
  to: Place,
  { seed, start, told, initialDeviation }: CarryOverOptions,
): CmaEsData {
  const { space, coordinates } = to;
  const { settings, noise } = data;
  const usual = populationSizeOf(coordinates, settings);
  const run = withPopulation(data.run, populationSizeOf(from.coordinates, settings), usual);
  const populationSize = Math.round(noise.factor * run.populationSize);
  const deviations = initialDeviations(coordinates, initialDeviation);
  const defaults = coordinates.center(space.defaults());
  const fresh = initialDistribution(startAround(coordinates, defaults, deviations, populationSize, variant));
  const sources = numericSources(data.distribution, from, to);
  const { state, unmargined } = carriedDistribution(data.distribution, fresh.state(), sources, from, to);
  const distribution = restored(coordinates, variant, populationSize, state);
  confine(distribution);
  keepMarginsOf(distribution, unmargined, restored(coordinates, variant, populationSize, distribution.state()));
  const screening = isScreened(coordinates, settings)
    ? Screening.create(space, deriveSeed(seed, variant.kind, "screening"))
    : undefined;
  const recent = new RecentConfigurations();
  for (const result of told) {
    screening?.tell(result);
    if (Number.isFinite(space.size())) recent.add(space.key(result.configuration));
  }
  const best = bestAfter(data.best, space, told);
  const { stop: _stop, best: _best, screening: _screening, ...kept } = data;
  return {
    ...kept,
    space: spaceFingerprint(space),
    random: [...RandomStream.fromSeed(deriveSeed(seed, variant.kind)).state()],
    start,
    deviations: carriedDeviations(data.deviations, deviations, sources),
    initialDeviations: carriedDeviations(data.initialDeviations, deviationsOf(fresh), sources),
    run,
    noise: { uncertainty: noise.uncertainty, factor: noise.factor },
    populationSize,
    initialStepSize: sources.some((source) => source) ? data.initialStepSize : (fresh.gaussian?.stepSize ?? 1),
    distribution: distribution.state(),
    origins: [],
    pending: [],
    waiting: data.waiting.flatMap(({ configuration: before, evaluation }) => {
      const configuration = sameConfiguration(before, space);
      if (configuration === undefined) return [];
      const known = Object.fromEntries(Object.entries(configuration).filter(([name]) => before[name] !== undefined));
      const point = plain(coordinates.point(known, distribution.gaussian?.mean ?? []));
      return [{ point, configuration, evaluation, generation: external }];
    }),
    history: emptyHistory(),
    ...(best && { best }),
    recent: [...recent.fingerprints()],
    ...(screening && { screening: screening.state() }),
  };
}

/** The same run with the population that the number of parameters asks for; BIPOP's small ones keep their own. */
function withPopulation(run: Run, before: number, usual: number): Run {
  const doubled = 2 ** run.doublings;
  return run.populationSize === before * doubled ? { ...run, populationSize: usual * doubled } : run;
}

function carriedDeviations(
  before: readonly number[],
  usual: readonly number[],
  sources: readonly (NumericSource | undefined)[],
): number[] {
  return sources.map((source, j) => (source ? source.factor * at(before, source.index) : at(usual, j)));
}

/** Takes margins from a copy for some coordinates, so that those of all others stay as they are. */
function keepMarginsOf(
  distribution: SearchDistribution,
  { numeric, categorical }: { readonly numeric: readonly number[]; readonly categorical: readonly number[] },
  copy: SearchDistribution,
): void {
  copy.correctMargins();
  copy.categorical.keepMargins();
  for (const j of numeric) {
    if (distribution.gaussian && copy.gaussian) {
      distribution.gaussian.mean[j] = at(copy.gaussian.mean, j);
      distribution.gaussian.scale[j] = at(copy.gaussian.scale, j);
    }
    distribution.mutationRates[j] = at(copy.mutationRates, j);
  }
  for (const i of categorical) distribution.categorical.probabilities[i]?.set(copy.categorical.probabilities[i] ?? []);
}

function bestAfter(before: CmaEsData["best"], space: SearchSpace, told: readonly Told[]): CmaEsData["best"] {
  const configuration = before && sameConfiguration(before.configuration, space);
  if (before && configuration) return { configuration, value: before.value };
  let best: CmaEsData["best"];
  for (const result of told) {
    if (result.evaluation.kind === "failure" || result.evaluation.value >= (best?.value ?? Infinity)) continue;
    best = { configuration: result.configuration, value: result.evaluation.value };
  }
  return best;
}

function isScreened({ numeric, categorical }: Coordinates, { screening }: CmaEsSettings): boolean {
  return screening && numeric.length + categorical.length <= mostScreenedParameters;
}

/** lambda for the number of parameters that can vary, of every kind. */
function populationSizeOf(coordinates: Coordinates, settings: CmaEsSettings): number {
  const { numeric, categorical } = coordinates;
  const usual = defaultPopulationSize(numeric.length + categorical.length);
  return isScreened(coordinates, settings) ? screenedPopulationSize(usual) : usual;
}

function restored(
  { grids }: Coordinates,
  { accelerateDiagonal, convention }: Variant,
  populationSize: number,
  state: SearchDistributionState,
): SearchDistribution {
  return SearchDistribution.restore({ grids, populationSize, accelerateDiagonal, convention }, state);
}

/** Position of the smallest value, undefined where all failed. */
function bestOf(results: readonly Waiting[]): number | undefined {
  let best: number | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  results.forEach(({ evaluation }, row) => {
    if (evaluation.kind === "failure" || evaluation.value >= smallest) return;
    best = row;
    smallest = evaluation.value;
  });
  return best;
}

function deviationsOf({ gaussian }: SearchDistribution): readonly number[] {
  return gaussian ? Array.from({ length: gaussian.dimension }, (_, j) => gaussian.deviation(j)) : [];
}

function plain({ numeric, categorical }: SearchPoint): { numeric: number[]; categorical: number[] } {
  return { numeric: Array.from({ length: numeric.length }, (_, j) => at(numeric, j)), categorical: [...categorical] };
}
