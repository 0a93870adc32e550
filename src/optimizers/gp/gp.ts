import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import type {
  Candidate,
  NumericView,
  Optimizer,
  OptimizerFactory,
  OptimizerState,
  OptimizerView,
  Told,
} from "../optimizer.js";
import { configurationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { RecentConfigurations } from "../recent-configurations.js";
import { readSettings } from "../settings.js";
import { SearchModel, searchModelStateSchema } from "../surrogate/search-model.js";
import { ToldResults, toldResultsSchema } from "../told-results.js";
import { DEFAULT_DEVIATION, designed } from "./initial-design.js";
import { type Box, wholeSpace } from "./mutation.js";
import { propose } from "./propose.js";
import { type GpSettings, gpSettingsSchema } from "./settings.js";
import { TrustRegion, trustRegionSchema } from "./trust-region.js";

const format = { kind: "gp", version: 1 } as const;

/** Successes that the model needs in any case. */
const FEWEST_SUCCESSES = 3;
/** Running candidates that are kept; whoever never tells nor forgets loses the oldest. */
const MOST_PENDING = 128;
/** Best results of an earlier study that are tried first. */
const WARM_STARTS = 3;

const schema = z.object({
  space: z.number(),
  random: z.array(z.number()),
  settings: gpSettingsSchema,
  start: configurationSchema,
  deviations: z.array(z.number()),
  queue: z.array(configurationSchema),
  results: toldResultsSchema,
  successes: z.number(),
  best: z.object({ configuration: configurationSchema, value: z.number() }).optional(),
  model: searchModelStateSchema,
  region: trustRegionSchema,
  center: configurationSchema,
  pending: z.array(z.object({ id: z.number(), configuration: configurationSchema, local: z.boolean() })),
  /** Results since the last proposal: whether each came from the trust region. */
  fresh: z.array(z.boolean()),
  recent: z.array(z.number()),
  asked: z.number(),
});
type Data = z.infer<typeof schema>;

interface Progress {
  readonly random: RandomStream;
  readonly settings: GpSettings;
  readonly start: Configuration;
  /** Standard deviation around the start for each numeric axis. */
  readonly deviations: readonly number[];
  /** What an earlier study found best, to be tried first. */
  readonly queue: readonly Configuration[];
  readonly results: ToldResults;
  readonly model: SearchModel;
  readonly region: TrustRegion;
  /** Asked for or told. */
  readonly recent: RecentConfigurations;
  /** The best result so far, luck included: what the initial design gathers around. */
  best: Data["best"];
  /** Of the trust region. */
  center: Configuration;
  pending: Data["pending"];
  fresh: boolean[];
  successes: number;
  asked: number;
}

/**
 * Bayesian optimization with a Gaussian process over the whole history and proposals by log expected improvement
 * (Ament et al. 2023), most of them in a trust region (TuRBO; Eriksson et al. 2019), failures weighed in by their
 * learned probability. Configurations that are running count as if they had given what the model expects.
 */
class GpSearch implements Optimizer {
  readonly name = format.kind;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {}

  ask(): Candidate {
    const { progress, space } = this;
    this.learn();
    const { configuration, local } = this.next(progress.random, progress.model, progress.pending, progress.asked);
    const id = progress.asked++;
    progress.pending = [...progress.pending, { id, configuration, local }].slice(-MOST_PENDING);
    progress.recent.add(space.key(configuration));
    return { id, configuration };
  }

  tell(told: Told): void {
    checkEvaluation(told.evaluation);
    const { progress, space } = this;
    const own = progress.pending.find(({ id }) => id === told.candidate);
    progress.pending = progress.pending.filter((each) => each !== own);
    const key = space.key(told.configuration);
    const asked = own !== undefined && space.key(own.configuration) === key;
    progress.results.add(told);
    progress.recent.add(key);
    if (told.evaluation.kind === "value") {
      const { value } = told.evaluation;
      progress.successes += 1;
      if (progress.best === undefined || value < progress.best.value) {
        progress.best = { configuration: told.configuration, value };
      }
    }
    progress.fresh = [...progress.fresh, asked && own.local].slice(-MOST_PENDING);
  }

  forget(candidate: number): void {
    this.progress.pending = this.progress.pending.filter(({ id }) => id !== candidate);
  }

  sample(count: number, seed: number): readonly Configuration[] {
    const { progress, space } = this;
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    // The model of the state takes in results only when it is asked.
    const model = SearchModel.restore(space, progress.results, progress.model.state());
    model.update(progress.results);
    const pending = [...progress.pending];
    return Array.from({ length: count }, (_, k) => {
      const { configuration, local } = this.next(random, model, pending, progress.asked + k);
      pending.push({ id: progress.asked + k, configuration, local });
      return configuration;
    });
  }

  view(): OptimizerView {
    const { space, progress } = this;
    const { numeric } = space.encode(progress.center);
    const half = this.halfEdges(progress.model);
    return {
      optimizer: this.name,
      generation: progress.region.restarts,
      told: progress.results.told,
      ...(numeric.length > 0 && {
        numeric: space.numericAxes.map(({ name }, j): NumericView => {
          // Of a uniform distribution over the edge.
          const deviation = Math.min(1, half[j]!) / Math.sqrt(3);
          const native = (x: number) => space.decodeNumeric(name, Math.min(1, Math.max(0, x)));
          const x = numeric[j]!;
          return { name, mean: native(x), low: native(x - deviation), high: native(x + deviation), deviation };
        }),
      }),
    };
  }

  state(): OptimizerState {
    const { progress } = this;
    const data: Data = {
      space: spaceFingerprint(this.space),
      random: [...progress.random.state()],
      settings: progress.settings,
      start: progress.start,
      deviations: [...progress.deviations],
      queue: [...progress.queue],
      results: progress.results.state(),
      successes: progress.successes,
      ...(progress.best !== undefined && { best: progress.best }),
      model: progress.model.state(),
      region: progress.region.state(),
      center: progress.center,
      pending: progress.pending,
      fresh: progress.fresh,
      recent: [...progress.recent.fingerprints()],
      asked: progress.asked,
    };
    return { ...format, data };
  }

  /** Takes results into the model, and what they say of the trust region. */
  private learn(): void {
    const { progress, space } = this;
    const { model, results, region } = progress;
    model.update(results);
    const { fresh } = progress;
    progress.fresh = [];
    if (!model.ready || fresh.length === 0) return;
    const [best] = model.best(1);
    if (best === undefined) return;
    const key = space.key(best);
    const improved = results.results.slice(-fresh.length).some(({ configuration }) => space.key(configuration) === key);
    if (improved) region.learn(true, progress.pending.length);
    else for (const local of fresh) if (local) region.learn(false, progress.pending.length);
    progress.center = best;
  }

  private next(
    random: RandomStream,
    model: SearchModel,
    pending: Data["pending"],
    asked: number,
  ): { readonly configuration: Configuration; readonly local: boolean } {
    const { space, progress } = this;
    const running = new Set(pending.map(({ configuration }) => space.key(configuration)));
    const isKnown = (key: string) => running.has(key) || progress.recent.has(key);
    const queued = progress.queue[asked];
    if (queued !== undefined && !isKnown(space.key(queued))) return { configuration: queued, local: false };
    if (asked >= this.initialTrials && progress.successes >= FEWEST_SUCCESSES && model.ready) {
      const local = random.uniform() >= progress.settings.exploration;
      const scales = model.lengthScales() ?? [];
      const configuration = propose({
        space,
        model,
        pending: pending.map((each) => each.configuration),
        isKnown,
        box: local ? this.box(model) : wholeSpace(space),
        scales: local ? this.halfEdges(model) : normalised(scales),
        random,
      });
      if (configuration) return { configuration, local };
    }
    const known: EncodedPoint[] = [
      space.encode(progress.start),
      ...progress.results.results.slice(-100).map(({ point }) => point),
      ...pending.map(({ configuration }) => space.encode(configuration)),
    ];
    const configuration = designed(
      {
        space,
        start: progress.best?.configuration ?? progress.queue[0] ?? progress.start,
        deviations: progress.deviations,
        known,
        isKnown,
        failure: (each) => model.failure(each),
        onlyFailures: progress.successes === 0 ? progress.results.told : 0,
        random,
      },
      asked,
    );
    return { configuration, local: false };
  }

  private get initialTrials(): number {
    const { settings } = this.progress;
    return settings.initialTrials ?? Math.min(8, 4 + Math.ceil(this.space.parameters.length / 8));
  }

  private halfEdges(model: SearchModel): readonly number[] {
    return this.progress.region.halfEdges(model.lengthScales() ?? this.space.numericAxes.map(() => 1));
  }

  private box(model: SearchModel): Box {
    const { numeric } = this.space.encode(this.progress.center);
    const half = this.halfEdges(model);
    return {
      low: numeric.map((x, j) => Math.max(0, x - half[j]!)),
      high: numeric.map((x, j) => Math.min(1, x + half[j]!)),
    };
  }
}

/** Length scales of geometric mean 1, none far from it. */
function normalised(lengthScales: readonly number[]): readonly number[] {
  const logs = lengthScales.map(Math.log);
  const centre = logs.reduce((sum, l) => sum + l, 0) / Math.max(1, logs.length);
  return logs.map((l) => Math.min(3, Math.max(1 / 3, Math.exp(l - centre))));
}

/** Fruitless proposals after which the trust region shrinks. */
function patienceIn(space: SearchSpace): number {
  return Math.max(4, Math.ceil(space.parameters.length / 2));
}

export const gp: OptimizerFactory = {
  name: format.kind,
  summary: "Gaussian process with a trust region; learns most from few trials",
  settings: gpSettingsSchema,
  takesWarmStart: true,

  create(space, { seed, start, initialDeviation, warmStart = [], settings }) {
    const earlier = warmStart.flatMap(({ configuration, evaluation }) =>
      evaluation.kind === "value" ? [{ configuration, value: evaluation.value }] : [],
    );
    earlier.sort((a, b) => a.value - b.value);
    const startKey = space.key(start);
    // It is run whoever asks: as trial 0, or because a person knows its result.
    const recent = new RecentConfigurations();
    recent.add(startKey);
    const byKey = new Map(earlier.map(({ configuration }) => [space.key(configuration), configuration]));
    byKey.delete(startKey);
    return new GpSearch(space, {
      random: RandomStream.fromSeed(deriveSeed(seed, format.kind)),
      settings: readSettings(gpSettingsSchema, format.kind, settings),
      start,
      deviations: space.numericAxes.map(({ name }) => initialDeviation?.[name] ?? DEFAULT_DEVIATION),
      queue: [...byKey.values()].slice(0, WARM_STARTS),
      results: new ToldResults(space),
      model: SearchModel.create(space, { seed: deriveSeed(seed, format.kind, "model") }),
      region: TrustRegion.create(patienceIn(space)),
      recent,
      center: start,
      pending: [],
      fresh: [],
      successes: 0,
      best: undefined,
      asked: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    const results = ToldResults.restore(space, data.results);
    return new GpSearch(space, {
      ...data,
      best: data.best,
      random: RandomStream.fromState(data.random),
      results,
      model: SearchModel.restore(space, results, data.model),
      region: TrustRegion.restore(data.region, patienceIn(space)),
      recent: new RecentConfigurations(data.recent),
    });
  },
};
