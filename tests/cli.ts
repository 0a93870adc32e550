import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach } from "vitest";
import { z } from "zod";
import { commandLine } from "../src/cli/command-line.js";

const root = join(import.meta.dirname, "..");
const manifest = z
  .object({ bin: z.object({ "agent-tune": z.string() }) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
/** The built program, started as a person would start it. `npm test` builds it first. */
export const program = join(root, manifest.bin["agent-tune"]);
const fixtures = join(import.meta.dirname, "fixtures");

const folders: string[] = [];
const children = new Set<ChildProcess>();
afterEach(() => {
  // Only where a test failed half way.
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own with a copy of a fixture, removed after the test. */
export function projectFolder(fixture?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-tune-cli-"));
  folders.push(folder);
  if (fixture !== undefined) cpSync(join(fixtures, fixture), folder, { recursive: true });
  return folder;
}

/** Replaces text in a file of a project, which must be there. */
export function edit(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(file, "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} does not contain ${from}`);
  writeFileSync(file, after);
}

/** Every file below a folder with its bytes, so that a test can tell what was touched. */
export function contentOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(folder, path), readFileSync(path, "latin1")];
      }),
  );
}

/** Looks until the condition holds; how long that takes is up to the machine, and the test's own limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What standard error has shown so far. */
  errorSoFar(): string;
}

/** A clean environment: no keys, no CI, and nothing that colours output. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...extra };
}

export function start(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { process: child, ended, errorSoFar: () => stderr };
}

export function agentTune(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Ended> {
  return start(args, options).ended;
}

/** The same command line within this process, for the many that end before anything runs. */
export async function inProcess(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  let code = 0;
  await commandLine(
    {
      env: cleanEnvironment(options.env),
      cwd: options.cwd,
      interactive: false,
      out: (text) => {
        stdout += text.endsWith("\n") ? text : `${text}\n`;
      },
      err: (text) => {
        stderr += text.endsWith("\n") ? text : `${text}\n`;
      },
      setExitCode: (given) => {
        code = given;
      },
    },
    args,
  );
  return { code, signal: null, stdout, stderr };
}

/** Ids of processes whose environment holds the given text; the kernel shows them on Linux only. */
export function processesWith(text: string): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, "utf8").includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

const trialsDocument = z.object({
  trials: z.array(
    z.object({
      number: z.number(),
      state: z.string(),
      seed: z.number(),
      attempt: z.number(),
      proposal: z.object({
        configuration: z.record(z.string(), z.unknown()),
        origin: z.string(),
        purpose: z.string(),
        reason: z.string(),
        replicateOf: z.number().optional(),
        fallback: z.string().optional(),
      }),
      outcome: z.object({ kind: z.string(), value: z.number().optional(), failure: z.string().optional() }).optional(),
    }),
  ),
});
export type ShownTrial = z.infer<typeof trialsDocument>["trials"][number];

/** What `agent-tune trials --json` says of each trial. */
export async function trialsOf(cwd: string): Promise<readonly ShownTrial[]> {
  return trialsDocument.parse(JSON.parse((await inProcess(["trials", "--json"], { cwd })).stdout)).trials;
}

/** What a disturbed study must have in common with an undisturbed one: everything but the number of attempts. */
export function undisturbed(trials: readonly ShownTrial[]): readonly unknown[] {
  return trials.map(({ attempt: _, ...rest }) => rest);
}
