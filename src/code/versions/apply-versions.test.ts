import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppliedVersions, VersionStep } from "./apply-versions.js";
import { CodeRepository } from "./code-repository.js";
import { PersonsFolder } from "./testing/persons-folder.js";

const at = Date.UTC(2025, 10, 20);
const lines = (...changed: readonly string[]) => `${["one", "two", "three", "four", "five", ...changed].join("\n")}\n`;
let person: PersonsFolder;
let repository: CodeRepository;

beforeEach(() => {
  person = new PersonsFolder();
});
afterEach(() => person.delete());

async function study(folder = person.folder): Promise<void> {
  const { environment } = person;
  repository = await CodeRepository.create({ folder, studyFolder: join(person.root, "study"), environment, at });
}

/** Versions v1, v2, ... one upon the other. */
async function chain(...edits: readonly Record<string, string | null>[]): Promise<readonly VersionStep[]> {
  const steps: VersionStep[] = [];
  for (const [number, edit] of edits.entries()) {
    const id = `v${number + 1}`;
    const parent = steps.at(-1)?.commit ?? repository.base.commit;
    const { commit } = await repository.commit(parent, new Map(Object.entries(edit)), id, { id, at });
    steps.push({ id, commit, message: `Summary of ${id}\n\nWhy.` });
  }
  return steps;
}

function apply(steps: readonly VersionStep[], folder = person.folder): Promise<AppliedVersions> {
  return repository.applyToRepository({ folder, study: "my study", steps, at });
}

/** What applying may add: objects, the branch and its log. */
function added(before: Record<string, string>, after: Record<string, string>): readonly string[] {
  expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual([]);
  return Object.keys(after).filter((path) => !(path in before) && !path.startsWith(".git/objects/"));
}

describe("applying versions", () => {
  it("makes a branch with a commit for each, in the person's name, and touches nothing else", async () => {
    person.write("train.py", "a\n");
    person.write("run.sh", "x\n", 0o755);
    person.write("old.py", "x\n");
    person.commitAll();
    person.write("notes.txt", "not committed\n");
    person.write("train.py", "a\n");
    await study();
    const steps = await chain({ "train.py": "b\n", "run.sh": "y\n" }, { "old.py": null, "new/ünï code.py": "n\n" });
    const before = person.fingerprint();

    const { branch, commits, notes } = await apply(steps);
    expect(branch).toBe("agent-tune/my-study-v2");
    expect(notes).toEqual([]);
    expect(added(before, person.fingerprint()).filter((path) => !path.endsWith("/"))).toEqual([
      `.git/logs/refs/heads/${branch}`,
      `.git/refs/heads/${branch}`,
    ]);
    expect(person.git("log", "--format=%an <%ae> %s", `main..${branch}`)).toBe(
      "Ann Example <ann@example.com> Summary of v2\nAnn Example <ann@example.com> Summary of v1\n",
    );
    expect(commits.map(({ id }) => id)).toEqual(["v1", "v2"]);
    expect(person.git("rev-parse", branch).trim()).toBe(commits[1]?.commit);
    expect(person.git("-c", "core.quotePath=false", "diff", "--name-status", "--no-renames", "main", branch)).toBe(
      "A\tnew/ünï code.py\nD\told.py\nM\trun.sh\nM\ttrain.py\n",
    );
    expect(person.git("ls-tree", branch, "run.sh")).toMatch(/^100755/);
    expect(person.git("fsck", "--strict")).toBe("");
  });

  it("brings only the versions' own changes where the person had changes that are not committed", async () => {
    person.write("train.py", lines("six", "seven", "eight", "nine"));
    person.commitAll();
    person.write("train.py", lines("six", "seven", "eight", "NINE, mine"));
    await study();
    const steps = await chain({ "train.py": lines("six", "seven", "eight", "NINE, mine").replace("one", "ONE") });
    const { branch } = await apply(steps);
    expect(person.git("show", `${branch}:train.py`)).toBe(lines("six", "seven", "eight", "nine").replace("one", "ONE"));
  });

  it("keeps what the person has committed since, elsewhere in the file", async () => {
    person.write("train.py", lines("six", "seven"));
    person.commitAll();
    await study();
    const steps = await chain({ "train.py": lines("six", "SEVEN") });
    person.write("train.py", `zero\n${lines("six", "seven")}`);
    person.git("commit", "-qam", "mine");
    const { branch } = await apply(steps);
    expect(person.git("show", `${branch}:train.py`)).toBe(`zero\n${lines("six", "SEVEN")}`);
  });

  it("works from a subfolder, a linked worktree and a detached HEAD", async () => {
    person.write("exp/train.py", "a\n");
    person.write("train.py", "another\n");
    person.commitAll();
    await study(join(person.folder, "exp"));
    const steps = await chain({ "train.py": "b\n" });
    const { branch } = await apply(steps, join(person.folder, "exp"));
    expect(person.git("show", `${branch}:exp/train.py`)).toBe("b\n");
    expect(person.git("show", `${branch}:train.py`)).toBe("another\n");

    const other = join(person.root, "other");
    person.git("worktree", "add", "-q", "--detach", other);
    const again = await apply(steps, join(other, "exp"));
    expect(again.branch).toBe("agent-tune/my-study-v1-2");
    expect(again.notes).toEqual([
      "The branch agent-tune/my-study-v1 exists already; this one is called agent-tune/my-study-v1-2.",
    ]);
    expect(person.gitIn(other, "status", "--porcelain")).toBe("");
  });

  it("saves line ends as the person's settings ask", async () => {
    person.write(".gitattributes", "*.py text eol=crlf\n");
    person.write("train.py", "a\r\nb\r\n");
    person.commitAll();
    await study();
    const { branch } = await apply(await chain({ "train.py": "a\r\nc\r\n" }));
    expect(person.git("cat-file", "blob", `${branch}:train.py`)).toBe("a\nc\n");
  });

  it("leaves out a change that is there already", async () => {
    person.write("train.py", "a\n");
    person.commitAll();
    await study();
    const steps = await chain({ "train.py": "b\n" }, { "train.py": "c\n" });
    person.write("train.py", "b\n");
    person.git("commit", "-qam", "mine");
    const { commits, notes } = await apply(steps);
    expect(commits.map(({ id }) => id)).toEqual(["v2"]);
    expect(notes).toEqual(["The changes of v1 are in your code already."]);
    await expect(apply(steps.slice(0, 1))).rejects.toThrow(/has all of these changes already/);
  });

  it("runs no hook", async () => {
    person.write("train.py", "a\n");
    person.commitAll();
    for (const hook of ["reference-transaction", "post-commit", "pre-commit", "commit-msg"]) {
      person.write(`.git/hooks/${hook}`, `#!/bin/sh\ntouch ${person.root}/ran\nexit 1\n`, 0o755);
    }
    await study();
    await apply(await chain({ "train.py": "b\n" }));
    expect(readdirSync(person.root)).not.toContain("ran");
  });
});

describe("applying is refused, and nothing is changed,", () => {
  const conflicts: Record<string, [change: () => void, edit: Record<string, string | null>, words: RegExp]> = {
    "where the same lines are different": [
      () => person.write("train.py", lines("SIX, mine")),
      { "train.py": lines("SIX") },
      /v1 to train\.py does not apply: your last commit has different lines/,
    ],
    "where a changed file is gone": [
      () => person.git("rm", "-q", "train.py"),
      { "train.py": "b\n" },
      /train\.py does not apply: your last commit does not have the file/,
    ],
    "where a deleted file is different": [
      () => person.write("train.py", "mine\n"),
      { "train.py": null },
      /it deletes the file, which is different/,
    ],
    "where a new file is another one": [
      () => person.write("new.py", "mine\n"),
      { "new.py": "n\n" },
      /your last commit has another file of this name/,
    ],
    "where a file has become a folder": [
      () => {
        person.git("rm", "-q", "train.py");
        person.write("train.py/deep.py", "mine\n");
      },
      { "train.py": "b\n" },
      /in your last commit it is no file/,
    ],
  };

  it.each(Object.keys(conflicts))("%s", async (name) => {
    const [change, edit, words] = conflicts[name] ?? [() => {}, {}, /never/];
    person.write("train.py", lines("six"));
    person.commitAll();
    await study();
    const steps = await chain(edit);
    change();
    person.git("add", "-A");
    person.git("commit", "-qm", "mine");
    const before = person.fingerprint();
    await expect(apply(steps)).rejects.toMatchObject({
      code: "code_not_applicable",
      message: expect.stringMatching(words),
    });
    expect(person.fingerprint()).toEqual(before);
  });

  it("where the changed file was never committed", async () => {
    person.write("other.py", "x\n");
    person.commitAll();
    person.write("train.py", "a\n");
    await study();
    const before = person.fingerprint();
    await expect(apply(await chain({ "train.py": "b\n" }))).rejects.toThrow(/does not have the file/);
    expect(person.fingerprint()).toEqual(before);
  });

  it("without a repository, a commit or an identity, each with what to do", async () => {
    person.write("train.py", "a\n");
    await study();
    const steps = await chain({ "train.py": "b\n" });
    await expect(apply(steps)).rejects.toMatchObject({ remedy: expect.stringContaining("agent-tune code export") });
    person.git("init", "-q", "-b", "main");
    await expect(apply(steps)).rejects.toThrow(/no commit yet/);
    person.commitAll();
    writeFileSync(join(person.root, "home", "gitconfig"), "");
    const before = person.fingerprint();
    await expect(apply(steps)).rejects.toMatchObject({ remedy: expect.stringContaining("user.email") });
    expect(person.fingerprint()).toEqual(before);
  });

  it("where a branch of the person's stands in the way", async () => {
    person.write("train.py", "a\n");
    person.commitAll();
    person.git("branch", "agent-tune");
    await study();
    await expect(apply(await chain({ "train.py": "b\n" }))).rejects.toThrow(/you have a branch `agent-tune`/);
  });
});

describe("exporting patches", () => {
  it("writes one for each version, which `git am` takes", async () => {
    person.write("exp/train.py", "a\r\nb\n");
    person.write("exp/run.sh", "x\n", 0o755);
    person.commitAll();
    await study(join(person.folder, "exp"));
    const steps = await chain({ "train.py": "a\r\nc\n", "sp ace.py": "s" }, { "run.sh": null });
    const folder = join(person.root, "patches", "here");
    const files = await repository.exportPatches({ folder, steps });
    expect(files).toEqual([join(folder, "0001-v1-summary-of-v1.patch"), join(folder, "0002-v2-summary-of-v2.patch")]);

    person.git("am", "--keep-cr", ...files);
    expect(person.git("log", "--format=%s|%b", "-2")).toBe("Summary of v2|Why.\n\nSummary of v1|Why.\n\n");
    expect(readFileSync(join(person.folder, "exp/train.py"), "utf8")).toBe("a\r\nc\n");
    expect(readFileSync(join(person.folder, "exp/sp ace.py"), "utf8")).toBe("s");
    expect(readdirSync(join(person.folder, "exp")).sort()).toEqual(["sp ace.py", "train.py"]);
  });

  it("never overwrites, and then writes none", async () => {
    person.write("train.py", "a\n");
    await study();
    const steps = await chain({ "train.py": "b\n" }, { "train.py": "c\n" });
    const folder = join(person.root, "patches");
    mkdirSync(folder);
    writeFileSync(join(folder, "0002-v2-summary-of-v2.patch"), "mine");
    await expect(repository.exportPatches({ folder, steps })).rejects.toMatchObject({ code: "code_not_applicable" });
    expect(readdirSync(folder)).toEqual(["0002-v2-summary-of-v2.patch"]);
    rmSync(join(folder, "0002-v2-summary-of-v2.patch"));
    expect(await repository.exportPatches({ folder, steps })).toHaveLength(2);
  });
});
