import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { AgentTuneError } from "../../errors.js";
import { type Git, splitNul } from "./git.js";
import { findRepository } from "./persons-repository.js";
import { readObjects } from "./tree-entries.js";

/** One version on the way from the first version to the one that is wanted. */
export interface VersionStep {
  readonly id: string;
  readonly commit: string;
  /** What its commit or patch says: one line, and after an empty line the rest. */
  readonly message: string;
}

export interface ApplyOptions {
  /** The person's folder: the same files as in the versions, in a git repository. */
  readonly folder: string;
  /** Name of the study, for the branch's name. */
  readonly study: string;
  /** In order; each is the parent of the next, and the first was made from the first version. */
  readonly steps: readonly VersionStep[];
  /** Date of the commits, milliseconds. */
  readonly at: number;
}

export interface AppliedVersions {
  readonly branch: string;
  readonly commits: readonly { readonly id: string; readonly commit: string }[];
  /** What the person may not expect: another branch name, a change that was there already. */
  readonly notes: readonly string[];
}

/** A change of one file between two versions. */
interface Change {
  readonly path: string;
  /** Objects in the study's repository; undefined: no such file. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly mode: string;
}

/**
 * Makes a branch in the person's repository, from the commit they are on, with one commit for each step. Their files,
 * index, current branch and settings stay as they are; so does everything where a step does not apply, as objects are
 * collected apart until all steps are done. A file is merged three ways (before, after, theirs), so that what they
 * have changed elsewhere in it stays.
 *
 * @param versions git at the study's repository
 * @param base commit of the first version
 * @throws AgentTuneError `code_not_applicable`
 */
export async function applyVersions(versions: Git, base: string, options: ApplyOptions): Promise<AppliedVersions> {
  const folder = resolve(options.folder);
  const person = versions.at({ cwd: folder, settings: "person" });
  const repository = await findRepository(person);
  if (repository === undefined) {
    throw refused(folder, `${folder} is in no git repository`, "`agent-tune code export` writes patches instead.");
  }
  const top = person.with({ cwd: repository.top });
  const head = await top.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { accept: [0, 1, 128] });
  if (head.code !== 0) {
    throw refused(folder, "the repository has no commit yet", "Commit your code first, then try again.");
  }
  await requireIdentity(top, folder);

  const temporary = mkdtempSync(join(tmpdir(), "agent-tune-apply-"));
  try {
    const read = resolve(repository.top, await top.line(["rev-parse", "--git-path", "objects"]));
    const write = join(temporary, "objects");
    mkdirSync(write);
    const apart = top.with({ objects: { write, read }, index: join(temporary, "index") });
    const start = head.text.trim();
    const { tip, commits, notes } = await commitSteps(
      versions,
      apart,
      base,
      start,
      repository.prefix,
      temporary,
      options,
    );
    if (commits.length === 0) {
      throw refused(folder, "your code has all of these changes already", "There is nothing left to apply.");
    }
    const branch = await freeBranch(top, options);
    const pack = await apart.run(["pack-objects", "--revs", "--stdout", "-q"], { input: `${tip}\n^${start}\n` });
    await top.run(["unpack-objects", "-q"], { input: pack.bytes });
    // "create" fails where the branch has come into being meanwhile.
    await top.run(["update-ref", "-m", "agent-tune code apply", "--stdin"], {
      input: `create refs/heads/${branch} ${tip}\n`,
    });
    const asked = `agent-tune/${branchName(options)}`;
    const renamed = branch === asked ? [] : [`The branch ${asked} exists already; this one is called ${branch}.`];
    return { branch, commits, notes: [...renamed, ...notes] };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function commitSteps(
  versions: Git,
  apart: Git,
  base: string,
  start: string,
  prefix: string,
  temporary: string,
  options: ApplyOptions,
): Promise<{ tip: string; commits: { id: string; commit: string }[]; notes: string[] }> {
  const commits: { id: string; commit: string }[] = [];
  const notes: string[] = [];
  let tip = start;
  let tree = await apart.line(["rev-parse", `${start}^{tree}`]);
  let before = base;
  await apart.run(["read-tree", start]);
  for (const step of options.steps) {
    const lines: string[] = [];
    for (const change of await changes(versions, before, step.commit)) {
      lines.push(...(await mergeFile(versions, apart, tree, `${prefix}${change.path}`, change, step.id, temporary)));
    }
    await apart.run(["update-index", "-z", "--index-info"], { input: lines.sort().join("") });
    const merged = await apart.line(["write-tree"]);
    if (merged === tree) notes.push(`The changes of ${step.id} are in your code already.`);
    else {
      const input = `${step.message.replaceAll("\0", "").trim()}\n`;
      tip = await apart.line(["commit-tree", merged, "-p", tip, "-F", "-"], { input, at: options.at });
      tree = merged;
      commits.push({ id: step.id, commit: tip });
    }
    before = step.commit;
  }
  return { tip, commits, notes };
}

async function changes(versions: Git, a: string, b: string): Promise<readonly Change[]> {
  const { text } = await versions.run(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", a, b]);
  const parts = splitNul(text);
  const found: Change[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = "", before = "", after = ""] = parts[at]?.split(" ") ?? [];
    const object = (name: string) => (/^0+$/.test(name) ? undefined : name);
    found.push({ path: parts[at + 1] ?? "", before: object(before), after: object(after), mode });
  }
  return found;
}

/**
 * Merges the change of one file into the person's tree.
 *
 * @param tree the person's tree so far
 * @param path from the top of the person's repository
 * @returns lines for `update-index --index-info`
 */
async function mergeFile(
  versions: Git,
  apart: Git,
  tree: string,
  path: string,
  change: Change,
  version: string,
  temporary: string,
): Promise<readonly string[]> {
  const listed = await apart.run(["ls-tree", "-z", "--full-tree", tree, "--", path]);
  const [, mode, kind, theirs] = /^(\d+) (\w+) (\w+)\t/.exec(listed.text) ?? [];
  const conflict = (why: string) =>
    refused(
      path,
      `the change of ${version} to ${path} does not apply: ${why}`,
      "Go to the commit the study was started from, or `agent-tune code export` and merge by hand.",
    );
  if (mode !== undefined && (kind !== "blob" || mode === "120000")) throw conflict("in your last commit it is no file");

  // As `git add` would save it: line ends and filters as the person has set them for this path.
  const saved = async (object: string | undefined) => {
    if (object === undefined) return undefined;
    const input = (await readObjects(versions, [object])).get(object) ?? "";
    return apart.line(["hash-object", "-w", "--stdin", `--path=${path}`], { input });
  };
  const before = await saved(change.before);
  const after = await saved(change.after);
  if (theirs === after) return [];
  if (theirs === before) {
    if (after === undefined) return [`0 ${"0".repeat(theirs?.length ?? 40)}\t${path}\0`];
    return [`${mode ?? change.mode} ${after}\t${path}\0`];
  }
  if (theirs === undefined) throw conflict("your last commit does not have the file");
  if (after === undefined) throw conflict("it deletes the file, which is different in your last commit");
  if (before === undefined) throw conflict("your last commit has another file of this name");

  const sides = await Promise.all([theirs, before, after].map((object) => apart.run(["cat-file", "blob", object])));
  const files = sides.map(({ bytes }, side) => {
    const file = join(temporary, `side-${side}`);
    writeFileSync(file, bytes);
    return file;
  });
  const accept = Array.from({ length: 256 }, (_, code) => code);
  const merged = await apart.run(["merge-file", "-p", "-q", ...files], { accept });
  if (merged.code !== 0) throw conflict("your last commit has different lines in the same place");
  const object = await apart.line(["hash-object", "-w", "--no-filters", "--stdin"], { input: merged.bytes });
  return [`${mode} ${object}\t${path}\0`];
}

async function requireIdentity(git: Git, folder: string): Promise<void> {
  for (const role of ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"]) {
    const told = await git.run(["var", role], { config: [["user.useConfigOnly", "true"]], accept: [0, 128] });
    if (told.code === 0) continue;
    throw refused(
      folder,
      "git does not know who you are, and the commits are yours",
      'Set `git config --global user.name "Your Name"` and `git config --global user.email you@example.com`.',
    );
  }
}

function branchName({ study, steps }: ApplyOptions): string {
  return `${study}-${steps.at(-1)?.id ?? "v0"}`.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+/, "");
}

/** `agent-tune/<study>-<version>`, with -2, -3, ... where that exists. */
async function freeBranch(git: Git, options: ApplyOptions): Promise<string> {
  const listed = await git.line(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"]);
  // A file system may take letters of either case for the same.
  const taken = new Set(listed.toLowerCase().split("\n"));
  if (taken.has("agent-tune")) {
    throw refused(
      options.folder,
      "you have a branch `agent-tune`, beside which git can have no `agent-tune/...`",
      "Rename it: `git branch -m agent-tune ANOTHER-NAME`.",
    );
  }
  const name = `agent-tune/${branchName(options)}`;
  let branch = name;
  for (let count = 2; taken.has(branch.toLowerCase()); count += 1) branch = `${name}-${count}`;
  return branch;
}

function refused(where: string, what: string, remedy: string): AgentTuneError {
  const message = `Nothing was applied: ${what}.`;
  return new AgentTuneError("code_not_applicable", { message, where, remedy });
}
