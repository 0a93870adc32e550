import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where a local copy of the data is, in the same layout as the cache. */
export const dataVariable = "AGENT_TUNE_EVAL_DATA";

/** What `fetch.ts` downloads to. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env["HOME"] ?? homedir(), ".cache", "agent-tune", "data");
}

/** The file of that path in the folder that the environment names, or in the cache; undefined where neither has it. */
export function findData(path: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env[dataVariable];
  const folders = [...(named === undefined || named === "" ? [] : [named]), cacheFolder(env)];
  return folders.map((folder) => join(folder, path)).find((file) => existsSync(file));
}

/** @throws Error where the content is not the one that results were recorded with */
export function readVerified(file: string, sha256: string): Uint8Array {
  const bytes = readFileSync(file);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${file} has sha256 ${found}, not ${sha256}: another version of the data.`);
  return bytes;
}
