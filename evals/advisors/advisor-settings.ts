import { z } from "zod";
import { AgentTuneError } from "../../src/errors.js";
import type { OptimizerSettings } from "../../src/optimizers/index.js";

/** Settings of one advisor as they were written, before anything is known of them. */
export type AdvisorSettings = OptimizerSettings;

/** A part of 1: a probability, or a distance in encoded units. */
export const part = z.number().min(0).max(1);

/**
 * Settings with defaults filled in.
 *
 * @param schema a strict object of fields that are optional or have defaults
 * @throws AgentTuneError `usage` that names the advisor, the setting and what it may be
 */
export function readAdvisorSettings<Schema extends z.ZodObject>(
  schema: Schema,
  advisor: string,
  settings: AdvisorSettings,
): z.infer<Schema> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new AgentTuneError("usage", {
    message: `Settings of the advisor ${advisor} are not usable: ${z.prettifyError(parsed.error)}`,
    remedy: `What can be set: ${Object.keys(schema.shape).join(", ") || "nothing"}.`,
  });
}
