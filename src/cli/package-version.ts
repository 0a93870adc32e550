import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../llm/package-root.js";

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
  return String(version);
}
