import { ModelAdvisor } from "../../src/centaur/model-advisor.js";
import type { AdvisorContext, OpenedAdvisor } from "../advisors/advisor-context.js";
import { isModelChoice, readModelChoice } from "./model-choice.js";
import { type ModelSurroundings, openEvalModel } from "./open-eval-model.js";

/**
 * The product's own advisor over a model: `openai:NAME`, `anthropic:NAME?without=regions+failures`, `replay:FOLDER`.
 *
 * @returns undefined where the choice names no model
 * @throws AgentTuneError `usage`, `model_unknown`, `credentials_missing`, `recording_invalid`
 */
export function openModelAdvisor(
  choice: string,
  { task, method, runSeed }: AdvisorContext,
  surroundings: ModelSurroundings = { env: process.env },
): OpenedAdvisor | undefined {
  if (!isModelChoice(choice)) return undefined;
  const { model, without, tools } = readModelChoice(choice);
  const opened = openEvalModel(model, { task: task.name, method, seed: runSeed }, surroundings);
  const advisor = new ModelAdvisor({
    model: opened.model,
    without: new Set(without),
    tools,
    monotonic: () => performance.now(),
  });
  return { advisor, usage: opened.usage, close: () => {} };
}
