import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentTuneError } from "../errors.js";

/**
 * Folder of the package that this file belongs to: the next one above with a package.json named agent-tune,
 * be it run from the sources or from the build.
 */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) {
      if (nameOf(JSON.parse(readFileSync(file, "utf8"))) === "agent-tune") return folder;
    }
    if (dirname(folder) === folder) {
      throw new AgentTuneError("internal", {
        message: "The folder of the agent-tune package was not found.",
        where: from,
        remedy: "Install agent-tune again.",
      });
    }
  }
}

/** By hand instead of with zod: this runs at every start, also of `--help`. */
function nameOf(manifest: unknown): unknown {
  return typeof manifest === "object" && manifest !== null && "name" in manifest ? manifest.name : undefined;
}
