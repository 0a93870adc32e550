import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where bubblewrap is on this machine; undefined where it is not, and tests that need it are skipped by name. */
export function bubblewrapPath(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders
    .map((folder) => join(folder, "bwrap"))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
