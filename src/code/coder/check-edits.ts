import {
  type Applied,
  addedLines,
  applyEdits,
  type Edit,
  type EditRules,
  type FileChange,
  reintroduced,
  type SourceTree,
  type SyntaxReport,
} from "../edits/index.js";
import { unifiedDiff } from "./unified-diff.js";

/** How many of the lines that an edit adds had been deleted earlier in the tree, and by which versions. */
export type Reintroduced = ReturnType<typeof reintroduced>;

/** What edits would do to a version, found without running the code. */
export type Checked =
  | (Extract<Applied, { readonly ok: true }> & {
      /** Unified, against the parent. */
      readonly diff: string;
      readonly reintroduced: Reintroduced;
    })
  | Extract<Applied, { readonly ok: false }>;

export interface CheckOptions {
  readonly rules: EditRules;
  /** Lines that versions have deleted, with the version that did: `deletedLines` of edits/. */
  readonly deletedBefore: ReadonlyMap<string, string>;
  /** Checks the syntax of changed files; where it is absent, syntax shows when the code runs. */
  readonly syntax?: ((files: ReadonlyMap<string, string>) => Promise<SyntaxReport>) | undefined;
}

/**
 * Applies edits in memory and looks at the result. What a coder's `check` shows and what a review of its submission
 * starts with, so that the two never disagree.
 */
export async function checkEdits(tree: SourceTree, edits: readonly Edit[], options: CheckOptions): Promise<Checked> {
  const applied = applyEdits(tree, edits, options.rules);
  if (!applied.ok) return applied;
  const changed = [...applied.files].flatMap(([path, text]): [string, string][] =>
    text === null ? [] : [[path, text]],
  );
  const syntax = (await options.syntax?.(new Map(changed))) ?? { problems: [], notes: [] };
  if (syntax.problems.length > 0) {
    return {
      ok: false,
      problems: syntax.problems.map(({ path, line, message }) => ({
        path,
        edit: edits.findLastIndex((edit) => edit.path === path),
        kind: "syntax",
        message: `The file would not parse${line === undefined ? "" : `, line ${line} of the result`}: ${message}`,
      })),
    };
  }
  const files: FileChange[] = [...applied.files].map(([path, after]) => ({
    path,
    before: tree.read(path) ?? null,
    after,
  }));
  return {
    ...applied,
    notes: [...applied.notes, ...syntax.notes],
    diff: unifiedDiff(files),
    reintroduced: reintroduced(addedLines(files), options.deletedBefore),
  };
}
