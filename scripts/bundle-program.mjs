// Bundles the command line of the compiled sources into dist/program, so that a command loads a handful of files
// instead of hundreds: most of the time of a short command is finding and opening modules (docs/decisions/build.md).
// Large dependencies that only some commands need stay outside and are loaded when they are needed.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "dist", "program");
// libsql loads native code by its own path; the others are large and read the environment when they are loaded.
const outside = ["libsql", "openai", "@anthropic-ai/sdk", "ink", "react"];

rmSync(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: { "agent-tune": join(root, "dist", "src", "cli", "main.js") },
  platform: "node",
  external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
  onLog: (level, log, next) => next(level === "warn" ? "error" : level, log),
});
const { output } = await bundle.write({
  dir: folder,
  format: "esm",
  chunkFileNames: "chunks/[name]-[hash].js",
  sourcemap: true,
});
await bundle.close();
chmodSync(join(folder, "agent-tune.js"), 0o755);
writeFileSync(join(folder, "LICENSES.txt"), licences(output));

/** The licences of what is bundled ask to go along with it. */
function licences(chunks) {
  const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  return [...packages]
    .sort()
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
      const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? "" : readFileSync(join(path, file), "utf8");
      if (text === "") throw new Error(`${name} is bundled but ships no licence text`);
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
