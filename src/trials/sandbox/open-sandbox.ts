import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { AgentTuneError } from "../../errors.js";
import { findProgram } from "../preflight.js";
import { type BubblewrapVariant, explainBubblewrap } from "./bubblewrap.js";
import { type Protection, protections, type Sandbox } from "./confinement.js";
import { credentialPlaces } from "./credential-places.js";
import { probe } from "./probe.js";
import { parseHardLimits, unlimited } from "./resource-limits.js";
import { bubblewrapWrap, containerRelease, containerWrap, noSandbox, seatbeltWrap } from "./sandboxes.js";

/**
 * `auto`: the best that this machine has, which must keep files, hidden places and the network closed; `require`: all
 * protections, nothing less; `off`: edited code may run unconfined; an image: containers of it.
 */
export type SandboxMode = "auto" | "require" | "off" | { readonly container: string };

export interface SandboxSurroundings {
  /** Environment of the controller. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}

/** Without these, confined is not the word. The rest is made up for by watching: processes by their mark, sizes. */
const indispensable: readonly Protection[] = ["files", "network", "hidden"];

/** From the strongest to the weakest; the last two are for root on a machine without user namespaces. */
const variants: readonly BubblewrapVariant[] = [
  { userNamespace: true, proc: "new" },
  { userNamespace: true, proc: "bound" },
  { userNamespace: false, proc: "new" },
  { userNamespace: false, proc: "bound" },
];

/**
 * Opens the sandbox for edited code, and tries what it enforces (see probe.ts): what is not enforced is not claimed.
 *
 * @throws AgentTuneError `sandbox_unavailable` where there is none, or less than the mode asks for; never falls back to
 *   running unconfined
 */
export async function openSandbox(mode: SandboxMode, surroundings: SandboxSurroundings): Promise<Sandbox> {
  if (mode === "off") return noSandbox;
  if (typeof mode === "object") return openContainer(mode.container, surroundings);
  const platform = surroundings.platform ?? process.platform;
  const sandbox =
    platform === "linux"
      ? await openBubblewrap(surroundings)
      : platform === "darwin"
        ? await openSeatbelt(surroundings)
        : refuse(`There is no sandbox for ${platform}.`, "Name a container image, or");
  const needed = mode === "require" ? protections : indispensable;
  const missing = needed.filter((protection) => !sandbox.level.enforces.includes(protection));
  if (missing.length > 0) {
    refuse(
      `The sandbox of this machine does not protect ${missing.join(", ")}: ${sandbox.level.detail}`,
      mode === "require" ? "Use --sandbox auto to be content with the rest, or" : "Name a container image, or",
    );
  }
  return sandbox;
}

async function openBubblewrap({ environment }: SandboxSurroundings): Promise<Sandbox> {
  const bubblewrap = await programAlong("bwrap", environment.PATH);
  if (bubblewrap === undefined) {
    return refuse(
      "Edited code runs in a sandbox, and bubblewrap (bwrap) is not installed.",
      "apt install bubblewrap, or",
    );
  }
  const asRoot = process.getuid?.() === 0;
  const [help, version, prlimit, hard] = await Promise.all([
    output([bubblewrap, "--help"]),
    output([bubblewrap, "--version"]),
    programAlong("prlimit", environment.PATH),
    readFile("/proc/self/limits", "utf8").then(parseHardLimits, () => unlimited),
  ]);
  const program = {
    bubblewrap,
    knowsSize: help.includes("--size"),
    prlimit,
    asRoot,
    hard,
    credentials: credentialsOf(environment),
  };
  const refusals: string[] = [];
  for (const variant of variants.filter(({ userNamespace }) => userNamespace || asRoot)) {
    const wrap = bubblewrapWrap({ ...program, variant });
    const result = await probe(wrap, environment);
    if (!result.ok) {
      refusals.push(result.errors);
      continue;
    }
    const weaker = [
      ...(variant.proc === "bound" ? ["/proc is the machine's own, since a new one cannot be mounted here"] : []),
      ...(variant.userNamespace ? [] : ["the command runs as root without capabilities, for want of user namespaces"]),
      ...(prlimit === undefined ? ["prlimit is not installed"] : []),
    ];
    const detail = [version.trim() || "bubblewrap", ...weaker].join("; ");
    return { level: { kind: "bubblewrap", enforces: result.enforces, detail: `${detail}.` }, wrap };
  }
  // The first refusal is that of the usual way, which is what a person should make possible.
  const { why, remedy } = explainBubblewrap(refusals[0] ?? "");
  return refuse(
    `Edited code runs in a sandbox, and ${why}.`,
    `${remedy ?? "Run bwrap --ro-bind / / true by hand to see more."} Or`,
  );
}

async function openSeatbelt({ environment }: SandboxSurroundings): Promise<Sandbox> {
  const program = await programAlong("sandbox-exec", environment.PATH);
  if (program === undefined) return refuse("sandbox-exec was not found on this Mac.", "Name a container image, or");
  const wrap = seatbeltWrap(program, credentialsOf(environment));
  const result = await probe(wrap, environment);
  if (!result.ok)
    return refuse(`sandbox-exec does not work here: ${result.errors.trim()}.`, "Name a container image, or");
  return {
    level: { kind: "sandbox-exec", enforces: result.enforces, detail: "sandbox-exec of macOS; processes are watched." },
    wrap,
  };
}

async function openContainer(image: string, { environment }: SandboxSurroundings): Promise<Sandbox> {
  const engine = (await programAlong("docker", environment.PATH)) ?? (await programAlong("podman", environment.PATH));
  if (engine === undefined) {
    return refuse("A container was asked for, and neither docker nor podman is installed.", "Install one of them, or");
  }
  const inspected = await execute([engine, "image", "inspect", image]);
  if (!inspected.ok) {
    refuse(`${engine} does not have the image ${image}: ${inspected.errors.trim()}.`, `${engine} pull ${image}, or`);
  }
  return {
    level: {
      kind: "container",
      enforces: protections,
      detail: `${engine} with ${image}; what it enforces is what the engine promises, it was not tried.`,
    },
    wrap: containerWrap({ engine, image, user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } }),
    release: containerRelease(engine, execute),
  };
}

function credentialsOf(environment: SandboxSurroundings["environment"]): readonly string[] {
  const homes = new Set([homedir(), ...(environment.HOME === undefined ? [] : [environment.HOME])]);
  return [...homes].flatMap((home) => credentialPlaces(home, environment));
}

async function programAlong(name: string, path: string | undefined): Promise<string | undefined> {
  try {
    return await findProgram(name, "/", path);
  } catch (error) {
    if (AgentTuneError.isInstance(error)) return undefined;
    throw error;
  }
}

async function output(words: readonly string[]): Promise<string> {
  return (await execute(words)).output;
}

function execute(
  words: readonly string[],
): Promise<{ readonly ok: boolean; readonly output: string; readonly errors: string }> {
  const [file = "", ...args] = words;
  return new Promise((resolve) => {
    execFile(file, args, { timeout: 30_000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: stdout, errors: stderr });
    });
  });
}

/** Says what stands against a sandbox and what can be done, of which the last is always to do without. */
function refuse(message: string, remedy: string): never {
  throw new AgentTuneError("sandbox_unavailable", {
    message,
    where: "sandbox",
    remedy: `${remedy} say --sandbox off if edited code may run unconfined.`,
  });
}
