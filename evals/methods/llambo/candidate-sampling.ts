import { loadPrompt, type Model } from "../../../src/llm/index.js";
import { deriveSeed } from "../../../src/math/random.js";
import type { Configuration, SearchSpace } from "../../../src/space/index.js";
import {
  ask,
  configurationSchema,
  configurationText,
  failureText,
  type PastTrial,
  readConfiguration,
  valueText,
} from "../../models/index.js";
import type { Benchmark } from "../../tasks/task.js";
import { inParallel, permuted, taskInputs } from "./examples.js";

export interface CandidateSampling {
  readonly model: Model;
  readonly task: Benchmark;
  /** What is shown as examples. */
  readonly examples: readonly PastTrial[];
  /** How far beyond the best value the target lies, as a part of the range of values; negative: short of it. */
  readonly alpha: number;
  /** Candidates that are asked for, each in a call of its own. */
  readonly count: number;
  /** Orders of the examples. */
  readonly permutations: number;
  /** Trial that a candidate is wanted for, for names of calls. */
  readonly trial: number;
  readonly seed: number;
  /** Whether a configuration is of no use. */
  readonly known: (configuration: Configuration) => boolean;
  /** What becomes of a configuration that was read. */
  readonly settle?: (configuration: Configuration, call: number) => Configuration;
}

/** Fewer candidates than this, and the model is asked again. */
const fewest = 5;
/** Times that it is asked at most; the published code gives up the whole run then. */
const rounds = 3;

/**
 * The target of the sampling, y* = y_best - alpha (y_worst - y_best) for minimisation (equation in section 5 of Liu et
 * al. 2024, arXiv 2402.03921). Where all values are the same, a tenth of their size stands for their range.
 *
 * @param values at least one
 */
export function targetValue(values: readonly number[], alpha: number): number {
  const best = Math.min(...values);
  const range = Math.max(...values) - best || 0.1 * Math.abs(best);
  return best - alpha * range;
}

/**
 * Configurations that the model samples given a value that they are to achieve. Answers that cannot be used are
 * dropped, and so are repeats.
 */
export async function sampleCandidates(sampling: CandidateSampling): Promise<readonly Configuration[]> {
  const { model, task, count, permutations, trial, seed, known, settle = (each) => each } = sampling;
  const { space } = task;
  const found = new Map<string, Configuration>();
  const enough = Math.min(fewest, count);
  for (let round = 0; round < rounds && found.size < enough; round++) {
    const answers = await inParallel(Array.from({ length: count }), (_, k) => {
      const prompt = candidatePrompt(sampling, deriveSeed(seed, "candidate", trial, k % permutations));
      return ask(
        model,
        {
          key: `candidate/${trial}/${round}/${k}`,
          ...prompt,
          schema: configurationSchema(space),
          read: (answer) => readConfiguration(space, answer),
        },
        0,
      );
    });
    for (const [k, answer] of answers.entries()) {
      const configuration = answer && settle(answer, round * count + k);
      if (configuration !== undefined && !known(configuration)) found.set(space.key(configuration), configuration);
    }
  }
  return [...found.values()];
}

/** @param order seed of the order of examples */
export function candidatePrompt(
  { task, examples, alpha }: Pick<CandidateSampling, "task" | "examples" | "alpha">,
  order: number,
): { readonly system: string; readonly user: string } {
  const values = examples.flatMap(({ value }) => value ?? []);
  const { system = "", user = "" } = loadPrompt("eval-llambo-candidate").render({
    ...taskInputs(task),
    examples: permuted(examples, order)
      .map((trial) => `performance ${performanceText(trial)}: ${configurationText(task.space, trial.configuration)}`)
      .join("\n"),
    target: valueText(targetValue(values, alpha)),
  }).sections;
  return { system, user };
}

export function performanceText({ value, failure }: PastTrial): string {
  return value === undefined ? `none, it failed (${failureText(failure ?? "failed")})` : valueText(value);
}

/** A uniform draw in place of every category. */
export function withDrawnCategories(
  space: SearchSpace,
  configuration: Configuration,
  drawn: Configuration,
): Configuration | undefined {
  const { numeric } = space.encode(configuration);
  const { categorical } = space.encode(drawn);
  return space.repair(space.decode({ numeric, categorical }));
}
