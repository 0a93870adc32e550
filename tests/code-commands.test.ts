import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { PersonsFolder } from "../src/code/versions/testing/persons-folder.js";
import { Store } from "../src/store/index.js";
import { codeDocumentSchema } from "../src/study/code/code-document.js";
import { trainedCode, writeCodeStudy } from "../src/study/code/testing/code-study.js";
import { agentTune, projectFolder } from "./cli.js";

// Whole programs run here; nothing is decided by how long they take.
vi.setConfig({ testTimeout: 60_000 });

let person: PersonsFolder;
const errorSchema = z.object({ code: z.string(), message: z.string(), remedy: z.string() });

beforeAll(async () => {
  person = new PersonsFolder();
  await writeCodeStudy(person);
});
afterAll(() => person.delete());

/** `agent-tune code ...` in the person's folder, in their environment. */
function code(...args: readonly string[]) {
  const { HOME = "", GIT_CONFIG_GLOBAL = "" } = person.environment;
  return agentTune(["code", ...args], {
    cwd: person.folder,
    env: { HOME, GIT_CONFIG_GLOBAL, GIT_CONFIG_NOSYSTEM: "1" },
  });
}

async function refusal(...args: readonly string[]) {
  const { code: exit, stdout, stderr } = await code(...args, "--json");
  expect(stderr).toMatch(/^error: .+\n(?: {2}where: .+\n)? {2}do: /);
  return { exit, ...errorSchema.parse(JSON.parse(stdout)) };
}

describe("code tree", () => {
  it("shows all versions and the head", async () => {
    const { code: exit, stdout } = await code("tree");
    expect(exit).toBe(0);
    expect(stdout).toMatch(/└─v4 \* +kept/);
    expect(stdout).toContain("v3 is held for you to judge: agent-tune code show v3");
  });

  it("is drawn with ASCII alone on a dumb terminal", async () => {
    const { stdout } = await agentTune(["code", "tree", "toy"], { cwd: person.folder, env: { TERM: "dumb" } });
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it("prints one document for programs, from anywhere", async () => {
    const { stdout } = await agentTune(["code", "tree", "s1", "-C", person.folder, "--json"], { cwd: projectFolder() });
    const { versions, head } = codeDocumentSchema.parse(JSON.parse(stdout));
    expect([head, versions.map(({ id, status }) => `${id} ${status}`)]).toEqual([
      "v4",
      ["v0 base", "v1 kept", "v2 rejected", "v3 held", "v4 kept", "v5 failed"],
    ]);
  });
});

describe("code show", () => {
  it("shows one version with its diff, the head where none is named", async () => {
    const { code: exit, stdout } = await code("show");
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^v4 of toy, made from v1, the head\n/);
    expect(stdout).toContain("\n-layers = 4\n+layers = 3\n");
    expect(stdout).not.toContain("\u001b");
  });

  it("has all of it for programs", async () => {
    const { schema, version, runs, diff } = z
      .looseObject({ schema: z.string(), version: z.looseObject({ id: z.string() }), runs: z.array(z.looseObject({})) })
      .parse(JSON.parse((await code("show", "v3", "--json")).stdout));
    expect([schema, version.id, runs.length]).toEqual(["agent-tune/code-version/1", "v3", 6]);
    expect(version["flags"]).toHaveLength(1);
    expect(diff).toContain('+print("loss", train(7))');
    expect(JSON.stringify(runs)).not.toContain("mark");
  });
});

describe("code diff", () => {
  it("is what git apply takes", async () => {
    const { stdout } = await code("diff", "v0", "head");
    const { status, stderr } = spawnSync("git", ["apply", "--check", "-"], { cwd: person.folder, input: stdout });
    expect([status, String(stderr)]).toEqual([0, ""]);
    expect(stdout).toMatch(/^diff --git a\/train\.py b\/train\.py\n/);
  });

  it("of the same code says so and prints nothing", async () => {
    expect(await code("diff", "v4", "head")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "v4 and v4 have the same code.\n",
    });
  });
});

describe("code apply", () => {
  it("makes a branch with a commit for each change and leaves everything else alone", async () => {
    person.write("notes.txt", "mine\n");
    const before = person.fingerprint();
    const { code: exit, stdout } = await code("apply");
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Made the branch agent-tune\/toy-v4 with 2 commits\. /);
    expect(stdout).toContain("log -p HEAD..agent-tune/toy-v4");
    const after = person.fingerprint();
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual([]);
    expect(person.git("branch", "--show-current")).toBe("main\n");

    expect(person.git("log", "--format=%an: %s", "main..agent-tune/toy-v4")).toBe(
      "Ann Example: three layers\nAnn Example: normalise before each layer\n",
    );
    const message = person.git("log", "-1", "--format=%b", "agent-tune/toy-v4");
    expect(message).toContain("Measured: loss 0.95000 -> 0.94000, mean of 3 pairs against v1, gain 0.01000");
    expect(message).toContain("Best configuration: lr=0.05 epsilon=1e-06 (trial 23, from 4 runs)");
    expect(message).toContain("Study: toy (s1), version v4");
    expect(person.git("show", "agent-tune/toy-v4:train.py")).toBe(
      trainedCode.replace("normalise = False", "normalise = True\nepsilon = 1e-05").replace("layers = 4", "layers = 3"),
    );
  });

  it("takes a held version only from a person who says so, and keeps its flag in the commit", async () => {
    const refused = await refusal("apply", "v3");
    expect(refused).toMatchObject({ exit: 7, code: "approval_needed" });
    expect(refused.message).toContain("train.py, line 13");
    expect(refused.remedy).toBe("Look at it with `agent-tune code show v3`; where it is honest, say --held.");

    const { code: exit, stdout } = await code("apply", "v3", "--held", "--json");
    expect(exit).toBe(0);
    const { branch, commits } = z
      .object({ branch: z.string(), commits: z.array(z.object({ id: z.string() })) })
      .parse(JSON.parse(stdout));
    expect(commits.map(({ id }) => id)).toEqual(["v1", "v3"]);
    expect(person.git("log", "-1", "--format=%b", branch)).toContain("Flag: train.py:13 (seed)");
  });

  it.each([
    ["v0", "v0 cannot be taken: it is your own code."],
    ["v2", "v2 cannot be taken: it was rejected: After 3 runs"],
    ["v5", "v5 cannot be taken: it failed: Its run with the parent's numbers failed."],
  ])("refuses %s with the reason", async (version, says) => {
    const refused = await refusal("apply", version, "--held");
    expect(refused).toMatchObject({ exit: 3, code: "code_not_applicable" });
    expect(refused.message).toContain(says);
    expect(refused.remedy).toContain("Take the head, v4");
  });

  it("says what a version was made from, and does not take what is held by a detour", async () => {
    const store = Store.open(join(person.folder, ".agent-tune"));
    const stored = store.codeVersions("s1").map(({ data }) => z.looseObject({ id: z.string() }).parse(data));
    const kept = { ...stored[5], status: "kept", reason: "a test" };
    store.putCodeVersion("s1", { number: 5, data: { ...kept, parent: "v2" } });
    const { stdout } = await code("apply", "v5", "--json");
    store.putCodeVersion("s1", { number: 5, data: { ...kept, parent: "v3" } });
    const refused = await refusal("apply", "v5");
    store.putCodeVersion("s1", { number: 5, data: stored[5] });
    store.close();
    expect(stdout).toContain("v5 was made from v2, which by itself was not kept (rejected).");
    expect(refused).toMatchObject({ exit: 7, message: expect.stringContaining("v5 contains v3, which is held.") });
  });
});

describe("code export", () => {
  it("writes patches that git am takes", async () => {
    const folder = join(person.root, "patches");
    const { code: exit, stdout } = await code("export", "v4", "--output", folder);
    expect(exit).toBe(0);
    const files = stdout.trim().split("\n");
    expect(files).toEqual(
      ["0001-v1-normalise-before-each-layer.patch", "0002-v4-three-layers.patch"].map((name) => join(folder, name)),
    );
    const clone = join(person.root, "clone");
    person.git("clone", "-q", person.folder, clone);
    person.gitIn(clone, "am", "-q", ...files);
    expect(readFileSync(join(clone, "train.py"), "utf8")).toContain("layers = 3");

    const again = await refusal("export", "v4", "--output", folder);
    expect(again).toMatchObject({ exit: 3, code: "code_not_applicable" });
  });

  it("names the folder after study and version where none is named", async () => {
    expect((await code("export", "v1")).code).toBe(0);
    expect(existsSync(join(person.folder, "toy-v1", "0001-v1-normalise-before-each-layer.patch"))).toBe(true);
  });
});

describe("what cannot be shown", () => {
  it("a version that is not there: the nearest and all there are", async () => {
    expect(await refusal("show", "v12")).toMatchObject({
      exit: 2,
      code: "version_unknown",
      message: "There is no code version v12; did you mean v5?",
      remedy: "Name one of v0, v1, v2, v3, v4, v5, or head (v4). `agent-tune code tree` shows them.",
    });
  });

  it("a study that tunes numbers only", async () => {
    const store = Store.open(join(person.folder, ".agent-tune"));
    const record = store.study("s1");
    const { settings } = z.looseObject({ settings: z.looseObject({}) }).parse(record.definition);
    const { code: _, ...numbers } = settings;
    store.createStudy({
      ...record,
      id: "a-plain",
      name: "plain",
      createdAt: 0,
      definition: { from: "program", settings: numbers },
    });
    store.close();
    const refused = await refusal("tree", "plain");
    expect(refused).toMatchObject({ exit: 2, code: "usage" });
    expect(refused.remedy).toContain("agent-tune run --edit train.py");
  });

  it("versions whose repository is gone", async () => {
    rmSync(join(person.folder, ".agent-tune", "studies", "s1", "code"), { recursive: true });
    const refused = await refusal("show", "v4");
    expect(refused).toMatchObject({
      exit: 1,
      code: "state_invalid",
      message: "The study's code versions are not there.",
    });
  });
});
