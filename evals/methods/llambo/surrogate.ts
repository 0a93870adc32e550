import { z } from "zod";
import { loadPrompt } from "../../../src/llm/index.js";
import { normalCdf } from "../../../src/math/normal-distribution.js";
import { deriveSeed } from "../../../src/math/random.js";
import type { Configuration } from "../../../src/space/index.js";
import { configurationText, type PastTrial } from "../../models/index.js";
import { mean } from "../../statistics/sample.js";
import type { Benchmark } from "../../tasks/task.js";
import { answersAbout, type Judging, readAnswer } from "./candidate-answers.js";
import { performanceText } from "./candidate-sampling.js";
import { permuted, taskInputs } from "./examples.js";

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
 * @param samples answers for each candidate
 * @returns one for each candidate; empty where no answer at all can be used
 */
export async function predict(judging: Judging, samples: number): Promise<readonly Prediction[]> {
  const { task, examples, permutations, trial, seed } = judging;
  const worst = Math.max(...examples.flatMap(({ value }) => value ?? []));
  const values = await answersAbout(judging, samples, (configuration, k) => ({
    key: `prediction/${trial}`,
    ...predictionPrompt(task, examples, configuration, deriveSeed(seed, "prediction", trial, k % permutations)),
    schema: {
      type: "object",
      additionalProperties: false,
      required: ["performance"],
      properties: { performance: { anyOf: [{ type: "number" }, { type: "null" }] } },
    },
    read: (answer) => readAnswer(predictionSchema, answer).performance ?? worst,
  }));
  const usable = values.filter((each) => each.length > 0).map(summary);
  if (usable.length === 0) return [];
  const others = {
    mean: mean(usable.map((each) => each.mean)),
    deviation: mean(usable.map(({ deviation }) => deviation)),
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
  const centre = mean(values);
  const variance = mean(values.map((value) => (value - centre) ** 2));
  return { mean: centre, deviation: Math.max(leastDeviation, Math.sqrt(variance)) };
}
