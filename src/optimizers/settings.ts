import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { OptimizerSettings } from "./optimizer.js";

/**
 * Settings of one optimizer, or of what else is named in the same form, with defaults filled in.
 *
 * @param schema a strict object of fields
 * @param what has the settings, for the message
 * @throws AgentTuneError `usage` that names it, the setting and what it may be
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  name: string,
  settings: OptimizerSettings = {},
  what = "optimizer",
): z.infer<Schema> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new AgentTuneError("usage", {
    message: `Settings of the ${what} ${name} are not usable: ${z.prettifyError(parsed.error)}`,
    remedy: `What can be set: ${Object.keys(schema.shape).join(", ") || "nothing"}.`,
  });
}
