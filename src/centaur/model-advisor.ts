import { advisor as definition } from "../../agents/advisor.js";
import { isModelsOwn, type Model, type ModelAnswer, ModelCallError, type ModelMessage } from "../llm/model.js";
import { loadPrompt } from "../llm/prompt.js";
import { type Advice, AdviceProblems, adviceJsonSchema } from "./advice.js";
import { AdviceFailure, type AdviceRequest, type Advisor } from "./advisor.js";
import { advisorTools } from "./advisor-tools.js";
import { renderBrief } from "./brief/brief.js";
import type { BriefSection } from "./brief/sections.js";

export interface ModelAdvisorOptions {
  readonly model: Model;
  /** Parts of the brief to leave out. */
  readonly without?: ReadonlySet<BriefSection>;
  /** Whether the model may call read-only tools before it answers. */
  readonly tools: boolean;
  /** Time for a whole turn, in seconds; the definition's limit where absent. */
  readonly seconds?: number | undefined;
  /** Milliseconds on a clock that never jumps. */
  readonly monotonic: () => number;
}

/**
 * A language model as the advisor: brief in, structured advice out, read-only tools in between, one repair turn when
 * the answer breaks the schema, the space or the rules of the turn.
 */
export class ModelAdvisor implements Advisor {
  readonly kind = "llm";
  readonly name: string;

  constructor(private readonly options: ModelAdvisorOptions) {
    this.name = options.model.id;
  }

  async advise(request: AdviceRequest, { signal }: { readonly signal?: AbortSignal }): Promise<Advice> {
    const { model, without, monotonic } = this.options;
    const tools = this.options.tools ? advisorTools(request) : [];
    const brief = renderBrief(request, without);
    const messages: ModelMessage[] = [
      { role: "user", text: brief.problem, stable: true },
      { role: "user", text: brief.turn },
    ];
    const system = loadPrompt(definition.prompt).render({
      tools: tools.length > 0 ? "yes" : "",
    }).text;
    const ends = monotonic() + (this.options.seconds ?? definition.limits.seconds) * 1000;
    let repaired = false;

    for (let count = 0; count < definition.limits.requests; count++) {
      // The last two requests that are left are for the answer and its repair: no more tools then.
      const mayCall = tools.length > 0 && !repaired && count < definition.limits.requests - 2;
      let answer: ModelAnswer;
      try {
        answer = await model.ask(
          {
            key: `advise/${request.turn}/${count}`,
            system,
            messages,
            ...(tools.length > 0
              ? { tools: tools.map(({ name, description, input }) => ({ name, description, input })) }
              : {}),
            ...(tools.length > 0 && !mayCall ? { toolChoice: "none" } : {}),
            output: { name: "advice", schema: adviceJsonSchema(request.space) },
            maxOutputTokens: definition.limits.outputTokens,
          },
          { deadlineMs: Math.max(0, ends - monotonic()), ...(signal === undefined ? {} : { signal }) },
        );
      } catch (error) {
        if (!(error instanceof ModelCallError) || error.failure === "cancelled") throw error;
        throw new AdviceFailure(error.failure, error.message, {
          blame: isModelsOwn(error.failure) ? "advisor" : "connection",
          cause: error,
        });
      }
      messages.push({
        role: "assistant",
        text: answer.text,
        toolCalls: answer.toolCalls,
        ...(answer.continuation === undefined ? {} : { continuation: answer.continuation }),
      });
      if (answer.toolCalls.length > 0) {
        for (const call of answer.toolCalls) {
          const result = runTool(tools, call.name, call.input);
          messages.push({ role: "tool", callId: call.id, name: call.name, ...result });
        }
        continue;
      }
      try {
        return request.review(answer.output);
      } catch (error) {
        if (!(error instanceof AdviceProblems)) throw error;
        if (repaired) {
          throw new AdviceFailure("refused_twice", `its answer was refused twice: ${error.problems.join("; ")}`, {
            blame: "advisor",
            cause: error,
          });
        }
        repaired = true;
        messages.push({
          role: "user",
          text: loadPrompt("advisor-repair").render({
            problems: error.problems.map((problem) => `- ${problem}`).join("\n"),
          }).text,
        });
      }
    }
    throw new AdviceFailure("no_decision", `it gave no decision within ${definition.limits.requests} requests`, {
      blame: "advisor",
    });
  }
}

function runTool(
  tools: ReturnType<typeof advisorTools>,
  name: string,
  input: unknown,
): { readonly text: string; readonly isError?: boolean } {
  const tool = tools.find((each) => each.name === name);
  if (tool === undefined) {
    return { text: `There is no tool ${name}. Known: ${tools.map((each) => each.name).join(", ")}.`, isError: true };
  }
  return tool.run(input);
}
