import { AgentTuneError } from "../errors.js";
import type { OptimizerSettings } from "./optimizer.js";

/** An optimizer with settings, as a person writes it: `tpe`, or `cma-es:restarts=bipop,screening=false`. */
export interface OptimizerChoice {
  readonly name: string;
  readonly settings: OptimizerSettings;
}

/**
 * Reads what a person wrote. Values are `true`, `false`, numbers or else text; which names and values there are, each
 * optimizer says itself.
 *
 * @param what has settings, for the message: other things are written in the same form
 * @throws AgentTuneError `usage` for a setting without a value, or one that is given twice
 */
export function parseOptimizerChoice(text: string, what = "optimizer"): OptimizerChoice {
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text.trim(), settings: {} };
  const settings: Record<string, unknown> = {};
  for (const part of text.slice(colon + 1).split(",")) {
    const [name = "", value = "", ...rest] = part.split("=").map((word) => word.trim());
    if (name === "" || value === "" || rest.length > 0 || Object.hasOwn(settings, name)) {
      throw new AgentTuneError("usage", {
        message: `"${part.trim()}" in the ${what} "${text}" is not a setting with one value.`,
        remedy: "Write name:setting=value,setting=value, for example cma-es:restarts=bipop.",
      });
    }
    settings[name] = settingFrom(value);
  }
  return { name: text.slice(0, colon).trim(), settings };
}

function settingFrom(text: string): boolean | number | string {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
