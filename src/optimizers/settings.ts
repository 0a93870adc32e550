import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { OptimizerSettings } from "./optimizer.js";

/**
 * Settings of one optimizer with defaults filled in.
 *
 * @param schema a strict object of fields that all have defaults
 * @throws AgentTuneError `usage` that names the optimizer, the setting and what it may be
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  optimizer: string,
  settings: OptimizerSettings = {},
): z.infer<Schema> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new AgentTuneError("usage", {
    message: `Settings of the optimizer ${optimizer} are not usable: ${z.prettifyError(parsed.error)}`,
    remedy: `What can be set: ${Object.keys(schema.shape).join(", ") || "nothing"}.`,
  });
}
