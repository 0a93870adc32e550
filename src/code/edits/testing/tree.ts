import type { SourceTree } from "../edit.js";

/** A source tree of these files, for tests. */
export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return {
    read: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    paths: Object.keys(files).sort(),
  };
}
