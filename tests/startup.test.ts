import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { agentTune, projectFolder } from "./cli.js";

const fixtures = join(import.meta.dirname, "fixtures");
const recorder = pathToFileURL(join(fixtures, "record-modules.mjs")).href;
const mapSchema = z.object({ sources: z.array(z.string()) });

/** Source files and packages whose code a command loads, whether they are files of their own or parts of a chunk. */
async function loadedBy(args: readonly string[], cwd: string): Promise<{ packages: Set<string>; sources: string[] }> {
  const record = join(cwd, "modules.txt");
  const { code, stderr } = await agentTune(args, {
    cwd,
    env: { NODE_OPTIONS: `--import ${recorder}`, RECORD_MODULES: record },
  });
  expect(code, stderr).toBe(0);
  const files = readFileSync(record, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("node:"))
    .map((line) => (line.startsWith("file:") ? fileURLToPath(line) : line))
    .flatMap((path) => {
      if (path.includes("/node_modules/") || !existsSync(`${path}.map`)) return [path];
      const { sources } = mapSchema.parse(JSON.parse(readFileSync(`${path}.map`, "utf8")));
      return sources.map((source) => resolve(dirname(path), source));
    });
  const packages = new Set(files.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  const sources = files.flatMap((path) => /\/(?:dist\/)?(src\/.*)\.(?:js|tsx?)$/.exec(path)?.[1] ?? []);
  return { packages, sources };
}

const heavy = ["openai", "@anthropic-ai/sdk", "ink", "react", "@lezer/python", "@lezer/lr", "ml-matrix", "yaml"];
const rooms = (sources: readonly string[]): Set<string> => new Set(sources.map((source) => source.split("/")[1] ?? ""));

describe("a short command loads only what it needs", () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), "agent-tune-startup-"));
    cpSync(join(fixtures, "toy"), cwd, { recursive: true });
    expect(await agentTune(["run", "--trials", "3"], { cwd, env: { TOY_MS: "1" } })).toMatchObject({ code: 0 });
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it.each(["--help", "--version", "run --help"])("%s: commander and nothing else", async (command) => {
    const { packages, sources } = await loadedBy(command.split(" "), projectFolder());
    expect([...packages]).toEqual(["commander"]);
    expect(sources).not.toHaveLength(0);
    for (const room of ["store", "study", "space", "optimizers", "centaur", "tui"])
      expect(rooms(sources)).not.toContain(room);
  });

  it.each(["status", "status --json", "trials", "show 0"])(
    "%s: the store, and no model, screen, importer or optimizer",
    async (command) => {
      const { packages, sources } = await loadedBy(command.split(" "), cwd);
      for (const name of heavy) expect(packages).not.toContain(name);
      expect(packages).toContain("libsql");
      expect(rooms(sources)).toContain("store");
      for (const room of ["centaur", "executors", "optimizers", "tui"]) expect(rooms(sources)).not.toContain(room);
      expect(sources.filter((source) => source.startsWith("src/space/importers"))).toEqual([]);
    },
  );

  it("is not blind: writing the report, which restores the optimizer, does load its linear algebra", async () => {
    const { packages, sources } = await loadedBy(["report"], cwd);
    expect(packages).toContain("ml-matrix");
    expect(rooms(sources)).toContain("optimizers");
  });
});
