import { z } from "zod";
import { deriveSeed } from "../math/random.js";
import type { Configuration } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";
import { FailureModel, failureMilestone, learnedFrom, longestStep } from "./failure-screen-model.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "./optimizer.js";
import { readSettings } from "./settings.js";
import type { FeasibilityOptions } from "./surrogate/index.js";
import { ToldResults, toldResultsSchema } from "./told-results.js";

export interface FailureScreenOptions {
  /** Whether it is at work where nothing else is said; otherwise only with `avoidFailures=true`. */
  readonly usually?: boolean;
  /** A draw that is more likely than this to fail is given up. */
  readonly threshold?: number;
  /** How often a draw is given up before the least risky of them is taken. */
  readonly redraws?: number;
  /** Share of candidates that run as they were drawn, so that a model that is wrong is corrected. */
  readonly unscreened?: number;
  /** Limits of resources that are known. */
  readonly limits?: FeasibilityOptions["limits"];
}

const settingName = "avoidFailures";
/** Probability of failure from which on a configuration is not worth a trial, if there is another. */
export const likelyToFail = 0.5;
const defaults = { threshold: likelyToFail, redraws: 15, unscreened: 0.07 } as const;
const schema = z.object({
  screen: z.object({
    version: z.literal(1),
    seed: z.number(),
    asked: z.number(),
    told: z.number(),
    results: toldResultsSchema,
  }),
  inner: z.unknown(),
});

interface Progress {
  readonly seed: number;
  asked: number;
  told: number;
  /** The latest ones, at least those that the present fit has seen. */
  results: ToldResults;
}

/** See {@link screenFailures}. */
class FailureScreen implements Optimizer {
  readonly name: string;
  private readonly failures: FailureModel;

  constructor(
    private readonly space: SearchSpace,
    private readonly inner: Optimizer,
    private readonly options: FailureScreenOptions,
    private readonly progress: Progress,
  ) {
    this.name = inner.name;
    this.failures = new FailureModel(space, progress.seed, options.limits);
  }

  ask(): Candidate {
    const { progress, options } = this;
    const asked = progress.asked++;
    const candidate = this.inner.ask();
    const model = this.failures.at(progress.results.results, progress.told);
    if (model === undefined || this.isUnscreened(asked)) return candidate;
    const { threshold = defaults.threshold, redraws = defaults.redraws } = options;
    let best = { candidate, risk: model.probability(candidate.configuration) };
    let worst = 0;
    let redrawn = 0;
    while (best.risk > threshold && redrawn < redraws) {
      const next = this.inner.ask();
      const risk = model.probability(next.configuration);
      const given = risk < best.risk ? best : { candidate: next, risk };
      if (risk < best.risk) best = { candidate: next, risk };
      this.inner.forget(given.candidate.id);
      worst = Math.max(worst, given.risk);
      redrawn++;
    }
    if (redrawn === 0) return best.candidate;
    return { ...best.candidate, screened: { redrawn, risk: worst, kept: best.risk } };
  }

  tell(result: Told): void {
    this.inner.tell(result);
    const { progress } = this;
    progress.results.add(result);
    progress.told += 1;
    if (failureMilestone(progress.told) === progress.told && progress.results.results.length > learnedFrom) {
      const latest = new ToldResults(this.space, learnedFrom + longestStep);
      for (const kept of progress.results.results.slice(-learnedFrom)) latest.add(kept);
      progress.results = latest;
    }
  }

  forget(candidate: number): void {
    this.inner.forget(candidate);
  }

  sample(count: number, seed: number): readonly Configuration[] {
    return this.inner.sample(count, seed);
  }

  view(): OptimizerView {
    return this.inner.view();
  }

  state(): OptimizerState {
    const { kind, version, data: inner } = this.inner.state();
    const { seed, asked, told, results } = this.progress;
    const screen = { version: 1 as const, seed, asked, told, results: results.state() };
    return { kind, version, data: { screen, inner } satisfies z.infer<typeof schema> };
  }

  private isUnscreened(asked: number): boolean {
    const { unscreened = defaults.unscreened } = this.options;
    return deriveSeed(this.progress.seed, "unscreened", asked) < unscreened * 2 ** 32;
  }
}

/**
 * Makes an optimizer keep away from configurations that are bound to fail. A model of feasibility learns from all
 * results; a draw that it expects to fail is given up (`forget`) and another one is asked for, a bounded number of
 * times. Some candidates run as they were drawn, so that a region that was wrongly condemned is seen again. Before
 * the first failure nothing is changed, and nothing is fitted.
 *
 * The result has the name, the settings, the views and the candidates' numbers of the optimizer inside, and the setting
 * `avoidFailures`; a state that was saved without a screen goes on without one. For optimizers whose draws are cheap: one that takes milliseconds for
 * a draw does better to ask the model of feasibility itself.
 */
export function screenFailures(factory: OptimizerFactory, options: FailureScreenOptions = {}): OptimizerFactory {
  const start = (space: SearchSpace, seed: number): Progress => ({
    seed: deriveSeed(seed, "failure-screen"),
    asked: 0,
    told: 0,
    results: new ToldResults(space, learnedFrom + longestStep),
  });
  const { usually = true } = options;
  const setting = z
    .boolean()
    .default(usually)
    .describe("Whether draws that a model of failures expects to fail are drawn again.");
  const { carryOver } = factory;
  return {
    ...factory,
    settings: (factory.settings ?? z.strictObject({})).extend({ [settingName]: setting }),

    create(space, { settings: { [settingName]: avoid = usually, ...settings } = {}, ...inner }) {
      readSettings(z.strictObject({ [settingName]: setting }), factory.name, { [settingName]: avoid });
      const optimizer = factory.create(space, { ...inner, settings });
      return avoid === true ? new FailureScreen(space, optimizer, options, start(space, inner.seed)) : optimizer;
    },

    restore(space, state) {
      const parsed = schema.safeParse(state.data);
      // Whatever else it is: the optimizer inside knows whether it is a state of its own, and what is wrong with it.
      if (!parsed.success) return factory.restore(space, state);
      const { screen, inner } = parsed.data;
      return new FailureScreen(space, factory.restore(space, { ...state, data: inner }), options, {
        ...screen,
        results: ToldResults.restore(space, screen.results, learnedFrom + longestStep),
      });
    },

    ...(carryOver && {
      carryOver(from, state, to, carried): Optimizer {
        const parsed = schema.safeParse(state.data);
        if (!parsed.success) return carryOver(from, state, to, carried);
        const { screen, inner } = parsed.data;
        const optimizer = carryOver(from, { ...state, data: inner }, to, carried);
        const progress = { ...start(to, carried.seed), asked: screen.asked, told: carried.told.length };
        for (const result of carried.told.slice(-learnedFrom - longestStep)) progress.results.add(result);
        return new FailureScreen(to, optimizer, options, progress);
      },
    }),
  };
}
