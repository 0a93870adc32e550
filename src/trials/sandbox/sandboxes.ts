import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markVariable } from "../process/process-table.js";
import { type BubblewrapVariant, bubblewrapArguments } from "./bubblewrap.js";
import type { Confinement, Sandbox, SandboxLevel } from "./confinement.js";
import { containerCommand, containerRemoval } from "./container.js";
import { mountsOf } from "./mounts.js";
import { privateEnvironment } from "./private-environment.js";
import { type HardLimits, limitWords } from "./resource-limits.js";
import { seatbeltProfile } from "./sandbox-exec.js";

type Wrap = Sandbox["wrap"];

/** Folders for temporary files that a private one stands in for. */
const temporaryFolders = ["/tmp", "/var/tmp"] as const;

export interface BubblewrapProgram {
  /** Absolute path. */
  readonly bubblewrap: string;
  readonly variant: BubblewrapVariant;
  /** Whether it knows --size, which came with version 0.7. */
  readonly knowsSize: boolean;
  /** Absolute path; where there is none, the kernel is given no limits. */
  readonly prlimit: string | undefined;
  readonly asRoot: boolean;
  readonly hard: HardLimits;
  /** Hidden from every command. */
  readonly credentials: readonly string[];
}

export function bubblewrapWrap(program: BubblewrapProgram): Wrap {
  return async (prepared, confinement) => {
    const { temporary, emptyFile } = await temporaryPlaces(confinement);
    const { limits, network, devices } = confinement;
    const mounts = await mountsOf(confinement, program.credentials);
    const args = bubblewrapArguments({
      variant: program.variant,
      asRoot: program.asRoot,
      mounts: [...mounts, ...temporaryFolders.map((path) => ({ path, as: "private" as const, from: temporary }))],
      emptyFile,
      network,
      devices,
      ...(limits.memoryBytes === undefined || !program.knowsSize ? {} : { sharedMemoryBytes: limits.memoryBytes }),
      cwd: await realpath(prepared.cwd),
    });
    const limited =
      program.prlimit === undefined ? [] : limitWords(program.prlimit, limits, program.hard, program.asRoot);
    return {
      words: [program.bubblewrap, ...args, ...limited, ...prepared.words],
      environment: privateEnvironment(prepared.environment, "/tmp"),
      cwd: prepared.cwd,
      supervised: true,
    };
  };
}

export function seatbeltWrap(program: string, credentials: readonly string[]): Wrap {
  return async (prepared, confinement) => {
    const { temporary } = await temporaryPlaces(confinement);
    const mounts = await mountsOf({ ...confinement, writable: [...confinement.writable, temporary] }, credentials);
    return {
      words: [program, "-p", seatbeltProfile({ mounts, network: confinement.network }), ...prepared.words],
      environment: privateEnvironment(prepared.environment, await realpath(temporary)),
      cwd: prepared.cwd,
    };
  };
}

export interface ContainerEngine {
  /** Absolute path of docker or podman. */
  readonly engine: string;
  readonly image: string;
  readonly user: { readonly uid: number; readonly gid: number };
}

export function containerWrap({ engine, image, user }: ContainerEngine): Wrap {
  return async (prepared, confinement) => {
    const { temporary, emptyFile } = await temporaryPlaces(confinement);
    const mounts = await mountsOf(confinement, []);
    const shown = mounts.filter(({ as }) => as === "readable" || as === "writable");
    const within = (path: string) => shown.some((mount) => path.startsWith(`${mount.path}/`));
    return containerCommand(
      { ...prepared, environment: privateEnvironment(prepared.environment, "/tmp") },
      {
        engine,
        image,
        user,
        mark: prepared.environment[markVariable] ?? "",
        // What is not below something that is mounted is not there anyway.
        mounts: [
          ...mounts.filter(({ as, path }) => as === "readable" || as === "writable" || within(path)),
          { path: "/tmp", as: "private", from: temporary },
        ],
        emptyFile,
        network: confinement.network,
        devices: confinement.devices,
        limits: confinement.limits,
      },
    );
  };
}

export function containerRelease(
  engine: string,
  execute: (words: readonly string[]) => Promise<unknown>,
): NonNullable<Sandbox["release"]> {
  return async (mark) => {
    await execute(containerRemoval(engine, mark));
  };
}

/** For who has said that edited code may run unconfined. */
export const noSandbox: Sandbox = {
  level: {
    kind: "none",
    enforces: [],
    detail: "Edited code runs unconfined, as was asked for.",
  } satisfies SandboxLevel,
  wrap: async (prepared) => prepared,
};

async function temporaryPlaces(confinement: Confinement): Promise<{ temporary: string; emptyFile: string }> {
  const temporary = join(confinement.temporary, "tmp");
  const emptyFile = join(confinement.temporary, "empty");
  await mkdir(temporary, { recursive: true });
  await writeFile(emptyFile, "");
  return { temporary, emptyFile };
}
