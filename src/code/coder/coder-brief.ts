import { oneLine } from "../../centaur/brief/quote.js";
import {
  budgetLine,
  incumbentLines,
  limitLines,
  noiseLine,
  objectiveLine,
  sensitivityLines,
  spaceLines,
} from "../../centaur/brief/study-lines.js";
import { loadPrompt } from "../../llm/prompt.js";
import type { CoderRequest } from "./coder.js";
import { memoryLines, refusedLines } from "./version-lines.js";

const shownConstants = 25;

/**
 * What a coder is told before it looks around: the task and the rules, which stay the same from turn to turn and can
 * be cached, and where the study stands.
 */
export interface CoderBrief {
  readonly task: string;
  readonly turn: string;
}

export function renderCoderBrief(request: CoderRequest): CoderBrief {
  const { setting, parent, noise } = request;
  const evidence = request.evidence(parent);
  return {
    task: loadPrompt("coder-task").render({
      task: setting.task?.trim() ?? "",
      objective: objectiveLine(setting.objective),
      command: setting.command,
      editable: setting.rules.editable.join(", "),
      locked: (setting.rules.locked ?? []).join(", "),
      passing: setting.passing,
      evaluate: setting.evaluate?.command ?? "",
      edited: setting.evaluate?.sees === "version",
      printed: setting.evaluate === undefined,
      limits: limitLines(setting.limits),
      confidence: `${Number((setting.confidence * 100).toFixed(1))} %`,
    }).text,
    turn: loadPrompt("coder-turn").render({
      versions: memoryLines(request),
      refused: refusedLines(request.refused),
      noise: noiseLine(noise),
      measured: noise !== undefined && noise.deviation > 0,
      parent,
      parameters: evidence === undefined ? "" : spaceLines(evidence.space),
      best: evidence === undefined ? "" : incumbentLines(evidence),
      sensitivities: evidence === undefined ? "" : sensitivityLines(request.sensitivities, evidence),
      constants: constantLines(request),
      budget: budgetLine(request),
    }).text,
  };
}

function constantLines({ constants }: CoderRequest): string {
  const lines = constants
    .slice(0, shownConstants)
    .map(({ path, line, name, value }) => `- ${path}:${line} ${name} = ${oneLine(value, 40)}`);
  if (constants.length > shownConstants) lines.push(`- and ${constants.length - shownConstants} more`);
  return lines.join("\n");
}
