import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Environment } from "../git.js";

/** A person's folder with code in a temporary place, with a home and git settings of its own. */
export class PersonsFolder {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "agent-tune-person-")));
  /** The folder with the code. */
  readonly folder: string;
  readonly environment: Environment;

  constructor(name = "project") {
    this.folder = join(this.root, name);
    mkdirSync(this.folder, { recursive: true });
    mkdirSync(join(this.root, "home"));
    const settings = join(this.root, "home", "gitconfig");
    const excludes = join(this.root, "home", "ignored-everywhere");
    writeFileSync(
      settings,
      `[user]\n\tname = Ann Example\n\temail = ann@example.com\n[core]\n\texcludesFile = ${excludes}\n`,
    );
    writeFileSync(excludes, "*.swp\n");
    this.environment = {
      PATH: process.env.PATH,
      HOME: join(this.root, "home"),
      GIT_CONFIG_GLOBAL: settings,
      GIT_CONFIG_NOSYSTEM: "1",
      // As within a git hook: would lead every git command astray that does not put it aside.
      GIT_DIR: join(this.root, "elsewhere.git"),
      GIT_INDEX_FILE: join(this.root, "elsewhere.index"),
      GIT_WORK_TREE: join(this.root, "elsewhere"),
    };
  }

  get studyFolder(): string {
    return join(this.folder, ".agent-tune", "studies", "s");
  }

  write(path: string, text: string | Buffer, mode = 0o644): void {
    const at = join(this.folder, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
    chmodSync(at, mode);
  }

  link(path: string, target: string): void {
    const at = join(this.folder, path);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(target, at);
  }

  /** What the person types after `git`; throws with git's words where it fails. */
  git(...args: string[]): string {
    return this.gitIn(this.folder, ...args);
  }

  gitIn(cwd: string, ...args: string[]): string {
    const { GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE, ...environment } = this.environment;
    const env = { ...environment, GIT_OPTIONAL_LOCKS: "0" };
    const done = spawnSync("git", args, { cwd, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  /** A repository with everything that is there committed. */
  commitAll(): void {
    this.git("init", "-q", "-b", "main");
    this.git("add", "-A");
    this.git("commit", "-q", "-m", "first");
  }

  /**
   * All that is in the folder, git's own files with it (index, refs, objects, settings, logs), but not `.agent-tune`:
   * kind, mode and content by path.
   */
  fingerprint(): Record<string, string> {
    return fingerprint(this.folder);
  }

  deleteStudy(): void {
    const store = join(this.folder, ".agent-tune");
    if (!existsSync(store)) return;
    unseal(store);
    rmSync(store, { recursive: true });
  }

  delete(): void {
    unseal(this.root);
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function fingerprint(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (at: string): void => {
    for (const name of readdirSync(join(folder, at))) {
      if (name === ".agent-tune") continue;
      const path = at === "" ? name : `${at}/${name}`;
      const stat = lstatSync(join(folder, path));
      const mode = stat.mode.toString(8);
      if (stat.isDirectory()) {
        found[`${path}/`] = mode;
        visit(path);
      } else if (stat.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(folder, path))}`;
      else if (stat.isFile())
        found[path] = `${mode} ${createHash("sha1")
          .update(readFileSync(join(folder, path)))
          .digest("hex")}`;
      else found[path] = mode;
    }
  };
  visit("");
  return found;
}

function unseal(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unseal(join(folder, entry.name));
  }
}
