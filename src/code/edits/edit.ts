/** Text files of one version, in memory: the editable ones and others that may be read. There are no symbolic links. */
export interface SourceTree {
  /** Undefined: there is no such file, or it is not text. */
  read(path: string): string | undefined;
  /** Every file, relative, parts separated by "/", sorted. */
  readonly paths: readonly string[];
}

/** One change of one file. Several edits of a file apply in order, each to the result of the one before. */
export type Edit =
  /** `search` stands exactly once in the file. An empty `search` creates a file. */
  | { readonly kind: "replace"; readonly path: string; readonly search: string; readonly replace: string }
  /** A whole function or class with its decorators; methods by dotted name, `Model.forward`. */
  | { readonly kind: "function"; readonly path: string; readonly name: string; readonly text: string }
  /** A whole file, new or in place of the old one. */
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  | { readonly kind: "delete"; readonly path: string };

export interface EditRules {
  /** Globs of the files that may be changed or created: see glob.ts. */
  readonly editable: readonly string[];
  /** Globs of files that may not, whatever `editable` says. */
  readonly locked?: readonly string[];
  /** Largest size of a changed file in bytes of UTF-8. */
  readonly maxFileBytes?: number;
}

export const editProblemKinds = [
  "no_match",
  "several_matches",
  "no_change",
  "locked_file",
  "locked_region",
  "outside",
  "not_editable",
  "syntax",
  "too_large",
  "truncated",
  "unknown_function",
  "bad_path",
] as const;
export type EditProblemKind = (typeof editProblemKinds)[number];

/** Why an edit is refused. */
export interface EditProblem {
  readonly path: string;
  /** Index of the edit in the submission, from 0. */
  readonly edit: number;
  readonly kind: EditProblemKind;
  /** For the model and the person: what is wrong, where, and what to do instead. */
  readonly message: string;
}

export type Applied =
  | {
      readonly ok: true;
      /** New text of every changed file; null: deleted. */
      readonly files: ReadonlyMap<string, string | null>;
      readonly lines: { readonly added: number; readonly removed: number };
      /** What was done other than literally: matched with other indentation, decorators kept, ... */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly EditProblem[] };

/** What one step of applying an edit gives: the new text, or why not. */
export type Change =
  | { readonly ok: true; readonly text: string; readonly notes: readonly string[] }
  | { readonly ok: false; readonly kind: EditProblemKind; readonly message: string };

export function refused(kind: EditProblemKind, message: string): Extract<Change, { ok: false }> {
  return { ok: false, kind, message };
}
