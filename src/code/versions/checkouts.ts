import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { AgentTuneError } from "../../errors.js";
import { diskError } from "../../store/index.js";
import type { Git } from "./git.js";
import type { Link } from "./snapshot-plan.js";
import type { TreeEntry } from "./tree-entries.js";
import { differences } from "./verify-checkout.js";

/** A version as it has to stand in a folder. */
export interface Wanted {
  readonly commit: string;
  readonly entries: readonly TreeEntry[];
  readonly links: readonly Link[];
}

/** Start of the name of a checkout that is being made. */
const unfinished = ".new-";

/**
 * The folders in which versions stand as files: one git worktree each. A checkout is made under another name and then
 * renamed, so that a git process that outlives a killed controller never writes into a checkout that is in use.
 */
export class Checkouts {
  readonly #git: Git;
  readonly #repository: string;
  readonly #folder: string;
  #made = 0;

  /**
   * @param repository absolute path of the bare repository
   * @param folder absolute path of the folder with the checkouts, without symbolic links in it
   */
  constructor(git: Git, repository: string, folder: string) {
    this.#git = git;
    this.#repository = repository;
    this.#folder = folder;
  }

  /** Makes the checkout, or what is missing of it. @returns its absolute path */
  async make(id: string, wanted: Wanted): Promise<string> {
    const path = this.path(id);
    try {
      if (!this.#stands(path, wanted)) {
        this.remove(id);
        await this.#build(path, wanted);
      }
      seal(path);
    } catch (error) {
      throw diskError(error, path);
    }
    return path;
  }

  /** What differs from the version, see {@link differences}; all of it where the checkout is not there. */
  differences(id: string, wanted: Wanted): readonly string[] {
    const path = this.path(id);
    const files = differences(path, wanted.entries, wanted.links);
    return this.#administration(path) === undefined ? [".git", ...files] : files;
  }

  /** Deletes a checkout and git's knowledge of it. Links are deleted, never followed. */
  remove(id: string): void {
    const path = this.path(id);
    this.#checkFolder();
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isDirectory()) {
      throw new AgentTuneError("store_unwritable", {
        message: "This should be the folder of a code version and is something else; it was not touched.",
        where: path,
        remedy: "Move it away, then `agent-tune resume`.",
      });
    }
    try {
      if (stat !== undefined) deleteFolder(path);
      this.#forgetLost();
    } catch (error) {
      throw diskError(error, path);
    }
  }

  /** Takes away what a killed controller or a killed git has left: half-made checkouts and locks. */
  repair(): void {
    this.#checkFolder();
    for (const name of readdirSync(this.#folder)) {
      if (!name.startsWith(unfinished)) continue;
      try {
        deleteFolder(join(this.#folder, name));
      } catch {
        // A git that is still ending may write into it; the next repair takes it away.
      }
    }
    this.#forgetLost();
    for (const lock of locks(this.#repository)) rmSync(lock, { force: true });
  }

  path(id: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) return join(this.#folder, id);
    throw new AgentTuneError("internal", { message: `"${id}" cannot be a code version's id.`, where: this.#folder });
  }

  #stands(path: string, wanted: Wanted): boolean {
    const administration = this.#administration(path);
    if (administration === undefined || existsSync(join(administration, "index.lock"))) return false;
    if (textOf(join(administration, "HEAD")) !== wanted.commit) return false;
    return differences(path, wanted.entries, wanted.links).length === 0;
  }

  async #build(path: string, wanted: Wanted): Promise<void> {
    this.#made += 1;
    const temporary = join(this.#folder, `${unfinished}${process.pid}-${this.#made}`);
    if (existsSync(temporary)) deleteFolder(temporary);
    await this.#git.run(["worktree", "add", "--detach", "--force", temporary, wanted.commit], { seconds: 600 });
    for (const link of wanted.links) makeLink(temporary, link);
    const administration = this.#administration(temporary);
    if (administration === undefined) {
      throw new AgentTuneError("git_failed", {
        message: "git made a working tree that it does not know.",
        where: temporary,
        remedy: "Try again with `agent-tune resume`.",
      });
    }
    renameSync(temporary, path);
    writeFileSync(join(administration, "gitdir"), `${join(path, ".git")}\n`);
  }

  /** Git's folder about a worktree, where both point to each other. */
  #administration(path: string): string | undefined {
    const pointer = join(path, ".git");
    if (lstatSync(pointer, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    const target = /^gitdir: (.+)$/s.exec(textOf(pointer) ?? "")?.[1];
    if (target === undefined) return undefined;
    const administration = resolve(path, target);
    if (dirname(administration) !== join(this.#repository, "worktrees")) return undefined;
    return textOf(join(administration, "gitdir")) === pointer ? administration : undefined;
  }

  /** Deletes what git knows about worktrees that are not there, or that it shares with nothing. */
  #forgetLost(): void {
    const all = join(this.#repository, "worktrees");
    if (!existsSync(all)) return;
    for (const name of readdirSync(all)) {
      const pointer = textOf(join(all, name, "gitdir"));
      if (pointer !== undefined && this.#administration(dirname(pointer)) === join(all, name)) continue;
      rmSync(join(all, name), { recursive: true, force: true });
    }
  }

  /** Everything below is deleted without asking, so it has to be the folder it is taken for. */
  #checkFolder(): void {
    mkdirSync(this.#folder, { recursive: true });
    for (const path of [dirname(this.#folder), this.#folder]) {
      if (lstatSync(path).isDirectory()) continue;
      throw new AgentTuneError("store_unwritable", {
        message: "This should be a folder of code versions and is a symbolic link; nothing was touched.",
        where: path,
        remedy: "Move it away, then `agent-tune resume`.",
      });
    }
  }
}

function makeLink(checkout: string, { path, target }: Link): void {
  const at = join(checkout, path);
  mkdirSync(dirname(at), { recursive: true });
  const folder = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  symlinkSync(target, at, folder ? "junction" : "file");
}

/** Takes away the right to write. Against accidents: a process with the owner's rights can give it back. */
function seal(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) seal(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) === 0 ? 0o444 : 0o555);
  }
  chmodSync(folder, 0o555);
}

/** Deletes a sealed folder. */
function deleteFolder(folder: string): void {
  open(folder);
  rmSync(folder, { recursive: true, force: true });
}

function open(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) open(join(folder, entry.name));
  }
}

/** Files that only a killed git leaves behind, and indexes of commits that were being made. */
function locks(repository: string): readonly string[] {
  return readdirSync(repository, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (entry.name.endsWith(".lock") || entry.name.startsWith("index-of-")))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(repository, path).startsWith(`objects${sep}`));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}
