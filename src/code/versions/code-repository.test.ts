import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodeRepository, type CreateOptions } from "./code-repository.js";
import { fingerprint, PersonsFolder } from "./testing/persons-folder.js";

const at = Date.UTC(2025, 10, 20);
let person: PersonsFolder;

beforeEach(() => {
  person = new PersonsFolder();
});
afterEach(() => person.delete());

function create(more: Partial<CreateOptions> = {}): Promise<CodeRepository> {
  const { folder, studyFolder, environment } = person;
  return CodeRepository.create({ folder, studyFolder, environment, at, ...more });
}

async function paths(repository: CodeRepository): Promise<readonly string[]> {
  return (await repository.tree(repository.base.commit)).paths;
}

describe("the first version", () => {
  it("is the folder as it is now: staged, changed and new files, not what is ignored", async () => {
    person.write("train.py", "print(1)\n");
    person.write("gone.py", "print(0)\n");
    person.write("model/net.py", "layers = 2\n");
    person.write("kept.log", "tracked, though ignored\n");
    person.commitAll();
    person.write("train.py", "print(2)\n");
    person.git("add", "train.py");
    person.write("train.py", "print(3)\n");
    person.write("new.py", "x = 1\n");
    rmSync(join(person.folder, "gone.py"));
    person.write(".gitignore", "*.log\ndata/\n");
    person.write("data/big.bin", "1234");
    person.write("run.log", "noise");
    person.write(".git/info/exclude", "private.txt\n");
    person.write("private.txt", "mine");
    person.write("train.py.swp", "an editor's");
    const status = person.git("status", "--porcelain=v2");
    const before = person.fingerprint();

    const repository = await create();
    expect(await paths(repository)).toEqual([".gitignore", "kept.log", "model/net.py", "new.py", "train.py"]);
    expect((await repository.tree(repository.base.commit)).read("train.py")).toBe("print(3)\n");
    expect(repository.links.map(({ path }) => path).sort()).toEqual(["data", "private.txt", "run.log", "train.py.swp"]);

    expect(person.fingerprint()).toEqual(before);
    expect(person.git("status", "--porcelain=v2").replaceAll("? .agent-tune/\n", "")).toBe(status);
  });

  it("needs no repository of the person's; .gitignore counts all the same", async () => {
    person.write("train.py", "x");
    person.write("out/result.txt", "y");
    person.write(".gitignore", "out/\n");
    const repository = await create();
    expect(await paths(repository)).toEqual([".gitignore", "train.py"]);
    expect(repository.links).toEqual([{ path: "out", target: join(person.folder, "out") }]);
    expect(existsSync(join(person.folder, ".git"))).toBe(false);
  });

  it("can be a subfolder of a repository, also of one that ignores it", async () => {
    person.write("experiments/one/train.py", "x");
    person.write("library/code.py", "y");
    person.commitAll();
    const folder = join(person.folder, "experiments/one");
    expect(await paths(await create({ folder }))).toEqual(["train.py"]);

    person.write(".gitignore", "scratch/\n");
    person.write("scratch/train.py", "z");
    const ignored = await create({ folder: join(person.folder, "scratch"), studyFolder: join(person.root, "study") });
    expect(await paths(ignored)).toEqual(["train.py"]);
  });

  it("leaves out secrets, holdout data, its own folder, nested repositories, installed software and sockets", async () => {
    for (const path of [".env", ".env.local", "model/.env.prod", "train.py", "store/x.db", "holdout/test.bin"]) {
      person.write(path, path);
    }
    person.write("data/train.bin", "t");
    person.write("data/test.bin", "h");
    person.write(".gitignore", "data/\n");
    person.write(".venv/lib/a.py", "a");
    person.write("env3/pyvenv.cfg", "home = /usr");
    person.write("env3/lib/b.py", "b");
    person.write("node_modules/c.js", "c");
    person.write("__pycache__/train.pyc", "p");
    person.write("third/party/own.py", "o");
    person.gitIn(join(person.folder, "third/party"), "init", "-q");
    person.write("large.npz", Buffer.alloc(2_000));
    expect(spawnSync("mkfifo", [join(person.folder, "pipe")]).status).toBe(0);
    const limits = { fileBytes: 1_000, files: 100, bytes: 10_000 };
    const repository = await create({ excluded: ["data/test.bin", "holdout", join(person.folder, "store")], limits });

    expect(await paths(repository)).toEqual([".gitignore", "train.py"]);
    const linked = repository.links.map(({ path }) => path).sort();
    expect(linked).toEqual([".venv", "data/train.bin", "env3", "large.npz", "node_modules", "third"]);
    expect(repository.notes.join()).toContain("large.npz has 0 MB: it is linked");
    expect(repository.notes.join()).toContain("pipe is left out: it is a socket, pipe or device");
  });

  it("keeps links within the tree; others are linked with a note, or left out where they lead to what is hidden", async () => {
    person.write("configs/a.yaml", "a");
    person.link("current.yaml", "configs/a.yaml");
    mkdirSync(join(person.root, "datasets"));
    person.link("data", join(person.root, "datasets"));
    person.write(".env", "KEY=1");
    person.link("settings", join(person.folder, ".env"));
    person.link("up", "..");
    person.link("nowhere", "/no/such/place");
    const repository = await create();

    const checkout = await repository.checkout("v0", repository.base.commit);
    expect(readlinkSync(join(checkout, "current.yaml"))).toBe("configs/a.yaml");
    expect(readlinkSync(join(checkout, "data"))).toBe(join(person.folder, "data"));
    expect(readdirSync(checkout).sort()).toEqual([".git", "configs", "current.yaml", "data"]);
    expect(await paths(repository)).toEqual(["configs/a.yaml"]);
    expect(repository.notes).toEqual([
      "data is a symbolic link that leads out of the folder: it is linked and no part of the versions.",
      "nowhere is a symbolic link and left out: it leads to nothing.",
      "settings is a symbolic link and left out: it leads to something that no version may show.",
      "up is a symbolic link and left out: it leads to a folder that this one is in.",
    ]);
  });

  it("keeps names, line ends and executable bits, whatever .gitattributes and filters say", async () => {
    const names = ["with space.py", "new\nline.py", "Ünïcode-数.py", "-dash.py", 'quote".py', "tab\t.py"];
    for (const name of names) person.write(name, `# ${name}\r\nmixed\n`);
    person.write("run.sh", "#!/bin/sh\n", 0o755);
    person.write(".gitattributes", "* text=auto eol=lf\n*.py filter=spoil ident\n");
    person.commitAll();
    person.git("config", "filter.spoil.clean", "echo spoiled; touch ran");
    person.git("config", "filter.spoil.smudge", "echo spoiled; touch ran");
    person.git("config", "core.fsmonitor", "touch ran; false");
    person.write("with space.py", "$Id$\r\nchanged\n");
    const before = person.fingerprint();

    const repository = await create();
    const checkout = await repository.checkout("v0", repository.base.commit);
    for (const name of names) {
      expect(readFileSync(join(checkout, name), "utf8")).toBe(readFileSync(join(person.folder, name), "utf8"));
    }
    expect(spawnSync(join(checkout, "run.sh")).status).toBe(0);
    expect(await repository.verify("v0", repository.base.commit)).toEqual([]);
    expect(person.fingerprint()).toEqual(before);
  });

  it("is refused where there is nothing, or far too much", async () => {
    await expect(create()).rejects.toMatchObject({ code: "code_folder_unfit" });
    for (let number = 0; number < 5; number += 1) person.write(`data/${number}.txt`, "x");
    const limits = { fileBytes: 100, files: 4, bytes: 1_000 };
    await expect(create({ limits })).rejects.toThrow(/holds 5 files/);
    await expect(create({ folder: join(person.folder, "data/0.txt") })).rejects.toThrow(/is no folder/);
    expect(existsSync(join(person.studyFolder, "code", "repository.git"))).toBe(false);
  });

  it("stays what it was when a study that died is created again", async () => {
    person.write("train.py", "one");
    const first = await create();
    person.write("train.py", "two");
    expect((await create()).base).toEqual(first.base);
  });

  it("says what to do where git is missing or the repository is gone", async () => {
    person.write("train.py", "x");
    await expect(create({ environment: { PATH: "/nonexistent" } })).rejects.toMatchObject({ code: "git_missing" });
    await expect(CodeRepository.open(person)).rejects.toMatchObject({ code: "state_invalid" });
  });
});

describe("versions", () => {
  let repository: CodeRepository;
  let base: string;

  beforeEach(async () => {
    person.write("train.py", "def f():\n    a = 1\n    b = 2\n    return a\n");
    person.write("run.sh", "#!/bin/sh\n", 0o755);
    person.write("old.py", "x\n");
    person.write("logo.png", Buffer.from([137, 80, 0, 1]));
    person.write("latin.txt", Buffer.from([0xe9, 0x0a]));
    person.write(".gitignore", "data/\n");
    person.write("data/a.bin", "a");
    person.link("alias.py", "train.py");
    person.commitAll();
    repository = await create();
    base = repository.base.commit;
  });

  const edit = new Map([
    ["train.py", "def f():\n    a = 1\n    b = 3\n    return a\n"],
    ["run.sh", "#!/bin/sh\nexit 0\n"],
    ["new/deep file.py", "y\n"],
    ["old.py", null],
  ]);

  it("are commits with the edit's files, their modes kept, the same on every machine", async () => {
    const made = await repository.commit(base, edit, "Three\n\nbecause", { id: "v1", at });
    const tree = await repository.tree(made.commit);
    expect(tree.paths).toEqual([".gitignore", "latin.txt", "logo.png", "new/deep file.py", "run.sh", "train.py"]);
    expect(tree.read("new/deep file.py")).toBe("y\n");
    expect([tree.read("logo.png"), tree.read("latin.txt"), tree.read("alias.py")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);

    const again = await repository.commit(base, edit, "Three\n\nbecause", { id: "v1", at });
    expect(again).toEqual(made);
    expect(await repository.diffStat(base, made.commit)).toEqual({
      files: [
        { path: "new/deep file.py", added: 1, removed: 0 },
        { path: "old.py", added: 0, removed: 1 },
        { path: "run.sh", added: 1, removed: 0 },
        { path: "train.py", added: 1, removed: 1 },
      ],
      added: 3,
      removed: 2,
    });
    const diff = await repository.diff(base, made.commit);
    expect(diff).toContain("-    b = 2\n+    b = 3\n");
    expect(diff).toContain("deleted file mode 100644");
    expect(diff).not.toContain("old mode");
  });

  it("with the content of an earlier one are recognised, and nothing is made", async () => {
    const one = await repository.commit(base, edit, "one", { id: "v1", at });
    expect(await repository.commit(base, edit, "again", { id: "v2", at })).toEqual({ ...one, same: "v1" });
    const back = new Map([["train.py", "def f():\n    a = 1\n    b = 2\n    return a\n"]]);
    expect(await repository.commit(base, back, "nothing", { id: "v2", at })).toEqual({
      ...repository.base,
      same: "v0",
    });
    const two = await repository.commit(one.commit, new Map([["z.py", "z"]]), "two", { id: "v2", at });
    expect(two.same).toBeUndefined();
  });

  it("never write where a link leads into the person's folder", async () => {
    for (const path of ["data", "data/new.py", "alias.py", "alias.py/x.py"]) {
      const refused = repository.commit(base, new Map([[path, "x"]]), "no", { id: "v1", at });
      await expect(refused).rejects.toMatchObject({ code: "code_not_applicable", where: path });
    }
    const deletes = await repository.commit(base, new Map([["alias.py", null]]), "yes", { id: "v1", at });
    expect(deletes.same).toBeUndefined();
  });

  it("never leave their tree", async () => {
    for (const path of ["../x", "/etc/x", ".git/config", "a/../../x"]) {
      const before = Object.keys(fingerprint(person.root));
      const refused = repository.commit(base, new Map([[path, "x"]]), "no", { id: "v1", at });
      await expect(refused).rejects.toMatchObject({ code: "code_not_applicable", where: path });
      expect(Object.keys(fingerprint(person.root))).toEqual(before);
    }
  });

  it("can be read by another process that changes nothing", async () => {
    const { commit } = await repository.commit(base, edit, "one", { id: "v1", at });
    const lock = join(person.studyFolder, "code", "repository.git", "refs", "agent-tune", "v2.lock");
    writeFileSync(lock, "");
    const reader = await CodeRepository.open(person);
    expect((await reader.tree(commit)).read("new/deep file.py")).toBe("y\n");
    expect(existsSync(lock)).toBe(true);
    expect(reader.links).toEqual(repository.links);
  });

  it("may be made many at once", async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        repository.commit(base, new Map([["n.py", `${number}`]]), "n", { id: `v${number + 1}`, at }),
      ),
    );
    expect(new Set(made.map(({ tree }) => tree)).size).toBe(8);
  });
});
