import { spawn } from "node:child_process";
import { devNull } from "node:os";
import { AgentTuneError } from "../../errors.js";

/** Environment variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where one git command works. All paths absolute. */
export interface GitPlace {
  readonly cwd: string;
  /** Git's own folder; without it git looks for the repository that `cwd` is in. */
  readonly gitDir?: string;
  readonly workTree?: string;
  /** File of the index, where it is not the repository's own. */
  readonly index?: string;
  /** Where new objects go instead of the repository, and where it looks for those that are there. */
  readonly objects?: { readonly write: string; readonly read: string };
  /** Whose settings count: only those of agent-tune, or the person's own as on their command line. */
  readonly settings: "ours" | "person";
}

export interface GitCall {
  readonly input?: string | Buffer;
  /** Exit codes that are an answer and no failure; [0] where not given. */
  readonly accept?: readonly number[];
  /** Wall time after which git is killed; 60 s where not given. */
  readonly seconds?: number;
  /** Author and committer of a commit. */
  readonly identity?: { readonly name: string; readonly email: string };
  /** Date of author and committer, milliseconds. */
  readonly at?: number;
  /** Settings for this call alone: `["diff.renames", "false"]`. */
  readonly config?: readonly (readonly [string, string])[];
}

export interface GitAnswer {
  readonly code: number;
  readonly bytes: Buffer;
  /** The same as text. */
  readonly text: string;
  readonly complaint: string;
}

/** Hooks and watchers are programs that a repository's settings name; none of them runs here. */
const always = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["core.quotePath", "false"],
  ["core.safecrlf", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["safe.directory", "*"],
  ["i18n.commitEncoding", "utf-8"],
] as const;

/** What a person may have set otherwise, and what would change the bytes of a checkout or lose them in a power cut. */
const oursOnly = [
  ["core.autocrlf", "false"],
  ["core.symlinks", "true"],
  ["core.fsync", "objects,reference"],
  ["core.fsyncMethod", "batch"],
  ["checkout.workers", "1"],
] as const;

/** Variables that say where a person's settings are; every other GIT_ variable would lead git elsewhere. */
const personsSettings: ReadonlySet<string> = new Set(["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"]);

export const oldestGit = [2, 30] as const;

/** The one way to git. Each call is a process with an environment of its own and a deadline. */
export class Git {
  readonly #place: GitPlace;
  readonly #environment: Environment;

  constructor(place: GitPlace, environment: Environment) {
    this.#place = place;
    this.#environment = environment;
  }

  /** The same environment at another place. */
  at(place: GitPlace): Git {
    return new Git(place, this.#environment);
  }

  /** The same place with something changed. */
  with(change: Partial<GitPlace>): Git {
    return new Git({ ...this.#place, ...change }, this.#environment);
  }

  /** Output of a command without its last line end. */
  async line(args: readonly string[], call: GitCall = {}): Promise<string> {
    return (await this.run(args, call)).text.replace(/\n$/, "");
  }

  /** Output of a command that separates names by NUL; names that are no UTF-8 come with U+FFFD in them. */
  async names(args: readonly string[], call: GitCall = {}): Promise<readonly string[]> {
    return splitNul((await this.run(args, call)).text);
  }

  /**
   * @throws AgentTuneError `git_missing`, `store_full`, `store_unwritable`, or `git_failed` for any exit code that is
   * not accepted and for a deadline that has passed
   */
  run(args: readonly string[], call: GitCall = {}): Promise<GitAnswer> {
    const settings = [...always, ...(this.#place.settings === "ours" ? oursOnly : []), ...(call.config ?? [])];
    const words = ["--literal-pathspecs", ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`]), ...args];
    const seconds = call.seconds ?? 60;
    return new Promise((resolve, reject) => {
      const child = spawn("git", words, {
        cwd: this.#place.cwd,
        env: this.#variables(call),
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
      });
      const output: Buffer[] = [];
      const complaints: Buffer[] = [];
      let late = false;
      const deadline = setTimeout(() => {
        late = true;
        child.kill("SIGKILL");
      }, seconds * 1_000);
      child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
      child.stderr.on("data", (bytes: Buffer) => complaints.push(bytes));
      // Git may end before it has read everything; its exit code tells more than the broken pipe.
      child.stdin.on("error", () => {});
      child.on("error", (error) => {
        clearTimeout(deadline);
        reject(notStarted(error, this.#place.cwd));
      });
      child.on("close", (code) => {
        clearTimeout(deadline);
        const complaint = Buffer.concat(complaints).toString("utf8").trim();
        if (late) reject(failed(args, `it took longer than ${seconds} s`, this.#place.cwd));
        else if (code === null || !(call.accept ?? [0]).includes(code)) {
          const reason = complaint === "" ? `exit code ${code ?? "none, it was killed"}` : complaint;
          reject(diskTrouble(reason, this.#place.cwd) ?? failed(args, reason, this.#place.cwd));
        } else {
          const bytes = Buffer.concat(output);
          resolve({ code, bytes, text: bytes.toString("utf8"), complaint });
        }
      });
      child.stdin.end(call.input ?? "");
    });
  }

  #variables(call: GitCall): Record<string, string> {
    const person = this.#place.settings === "person";
    const variables: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#environment)) {
      if (value === undefined) continue;
      if (!name.startsWith("GIT_") || (person && personsSettings.has(name))) variables[name] = value;
    }
    Object.assign(variables, {
      // Messages are read below.
      LC_ALL: "C",
      LANGUAGE: "C",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_REPLACE_OBJECTS: "1",
    });
    if (!person) {
      // Git before 2.32 does not know GIT_CONFIG_GLOBAL and looks below HOME.
      Object.assign(variables, { HOME: devNull, XDG_CONFIG_HOME: devNull, GIT_CONFIG_GLOBAL: devNull });
      Object.assign(variables, { GIT_CONFIG_NOSYSTEM: "1", GIT_ATTR_NOSYSTEM: "1" });
    }
    const { gitDir, workTree, index, objects } = this.#place;
    if (gitDir !== undefined) variables["GIT_DIR"] = gitDir;
    if (workTree !== undefined) variables["GIT_WORK_TREE"] = workTree;
    if (index !== undefined) variables["GIT_INDEX_FILE"] = index;
    if (objects !== undefined) {
      variables["GIT_OBJECT_DIRECTORY"] = objects.write;
      variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = objects.read;
    }
    if (call.identity !== undefined) {
      for (const role of ["AUTHOR", "COMMITTER"]) {
        variables[`GIT_${role}_NAME`] = call.identity.name;
        variables[`GIT_${role}_EMAIL`] = call.identity.email;
      }
    }
    if (call.at !== undefined) {
      const date = `@${Math.floor(call.at / 1_000)} +0000`;
      variables["GIT_AUTHOR_DATE"] = date;
      variables["GIT_COMMITTER_DATE"] = date;
    }
    return variables;
  }
}

/** @throws AgentTuneError `git_missing` where git is not there or older than {@link oldestGit} */
export async function requireGit(git: Git): Promise<void> {
  const told = await git.line(["--version"]);
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(told)?.slice(1) ?? []).map(Number);
  if (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])) return;
  throw new AgentTuneError("git_missing", {
    message: `Code versions need git ${oldestGit.join(".")} or newer; here is "${told}".`,
    remedy: "Install a newer git, or run without `code`.",
  });
}

export function splitNul(text: string): readonly string[] {
  return text.split("\0").filter((part) => part !== "");
}

function notStarted(error: Error, cwd: string): AgentTuneError {
  const code = "code" in error ? error.code : undefined;
  // A working directory that is not there is reported in the same words as a program that is not there.
  return new AgentTuneError("git_missing", {
    message: code === "ENOENT" ? "git could not be started." : `git could not be started (${error.message}).`,
    where: cwd,
    remedy: "Check that `git --version` works here and that the folder exists; code versions are kept with git.",
    cause: error,
  });
}

function failed(args: readonly string[], reason: string, cwd: string): AgentTuneError {
  const first = args.slice(0, 2).join(" ");
  return new AgentTuneError("git_failed", {
    message: `\`git ${first}\` failed: ${reason.slice(0, 1_000)}`,
    where: cwd,
    remedy: "Nothing in your own folder was changed. Put right what git names, then `agent-tune resume`.",
  });
}

function diskTrouble(complaint: string, cwd: string): AgentTuneError | undefined {
  if (/No space left on device|Disk quota exceeded/.test(complaint)) {
    return new AgentTuneError("store_full", {
      message: "The disk is full, so the code version cannot be saved; those saved before are safe.",
      where: cwd,
      remedy: "Free some space on this disk and run `agent-tune resume`.",
    });
  }
  if (/Permission denied|Read-only file system|Operation not permitted/.test(complaint)) {
    return new AgentTuneError("store_unwritable", {
      message: `git may not read or write a file it needs (${complaint.slice(0, 500)}).`,
      where: cwd,
      remedy: "Check who owns the folder, its permissions and whether the disk is mounted read-only, then try again.",
    });
  }
  return undefined;
}
