import { z } from "zod";
import type { OptimizerSettings } from "../../src/optimizers/index.js";
import { readSettings } from "../../src/optimizers/settings.js";

/** Settings of one advisor as they were written, before anything is known of them. */
export type AdvisorSettings = OptimizerSettings;

/** A part of 1: a probability, or a distance in encoded units. */
export const part = z.number().min(0).max(1);

/**
 * Settings with defaults filled in.
 *
 * @param schema a strict object of fields
 * @throws AgentTuneError `usage` that names the advisor, the setting and what it may be
 */
export function readAdvisorSettings<Schema extends z.ZodObject>(
  schema: Schema,
  advisor: string,
  settings: AdvisorSettings,
): z.infer<Schema> {
  return readSettings(schema, advisor, settings, "advisor");
}
