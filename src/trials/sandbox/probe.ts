import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { PreparedCommand } from "../pass/prepare.js";
import type { Confinement, Protection } from "./confinement.js";

/** Milliseconds until a sandbox that does not answer counts as broken. */
const patience = 10_000;
/** Milliseconds that a process may take to go once the namespace that it is in ends. */
const afterEnd = 1000;
/** Bytes that one file may have in the probe. */
const fileBytes = 1 << 20;

/** What a confined program could do of what it should not. */
const seenSchema = z.object({
  wroteInside: z.boolean(),
  wroteOutside: z.boolean(),
  readCanary: z.boolean(),
  readOurEnvironment: z.boolean(),
  wroteLargeFile: z.boolean(),
  connected: z.boolean(),
});
type Seen = z.infer<typeof seenSchema>;

export type ProbeResult =
  | { readonly ok: true; readonly enforces: readonly Protection[] }
  /** What was written instead of an answer. */
  | { readonly ok: false; readonly errors: string };

/** Tries everything, says what went, and leaves a child behind that holds the output open. */
const script = `
const fs = require("node:fs"), net = require("node:net"), { spawn } = require("node:child_process");
const [inside, outside, canary, port, controller] = process.argv.slice(1);
const goes = (attempt) => { try { return attempt() !== false; } catch { return false; } };
process.on("SIGXFSZ", () => {});
const seen = {
  wroteInside: goes(() => fs.writeFileSync(inside + "/file", "x")),
  wroteOutside: goes(() => fs.writeFileSync(outside + "/file", "x")),
  readCanary: goes(() => fs.readFileSync(canary, "utf8").includes("canary")),
  readOurEnvironment: goes(() => fs.readFileSync("/proc/" + controller + "/environ").length > 0),
  wroteLargeFile: goes(() => fs.writeFileSync(inside + "/large", Buffer.alloc(${2 * fileBytes}))),
};
spawn("sleep", ["4"], { detached: true, stdio: ["ignore", "inherit", "ignore"] }).unref();
const connection = net.connect(Number(port), "127.0.0.1");
const say = (connected) => fs.writeSync(1, JSON.stringify({ ...seen, connected }) + "\\n") && process.exit(0);
connection.on("connect", () => say(true)).on("error", () => say(false));
setTimeout(() => say(false), 2000);
`;

/**
 * Finds out what a sandbox enforces by running a program in it that tries to get out: it writes where it may not, reads
 * a canary in a hidden folder and this process's environment, connects to a listener on this machine, writes a file
 * that is too large, and leaves a child in a session of its own behind. What holds is enforced; a sandbox in which the
 * program does not even run, or may not write where it should, does not work.
 */
export async function probe(
  wrap: (prepared: PreparedCommand, confinement: Confinement) => Promise<PreparedCommand>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ProbeResult> {
  const root = await mkdtemp(join(tmpdir(), "agent-tune-sandbox-"));
  const place = (name: string) => join(root, name);
  const server = createServer((socket) => socket.destroy());
  try {
    const folders = ["inside", "outside", "outside/hidden", "temporary"].map(place);
    for (const folder of folders) await mkdir(folder);
    const canary = place("outside/hidden/canary");
    await writeFile(canary, "canary");
    const port = await listen(server);
    const words = [
      process.execPath,
      "-e",
      script,
      place("inside"),
      place("outside"),
      canary,
      String(port),
      String(process.pid),
    ];
    const { PATH, LD_LIBRARY_PATH } = environment;
    const prepared = {
      words,
      environment: {
        ...(PATH === undefined ? {} : { PATH }),
        ...(LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH }),
      },
      cwd: place("inside"),
    };
    const confinement: Confinement = {
      writable: [place("inside")],
      readable: [place("outside")],
      hidden: [place("outside/hidden")],
      temporary: place("temporary"),
      network: false,
      devices: [],
      limits: { fileBytes },
    };
    return judge(await runProbe(await wrap(prepared, confinement)));
  } finally {
    server.close();
    await rm(root, { recursive: true, force: true });
  }
}

interface ProbeRun {
  readonly output: string;
  readonly errors: string;
  /** Everything that held the output open was gone soon after the end. */
  readonly nothingLeft: boolean;
}

function runProbe({ words, environment, cwd }: PreparedCommand): Promise<ProbeRun> {
  const [file = "", ...args] = words;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env: { ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString("utf8")));
    const tooLong = setTimeout(() => child.kill("SIGKILL"), patience);
    const done = (nothingLeft: boolean) => {
      clearTimeout(tooLong);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ output, errors, nothingLeft });
    };
    child.once("error", (error) => {
      errors += error.message;
      done(true);
    });
    child.once("exit", () => {
      const late = setTimeout(() => done(false), afterEnd);
      child.once("close", () => {
        clearTimeout(late);
        done(true);
      });
    });
  });
}

function judge({ output, errors, nothingLeft }: ProbeRun): ProbeResult {
  const seen = parseSeen(output);
  if (seen === undefined) return { ok: false, errors };
  if (!seen.wroteInside) return { ok: false, errors: "what it may write cannot be written" };
  const held: Readonly<Record<Protection, boolean>> = {
    files: !seen.wroteOutside,
    network: !seen.connected,
    processes: nothingLeft,
    hidden: !seen.readCanary && !seen.readOurEnvironment,
    limits: !seen.wroteLargeFile,
  };
  return {
    ok: true,
    enforces: (["files", "network", "processes", "hidden", "limits"] as const).filter((each) => held[each]),
  };
}

function parseSeen(output: string): Seen | undefined {
  try {
    return seenSchema.parse(JSON.parse(output));
  } catch {
    return undefined;
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error("The listener has no port."));
    });
  });
}
