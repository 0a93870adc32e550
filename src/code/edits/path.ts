import { type EditRules, refused, type SourceTree } from "./edit.js";
import { matchesGlob } from "./glob.js";

type Refusal = ReturnType<typeof refused>;

/** Bytes of a path, and of one of its parts, that every usual file system can hold. */
const longestPath = 1024;
const longestPart = 255;

/**
 * Why this path may not be edited, or undefined. Refuses by form first, so that nothing outside the tree can be named
 * whatever the globs say, then names that a file system could take for another file, then by the rules.
 *
 * @param touched paths that this submission has created before
 */
export function pathProblem(
  path: string,
  tree: SourceTree,
  rules: EditRules,
  touched: Iterable<string> = [],
): Refusal | undefined {
  return formProblem(path) ?? variantProblem(path, [...tree.paths, ...touched]) ?? ruleProblem(path, rules);
}

function formProblem(path: string): Refusal | undefined {
  const quoted = JSON.stringify(path);
  const relative = 'Give a path relative to the project, with "/" between its parts, such as "model/layers.py".';
  if (path === "") return refused("bad_path", `The path is empty. ${relative}`);
  if (/^(?:[/~]|[A-Za-z]:|\\\\)/.test(path)) return refused("outside", `${quoted} is not relative. ${relative}`);
  const parts = path.split("/");
  if (path.split(/[/\\]/).includes("..")) return refused("outside", `${quoted} leads out of the project. ${relative}`);
  if (/[\\:*?"<>|]/.test(path)) {
    return refused(
      "bad_path",
      `${quoted} has a character that file names here may not have (\\ : * ? " < > |). ${relative}`,
    );
  }
  // Control, format (zero width, direction), private and unassigned characters; lone surrogates; other spaces.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(path) || /[^\S ]/u.test(path)) {
    return refused("bad_path", `${quoted} has a character that cannot be seen. ${relative}`);
  }
  if (path !== path.normalize("NFKC")) {
    return refused(
      "bad_path",
      `${quoted} has characters that a file system could take for others: it is not in Unicode's form NFKC. Write it in plain ASCII.`,
    );
  }
  for (const part of parts) {
    if (part === "" || part === ".") return refused("bad_path", `${quoted} has an empty part or ".". ${relative}`);
    if (/^ |[ .]$/.test(part)) {
      return refused("bad_path", `A part of ${quoted} begins or ends with a space or ends with a dot. ${relative}`);
    }
    if (Buffer.byteLength(part) > longestPart) return refused("bad_path", `A part of ${quoted} is too long.`);
    if (/^git~\d+$/i.test(part) || /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part)) {
      return refused("bad_path", `${JSON.stringify(part)} is a reserved name. Take another one.`);
    }
  }
  if (Buffer.byteLength(path) > longestPath)
    return refused("bad_path", `The path is too long: ${quoted.slice(0, 80)}...`);
  return undefined;
}

/** The same for every name that a file system without case or with another Unicode form could take for it. */
function folded(path: string): string {
  return path.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/**
 * A path that exists is itself and nothing else. A new one may not differ from an existing file or folder by case or
 * Unicode form only, nor use a file as a folder or a folder as a file.
 */
function variantProblem(path: string, existing: readonly string[]): Refusal | undefined {
  if (existing.includes(path)) return undefined;
  const prefixes = prefixesOf(path);
  const byFold = new Map(prefixes.map((prefix) => [folded(prefix), prefix]));
  for (const other of existing) {
    const others = prefixesOf(other);
    for (const [index, prefix] of others.entries()) {
      const mine = byFold.get(folded(prefix));
      if (mine === undefined) continue;
      if (mine !== prefix) {
        return refused(
          "bad_path",
          `${JSON.stringify(mine)} differs only by case or Unicode form from ${JSON.stringify(prefix)}, which exists. Write it the same way or take another name.`,
        );
      }
      const isFile = index === others.length - 1;
      if (mine === path) return refused("bad_path", `${JSON.stringify(path)} is a folder. Name a file in it.`);
      if (isFile) return refused("bad_path", `${JSON.stringify(prefix)} is a file, so nothing can stand below it.`);
    }
  }
  return undefined;
}

function prefixesOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
}

function ruleProblem(path: string, rules: EditRules): Refusal | undefined {
  const quoted = JSON.stringify(path);
  const editable = `Editable are: ${rules.editable.join(", ") || "no files"}.`;
  const lock = rules.locked?.find((glob) => matchesGlob(path, glob));
  if (lock !== undefined) return refused("locked_file", `${quoted} is locked (${lock}). ${editable}`);
  const hidden = path.split("/").find((part) => part.startsWith("."));
  if (hidden !== undefined) {
    return refused(
      "not_editable",
      `${JSON.stringify(hidden)} is a hidden name; such files are never editable. ${editable}`,
    );
  }
  if (!rules.editable.some((glob) => matchesGlob(path, glob))) {
    return refused("not_editable", `${quoted} is not among the editable files. ${editable}`);
  }
  return undefined;
}
