import { z } from "zod";
import { loadPrompt, type Model } from "../../../src/llm/index.js";
import { normalCdf } from "../../../src/math/normal-distribution.js";
import { deriveSeed } from "../../../src/math/random.js";
import type { Configuration } from "../../../src/space/index.js";
import { AnswerProblems, ask, configurationText, type PastTrial } from "../../models/index.js";
import type { Benchmark } from "../../tasks/task.js";
import { performanceText } from "./candidate-sampling.js";
import { inParallel, permuted, taskInputs } from "./examples.js";

/** What the model makes of one configuration. */
export interface Prediction {
  readonly mean: number;
  /** Spread of its answers. */
  readonly deviation: number;
}

/** Smallest spread, as published: answers that all agree would otherwise be certain. */
const leastDeviation = 1e-5;

const predictionSchema = z.object({ performance: z.number().nullable() });

/**
 * Predicts each candidate from answers of the model to the same question, with the examples in several orders: the
 * discriminative surrogate of Liu et al. 2024 (arXiv 2402.03921, section 4). An answer that a run would fail counts as
 * the worst value there is. A candidate of which no answer can be used gets the mean of the others, as published.
 *
 * @returns one for each candidate; empty where no answer at all can be used
 */
export async function predict(options: {
  readonly model: Model;
  readonly task: Benchmark;
  readonly examples: readonly PastTrial[];
  readonly candidates: readonly Configuration[];
  /** Answers for each candidate. */
  readonly samples: number;
  readonly permutations: number;
  readonly trial: number;
  readonly seed: number;
}): Promise<readonly Prediction[]> {
  const { model, task, examples, candidates, samples, permutations, trial, seed } = options;
  const worst = Math.max(...examples.flatMap(({ value }) => value ?? []));
  const questions = candidates.flatMap((configuration, c) =>
    Array.from({ length: samples }, (_, k) => ({ configuration, c, k })),
  );
  const answers = await inParallel(questions, ({ configuration, c, k }) =>
    ask(
      model,
      {
        key: `prediction/${trial}/${c}/${k}`,
        ...predictionPrompt(task, examples, configuration, deriveSeed(seed, "prediction", trial, k % permutations)),
        schema: {
          type: "object",
          additionalProperties: false,
          required: ["performance"],
          properties: { performance: { anyOf: [{ type: "number" }, { type: "null" }] } },
        },
        read(answer) {
          const parsed = predictionSchema.safeParse(answer);
          if (!parsed.success) throw new AnswerProblems([z.prettifyError(parsed.error)]);
          return parsed.data.performance ?? worst;
        },
      },
      0,
    ),
  );
  const values = candidates.map((_, c) => answers.slice(c * samples, (c + 1) * samples).flatMap((each) => each ?? []));
  const usable = values.filter((each) => each.length > 0).map(summary);
  if (usable.length === 0) return [];
  const others = {
    mean: average(usable.map(({ mean }) => mean)),
    deviation: average(usable.map(({ deviation }) => deviation)),
  };
  return values.map((each) => (each.length > 0 ? summary(each) : others));
}

/**
 * Expected improvement on the best value, for minimisation (Jones, Schonlau and Welch 1998, equation 15).
 *
 * @param best smallest value so far
 */
export function expectedImprovement({ mean, deviation }: Prediction, best: number): number {
  const z = (best - mean) / deviation;
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
  return (best - mean) * normalCdf(z) + deviation * density;
}

/** @param order seed of the order of examples */
export function predictionPrompt(
  task: Benchmark,
  examples: readonly PastTrial[],
  configuration: Configuration,
  order: number,
): { readonly system: string; readonly user: string } {
  const { system = "", user = "" } = loadPrompt("eval-llambo-prediction").render({
    ...taskInputs(task),
    examples: permuted(examples, order)
      .map((trial) => `${configurationText(task.space, trial.configuration)}: performance ${performanceText(trial)}`)
      .join("\n"),
    configuration: configurationText(task.space, configuration),
  }).sections;
  return { system, user };
}

/** Mean and population standard deviation. */
function summary(values: readonly number[]): Prediction {
  const mean = average(values);
  const variance = average(values.map((value) => (value - mean) ** 2));
  return { mean, deviation: Math.max(leastDeviation, Math.sqrt(variance)) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
