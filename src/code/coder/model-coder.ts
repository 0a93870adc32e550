import { coder as definition } from "../../../agents/coder.js";
import {
  isModelsOwn,
  type Model,
  type ModelAnswer,
  ModelCallError,
  type ModelMessage,
  type ToolCall,
} from "../../llm/model.js";
import { loadPrompt } from "../../llm/prompt.js";
import type { EditProblem } from "../edits/index.js";
import { type Coder, CoderFailure, type CoderRequest, type Submission } from "./coder.js";
import { renderCoderBrief } from "./coder-brief.js";
import { endingTools, type LookingTool, lookingTools, noVersion, type ToolResult } from "./coder-tools.js";
import { problemLines, readNothing, readSubmission } from "./submission.js";
import type { Nonce } from "./untrusted.js";

export interface ModelCoderOptions {
  readonly model: Model;
  /** Time for a whole turn, in seconds; the definition's limit where absent. */
  readonly seconds?: number | undefined;
  /** Milliseconds on a clock that never jumps. */
  readonly monotonic: () => number;
  /** Words that nothing outside can guess: they mark where quoted data ends. */
  readonly nonce: Nonce;
}

/** Submissions of a turn: the first, its repair, and one more with whole functions or files. */
const mostSubmissions = 3;

const lastWords = "No more looking around in this turn: call submit or nothing_to_try.";

/**
 * A language model as the coder: a bounded loop of tools that ends in a submission. An unusable submission has one
 * repair turn; after that, whole functions or files are offered once.
 */
export class ModelCoder implements Coder {
  readonly name: string;

  constructor(private readonly options: ModelCoderOptions) {
    this.name = options.model.id;
  }

  async propose(request: CoderRequest, { signal }: { readonly signal?: AbortSignal }): Promise<Submission> {
    const { limits } = definition;
    const { monotonic, nonce } = this.options;
    const ends = monotonic() + (this.options.seconds ?? limits.seconds) * 1000;
    const looking = lookingTools(request, { nonce, signal, secondsLeft: () => (ends - monotonic()) / 1000 });
    const tools = [...looking, ...endingTools].map(({ name, description, input }) => ({ name, description, input }));
    const brief = renderCoderBrief(request);
    const messages: ModelMessage[] = [
      { role: "user", text: brief.task, stable: true },
      // The same in every request of the turn, of which there are many.
      { role: "user", text: brief.turn, stable: true },
    ];
    const system = loadPrompt(definition.prompt).render({ tryOut: request.tryOut !== undefined }).text;
    const use = { calls: 0, characters: 0 };
    let refusals = 0;

    for (let count = 0; count < limits.requests; count++) {
      const answer = await this.ask({ request, count, system, messages, tools, ends, signal });
      messages.push({
        role: "assistant",
        text: answer.text,
        toolCalls: answer.toolCalls,
        ...(answer.continuation === undefined ? {} : { continuation: answer.continuation }),
      });
      const refuse = (problems: readonly (string | EditProblem)[]): string => {
        refusals++;
        const told = problemLines(problems);
        if (refusals === mostSubmissions) {
          throw new CoderFailure("refused_thrice", `its submissions were refused ${refusals} times, at last: ${told}`, {
            blame: "coder",
          });
        }
        const whole = refusals === mostSubmissions - 1;
        return loadPrompt("coder-repair").render({ problems: told, again: !whole, whole }).text;
      };
      if (answer.toolCalls.length === 0) {
        messages.push({
          role: "user",
          text: refuse(["you called no tool, and only a call of submit or nothing_to_try ends a turn"]),
        });
        continue;
      }
      // Every submission that is still possible has a request of its own.
      const mayLook = (): boolean =>
        limits.requests - count - 1 > mostSubmissions - refusals &&
        use.calls < limits.toolCalls &&
        use.characters < limits.toolCharacters;
      let submitted = false;
      for (const call of answer.toolCalls) {
        let result: ToolResult;
        if (call.name === "submit" && submitted) {
          result = { text: "One submission at a time: this one was not read.", isError: true };
        } else if (call.name === "submit") {
          submitted = true;
          const read = await judged(request, call.input);
          if (!Array.isArray(read)) return read;
          result = { text: refuse(read), isError: true };
        } else if (call.name === "nothing_to_try") {
          const reason = readNothing(call.input);
          if (reason !== undefined) return { kind: "nothing", reason };
          result = { text: refuse(["nothing_to_try: reason is missing"]), isError: true };
        } else if (!mayLook()) {
          result = { text: lastWords, isError: true };
        } else {
          use.calls++;
          result = await look(looking, call);
          use.characters += result.text.length;
          if (!mayLook()) result = { ...result, text: `${result.text}\n\n${lastWords}` };
        }
        messages.push({ role: "tool", callId: call.id, name: call.name, ...result });
      }
    }
    throw new CoderFailure("no_submission", `it made no submission within ${limits.requests} requests`, {
      blame: "coder",
    });
  }

  /** One request. @throws CoderFailure; ModelCallError `cancelled` where the study is being stopped */
  private async ask(call: {
    readonly request: CoderRequest;
    readonly count: number;
    readonly system: string;
    readonly messages: readonly ModelMessage[];
    readonly tools: readonly {
      readonly name: string;
      readonly description: string;
      readonly input: LookingTool["input"];
    }[];
    readonly ends: number;
    readonly signal: AbortSignal | undefined;
  }): Promise<ModelAnswer> {
    const { request, count, system, messages, tools, ends, signal } = call;
    try {
      return await this.options.model.ask(
        {
          key: `code/${request.attempt}/${count}`,
          system,
          messages,
          tools,
          maxOutputTokens: definition.limits.outputTokens,
        },
        {
          deadlineMs: Math.max(0, ends - this.options.monotonic()),
          ...(signal === undefined ? {} : { signal }),
        },
      );
    } catch (error) {
      if (!(error instanceof ModelCallError) || error.failure === "cancelled") throw error;
      throw new CoderFailure(error.failure, error.message, {
        blame: isModelsOwn(error.failure) ? "coder" : "connection",
        cause: error,
      });
    }
  }
}

async function look(tools: readonly LookingTool[], { name, input }: ToolCall): Promise<ToolResult> {
  const tool = tools.find((each) => each.name === name);
  if (tool !== undefined) return tool.run(input);
  const known = [...tools, ...endingTools].map((each) => each.name).join(", ");
  return { text: `There is no tool ${name}. Known: ${known}.`, isError: true };
}

/** The submission where it can be used, otherwise what is wrong with it. */
async function judged(request: CoderRequest, input: unknown): Promise<Submission | (string | EditProblem)[]> {
  const read = readSubmission(input);
  if (!read.ok) return [...read.problems];
  const { submission } = read;
  if (!request.versions.some(({ id }) => id === submission.parent)) {
    return [noVersion(request, submission.parent).text];
  }
  const review = await request.review(submission);
  return review.ok ? submission : [...review.problems];
}
