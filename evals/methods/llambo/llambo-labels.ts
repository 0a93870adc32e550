import { z } from "zod";
import { loadPrompt } from "../../../src/llm/index.js";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import { readSettings } from "../../../src/optimizers/settings.js";
import type { Configuration } from "../../../src/space/index.js";
import { askingSession, configurationText, openEvalModel, type PastTrial, type RunSoFar } from "../../models/index.js";
import { mean } from "../../statistics/sample.js";
import type { Benchmark } from "../../tasks/task.js";
import type { Method } from "../method.js";
import type { ModelMethodName } from "../model-method-name.js";
import { answeredOrDrawn } from "../model-proposal.js";
import { answersAbout, type Judging, readAnswer } from "./candidate-answers.js";
import { sampleCandidates, withDrawnCategories } from "./candidate-sampling.js";
import { permuted, taskInputs } from "./examples.js";
import { requireModel } from "./require-model.js";

const settingsSchema = z.strictObject({
  /** Uniform draws before the model is asked. */
  initial: z.number().int().nonnegative().default(5),
  candidates: z.number().int().positive().default(10),
  /** Orders of the examples, and answers for each candidate. */
  permutations: z.number().int().positive().default(2),
  alpha: z.number().min(-1).max(1).default(0.1),
  /** Share of the trials that count as good. */
  top: z.number().positive().max(1).default(0.2),
});

const labelSchema = z.object({ class: z.number().min(0).max(1) });

/**
 * LLAMBO as it is packaged for Optuna (OptunaHub, `samplers/llambo`), which differs from the paper's (see llambo.ts)
 * in what its surrogate may see: examples carry a label, among the best or not, instead of their value, and the
 * candidate runs that is most likely among the best. The first trials are uniform draws, failed trials are hidden, and
 * categories are drawn uniformly for ever, whatever the model says.
 *
 * @throws AgentTuneError `usage` where the partner is no model
 */
export function llamboLabelsMethod(named: ModelMethodName): Method {
  const { name, base, partner, surroundings } = named;
  const { initial, candidates, permutations, alpha, top } = readSettings(settingsSchema, base, named.settings);
  requireModel(named);
  return {
    name,
    close: () => {},
    async open(context) {
      const { task, seed, runSeed } = context;
      const { space } = task;
      const opened = openEvalModel(partner, { task: task.name, method: name, seed: runSeed }, surroundings);
      const { model } = opened;
      const random = RandomStream.fromSeed(deriveSeed(seed, "draws"));

      async function choose({ history, begun: trial }: RunSoFar): Promise<Configuration | undefined> {
        const examples = history.successes;
        const seen = new Set(examples.map(({ configuration }) => space.key(configuration)));
        const drawn = await sampleCandidates({
          ...{ model, task, examples, alpha, permutations, trial, seed },
          count: candidates,
          known: (each) => seen.has(space.key(each)),
          settle(each, call) {
            const categories = space.sample(RandomStream.fromSeed(deriveSeed(seed, "categories", trial, call)));
            return withDrawnCategories(space, each, categories) ?? each;
          },
        });
        if (drawn.length <= 1) return drawn[0];
        const worth = await likelihoods({ model, task, examples, candidates: drawn, permutations, trial, seed }, top);
        return drawn[worth.indexOf(Math.max(...worth))];
      }

      return askingSession(context, opened, {
        async propose(run) {
          const configuration = run.begun <= initial ? undefined : await choose(run);
          return answeredOrDrawn(configuration, space, random);
        },
      });
    },
  };
}

/** How likely each candidate is among the best, by the mean of the answers; 0 where none can be used. */
async function likelihoods(judging: Judging<LabelledTrial>, top: number): Promise<readonly number[]> {
  const { task, examples, permutations, trial, seed } = judging;
  const answers = await answersAbout(judging, permutations, (configuration, k) => ({
    key: `label/${trial}`,
    ...labelPrompt(task, examples, configuration, top, deriveSeed(seed, "label", trial, k)),
    schema: {
      type: "object",
      additionalProperties: false,
      required: ["class"],
      properties: { class: { type: "number" } },
    },
    read: (answer) => readAnswer(labelSchema, answer).class,
  }));
  return answers.map((given) => (given.length === 0 ? 0 : mean(given)));
}

type LabelledTrial = PastTrial & { readonly value: number };

/**
 * @param top share of the examples that are labelled 1
 * @param order seed of the order of examples
 */
export function labelPrompt(
  task: Benchmark,
  examples: readonly LabelledTrial[],
  configuration: Configuration,
  top: number,
  order: number,
): { readonly system: string; readonly user: string } {
  const ranked = examples.map(({ value }) => value).sort((a, b) => a - b);
  const last = ranked[Math.max(1, Math.floor(top * ranked.length)) - 1] ?? Number.NEGATIVE_INFINITY;
  const { system = "", user = "" } = loadPrompt("eval-llambo-label").render({
    ...taskInputs(task),
    examples: permuted(examples, order)
      .map((trial) => `${configurationText(task.space, trial.configuration)}: class ${trial.value <= last ? 1 : 0}`)
      .join("\n"),
    configuration: configurationText(task.space, configuration),
    percent: Math.round(100 * top),
  }).sections;
  return { system, user };
}
