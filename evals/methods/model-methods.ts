import { AgentTuneError } from "../../src/errors.js";
import { parseOptimizerChoice } from "../../src/optimizers/optimizer-choice.js";
import { checkModelName, isModelChoice, type ModelSurroundings, readModelChoice } from "../models/index.js";
import { llamboMethod } from "./llambo/llambo.js";
import { llamboLabelsMethod } from "./llambo/llambo-labels.js";
import type { Method } from "./method.js";
import { modelAloneMethod } from "./model-alone/model-alone.js";
import type { ModelMethodName } from "./model-method-name.js";
import { oneShotMethod } from "./one-shot/one-shot.js";

const kinds: ReadonlyMap<string, (name: ModelMethodName) => Method> = new Map([
  ["model-alone", modelAloneMethod],
  ["one-shot", oneShotMethod],
  ["llambo", llamboMethod],
  ["llambo-labels", llamboLabelsMethod],
]);

/** Names of the methods that ask a model without Centaur, without the model. */
export const modelMethodNames: readonly string[] = [...kinds.keys()];

/**
 * A method that asks a model without Centaur: NAME[:SETTING=VALUE,...]+MODEL, for example `model-alone+openai:NAME`,
 * `one-shot:optimizer=tpe,count=10+anthropic:NAME`, `llambo:candidates=5,samples=3+replay:PATH`. `model-alone` and
 * `one-shot` also take an advisor that needs no network in the model's place: `model-alone+oracle:quality=0.5`.
 *
 * @returns undefined where the name is of another kind of method
 * @throws AgentTuneError `usage` for settings that do not exist, a missing model or a share of turns;
 *   `model_unknown`, `credentials_missing`
 */
export function modelMethod(name: string, surroundings: ModelSurroundings = { env: process.env }): Method | undefined {
  const plus = name.indexOf("+");
  const head = plus < 0 ? name : name.slice(0, plus);
  const [base = ""] = head.split(":", 1);
  const make = kinds.get(base);
  if (make === undefined) return undefined;
  const partner = plus < 0 ? "" : name.slice(plus + 1);
  const asksModel = isModelChoice(partner);
  checkPartner(name, base, partner, asksModel);
  if (asksModel) checkModelName(partner, surroundings.env);
  const { settings } = parseOptimizerChoice(head);
  return make({ name, base, settings, partner, asksModel, surroundings });
}

function checkPartner(name: string, base: string, partner: string, asksModel: boolean): void {
  const remedy = `Write ${base}+openai:NAME, ${base}+anthropic:NAME or ${base}+replay:PATH.`;
  if (partner === "" || partner === "none") {
    throw new AgentTuneError("usage", { message: `"${name}" names no model.`, remedy });
  }
  if (/@(adaptive|[\d.]+)$/.test(partner)) {
    throw new AgentTuneError("usage", {
      message: `"${name}" has a share of turns, but ${base} knows no turns.`,
      remedy,
    });
  }
  if (asksModel && readModelChoice(partner).set) {
    throw new AgentTuneError("usage", {
      message: `"${name}" has settings of a brief, but ${base} has prompts of its own.`,
      remedy,
    });
  }
}
