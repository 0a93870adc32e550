import {
  type Applied,
  type Change,
  type Edit,
  type EditProblem,
  type EditRules,
  refused,
  type SourceTree,
} from "./edit.js";
import { lineDiff } from "./line-diff.js";
import { splitLines, withEndingsOf, withFinalNewlineOf } from "./lines.js";
import { lockedRegionProblem } from "./locked-regions.js";
import { pathProblem } from "./path.js";
import { replaceBlock } from "./replace.js";
import { replaceDefinition } from "./replace-definition.js";
import { sameProgram } from "./same-program.js";
import { truncation } from "./truncation.js";

/** Largest changed file where the rules name no size: code is smaller, and generated tables are data. */
const usualMaxFileBytes = 1_000_000;

/** One file while edits are applied to it. */
interface Work {
  readonly before: string | null;
  text: string | null;
  /** Index of the last edit of it. */
  edit: number;
}

/**
 * Applies a submission in memory, all of it or nothing. Pure: no file is read or written. Every edit that can be judged
 * is, so that one answer names all problems; an edit of a file whose earlier edit was refused is judged on the file
 * without that edit.
 *
 * Beyond edits that do not fit, refused are paths that are not editable, changes of locked regions, placeholders and
 * files that are cut off, JSON that does not parse, and submissions after which nothing that runs would differ.
 */
export function applyEdits(tree: SourceTree, edits: readonly Edit[], rules: EditRules): Applied {
  const problems: EditProblem[] = [];
  const notes: string[] = [];
  const work = new Map<string, Work>();
  if (edits.length === 0) {
    return { ok: false, problems: [{ path: "", edit: 0, kind: "no_change", message: "The submission has no edits." }] };
  }
  for (const [index, edit] of edits.entries()) {
    const problem = pathProblem(edit.path, tree, rules, work.keys());
    if (problem !== undefined) {
      problems.push({ path: edit.path, edit: index, kind: problem.kind, message: problem.message });
      continue;
    }
    const size = sizeProblem(edit.path, "text" in edit ? edit.text : "replace" in edit ? edit.replace : "", rules);
    if (size !== undefined) {
      problems.push({ path: edit.path, edit: index, kind: size.kind, message: size.message });
      continue;
    }
    const file = work.get(edit.path) ?? {
      before: readOrNull(tree, edit.path),
      text: readOrNull(tree, edit.path),
      edit: index,
    };
    const change = applyOne(tree, file, edit);
    if (!change.ok) {
      problems.push({ path: edit.path, edit: index, kind: change.kind, message: change.message });
      continue;
    }
    work.set(edit.path, file);
    file.text = edit.kind === "delete" ? null : change.text;
    file.edit = index;
    notes.push(...change.notes);
  }
  for (const [path, file] of work) {
    const problem = resultProblem(path, file, rules);
    if (problem !== undefined) problems.push({ path, edit: file.edit, kind: problem.kind, message: problem.message });
  }
  if (problems.length > 0) return { ok: false, problems: problems.sort((a, b) => a.edit - b.edit) };

  const unchanged = [...work].filter(([path, file]) => runsAlike(path, file));
  const [first] = unchanged;
  if (first !== undefined && unchanged.length === work.size) {
    const message = `Nothing that runs would differ: only comments, docstrings or spacing change in ${[...work.keys()].join(", ")}. A run of it would only repeat the parent.`;
    return { ok: false, problems: [{ path: first[0], edit: first[1].edit, kind: "no_change", message }] };
  }
  notes.push(...unchanged.map(([path]) => `${path}: only comments, docstrings or spacing change.`));
  return {
    ok: true,
    files: new Map([...work].map(([path, file]) => [path, file.text])),
    lines: changedLines(work.values()),
    notes,
  };
}

function readOrNull(tree: SourceTree, path: string): string | null {
  return tree.read(path) ?? null;
}

function applyOne(tree: SourceTree, file: Work, edit: Edit): Change {
  const { path } = edit;
  const { text } = file;
  if (text === null && file.before === null && tree.paths.includes(path)) {
    return refused("bad_path", `${path} is not a text file.`);
  }
  const missing = refused(
    "no_match",
    `There is no file ${path}. ${tree.paths.length === 0 ? "" : "Take a path of the project, or create the file with its whole text."}`.trim(),
  );
  switch (edit.kind) {
    case "delete":
      return text === null ? missing : { ok: true, text, notes: [] };
    case "file":
      return wholeFile(path, text, edit.text);
    case "function": {
      if (text === null) return missing;
      const cut = truncation(path, text, edit.text, false);
      if (cut !== undefined) return refused("truncated", cut);
      return changed(path, text, replaceDefinition(path, text, edit.name, edit.text));
    }
    case "replace": {
      if (edit.search.trim() === "" && (text ?? "").trim() === "") return wholeFile(path, text, edit.replace);
      if (text === null) return missing;
      const cut = truncation(path, edit.search, edit.replace, false);
      if (cut !== undefined) return refused("truncated", cut);
      return changed(path, text, replaceBlock(path, text, edit.search, edit.replace));
    }
  }
}

function wholeFile(path: string, before: string | null, text: string): Change {
  const cut = truncation(path, before, text, true);
  if (cut !== undefined) return refused("truncated", cut);
  if (before === null) return { ok: true, text, notes: [] };
  const marked = before.startsWith("\uFEFF") && !text.startsWith("\uFEFF") ? `\uFEFF${text}` : text;
  return changed(path, before, {
    ok: true,
    text: withFinalNewlineOf(before, withEndingsOf(before, marked)),
    notes: [],
  });
}

function changed(path: string, before: string, change: Change): Change {
  if (!change.ok || change.text !== before) return change;
  return refused("no_change", `The edit leaves ${path} as it is. Leave it out.`);
}

function resultProblem(path: string, file: Work, rules: EditRules): Extract<Change, { ok: false }> | undefined {
  const { before, text } = file;
  if (text === before) return refused("no_change", `After all edits ${path} is as it was. Leave them out.`);
  const region = lockedRegionProblem(path, before ?? "", text ?? "");
  if (region !== undefined) return refused("locked_region", region);
  if (text === null) return undefined;
  const size = sizeProblem(path, text, rules);
  if (size !== undefined) return size;
  if (text.includes("\0")) return refused("syntax", `${path} would have a NUL character, which no source file has.`);
  const syntax = path.endsWith(".json") ? jsonProblem(before, text) : undefined;
  return syntax === undefined ? undefined : refused("syntax", `${path} would not be JSON: ${syntax}.`);
}

function sizeProblem(path: string, text: string, rules: EditRules): Extract<Change, { ok: false }> | undefined {
  const most = rules.maxFileBytes ?? usualMaxFileBytes;
  const bytes = Buffer.byteLength(text);
  if (bytes <= most) return undefined;
  return refused("too_large", `${path} would have ${bytes} bytes; at most ${most} are allowed.`);
}

/** A file that is no strict JSON already, such as one with comments, is not held to it. */
function jsonProblem(before: string | null, after: string): string | undefined {
  const problem = jsonError(after);
  return problem !== undefined && (before === null || jsonError(before) === undefined) ? problem : undefined;
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ""));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function runsAlike(path: string, file: Work): boolean {
  return file.text !== null && sameProgram(path, file.before ?? "", file.text);
}

function changedLines(files: Iterable<Work>): { added: number; removed: number } {
  const lines = { added: 0, removed: 0 };
  for (const { before, text } of files) {
    for (const { kind } of lineDiff(splitLines(before ?? ""), splitLines(text ?? ""))) {
      if (kind !== "same") lines[kind]++;
    }
  }
  return lines;
}
