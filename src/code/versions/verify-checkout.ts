import { createHash } from "node:crypto";
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { foldersOf, type Link } from "./snapshot-plan.js";
import type { TreeEntry } from "./tree-entries.js";

/**
 * What differs between a checkout and its version, by content: the time of a file proves nothing. A folder that should
 * not be there is named once, with "/" at its end. The `.git` file of the checkout is not looked at.
 *
 * @param checkout absolute path
 * @returns paths that differ, appeared or vanished, "/" separated, sorted
 */
export function differences(
  checkout: string,
  entries: readonly TreeEntry[],
  links: readonly Link[],
): readonly string[] {
  const expected = new Map<string, TreeEntry | Link>();
  for (const link of links) expected.set(link.path, link);
  for (const entry of entries) expected.set(entry.path, entry);
  const folders = foldersOf(expected.keys());
  const different: string[] = [];
  const seen = new Set<string>();

  const visit = (at: string): void => {
    for (const found of entriesOf(join(checkout, at))) {
      const path = at === "" ? found.name : `${at}/${found.name}`;
      if (path === ".git") continue;
      if (found.isDirectory() && folders.has(path)) {
        visit(path);
        continue;
      }
      const wanted = expected.get(path);
      if (wanted === undefined) different.push(found.isDirectory() ? `${path}/` : path);
      else {
        seen.add(path);
        if (!("target" in wanted ? isLink(join(checkout, path), wanted) : isEntry(join(checkout, path), wanted))) {
          different.push(path);
        }
      }
    }
  };
  visit("");
  for (const path of expected.keys()) if (!seen.has(path)) different.push(path);
  return different.sort();
}

function isLink(path: string, link: Link): boolean {
  try {
    return readlinkSync(path) === link.target;
  } catch {
    return false;
  }
}

function isEntry(path: string, entry: TreeEntry): boolean {
  try {
    const stat = lstatSync(path);
    if (entry.mode === "120000") return stat.isSymbolicLink() && hash(Buffer.from(readlinkSync(path))) === entry.object;
    if (!stat.isFile() || stat.size !== entry.bytes) return false;
    // Windows has no such mode.
    const executable = process.platform === "win32" || ((stat.mode & 0o100) !== 0) === (entry.mode === "100755");
    return executable && hash(readFileSync(path)) === entry.object;
  } catch {
    return false;
  }
}

/** Git's name of a content. */
function hash(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
