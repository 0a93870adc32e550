import { AgentTuneError } from "../../errors.js";
import { readConfigFile } from "./config-file.js";
import type { ScriptReading } from "./discovered.js";
import { readPythonScript } from "./python/index.js";

/**
 * Reads a training script (`.py`) or a file of defaults (`.json`, `.yaml`, `.yml`) without running anything.
 *
 * @throws AgentTuneError `script_unreadable` for other kinds of files and for files that are not what they are named
 */
export function readSettings(text: string, path: string): ScriptReading {
  const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase();
  if (text.includes("\0")) {
    throw new AgentTuneError("script_unreadable", {
      message: `${path} is not a text file.`,
      where: path,
      remedy: "Give the training script or its file of defaults.",
    });
  }
  switch (ending) {
    case ".py":
    case ".pyw":
      return readPythonScript(text, path);
    case ".json":
    case ".yaml":
    case ".yml":
      return readConfigFile(text, path);
    default:
      throw new AgentTuneError("script_unreadable", {
        message: `Settings can be read from .py, .json, .yaml and .yml files; ${path} is none of them.`,
        where: path,
        remedy: "Give one of those, or write agent-tune.yaml by hand.",
      });
  }
}
