import { chmod, readdir, readlink, realpath, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";

/**
 * Removes symbolic links of a folder that lead out of it. A training cannot read a holdout that is hidden from it, but
 * it can leave a link to it under the name of its predictions, which the evaluation would follow.
 *
 * @param allowed folders besides, to which links may lead
 * @returns the links removed, relative to the folder
 */
export async function removeLinksLeadingOut(folder: string, allowed: readonly string[]): Promise<readonly string[]> {
  const root = await realpath(folder);
  const given = [folder, ...allowed];
  const roots = [...given, ...(await Promise.all(given.map((path) => realpath(path))))];
  const removed: string[] = [];
  const left = [root];
  for (let current = left.pop(); current !== undefined; current = left.pop()) {
    await openUp(current);
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) left.push(path);
      if (!entry.isSymbolicLink() || (await staysWithin(path, roots))) continue;
      await rm(path);
      removed.push(path.slice(root.length + 1));
    }
  }
  return removed.sort();
}

/** The training may have closed the folder, to itself and to us; nothing of it runs any more that could swap it. */
async function openUp(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o700) !== 0o700) await chmod(folder, (mode & 0o777) | 0o700);
}

/**
 * By the link's own words, since what they come to differs between processes (/proc/self). With `..` at the front of a
 * relative link only, resolution cannot climb out through another link; the others are judged by themselves.
 */
async function staysWithin(link: string, roots: readonly string[]): Promise<boolean> {
  const target = await readlink(link);
  const parts = target.split("/");
  const afterClimb = isAbsolute(target) ? 0 : parts.findIndex((part) => part !== ".." && part !== ".");
  if (afterClimb !== -1 && parts.slice(afterClimb).includes("..")) return false;
  return within(resolve(dirname(link), target), roots);
}

function within(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root + sep));
}
