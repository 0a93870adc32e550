import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../llm/package-root.js";

/** Version of the agent-tune that is running. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
  return String(version);
}
