import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/** The built program, started as a person would start it. `npm test` builds it first. */
export const program = join(import.meta.dirname, "..", "dist", "src", "cli", "main.js");
const fixtures = join(import.meta.dirname, "fixtures");

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own with a copy of a fixture, removed after the test. */
export function projectFolder(fixture?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-tune-cli-"));
  folders.push(folder);
  if (fixture !== undefined) cpSync(join(fixtures, fixture), folder, { recursive: true });
  return folder;
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

export function start(args: readonly string[], options: { readonly cwd: string; readonly env?: Record<string, string> }): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
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
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, ended, errorSoFar: () => stderr };
}

export function agentTune(args: readonly string[], options: { readonly cwd: string; readonly env?: Record<string, string> }): Promise<Ended> {
  return start(args, options).ended;
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
