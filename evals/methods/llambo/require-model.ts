import { AgentTuneError } from "../../../src/errors.js";
import type { ModelMethodName } from "../model-method-name.js";

/**
 * For methods that make no sense without a model.
 *
 * @throws AgentTuneError `usage`
 */
export function requireModel({ name, base, asksModel }: ModelMethodName): void {
  if (asksModel) return;
  throw new AgentTuneError("usage", {
    message: `"${name}" needs a model: nothing can answer its questions in a model's place.`,
    remedy: `Write ${base}+openai:NAME, ${base}+anthropic:NAME or ${base}+replay:PATH.`,
  });
}
