import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";

/** What an entry costs at least, so that a million empty files are not nothing. */
const leastBytes = 4096;

/**
 * Bytes on the disk below some folders: what files really take, not their length. Links are not followed. Folders that
 * cannot be read and files that vanish meanwhile do not count.
 *
 * @param enough counting stops once this is passed
 * @param over aborted to give up; what was counted until then is returned
 */
export async function diskUse(folders: readonly string[], enough: number, over: AbortSignal): Promise<number> {
  let bytes = 0;
  const left = [...folders];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        if (over.aborted || bytes > enough) return bytes;
        const path = join(folder, entry.name);
        if (entry.isDirectory()) left.push(path);
        bytes += await bytesOf(path);
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
  return bytes;
}

async function bytesOf(path: string): Promise<number> {
  return lstat(path).then(
    ({ blocks }) => Math.max(leastBytes, blocks * 512),
    () => 0,
  );
}
