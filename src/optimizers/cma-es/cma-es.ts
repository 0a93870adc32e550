import { deriveSeed, RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { type Drawn, draw } from "../draw.js";
import type {
  Candidate,
  Evaluation,
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  OptimizerView,
  Told,
} from "../optimizer.js";
import { readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { confine } from "./confine.js";
import { Coordinates } from "./coordinates.js";
import { distributionView } from "./distribution-view.js";
import { initialDeviations, initialDistribution } from "./initial-distribution.js";
import { retreat } from "./retreat.js";
import { SearchDistribution, type SearchPoint } from "./search-distribution.js";
import { type CmaEsData, cmaEsStateSchema } from "./state.js";
import { remember, type Stop, stopReason, type ValueHistory } from "./stop.js";
import { defaultPopulationSize } from "./strategy-parameters.js";

/** A kind of CMA-ES that can be named. */
interface Variant {
  readonly kind: string;
  /** Format of its saved state. */
  readonly version: number;
  /** See learning-rate-adaptation.ts. */
  readonly adaptLearningRates: boolean;
}

/** Candidates kept for a result; beyond, the oldest are released and count as external when told after all. */
const mostPending = 4096;

/** A population is doubled at most this often by restarts. */
const mostDoublings = 5;

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
  readonly evaluation: Evaluation;
  readonly generation: number;
}

/** What changes while the optimizer lives. */
interface Progress {
  readonly random: RandomStream;
  readonly start: Configuration;
  /** Initial standard deviation of each numeric coordinate. */
  readonly deviations: readonly number[];
  readonly pending: Map<number, Pending>;
  readonly waiting: Waiting[];
  readonly recent: RecentConfigurations;
  distribution: SearchDistribution;
  initialStepSize: number;
  history: ValueHistory;
  nextCandidate: number;
  told: number;
  /** Completed updates, restarts included. */
  generation: number;
  restarts: number;
  best: { readonly configuration: Configuration; readonly value: number } | undefined;
  stop: Stop | undefined;
}

/**
 * CMA-ES over a search space. Every populationSize results make one update, whoever proposed them and however old
 * they are; those that the present distribution did not sample are injected (injection.ts). When a stop rule holds,
 * the next `ask` starts a new distribution with the doubled population around the best configuration (IPOP, Auger
 * and Hansen 2005).
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
    if (progress.stop) this.restart();
    const drawn = this.draw(progress.random);
    const id = progress.nextCandidate++;
    progress.pending.set(id, this.pendingOf(drawn));
    if (progress.pending.size > mostPending) {
      for (const oldest of progress.pending.keys()) {
        progress.pending.delete(oldest);
        break;
      }
    }
    return { id, configuration: drawn.configuration };
  }

  tell({ candidate, configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    const { progress, space } = this;
    const drawn = candidate === undefined ? undefined : progress.pending.get(candidate);
    if (candidate !== undefined) progress.pending.delete(candidate);
    const own = drawn !== undefined && space.key(drawn.configuration) === space.key(configuration);
    progress.waiting.push({
      point: own ? drawn.point : this.coordinates.point(configuration, this.neutral(), drawn),
      evaluation,
      generation: own ? drawn.generation : external,
    });
    progress.told += 1;
    if (this.repeats) progress.recent.add(space.key(configuration));
    if (evaluation.kind === "value" && !(progress.best && progress.best.value <= evaluation.value)) {
      progress.best = { configuration, value: evaluation.value };
    }
    if (progress.waiting.length >= progress.distribution.parameters.populationSize) this.update();
  }

  forget(candidate: number): void {
    this.progress.pending.delete(candidate);
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
    const { initialStepSize, nextCandidate, told, generation, restarts } = this.progress;
    const data: CmaEsData = {
      space: spaceFingerprint(this.space),
      random: [...random.state()],
      start,
      deviations: [...deviations],
      nextCandidate,
      told,
      generation,
      restarts,
      populationSize: distribution.parameters.populationSize,
      initialStepSize,
      distribution: distribution.state(),
      pending: Array.from(pending, ([id, entry]) => ({ id, ...entry, point: plain(entry.point) })),
      waiting: waiting.map((entry) => ({ ...entry, point: plain(entry.point) })),
      history: { best: [...history.best], median: [...history.median] },
      ...(best && { best }),
      ...(stop && { stop }),
      recent: [...recent.fingerprints()],
    };
    return { kind: this.variant.kind, version: this.variant.version, data };
  }

  private draw(random: RandomStream): Drawn<SearchPoint> {
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
      const point = distribution.sample(random);
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
    if (values.length === 0) {
      const anchor = this.coordinates.center(best?.configuration ?? start);
      retreat(distribution, anchor.numeric, best !== undefined, progress.initialStepSize);
    } else {
      distribution.update(
        results.map(({ point, evaluation, generation }) => ({
          ...point,
          evaluation,
          injected: generation !== progress.generation,
        })),
      );
    }
    confine(distribution);
    progress.generation += 1;
    progress.stop = undefined;
    if (values.length > 0) {
      remember(history, distribution, values);
      progress.stop = stopReason(distribution, history, values);
    }
  }

  private restart(): void {
    const { progress } = this;
    const { best, start, deviations } = progress;
    progress.restarts += 1;
    const doublings = Math.min(progress.restarts, mostDoublings);
    const around = this.coordinates.center(best?.configuration ?? start);
    progress.distribution = initialDistribution(
      this.coordinates,
      around,
      deviations,
      populationSizeOf(this.coordinates) * 2 ** doublings,
      this.variant.adaptLearningRates,
    );
    progress.initialStepSize = progress.distribution.gaussian?.stepSize ?? 1;
    progress.history = { best: [], median: [] };
    progress.stop = undefined;
    // Results still under way were sampled by the distribution that was given up.
    for (const [id, entry] of progress.pending) progress.pending.set(id, { ...entry, generation: external });
    progress.waiting.forEach((entry, k) => {
      progress.waiting[k] = { ...entry, generation: external };
    });
  }
}

function cmaEsFactory(variant: Variant, summary: string): OptimizerFactory {
  return {
    name: variant.kind,
    summary,

    create(space, { seed, start, initialDeviation }) {
      const coordinates = new Coordinates(space);
      const deviations = initialDeviations(coordinates, initialDeviation);
      const distribution = initialDistribution(
        coordinates,
        coordinates.center(start),
        deviations,
        populationSizeOf(coordinates),
        variant.adaptLearningRates,
      );
      return new CmaEs(space, coordinates, variant, {
        random: RandomStream.fromSeed(deriveSeed(seed, variant.kind)),
        start,
        deviations,
        pending: new Map(),
        waiting: [],
        recent: new RecentConfigurations(),
        distribution,
        initialStepSize: distribution.gaussian?.stepSize ?? 1,
        history: { best: [], median: [] },
        nextCandidate: 0,
        told: 0,
        generation: 0,
        restarts: 0,
        best: undefined,
        stop: undefined,
      });
    },

    restore(space, state) {
      const data = readState(cmaEsStateSchema, variant, space, state);
      const coordinates = new Coordinates(space);
      return new CmaEs(space, coordinates, variant, {
        ...data,
        random: RandomStream.fromState(data.random),
        pending: new Map(data.pending.map(({ id, ...entry }) => [id, entry])),
        recent: new RecentConfigurations(data.recent),
        distribution: SearchDistribution.restore(
          { grids: coordinates.grids, populationSize: data.populationSize },
          data.distribution,
        ),
        best: data.best,
        stop: data.stop,
      });
    },
  };
}

/** CMA-ES with margin and categorical distributions, for every kind of parameter at once. */
export const cmaEs = cmaEsFactory(
  { kind: "cma-es", version: 1, adaptLearningRates: false },
  "CMA-ES for continuous, discrete and categorical parameters; learns from every result",
);

/** The same with learning rates that adapt to noise. */
export const lraCmaEs = cmaEsFactory(
  { kind: "lra-cma-es", version: 1, adaptLearningRates: true },
  "CMA-ES whose learning rates adapt to noise; pays off after some thousands of trials",
);

/** lambda for the number of parameters that can vary, of every kind. */
function populationSizeOf({ numeric, categorical }: Coordinates): number {
  return defaultPopulationSize(numeric.length + categorical.length);
}

function plain({ numeric, categorical }: SearchPoint): { numeric: number[]; categorical: number[] } {
  return { numeric: Array.from({ length: numeric.length }, (_, j) => at(numeric, j)), categorical: [...categorical] };
}
