import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { AgentTuneError } from "../../errors.js";
import { diskError } from "../../store/index.js";
import type { SourceTree } from "../edits/index.js";
import { baseVersion } from "../version.js";
import { type AppliedVersions, type ApplyOptions, applyVersions } from "./apply-versions.js";
import { Checkouts, type Wanted } from "./checkouts.js";
import { type ExportOptions, exportPatches } from "./export-patches.js";
import { type Environment, Git, requireGit } from "./git.js";
import { findRepository } from "./persons-repository.js";
import { foldersOf, type Link, planSnapshot, type SnapshotLimits } from "./snapshot-plan.js";
import { readSources, type TreeEntry, treeEntries } from "./tree-entries.js";

export interface RepositoryOptions {
  /** The study's folder; the repository and the checkouts are kept in `code/` below it. */
  readonly studyFolder: string;
  /** Environment of git's processes: where git is found, and the person's settings; `process.env` where not given. */
  readonly environment?: Environment;
}

export interface CreateOptions extends RepositoryOptions {
  /** The person's folder with the code. It is read and never changed. */
  readonly folder: string;
  /** When, milliseconds: date of the first commit. */
  readonly at: number;
  /** Absolute paths, or relative to `folder`, that no version may show: holdout data, the folder with the studies. */
  readonly excluded?: readonly string[];
  readonly limits?: SnapshotLimits;
}

export interface CommitOptions {
  /** The version's id. An id that was given before and is given again, as after a crash, names the new commit. */
  readonly id: string;
  /** When, milliseconds. */
  readonly at: number;
}

export interface Committed {
  readonly commit: string;
  readonly tree: string;
  /** An earlier version with exactly this content; then `commit` is its commit, and nothing was made. */
  readonly same?: string;
}

export interface DiffStat {
  /** Lines by file; none for a binary file. */
  readonly files: readonly { readonly path: string; readonly added: number; readonly removed: number }[];
  readonly added: number;
  readonly removed: number;
}

/** Who has made the commits of a study. */
const identity = { name: "agent-tune", email: "agent-tune@localhost" };

/** What is known about the person's folder, kept in the repository. */
const snapshotSchema = z.object({
  format: z.literal(1),
  folder: z.string(),
  /** Where the folder lies in its repository, "sub/folder/"; "" for its top or no repository. */
  prefix: z.string(),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
  notes: z.array(z.string()),
});
type Snapshot = z.infer<typeof snapshotSchema>;
const snapshotFile = "agent-tune-snapshot.json";

/** Start of the name of a repository that is being made. */
const unfinishedRepository = ".new-repository-";

/** Bytes are kept as they are, whatever the person's .gitattributes say; a language gives a hunk its function. */
const attributes = `* -text -eol -ident -filter -working-tree-encoding !diff !merge
*.py diff=python
*.c diff=cpp
*.h diff=cpp
*.cc diff=cpp
*.cpp diff=cpp
*.cu diff=cpp
*.cuh diff=cpp
*.go diff=golang
*.java diff=java
*.rs diff=rust
`;

/**
 * The code versions of one study: a bare git repository of its own, `code/repository.git`, and a folder with a
 * checkout for each version that runs, `code/checkouts/<id>`. The person's folder and repository are only read, but
 * for {@link CodeRepository.applyToRepository}.
 *
 * One controller may write at a time, which the study's hold sees to; reading needs no hold.
 */
export class CodeRepository {
  readonly #git: Git;
  readonly #repository: string;
  readonly #checkouts: Checkouts;
  readonly #snapshot: Snapshot;
  readonly #entries = new Map<string, readonly TreeEntry[]>();
  #last: Promise<unknown> = Promise.resolve();
  #repaired = false;

  /** The person's code as it was when the study began: {@link baseVersion}. */
  readonly base: { readonly commit: string; readonly tree: string };

  private constructor(git: Git, code: string, snapshot: Snapshot, base: CodeRepository["base"]) {
    this.#git = git;
    this.#repository = join(code, "repository.git");
    this.#checkouts = new Checkouts(git, this.#repository, join(code, "checkouts"));
    this.#snapshot = snapshot;
    this.base = base;
  }

  /**
   * Takes the person's folder as it is now, with uncommitted and untracked files, as the first version. A repository
   * that is already there, as after a crash, is opened as it is.
   *
   * @throws AgentTuneError `git_missing`, `git_failed`, `code_folder_unfit`, `store_full`, `store_unwritable`
   */
  static async create(options: CreateOptions): Promise<CodeRepository> {
    const code = join(resolve(options.studyFolder), "code");
    if (existsSync(join(code, "repository.git"))) return CodeRepository.open(options);
    const environment = options.environment ?? process.env;
    // Under a name of this process: a git that outlives a killed controller goes on writing where it was.
    const unfinished = join(code, `${unfinishedRepository}${process.pid}`);
    try {
      mkdirSync(code, { recursive: true });
      discardUnfinished(code);
      const git = new Git({ cwd: code, gitDir: unfinished, settings: "ours" }, environment);
      await requireGit(git);
      await git.run(["init", "-q", "--bare", "--template=", "--object-format=sha1", unfinished]);
      mkdirSync(join(unfinished, "info"), { recursive: true });
      writeFileSync(join(unfinished, "info", "attributes"), attributes);
      await takeSnapshot(git, unfinished, realFolder(options.folder), options);
      renameSync(unfinished, join(code, "repository.git"));
    } catch (error) {
      discard(unfinished);
      throw diskError(error, code);
    }
    return CodeRepository.open(options);
  }

  /** @throws AgentTuneError `git_missing`, `git_failed`, `state_invalid` where there is no whole repository */
  static async open(options: RepositoryOptions): Promise<CodeRepository> {
    const path = join(resolve(options.studyFolder), "code");
    if (!existsSync(join(path, "repository.git", snapshotFile))) {
      throw new AgentTuneError("state_invalid", {
        message: "The study's code versions are not there.",
        where: join(path, "repository.git"),
        remedy: "Put the folder back from a backup, or start a new study with `agent-tune run`.",
      });
    }
    const code = realpathSync(path);
    const gitDir = join(code, "repository.git");
    const git = new Git({ cwd: code, gitDir, settings: "ours" }, options.environment ?? process.env);
    await requireGit(git);
    const known = await knownVersions(git);
    const base = known.get(baseVersion);
    if (base === undefined) {
      throw new AgentTuneError("state_invalid", {
        message: `The repository of the study's code versions has lost ${baseVersion}.`,
        where: gitDir,
        remedy: "Put the folder back from a backup, or start a new study with `agent-tune run`.",
      });
    }
    return new CodeRepository(git, code, readSnapshot(join(gitDir, snapshotFile)), base);
  }

  /** What a checkout links to in the person's folder: ignored files, installed software, large files. */
  get links(): readonly Link[] {
    return this.#snapshot.links;
  }

  /** What of the person's folder is missing or different in a checkout, one sentence each. */
  get notes(): readonly string[] {
    return this.#snapshot.notes;
  }

  /**
   * Saves a version.
   *
   * @param parent commit of the version it was made from
   * @param files new text by path; null for a file that is deleted
   * @param message one line, and after an empty line what else is to be known
   * @throws AgentTuneError `code_not_applicable` where a file would stand where a link stands; `git_failed`, ...
   */
  commit(
    parent: string,
    files: ReadonlyMap<string, string | null>,
    message: string,
    options: CommitOptions,
  ): Promise<Committed> {
    this.#checkouts.path(options.id);
    return this.#alone(async () => {
      const tree = await this.#write(parent, files, options.id);
      for (const [id, known] of await knownVersions(this.#git)) {
        if (known.tree === tree && id !== options.id) return { ...known, same: id };
      }
      const commit = await commitTree(this.#git, tree, parent, message, options.at);
      await this.#git.run(["update-ref", reference(options.id), commit]);
      return { commit, tree };
    });
  }

  /**
   * Saves an edit in the making, to be checked out and run for a moment. It is no version: nothing refers to it.
   *
   * @returns its commit
   */
  draft(parent: string, files: ReadonlyMap<string, string | null>, at: number): Promise<string> {
    return this.#alone(async () => {
      const tree = await this.#write(parent, files, "draft");
      return commitTree(this.#git, tree, parent, "An edit in the making", at);
    });
  }

  /** The version's regular files; texts up to 1 MB can be read. */
  async tree(commit: string): Promise<SourceTree> {
    return readSources(this.#git, await this.#of(commit));
  }

  /**
   * The version as files, read-only, in a folder of its own. Whatever was there before under this id is put right:
   * another commit, a changed file, what a killed process has left.
   *
   * @returns absolute path
   */
  checkout(id: string, commit: string): Promise<string> {
    return this.#alone(async () => this.#checkouts.make(id, await this.#wanted(commit)));
  }

  /** Deletes a checkout; the version stays. */
  remove(id: string): Promise<void> {
    return this.#alone(async () => this.#checkouts.remove(id));
  }

  /**
   * What in the checkout is not as in the version, by content.
   *
   * @returns paths that differ, appeared (a folder ends in "/") or vanished
   */
  async verify(id: string, commit: string): Promise<readonly string[]> {
    return this.#checkouts.differences(id, await this.#wanted(commit));
  }

  /** Unified diff of two commits, each change within the whole function it is in. */
  async diff(a: string, b: string): Promise<string> {
    const options = ["--no-ext-diff", "--no-textconv", "--no-color", "--function-context", "--find-renames"];
    return (await this.#git.run(["diff", ...options, a, b])).text;
  }

  async diffStat(a: string, b: string): Promise<DiffStat> {
    const lines = await this.#git.names(["diff", "--no-ext-diff", "--numstat", "--no-renames", "-z", a, b]);
    const files = lines.map((line) => {
      const [added = "", removed = "", ...path] = line.split("\t");
      return { path: path.join("\t"), added: Number(added) || 0, removed: Number(removed) || 0 };
    });
    const sum = (key: "added" | "removed") => files.reduce((total, file) => total + file[key], 0);
    return { files, added: sum("added"), removed: sum("removed") };
  }

  /** Brings kept versions into the person's repository, as a new branch. See {@link applyVersions}. */
  applyToRepository(options: ApplyOptions): Promise<AppliedVersions> {
    return applyVersions(this.#git, this.base.commit, options);
  }

  /** Writes kept versions as patches. See {@link exportPatches}. */
  exportPatches(options: ExportOptions): Promise<readonly string[]> {
    return exportPatches(this.#git, this.base.commit, this.#snapshot.prefix, identity, options);
  }

  /** Writes the tree of a commit with some files changed. @returns its hash */
  async #write(parent: string, files: ReadonlyMap<string, string | null>, name: string): Promise<string> {
    this.#refuseLinks(await this.#of(parent), files);
    const index = join(this.#repository, `index-of-${name}-${process.pid}`);
    const git = this.#git.with({ index });
    try {
      await git.run(["read-tree", parent]);
      const modes = new Map((await this.#of(parent)).map(({ path, mode }) => [path, mode]));
      const lines: string[] = [];
      for (const [path, text] of files) {
        if (text === null) lines.unshift(`0 ${"0".repeat(40)}\t${path}\0`);
        else {
          const object = await git.line(["hash-object", "-w", "--no-filters", "--stdin"], { input: text });
          lines.push(`${modes.get(path) ?? "100644"} ${object}\t${path}\0`);
        }
      }
      const { complaint } = await git.run(["update-index", "-z", "--index-info"], { input: lines.join("") });
      if (complaint !== "") throw notWritten(complaint, [...files.keys()].join(", "));
      return await git.line(["write-tree"]);
    } finally {
      rmSync(index, { force: true });
    }
  }

  /** Runs what changes the repository or the checkouts one after the other, the first time after a repair. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      try {
        if (!this.#repaired) {
          discardUnfinished(dirname(this.#repository));
          this.#checkouts.repair();
        }
        this.#repaired = true;
        return await work();
      } catch (error) {
        throw diskError(error, this.#repository);
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #wanted(commit: string): Promise<Wanted> {
    return { commit, entries: await this.#of(commit), links: this.links };
  }

  async #of(commit: string): Promise<readonly TreeEntry[]> {
    const known = this.#entries.get(commit) ?? (await treeEntries(this.#git, commit));
    this.#entries.set(commit, known);
    return known;
  }

  /** A file where a link stands, below one or above one would be written into the person's folder, or hide it. */
  #refuseLinks(entries: readonly TreeEntry[], files: ReadonlyMap<string, string | null>): void {
    const inTree = entries.filter(({ mode }) => mode === "120000");
    const taken = new Set([...inTree, ...this.links].map(({ path }) => path));
    const above = foldersOf(taken);
    for (const [path, text] of files) {
      const way = [path, ...foldersOf([path])].find((each) => taken.has(each)) ?? (above.has(path) ? path : undefined);
      if (way === undefined || (text === null && inTree.some((entry) => entry.path === path))) continue;
      throw notWritten(`${way} is, or holds, a link to something that is no part of the versions`, path);
    }
  }
}

/** Git itself goes on without a file whose path leads elsewhere, such as `../x` or `.git/x`, and only says so. */
function notWritten(why: string, where: string): AgentTuneError {
  return new AgentTuneError("code_not_applicable", {
    message: `The version cannot be saved: ${why}.`,
    where,
    remedy: "Use another path for the file.",
  });
}

async function takeSnapshot(git: Git, gitDir: string, folder: string, options: CreateOptions): Promise<void> {
  const environment = options.environment ?? process.env;
  const persons = new Git({ cwd: folder, settings: "person" }, environment);
  const repository = await findRepository(persons);
  const excluded = [options.studyFolder, ...(options.excluded ?? [])].map((path) => resolve(folder, path));
  const listed = await listFiles(persons, gitDir, folder, repository !== undefined);
  const plan = planSnapshot(folder, listed, excluded, options.limits);

  const index = join(gitDir, `index-of-${baseVersion}`);
  const reading = git.with({ cwd: folder, workTree: folder, index });
  // A file that has gone since it was listed is left out.
  const input = plan.files.map((path) => `${path}\0`).join("");
  await reading.run(["update-index", "--add", "--remove", "-z", "--stdin"], { input, seconds: 600 });
  const tree = await reading.line(["write-tree"]);
  rmSync(index, { force: true });
  const commit = await commitTree(git, tree, undefined, "The code as the study began", options.at);
  await git.run(["update-ref", reference(baseVersion), commit]);
  const prefix = repository?.prefix ?? "";
  const snapshot: Snapshot = { format: 1, folder, prefix, links: [...plan.links], notes: [...plan.notes] };
  writeFileSync(join(gitDir, snapshotFile), `${JSON.stringify(snapshot)}\n`);
}

/** Files that are tracked, or untracked and not ignored, relative to the folder, as the person's own git sees it. */
async function listFiles(
  persons: Git,
  gitDir: string,
  folder: string,
  inRepository: boolean,
): Promise<readonly string[]> {
  if (inRepository) {
    const listed = await persons.names(["ls-files", "-co", "--exclude-standard", "-z"], { seconds: 600 });
    if (listed.length > 0) return listed;
    // An outer repository that ignores the whole folder, as one for a home folder does, says nothing about it.
  }
  const alone = persons.with({ gitDir, workTree: folder, index: join(gitDir, "index-of-nothing") });
  return alone.names(["ls-files", "-o", "--exclude-standard", "-z"], { seconds: 600 });
}

function commitTree(git: Git, tree: string, parent: string | undefined, message: string, at: number): Promise<string> {
  const of = parent === undefined ? [] : ["-p", parent];
  const input = `${message.replaceAll("\0", "").trim()}\n`;
  return git.line(["commit-tree", tree, ...of, "-F", "-"], { input, identity, at });
}

function reference(id: string): string {
  return `refs/agent-tune/${id}`;
}

/** Commit and tree of every version by id, in the order in which they were made. */
async function knownVersions(git: Git): Promise<ReadonlyMap<string, { commit: string; tree: string }>> {
  const format = "--format=%(refname:lstrip=2) %(objectname) %(tree)";
  const lines = await git.line(["for-each-ref", "--sort=version:refname", format, "refs/agent-tune/"]);
  return new Map(
    lines.split("\n").flatMap((line) => {
      const [id, commit, tree] = line.split(" ");
      return id === undefined || commit === undefined || tree === undefined ? [] : [[id, { commit, tree }] as const];
    }),
  );
}

function discardUnfinished(code: string): void {
  for (const name of readdirSync(code)) if (name.startsWith(unfinishedRepository)) discard(join(code, name));
}

/**
 * Deletes what nobody needs. Where a git process that outlived a killed controller still writes there, the next time
 * does it.
 */
function discard(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "EBUSY") throw error;
  }
}

function readSnapshot(path: string): Snapshot {
  try {
    return snapshotSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new AgentTuneError("state_invalid", {
      message: "What was saved about the code of the study cannot be read.",
      where: path,
      remedy: "Use the agent-tune that wrote it, or put the file back from a backup.",
      cause,
    });
  }
}

function realFolder(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return realpathSync(folder);
  throw new AgentTuneError("code_folder_unfit", {
    message: `${folder} is no folder.`,
    where: folder,
    remedy: "Name the folder with your code.",
  });
}
