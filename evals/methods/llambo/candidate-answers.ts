import { z } from "zod";
import type { Model } from "../../../src/llm/index.js";
import type { Configuration } from "../../../src/space/index.js";
import { AnswerProblems, ask, type PastTrial, type Question } from "../../models/index.js";
import type { Benchmark } from "../../tasks/task.js";
import { inParallel } from "./examples.js";

/** What a surrogate made of a language model judges, and from what. */
export interface Judging<Trial extends PastTrial = PastTrial> {
  readonly model: Model;
  readonly task: Benchmark;
  readonly examples: readonly Trial[];
  readonly candidates: readonly Configuration[];
  /** Orders of the examples. */
  readonly permutations: number;
  /** Trial that a candidate is wanted for, for names of calls. */
  readonly trial: number;
  readonly seed: number;
}

/**
 * Asks the same about every candidate, several times, each in a call of its own that is not corrected.
 *
 * @param question one call; its key is completed with the candidate and the repeat
 * @returns for each candidate the answers that can be used
 */
export async function answersAbout(
  { model, candidates }: Pick<Judging, "model" | "candidates">,
  repeats: number,
  question: (configuration: Configuration, repeat: number) => Question<number>,
): Promise<readonly (readonly number[])[]> {
  const calls = candidates.flatMap((configuration, c) =>
    Array.from({ length: repeats }, (_, k) => ({ configuration, c, k })),
  );
  const answers = await inParallel(calls, ({ configuration, c, k }) => {
    const { key, ...rest } = question(configuration, k);
    return ask(model, { key: `${key}/${c}/${k}`, ...rest }, 0);
  });
  return candidates.map((_, c) => answers.slice(c * repeats, (c + 1) * repeats).flatMap((each) => each ?? []));
}

/** @throws AnswerProblems */
export function readAnswer<Answer>(schema: z.ZodType<Answer>, answer: unknown): Answer {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new AnswerProblems([z.prettifyError(parsed.error)]);
  return parsed.data;
}
