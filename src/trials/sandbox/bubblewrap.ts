import { arrangeMounts, type Mount } from "./mounts.js";

/** What differs between machines in how bubblewrap can be used; found by trying, see probe.ts. */
export interface BubblewrapVariant {
  /** False only for root on a machine that has no user namespaces. */
  readonly userNamespace: boolean;
  /** `bound` shows the machine's own /proc, where a container forbids to mount a new one. */
  readonly proc: "new" | "bound";
}

export interface BubblewrapLayout {
  readonly variant: BubblewrapVariant;
  /** Started by root: inside, the command is then nobody. */
  readonly asRoot: boolean;
  readonly mounts: readonly Mount[];
  /** An empty file, which stands where a file is hidden. */
  readonly emptyFile: string;
  readonly network: boolean;
  readonly devices: readonly string[];
  /** Size of /dev/shm in bytes; half of the machine's memory where not given. */
  readonly sharedMemoryBytes?: number;
  readonly cwd: string;
}

/** The number of the user `nobody` on Linux. */
const nobody = "65534";

/**
 * What stands below /run that is no way out: the name resolver (for who may use the network), drivers and programs of
 * NixOS. All else there is sockets of services, such as Docker's, that an unshared network does not cut off.
 */
const keptOfRun = [
  "systemd/resolve",
  "NetworkManager",
  "resolvconf",
  "opengl-driver",
  "opengl-driver-32",
  "current-system",
];

/**
 * Arguments of bubblewrap up to the command: the whole system read-only; new namespaces for users, processes, network,
 * shared memory, host name and cgroups; no capabilities; of /dev the harmless nodes and the given devices. GPUs need
 * --dev-bind: a node that is bound otherwise is there, but cannot be opened.
 */
export function bubblewrapArguments(layout: BubblewrapLayout): readonly string[] {
  const { variant, asRoot, network, devices, sharedMemoryBytes, emptyFile, cwd } = layout;
  const mounts = arrangeMounts([...layout.mounts, { path: "/run", as: "hidden folder" }]);
  const size = sharedMemoryBytes === undefined ? [] : ["--size", String(Math.floor(sharedMemoryBytes))];
  return [
    "--unshare-all",
    ...(variant.userNamespace ? ["--unshare-user"] : []),
    ...(variant.userNamespace && asRoot ? ["--uid", nobody, "--gid", nobody] : []),
    ...(network ? ["--share-net"] : []),
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    ...size,
    "--tmpfs",
    "/dev/shm",
    ...devices.flatMap((device) => ["--dev-bind-try", device, device]),
    // Memory without a limit otherwise: nobody counts files in it.
    "--remount-ro",
    "/dev",
    // Read-only: the settings of the kernel in it ask for no capability, only for the number of the user root.
    ...(variant.proc === "new" ? ["--proc", "/proc", "--remount-ro", "/proc"] : ["--ro-bind", "/proc", "/proc"]),
    ...mounts.flatMap((mount) => mountArguments(mount, emptyFile)),
    // Only now, since what is shown within needs a place to stand.
    ...mounts.flatMap(({ as, path }) => (as === "hidden folder" ? ["--remount-ro", path] : [])),
    "--chdir",
    cwd,
    "--",
  ];
}

function mountArguments(mount: Mount, emptyFile: string): readonly string[] {
  const { path } = mount;
  switch (mount.as) {
    case "readable":
      return ["--ro-bind", path, path];
    case "writable":
      return ["--bind", path, path];
    case "private":
      return ["--bind", mount.from ?? path, path];
    case "hidden file":
      return ["--ro-bind", emptyFile, path];
    case "hidden folder":
      return path === "/run"
        ? ["--tmpfs", path, ...keptOfRun.flatMap((name) => ["--ro-bind-try", `/run/${name}`, `/run/${name}`])]
        : ["--tmpfs", path];
  }
}

/** Why bubblewrap did not start a command, from what it wrote: one sentence for the person, and what helps. */
export function explainBubblewrap(errors: string): { readonly why: string; readonly remedy?: string } {
  const said = errors
    .split("\n")
    .find((line) => line.startsWith("bwrap:"))
    ?.slice("bwrap:".length)
    .trim();
  if (said === undefined) return { why: "bubblewrap did not run the command and does not say why" };
  if (/mount proc/i.test(said)) {
    return {
      why: `a new /proc cannot be mounted here, as in a container that masks it (${said})`,
      remedy: "Start the container with --security-opt systempaths=unconfined.",
    };
  }
  if (/namespace|uid map|gid map|RTM_NEWADDR|loopback|clone/i.test(said)) {
    return {
      why: `this machine does not let bubblewrap make namespaces (${said})`,
      remedy:
        "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 and user.max_user_namespaces above 0; on " +
        "Ubuntu 24.04 also kernel.apparmor_restrict_unprivileged_userns=0; in a container " +
        "--security-opt seccomp=unconfined --security-opt apparmor=unconfined.",
    };
  }
  return { why: `bubblewrap failed: ${said}` };
}
