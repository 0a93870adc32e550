import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Confinement } from "./confinement.js";

/** One place of the file system as confined code sees it. */
export interface Mount {
  readonly path: string;
  /** `private`: another folder, `from`, stands there and may be written. */
  readonly as: "readable" | "writable" | "private" | "hidden folder" | "hidden file";
  readonly from?: string;
}

/** Where two meet at one path, the later one of these holds: a path that is both shown and hidden is hidden. */
const precedence = ["readable", "private", "writable", "hidden folder", "hidden file"] as const;

/**
 * Puts mounts in the order in which they have to be made: what lies deeper comes later and so wins, each path once.
 * What is to be hidden where nothing shows anyway is left out.
 */
export function arrangeMounts(mounts: readonly Mount[]): readonly Mount[] {
  const byPath = new Map<string, Mount>();
  // All of it is readable to begin with.
  for (const mount of mounts.filter(({ path }) => path !== "/")) {
    const other = byPath.get(mount.path);
    if (other === undefined || precedence.indexOf(mount.as) > precedence.indexOf(other.as))
      byPath.set(mount.path, mount);
  }
  const ordered = [...byPath.values()].sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  return ordered.filter((mount) => {
    if (mount.as !== "hidden folder" && mount.as !== "hidden file") return true;
    const around = nearestAround(mount.path, byPath);
    return around?.as !== "hidden folder" && around?.as !== "private";
  });
}

/**
 * What a confinement comes to on this machine: paths with their links resolved, and hidden ones only where they exist.
 *
 * @param more hidden paths besides the confinement's
 */
export async function mountsOf(confinement: Confinement, more: readonly string[]): Promise<readonly Mount[]> {
  const found = await Promise.all([
    ...confinement.readable.map(async (path) => ({ path: await realpath(path), as: "readable" as const })),
    ...confinement.writable.map(async (path) => ({ path: await realpath(path), as: "writable" as const })),
    ...[...confinement.hidden, ...more].map(hiddenMount),
  ]);
  return found.filter((mount) => mount !== undefined);
}

async function hiddenMount(path: string): Promise<Mount | undefined> {
  try {
    const real = await realpath(path);
    return { path: real, as: (await stat(real)).isDirectory() ? "hidden folder" : "hidden file" };
  } catch (error) {
    // What is not there, or not to be reached by us, is not there for the confined code either.
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}

function nearestAround(path: string, mounts: ReadonlyMap<string, Mount>): Mount | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const mount = mounts.get(folder);
    if (mount !== undefined) return mount;
  }
  return undefined;
}

function depth(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}
