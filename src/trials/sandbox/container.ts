import type { PreparedCommand } from "../pass/prepare.js";
import type { ConfinementLimits } from "./confinement.js";
import { arrangeMounts, type Mount } from "./mounts.js";

export interface ContainerLayout {
  /** Absolute path or name of docker or podman. */
  readonly engine: string;
  readonly image: string;
  readonly mark: string;
  readonly mounts: readonly Mount[];
  readonly emptyFile: string;
  readonly network: boolean;
  readonly devices: readonly string[];
  readonly limits: ConfinementLimits;
  /** The user whom files that it writes should belong to. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/** Names that say something about this machine and nothing about the image. */
const ofThisMachine =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TERM|XDG_.*|VIRTUAL_ENV|CONDA_.*|MAMBA_.*|PYTHONPATH|PYTHONHOME|PYENV_.*|UV_.*|LD_.*|DYLD_.*|LIBRARY_PATH|CPATH|CC|CXX|JAVA_HOME|GO.*|CARGO_HOME|RUSTUP_HOME|NODE_.*|MODULEPATH|LOADEDMODULES|CUDA_HOME|CUDA_PATH|CUDNN_.*)$/;

/**
 * The command run in a container of the person's image: its root read-only, no capabilities, only the given folders of
 * this machine mounted. Values of variables stay out of the arguments, where every user of the machine could read
 * them: the engine takes them from its own environment by name.
 */
export function containerCommand(prepared: PreparedCommand, layout: ContainerLayout): PreparedCommand {
  const { limits, user } = layout;
  const { words, environment, cwd } = prepared;
  const passed = Object.keys(environment).filter((name) => !ofThisMachine.test(name));
  const nvidia = layout.devices.flatMap((device) => /^\/dev\/nvidia(\d+)$/.exec(device)?.[1] ?? []);
  const other = layout.devices.filter((device) => !device.startsWith("/dev/nvidia"));
  return {
    words: [
      layout.engine,
      "run",
      "--rm",
      "--init",
      "--name",
      containerName(layout.mark),
      "--read-only",
      "--cap-drop",
      "ALL",
      "--security-opt",
      "no-new-privileges",
      "--network",
      layout.network ? "bridge" : "none",
      "--user",
      `${user.uid}:${user.gid}`,
      "--ulimit",
      "core=0",
      ...(limits.fileBytes === undefined ? [] : ["--ulimit", `fsize=${Math.floor(limits.fileBytes)}`]),
      ...(limits.openFiles === undefined ? [] : ["--ulimit", `nofile=${limits.openFiles}`]),
      ...(limits.cpuSeconds === undefined ? [] : ["--ulimit", `cpu=${Math.ceil(limits.cpuSeconds)}`]),
      ...(limits.tasks === undefined ? [] : ["--pids-limit", String(limits.tasks)]),
      ...(limits.memoryBytes === undefined ? [] : ["--memory", String(Math.floor(limits.memoryBytes))]),
      ...(nvidia.length === 0 ? [] : ["--gpus", `"device=${nvidia.join(",")}"`]),
      ...other.flatMap((device) => ["--device", device]),
      ...arrangeMounts(layout.mounts).flatMap((mount) => ["--mount", mountOption(mount, layout.emptyFile)]),
      "--workdir",
      cwd,
      ...passed.flatMap((name) => ["--env", name]),
      "--env",
      "HOME=/tmp",
      layout.image,
      ...words,
    ],
    environment,
    cwd,
    supervised: true,
  };
}

/** What ends a container, whoever started it. The engine's own process may be gone while the container runs on. */
export function containerRemoval(engine: string, mark: string): readonly string[] {
  return [engine, "rm", "--force", containerName(mark)];
}

function containerName(mark: string): string {
  return `agent-tune-${mark.replace(/[^A-Za-z0-9_.-]/g, "-")}`;
}

function mountOption(mount: Mount, emptyFile: string): string {
  const field = (name: string, path: string) => {
    const text = `${name}=${path}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const bind = (from: string, more: string) => `type=bind,${field("src", from)},${field("dst", mount.path)}${more}`;
  switch (mount.as) {
    case "readable":
      return bind(mount.path, ",readonly");
    case "writable":
      return bind(mount.path, "");
    case "private":
      return bind(mount.from ?? mount.path, "");
    case "hidden folder":
      return `type=tmpfs,${field("dst", mount.path)},tmpfs-mode=0555`;
    case "hidden file":
      return bind(emptyFile, ",readonly");
  }
}
