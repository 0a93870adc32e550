import { type JsonSchema, loadPrompt, type Model, ModelCallError, type ModelMessage } from "../../src/llm/index.js";

/** What is wrong with an answer, in sentences that go back to the model. */
export class AnswerProblems extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "AnswerProblems";
  }
}

/** One question to a model that is answered with JSON. */
export interface Question<Answer> {
  /** Name of the call within its run. */
  readonly key: string;
  readonly system: string;
  readonly user: string;
  readonly schema: JsonSchema;
  /** @throws AnswerProblems */
  read(answer: unknown): Answer;
}

/** A reasoning model thinks before it answers, and that counts as output: the product's advisor has as much. */
const outputTokens = 8_000;
/** Time for one call, of the product's advisor for a whole turn. */
const deadlineMs = 120_000;

/**
 * Asks, and where the answer cannot be used asks once more with what is wrong with it.
 *
 * @param repairs how often a useless answer may be corrected
 * @returns undefined where the model gave nothing that can be used: what happens then is the method's affair
 * @throws AgentTuneError where the model could not be asked at all
 */
export async function ask<Answer>(
  model: Model,
  { key, system, user, schema, read }: Question<Answer>,
  repairs = 1,
): Promise<Answer | undefined> {
  const messages: ModelMessage[] = [{ role: "user", text: user }];
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await model.ask(
        {
          key: `${key}/${attempt}`,
          system,
          messages: [...messages],
          output: { name: "answer", schema },
          maxOutputTokens: outputTokens,
        },
        { deadlineMs },
      );
      messages.push({
        role: "assistant",
        text: answer.text,
        toolCalls: [],
        ...(answer.continuation === undefined ? {} : { continuation: answer.continuation }),
      });
      return read(answer.output);
    } catch (error) {
      if (error instanceof ModelCallError) return undefined;
      if (!(error instanceof AnswerProblems)) throw error;
      if (attempt === repairs) return undefined;
      const problems = error.problems.map((problem) => `- ${problem}`).join("\n");
      messages.push({ role: "user", text: loadPrompt("eval-repair").render({ problems }).text });
    }
  }
}
