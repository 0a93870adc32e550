import { isUtf8 } from "node:buffer";
import type { SourceTree } from "../edits/index.js";
import { type Git, splitNul } from "./git.js";

/** One file of a version. */
export interface TreeEntry {
  /** Relative, "/" separated. */
  readonly path: string;
  /** `100644` file, `100755` executable file, `120000` symbolic link. */
  readonly mode: string;
  /** Git's hash of its content. */
  readonly object: string;
  readonly bytes: number;
}

/** Text files of more bytes are not given to a reader of the code. */
const largestText = 1_000_000;

export async function treeEntries(git: Git, commit: string): Promise<readonly TreeEntry[]> {
  const { text } = await git.run(["ls-tree", "-r", "-z", "--long", "--full-tree", commit]);
  return splitNul(text).flatMap((line) => {
    const [, mode, object, bytes, path] = /^(\d+) \w+ (\w+) +(\d+|-)\t(.+)$/s.exec(line) ?? [];
    if (mode === undefined || object === undefined || path === undefined) return [];
    return [{ path, mode, object, bytes: Number(bytes) }];
  });
}

/** The regular files of a version; those that are text and not too large with their text. */
export async function readSources(git: Git, entries: readonly TreeEntry[]): Promise<SourceTree> {
  const files = entries.filter(({ mode }) => mode === "100644" || mode === "100755");
  const wanted = files.filter(({ bytes }) => bytes <= largestText);
  const objects = [...new Set(wanted.map(({ object }) => object))];
  const contents = await readObjects(git, objects);
  const texts = new Map<string, string>();
  for (const { path, object } of wanted) {
    const text = textOf(contents.get(object));
    if (text !== undefined) texts.set(path, text);
  }
  return { paths: files.map(({ path }) => path).sort(), read: (path) => texts.get(path) };
}

/** Content by object. */
export async function readObjects(git: Git, objects: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (objects.length === 0) return contents;
  const { bytes } = await git.run(["cat-file", "--batch"], { input: `${objects.join("\n")}\n` });
  // For each object "<object> blob <size>\n<content>\n".
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const [object = "", , size] = bytes.toString("latin1", at, end).split(" ");
    const start = end + 1;
    contents.set(object, bytes.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return contents;
}

function textOf(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.includes(0) || !isUtf8(bytes)) return undefined;
  return bytes.toString("utf8");
}
