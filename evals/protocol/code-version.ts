import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Fingerprint of compiled modules and of everything that they import by a relative path, so that a change elsewhere
 * does not count.
 *
 * @param also texts that matter too, such as versions of what else is used
 * @param except names of files whose content does not matter
 */
export function codeVersion(
  entries: readonly string[],
  { also = [], except = [] }: { readonly also?: readonly string[]; readonly except?: readonly string[] } = {},
): string {
  const contents = new Map<string, string>();
  const visit = (file: string): void => {
    if (contents.has(file) || except.some((name) => file.endsWith(`/${name}`))) return;
    const content = readFileSync(file, "utf8");
    contents.set(file, content);
    for (const [, target = ""] of content.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      visit(join(dirname(file), target));
    }
  };
  for (const entry of entries) visit(entry);
  const hash = createHash("sha256");
  for (const text of also) hash.update(`${text}\n`);
  // The same code in another folder is the same code.
  const root = dirname(entries[0] ?? "");
  for (const file of [...contents.keys()].sort()) {
    hash.update(`${relative(root, file)}\n`).update(contents.get(file) ?? "");
  }
  return hash.digest("hex").slice(0, 16);
}
