import type { Checked, CheckOptions, EditSubmission, Review } from "../../code/coder/index.js";
import { checkEdits } from "../../code/coder/index.js";
import {
  checkSyntax,
  deletedLines,
  type Edit,
  type EditRules,
  type FileChange,
  matchesGlob,
  type SourceTree,
  splitLines,
} from "../../code/edits/index.js";
import { lintDiff } from "../../code/lint/index.js";
import { joinSpace, mentionProblems, type Passing } from "../../code/parameters/index.js";
import type { CodeSettings } from "../../code/settings.js";
import type { CodeVersion, Flag } from "../../code/version.js";
import { baseVersion } from "../../code/version.js";
import type { CodeRepository } from "../../code/versions/index.js";
import type { SpaceDefinition } from "../../space/parameter.js";
import { versionSpace } from "./version-space.js";

export interface VersionMakerParts {
  readonly settings: CodeSettings;
  /** Name of the objective's metric. */
  readonly metric: string;
  readonly repository: CodeRepository;
  /** Interpreter of the training command where it is Python. */
  readonly python: string;
  /** The search space as the study file gives it. */
  readonly space: SpaceDefinition;
  /** How declared parameters reach the command. */
  readonly passing: Passing;
}

/** An edit in memory with the parameters that it declares. */
export interface Draft {
  readonly parent: string;
  /** New text of each changed file; null where it is deleted. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly declares: EditSubmission["declares"];
  /** The draft's search space, with defaults as declared. */
  readonly space: SpaceDefinition;
}

/** Whether what a draft declares has an effect on the running command: what has none, in sentences. */
export type EffectCheck = (draft: Draft) => Promise<readonly string[]>;

/** A submission that was accepted, as far as it is known before it runs. */
export interface MadeVersion {
  readonly version: CodeVersion;
  /** Its search space, with defaults as declared. */
  readonly space: SpaceDefinition;
}

/**
 * Turns what a coder submits into code versions: applies edits in memory, checks them, reads their diff, joins declared
 * parameters to the space, commits. Everything that is refused is refused here, before anything runs.
 */
export class VersionMaker {
  private readonly rules: EditRules;
  private readonly trees = new Map<string, Promise<SourceTree>>();

  constructor(
    private readonly parts: VersionMakerParts,
    /** All versions so far, by id. */
    private readonly versions: ReadonlyMap<string, CodeVersion>,
  ) {
    const { editable, locked } = parts.settings;
    this.rules = { editable, locked };
  }

  editable(path: string): boolean {
    const { editable, locked } = this.parts.settings;
    return editable.some((glob) => matchesGlob(path, glob)) && !locked.some((glob) => matchesGlob(path, glob));
  }

  tree(version: string): Promise<SourceTree> {
    let tree = this.trees.get(version);
    if (tree === undefined) {
      tree = this.parts.repository.tree(this.of(version).commit);
      this.trees.set(version, tree);
    }
    return tree;
  }

  async diff(version: string): Promise<string> {
    const { parent, commit } = this.of(version);
    return parent === null ? "" : this.parts.repository.diff(this.of(parent).commit, commit);
  }

  /** The search space of a version as its chain of declarations makes it. */
  spaceOf(version: string): SpaceDefinition {
    return versionSpace(this.parts.space, this.versions, version);
  }

  /** Names of all parameters that a version has and the study file has not. */
  declaredBy(version: string): readonly string[] {
    const own = new Set(this.parts.space.parameters.map(({ name }) => name));
    return this.spaceOf(version)
      .parameters.map(({ name }) => name)
      .filter((name) => !own.has(name));
  }

  /** Whether edits apply, and what they would change. Runs nothing of it. */
  async check(parent: string, edits: readonly Edit[]): Promise<Checked> {
    return checkEdits(await this.tree(parent), edits, await this.checkOptions());
  }

  async checkOptions(): Promise<CheckOptions> {
    const { python } = this.parts;
    return {
      rules: this.rules,
      deletedBefore: await this.deletedBefore(),
      syntax: (files) => checkSyntax(files, { python }),
    };
  }

  /** Judges a whole submission; the declared parameters by short runs. */
  async review(submission: EditSubmission, effectless: EffectCheck): Promise<Review> {
    const { parent, edits, declares, removes } = submission;
    if (!this.versions.has(parent)) {
      return {
        ok: false,
        problems: [`parent: there is no version ${parent}. Known: ${[...this.versions.keys()].join(", ")}.`],
      };
    }
    const checked = await this.check(parent, edits);
    if (!checked.ok) return checked;
    const joined = joinSpace(this.spaceOf(parent), declares, removes, this.parts.passing);
    if (!joined.ok) return { ok: false, problems: joined.problems };
    const names = Object.keys(declares);
    const unread = mentionProblems(names, await this.sources(parent, checked.files), this.parts.passing);
    if (unread.length > 0) return { ok: false, problems: unread };
    const same = await this.sameAs(parent, checked.files);
    if (same !== undefined) {
      const { id, status, reason } = same;
      return { ok: false, problems: [`the edited code is exactly that of ${id} (${status}: ${reason})`] };
    }
    if (names.length === 0) return { ok: true };
    const problems = await effectless({ parent, files: checked.files, declares, space: joined.space });
    return problems.length > 0 ? { ok: false, problems } : { ok: true };
  }

  /** Commits a submission that {@link review} has accepted. */
  async make(submission: EditSubmission, id: string, at: number): Promise<MadeVersion> {
    const { parent, edits, summary, hypothesis, expected, declares, removes } = submission;
    const checked = await this.check(parent, edits);
    const joined = joinSpace(this.spaceOf(parent), declares, removes);
    if (!checked.ok || !joined.ok) throw new Error("A submission was accepted that does not apply.");
    const tree = await this.tree(parent);
    const { commit, tree: hash } = await this.parts.repository.commit(
      this.of(parent).commit,
      checked.files,
      `${summary}\n\n${hypothesis}`,
      { id, at },
    );
    const version: CodeVersion = {
      id,
      parent,
      tree: hash,
      commit,
      createdAt: at,
      summary,
      hypothesis,
      ...(expected === undefined ? {} : { expected }),
      declares: { ...declares },
      removes: [...removes],
      lines: { ...checked.lines, total: this.linesOf(tree, checked.files) },
      reintroduced: { ...checked.reintroduced, versions: [...checked.reintroduced.versions] },
      flags: [...this.lint(tree, checked.files)],
      status: "candidate",
      reason: "it is being tried",
    };
    return { version, space: joined.space };
  }

  /** The first version, from the person's code. */
  async base(at: number): Promise<CodeVersion> {
    const { commit, tree: hash } = this.parts.repository.base;
    const tree = await this.parts.repository.tree(commit);
    return {
      id: baseVersion,
      parent: null,
      tree: hash,
      commit,
      createdAt: at,
      summary: "the code as it was given",
      hypothesis: "",
      declares: {},
      removes: [],
      lines: { added: 0, removed: 0, total: this.linesOf(tree, new Map()) },
      flags: [],
      status: "base",
      reason: "the study began with it",
    };
  }

  /** Text files of a version with some of them changed. */
  private async sources(version: string, files: ReadonlyMap<string, string | null>) {
    return [...contentOf(await this.tree(version), files)].map(([path, text]) => ({ path, text }));
  }

  private lint(tree: SourceTree, files: ReadonlyMap<string, string | null>): readonly Flag[] {
    const { editable, evaluate } = this.parts.settings;
    const command = evaluate?.command;
    return lintDiff(changesOf(tree, files), {
      metric: this.parts.metric,
      editable,
      ...(command === undefined ? {} : { evaluate: typeof command === "string" ? command : command.join(" ") }),
    });
  }

  /** Lines of all editable files of a tree with some of them changed. */
  private linesOf(tree: SourceTree, files: ReadonlyMap<string, string | null>): number {
    let lines = 0;
    for (const path of new Set([...tree.paths, ...files.keys()])) {
      if (!this.editable(path)) continue;
      const text = files.has(path) ? files.get(path) : tree.read(path);
      if (text != null) lines += splitLines(text).length;
    }
    return lines;
  }

  private async sameAs(parent: string, files: ReadonlyMap<string, string | null>): Promise<CodeVersion | undefined> {
    const tree = await this.tree(parent);
    const wanted = contentOf(tree, files);
    for (const version of this.versions.values()) {
      const other = await this.tree(version.id);
      if (sameContent(wanted, contentOf(other, new Map()))) return version;
    }
    return undefined;
  }

  private async deletedBefore(): Promise<ReadonlyMap<string, string>> {
    const changes: { readonly id: string; readonly files: readonly FileChange[] }[] = [];
    for (const { id, parent } of this.versions.values()) {
      if (parent === null) continue;
      const [before, after] = await Promise.all([this.tree(parent), this.tree(id)]);
      changes.push({ id, files: changesBetween(before, after) });
    }
    return deletedLines(changes);
  }

  private of(id: string): CodeVersion {
    const version = this.versions.get(id);
    if (version === undefined) throw new Error(`There is no code version ${id}.`);
    return version;
  }
}

function changesOf(tree: SourceTree, files: ReadonlyMap<string, string | null>): FileChange[] {
  return [...files].map(([path, after]) => ({ path, before: tree.read(path) ?? null, after }));
}

function changesBetween(before: SourceTree, after: SourceTree): FileChange[] {
  const paths = new Set([...before.paths, ...after.paths]);
  return [...paths].flatMap((path) => {
    const change = { path, before: before.read(path) ?? null, after: after.read(path) ?? null };
    return change.before === change.after ? [] : [change];
  });
}

function contentOf(tree: SourceTree, files: ReadonlyMap<string, string | null>): ReadonlyMap<string, string> {
  const content = new Map<string, string>();
  for (const path of new Set([...tree.paths, ...files.keys()])) {
    const text = files.has(path) ? files.get(path) : tree.read(path);
    if (text != null) content.set(path, text);
  }
  return content;
}

function sameContent(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, text]) => b.get(path) === text);
}
