import { z } from "zod";
import { loadPrompt, type Model } from "../../../src/llm/index.js";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { readSettings } from "../../../src/optimizers/settings.js";
import type { Configuration } from "../../../src/space/index.js";
import {
  ask,
  askingSession,
  configurationsSchema,
  openEvalModel,
  type RunSoFar,
  readConfigurations,
} from "../../models/index.js";
import type { Benchmark } from "../../tasks/task.js";
import type { Method, Proposed } from "../method.js";
import type { ModelMethodName } from "../model-method-name.js";
import { answeredOrDrawn } from "../model-proposal.js";
import { sampleCandidates } from "./candidate-sampling.js";
import { taskInputs } from "./examples.js";
import { requireModel } from "./require-model.js";
import { expectedImprovement, predict } from "./surrogate.js";

const settingsSchema = z.strictObject({
  /** Configurations of the zero-shot warm start. */
  warm: z.number().int().nonnegative().default(5),
  /** Candidates of each trial, M. */
  candidates: z.number().int().positive().default(20),
  /** Predictions for each candidate, K. */
  samples: z.number().int().positive().default(10),
  /** Orders of the examples. */
  permutations: z.number().int().positive().default(2),
  alpha: z.number().min(-1).max(1).default(-0.1),
});

/**
 * LLAMBO (Liu et al. 2024, arXiv 2402.03921): Bayesian optimization in which the language model is everything. It
 * suggests the first configurations from the description alone; after that, for each trial, it samples M candidates
 * that are to achieve a target value, predicts each of them K times from the trials so far, and the candidate with the
 * largest expected improvement runs.
 *
 * As published, one trial takes M + M K calls (220 with the defaults), here each a call of its own, because not every
 * provider gives several answers to one: `candidates` and `samples` make it affordable.
 *
 * Differences: answers are JSON in the provider's structured form; failed trials, which the paper does not have, are
 * among the examples with their reason, and a predicted failure counts as the worst value; the sampling temperature
 * is the provider's; where too few candidates come after three rounds, those that came are used, and where none came
 * a uniform draw runs with origin `random` (the published code ends the run).
 *
 * @throws AgentTuneError `usage` where the partner is no model
 */
export function llamboMethod(named: ModelMethodName): Method {
  const { name, base, partner, surroundings } = named;
  const { warm, candidates, samples, permutations, alpha } = readSettings(settingsSchema, base, named.settings);
  requireModel(named);
  return {
    name,
    close: () => {},
    async open(context) {
      const { task, seed, runSeed, trials } = context;
      const { space } = task;
      const opened = openEvalModel(partner, { task: task.name, method: name, seed: runSeed }, surroundings);
      const { model } = opened;
      const random = RandomStream.fromSeed(deriveSeed(seed, "fallback"));
      let first: Proposed[] | undefined;

      async function choose({ history, pending, begun: trial }: RunSoFar): Promise<Configuration | undefined> {
        const running = new Set(pending.map((each) => space.key(each)));
        const examples = history.trials;
        const drawn = await sampleCandidates({
          ...{ model, task, examples, alpha, permutations, trial, seed },
          count: candidates,
          known: (each) => history.has(each) || running.has(space.key(each)),
        });
        if (drawn.length <= 1) return drawn[0];
        const judging = { model, task, examples, candidates: drawn, permutations, trial, seed };
        const predictions = await predict(judging, samples);
        const best = history.incumbent?.value ?? 0;
        const worth = predictions.map((each) => expectedImprovement(each, best));
        return drawn[Math.max(0, worth.indexOf(Math.max(...worth)))];
      }

      return askingSession(context, opened, {
        async propose(run) {
          first ??= (await warmStart(model, task, Math.min(warm, trials - 1))).map((configuration) => ({
            configuration,
            origin: "llm",
          }));
          const next = first.shift();
          if (next !== undefined) return next;
          const configuration = await choose(run);
          return answeredOrDrawn(configuration, space, random);
        },
      });
    },
  };
}

/** Configurations from the description alone: no result is shown, not even that of the start. */
async function warmStart(model: Model, task: Benchmark, count: number): Promise<readonly Configuration[]> {
  if (count === 0) return [];
  const { space } = task;
  const found = await ask(model, {
    key: "warm-start",
    ...warmStartPrompt(task, count),
    schema: configurationsSchema(space),
    read: (answer) => readConfigurations(space, answer),
  });
  const start = space.key(task.start);
  return (found ?? []).filter((each) => space.key(each) !== start).slice(0, count);
}

/** The words of the warm start. */
export function warmStartPrompt(task: Benchmark, count: number): { readonly system: string; readonly user: string } {
  const { system = "", user = "" } = loadPrompt("eval-llambo-warm-start").render({
    ...taskInputs(task),
    count,
  }).sections;
  return { system, user };
}
