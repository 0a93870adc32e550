import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodeRepository } from "./code-repository.js";
import { PersonsFolder } from "./testing/persons-folder.js";

const at = Date.UTC(2025, 10, 20);
let person: PersonsFolder;
let repository: CodeRepository;
let commit: string;
/** `code/` in the study's folder. */
let code: string;

beforeEach(async () => {
  person = new PersonsFolder();
  person.write("train.py", "a = 1\n");
  person.write("model/net.py", "b = 1\n");
  person.write("run.sh", "#!/bin/sh\n", 0o755);
  person.write(".gitignore", "data/\nassets/*.bin\n");
  person.write("data/x.bin", "x");
  person.write("assets/readme.txt", "r");
  person.write("assets/big.bin", "big");
  person.link("alias.py", "train.py");
  repository = await CodeRepository.create({ ...person, folder: person.folder, studyFolder: person.studyFolder, at });
  commit = (
    await repository.commit(repository.base.commit, new Map([["train.py", "a = 2\n"]]), "two", { id: "v1", at })
  ).commit;
  code = join(person.studyFolder, "code");
});
afterEach(() => person.delete());

/** As the next process sees it. */
async function reopened(): Promise<CodeRepository> {
  return CodeRepository.open(person);
}

function writable(path: string): boolean {
  return (statSync(path).mode & 0o222) !== 0;
}

describe("a checkout", () => {
  it("is a git worktree with the version's files, links to what is no part of it, and nothing to write to", async () => {
    const path = await repository.checkout("v1", commit);
    expect(path).toBe(join(code, "checkouts", "v1"));
    expect(readFileSync(join(path, "train.py"), "utf8")).toBe("a = 2\n");
    expect(readFileSync(join(path, "alias.py"), "utf8")).toBe("a = 2\n");
    expect(readFileSync(join(path, "data/x.bin"), "utf8")).toBe("x");
    expect(readFileSync(join(path, "assets/big.bin"), "utf8")).toBe("big");
    expect(person.gitIn(path, "rev-parse", "HEAD").trim()).toBe(commit);
    expect(person.gitIn(path, "worktree", "list")).toContain(path);
    for (const each of [".", "model", "assets", "train.py", "run.sh", ".git"]) {
      expect(writable(join(path, each)), each).toBe(false);
    }
    expect(writable(join(person.folder, "data"))).toBe(true);
    expect(writable(join(person.folder, "assets/big.bin"))).toBe(true);
    expect(await repository.verify("v1", commit)).toEqual([]);
  });

  it("that stands is left as it is", async () => {
    const path = await repository.checkout("v1", commit);
    const inode = statSync(join(path, "train.py")).ino;
    await (await reopened()).checkout("v1", commit);
    expect(statSync(join(path, "train.py")).ino).toBe(inode);
  });

  it("is put right when another commit is wanted under its id", async () => {
    await repository.checkout("v1", repository.base.commit);
    const path = await repository.checkout("v1", commit);
    expect(readFileSync(join(path, "train.py"), "utf8")).toBe("a = 2\n");
    expect(readdirSync(join(code, "repository.git", "worktrees"))).toHaveLength(1);
  });

  const damages: Record<string, (path: string) => void> = {
    "a changed file": (path) => writeFileSync(join(path, "train.py"), "a = 3\n"),
    "a half-made folder": (path) => rmSync(join(path, "model"), { recursive: true }),
    "a folder that git knows and that is gone": (path) => rmSync(path, { recursive: true }),
    "a folder that git does not know": () => rmSync(join(code, "repository.git/worktrees"), { recursive: true }),
    "a folder moved in its place": (path) => {
      cpSync(path, `${path}-copy`, { recursive: true, verbatimSymlinks: true });
      rmSync(path, { recursive: true });
      renameSync(`${path}-copy`, path);
      writeFileSync(join(path, ".git"), "gitdir: /elsewhere\n");
    },
    "a lock of its index": () => writeFileSync(join(administration(), "index.lock"), ""),
    "a worktree that was never finished": () => {
      writeFileSync(join(administration(), "locked"), "initializing");
      rmSync(join(administration(), "HEAD"));
    },
    "a half-made neighbour": () => {
      mkdirSync(join(code, "checkouts", ".new-1-1", "model"), { recursive: true });
      chmodSync(join(code, "checkouts", ".new-1-1"), 0o555);
      mkdirSync(join(code, "repository.git/worktrees/half"));
    },
    "a missing link": (path) => unlinkSync(join(path, "data")),
    "a link that leads elsewhere": (path) => {
      unlinkSync(join(path, "data"));
      symlinkSync("/etc", join(path, "data"));
    },
  };
  const administration = () => {
    const all = join(code, "repository.git", "worktrees");
    return join(all, readdirSync(all)[0] ?? "");
  };

  it.each(Object.keys(damages))("is repaired after %s", async (name) => {
    const path = await repository.checkout("v1", commit);
    open(path);
    damages[name]?.(path);
    const next = await reopened();
    expect(await next.checkout("v1", commit)).toBe(path);
    expect(await next.verify("v1", commit)).toEqual([]);
    expect(readFileSync(join(path, "data/x.bin"), "utf8")).toBe("x");
    expect(person.gitIn(path, "status", "--porcelain", "--untracked-files=no")).toBe("");
    expect(readdirSync(join(code, "checkouts"))).toEqual(["v1"]);
    expect(readdirSync(join(code, "repository.git", "worktrees"))).toHaveLength(1);
  });

  it("and a commit are possible after locks that a killed git has left", async () => {
    for (const lock of [
      "HEAD.lock",
      "packed-refs.lock",
      "refs/agent-tune/v2.lock",
      "index-of-v2",
      "index-of-v2.lock",
    ]) {
      writeFileSync(join(code, "repository.git", lock), "");
    }
    const next = await reopened();
    const made = await next.commit(commit, new Map([["z.py", "z"]]), "z", { id: "v2", at });
    expect(made.same).toBeUndefined();
    await next.checkout("v2", made.commit);
  });
});

describe("verify", () => {
  it("names what differs, appeared or vanished, by content and not by time", async () => {
    const path = await repository.checkout("v1", commit);
    open(path);
    const { atime, mtime } = statSync(join(path, "train.py"));
    writeFileSync(join(path, "train.py"), "a = 9\n");
    utimesSync(join(path, "train.py"), atime, mtime);
    utimesSync(join(path, "assets/readme.txt"), 0, 0);
    rmSync(join(path, "model/net.py"));
    writeFileSync(join(path, "model/json.py"), "x");
    mkdirSync(join(path, "cache/deep"), { recursive: true });
    unlinkSync(join(path, "alias.py"));
    symlinkSync("run.sh", join(path, "alias.py"));
    chmodSync(join(path, "run.sh"), 0o644);
    unlinkSync(join(path, "data"));
    mkdirSync(join(path, "data"));
    expect(await repository.verify("v1", commit)).toEqual([
      "alias.py",
      "cache/",
      "data",
      "model/json.py",
      "model/net.py",
      "run.sh",
      "train.py",
    ]);
  });

  it("names a file that became a link to the same content, and a .git that leads elsewhere", async () => {
    const path = await repository.checkout("v1", commit);
    open(path);
    rmSync(join(path, "train.py"));
    writeFileSync(join(person.root, "same.py"), "a = 2\n");
    symlinkSync(join(person.root, "same.py"), join(path, "train.py"));
    writeFileSync(join(path, ".git"), "gitdir: /elsewhere\n");
    expect(await repository.verify("v1", commit)).toEqual([".git", "train.py"]);
  });

  it("does not mind what happens behind a link", async () => {
    await repository.checkout("v1", commit);
    person.write("data/y.bin", "y");
    expect(await repository.verify("v1", commit)).toEqual([]);
  });

  it("takes less than 200 ms for 500 files", async () => {
    const files = new Map(
      Array.from({ length: 500 }, (_, n) => [`package/part-${n % 20}/file-${n}.py`, `x = ${n}\n`.repeat(500)]),
    );
    const large = await repository.commit(commit, files, "many", { id: "v2", at });
    await repository.checkout("v2", large.commit);
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const start = performance.now();
      expect(await repository.verify("v2", large.commit)).toEqual([]);
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

describe("remove", () => {
  it("deletes the checkout and leaves what its links lead to", async () => {
    const path = await repository.checkout("v1", commit);
    const before = person.fingerprint();
    await repository.remove("v1");
    await repository.remove("v1");
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(code, "repository.git", "worktrees"))).toEqual([]);
    expect(person.fingerprint()).toEqual(before);
    expect((await repository.tree(commit)).read("train.py")).toBe("a = 2\n");
  });

  it("refuses everything that is not a checkout of its own", async () => {
    const path = await repository.checkout("v1", commit);
    for (const id of ["..", ".", "", "../repository.git", "/etc", "v1/model"]) {
      await expect(repository.remove(id)).rejects.toMatchObject({ code: "internal" });
    }
    symlinkSync(person.folder, join(code, "checkouts", "v7"));
    await expect(repository.remove("v7")).rejects.toMatchObject({ code: "store_unwritable" });
    expect(lstatSync(join(code, "checkouts", "v7")).isSymbolicLink()).toBe(true);

    unlinkSync(join(code, "checkouts", "v7"));
    renameSync(join(code, "checkouts"), join(code, "moved"));
    symlinkSync(join(code, "moved"), join(code, "checkouts"));
    await expect(repository.remove("v1")).rejects.toMatchObject({ code: "store_unwritable" });
    expect(existsSync(join(code, "moved", "v1", "train.py"))).toBe(true);
    expect(path).toContain("v1");
  });
});

/** As a run with the owner's rights could do. */
function open(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) open(join(folder, entry.name));
    else if (entry.isFile()) chmodSync(join(folder, entry.name), statSync(join(folder, entry.name)).mode | 0o200);
  }
}
