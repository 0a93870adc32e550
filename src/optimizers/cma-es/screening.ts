import { z } from "zod";
import type { RandomStream } from "../../math/random.js";
import type { Configuration } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import type { Told } from "../optimizer.js";
import { type Acquisition, SearchModel, searchModelStateSchema } from "../surrogate/search-model.js";
import { type ToldResult, ToldResults, toldResultsSchema } from "../told-results.js";

/** Samples among which the model chooses one. */
const poolSize = 150;

/** So many of the pool are drawn with another step size, between a share and a multiple of the distribution's. */
const stretchedShare = 0.5;
const largestStretch = 3;
/** Share of the pool that is drawn around a best result that lies outside the distribution. */
const outlyingShare = 0.5;

/** After that, rounds of neighbours of the best so far, each at this share of the distance of the one before. */
const refinements = 3;
const refinementSize = 40;
const refinementReach = 0.5;

/** One sample in so many is not screened. */
const unscreenedEvery = 5;

/** Results that are kept for the model: the recent and the good ones, near which the distribution samples. */
const mostResults = 200;

/**
 * With more parameters nothing is screened: some hundred results say little about so many length scales, and learning
 * them takes seconds.
 */
export const mostScreenedParameters = 60;

/** Results that a model is asked after, at the earliest. */
const fewestResults = 6;

/** Population where samples are screened: ranks among chosen ones say more, and the distribution can follow faster. */
export function screenedPopulationSize(usual: number): number {
  return Math.max(4, Math.round(usual / 2));
}

export const screeningStateSchema = z.object({ results: toldResultsSchema, model: searchModelStateSchema });
export type ScreeningState = z.infer<typeof screeningStateSchema>;

/** Something drawn from the distribution. */
interface Sample {
  readonly configuration: Configuration;
}

/**
 * Surrogate screening: of many samples of the search distribution, the one is run that a model of all results so far
 * finds most promising (as in lmm-CMA-ES, Kern, Hansen and Koumoutsakos 2006, and DTS-CMA-ES, Bajer et al. 2019, who
 * let a Gaussian process choose among a distribution's own samples). Mean, step size and covariance remain what is
 * learned and shared; the model only makes each trial count for more.
 *
 * What the distribution learns from is chosen and no longer random, so it is kept honest in two ways: a share of its
 * candidates is not screened, and half of the pool is drawn with step sizes up to three times as small or large, which
 * lets the model correct a step size that its own choices have misled. The best of the pool is then improved by rounds
 * of ever closer neighbours. Only a chosen one that the distribution really sampled counts as its sample; all others
 * are injected (injection.ts), which bounds what they can do to it.
 *
 * Measured in evals/results/screening.json; what else was tried, in evals/results/screening-choices.json.
 */
export class Screening {
  private readonly keys = new WeakMap<ToldResult, string>();

  private constructor(
    private readonly space: SearchSpace,
    private readonly results: ToldResults,
    private readonly model: SearchModel,
  ) {}

  static create(space: SearchSpace, seed: number): Screening {
    return new Screening(space, new ToldResults(space, mostResults), SearchModel.create(space, { seed }));
  }

  static restore(space: SearchSpace, state: ScreeningState): Screening {
    const results = ToldResults.restore(space, state.results, mostResults);
    return new Screening(space, results, SearchModel.restore(space, results, state.model));
  }

  state(): ScreeningState {
    return { results: this.results.state(), model: this.model.state() };
  }

  tell(told: Told): void {
    this.results.add(told);
  }

  /**
   * The most promising of many samples that are new, or undefined where this candidate is to be an unscreened one:
   * while there is no model yet, for a share of all candidates, and where nothing new was drawn.
   *
   * @param candidate number of the candidate
   * @param running configurations that are under way
   * @param outlying the best result so far, where the distribution does not sample: half of the pool is then drawn
   *   around it, so that a good proposal of somebody else is followed up at once
   * @param sample draws one with its numeric coordinates stretched away from the mean, or from one drawn before, by a
   *   factor; undefined where what was drawn had to be changed
   */
  choose<Drawn extends Sample>(
    candidate: number,
    running: readonly Configuration[],
    random: RandomStream,
    outlying: Drawn | undefined,
    sample: (stretch: number, around: Drawn | undefined) => Drawn | undefined,
  ): Drawn | undefined {
    if (candidate % unscreenedEvery === 0 || this.results.told < fewestResults) return undefined;
    this.model.update(this.results);
    if (!this.model.ready) return undefined;
    const seen = new Set(running.map((configuration) => this.space.key(configuration)));
    for (const result of this.results.results) seen.add(this.keyOf(result));
    const fresh = (size: number, draw: () => Drawn | undefined): Drawn[] => {
      const pool: Drawn[] = [];
      for (let k = 0; k < size; k++) {
        const drawn = draw();
        if (!drawn) continue;
        const key = this.space.key(drawn.configuration);
        if (seen.has(key)) continue;
        seen.add(key);
        pool.push(drawn);
      }
      return pool;
    };
    const acquisition = this.model.acquisition(running);
    const first = fresh(poolSize, () => {
      const stretched = random.uniform() < stretchedShare;
      const around = outlying && random.uniform() < outlyingShare ? outlying : undefined;
      return sample(stretched ? largestStretch ** (2 * random.uniform() - 1) : 1, around);
    });
    let chosen = this.mostPromising(first, acquisition);
    for (let round = 1; chosen && round <= refinements; round++) {
      const { drawn } = chosen;
      const near = fresh(refinementSize, () => sample(refinementReach ** round, drawn));
      const better = this.mostPromising(near, acquisition);
      if (better && better.score > chosen.score) chosen = better;
    }
    return chosen?.drawn;
  }

  private mostPromising<Drawn extends Sample>(
    pool: readonly Drawn[],
    acquisition: Acquisition,
  ): { readonly drawn: Drawn; readonly score: number } | undefined {
    if (pool.length === 0) return undefined;
    const promise = acquisition.scores(pool.map(({ configuration }) => configuration));
    const scored = pool.map((drawn, k) => ({ drawn, score: promise[k] ?? Number.NEGATIVE_INFINITY }));
    return scored.reduce((best, each) => (each.score > best.score ? each : best));
  }

  private keyOf(result: ToldResult): string {
    let key = this.keys.get(result);
    if (key === undefined) {
      key = this.space.key(result.configuration);
      this.keys.set(result, key);
    }
    return key;
  }
}
