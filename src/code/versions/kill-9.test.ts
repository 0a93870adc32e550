import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RandomStream } from "../../math/random.js";
import { CodeRepository } from "./code-repository.js";
import { PersonsFolder } from "./testing/persons-folder.js";

/*
 * Real processes, really killed. A longer run: AGENT_TUNE_KILLS=500 npx vitest run src/code/versions/kill-9.test.ts
 */
const kills = Number(process.env.AGENT_TUNE_KILLS ?? 30);

const repository = fileURLToPath(new URL("../../../", import.meta.url));
let compiled: string;
let person: PersonsFolder;
let child: ChildProcess | undefined;

beforeAll(() => {
  compiled = mkdtempSync(join(tmpdir(), "agent-tune-compiled-"));
  compile(join(repository, "src/code/versions/code-repository.ts"));
  symlinkSync(join(repository, "node_modules"), join(compiled, "node_modules"));
  writeFileSync(join(compiled, "package.json"), '{"type":"module"}');
  writeFileSync(join(compiled, "child.js"), controller);
});

afterAll(() => {
  child?.kill("SIGKILL");
  rmSync(compiled, { recursive: true, force: true });
  person.delete();
});

/** What is killed: creates or opens, then makes versions and checkouts; it says what it may rely on. */
const controller = `
import { writeSync } from "node:fs";
import { CodeRepository } from "./src/code/versions/code-repository.js";
const [, , folder, studyFolder] = process.argv;
const say = (...words) => writeSync(1, words.join(" ") + "\\n");
say("started");
const repository = await CodeRepository.create({ folder, studyFolder, at: 1763600000000 });
say("created", repository.base.commit);
for (let number = 1; ; number += 1) {
  const id = "v" + ((number % 5) + 1);
  const files = new Map([["train.py", "a = " + process.pid + number + "\\n"], ["part/" + id + ".py", "x\\n"]]);
  const { commit } = await repository.commit(repository.base.commit, files, "n", { id, at: 1763600000000 + number });
  say("committed", id, commit);
  const path = await repository.checkout(id, commit);
  say("checked-out", id, commit);
  if (number % 3 === 0) await repository.remove(id);
}
`;

/** Compiles a module and everything it imports from this repository. */
function compile(file: string, done = new Set<string>()): void {
  if (done.has(file)) return;
  done.add(file);
  const source = readFileSync(file, "utf8");
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  const target = join(compiled, relative(repository, file)).replace(/\.ts$/, ".js");
  mkdirSync(dirname(target), { recursive: true });
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  writeFileSync(target, outputText);
  for (const [, path] of outputText.matchAll(/from "(\.[^"]+)\.js"/g)) {
    compile(`${resolve(dirname(file), path ?? "")}.ts`, done);
  }
}

/** What the process says before it is killed: `more` milliseconds after it has said `enough` lines. */
async function untilKilled(enough: number, more: number): Promise<readonly string[]> {
  const said: string[] = [];
  const env = { ...person.environment } as NodeJS.ProcessEnv;
  const args = [join(compiled, "child.js"), person.folder, person.studyFolder];
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
  child = running;
  const exited = once(running, "exit");
  const kill = () => setTimeout(() => running.kill("SIGKILL"), more);
  for await (const line of createInterface({ input: running.stdout })) {
    said.push(line);
    if (said.length === enough) kill();
  }
  await exited;
  return said;
}

it(
  `after each of ${kills} kills the versions are whole, checkouts can be made, and the person's folder is as it was`,
  async () => {
    person = new PersonsFolder();
    for (let number = 0; number < 40; number += 1) person.write(`part/file-${number}.py`, `x = ${number}\n`);
    person.write("train.py", "a = 0\n");
    person.write(".gitignore", "data/\n");
    person.write("data/x.bin", "x");
    person.commitAll();
    person.write("train.py", "a = 1\n");
    person.git("add", "train.py");
    person.write("new.py", "n\n");
    const before = person.fingerprint();
    const random = RandomStream.fromSeed(11);
    let base: string | undefined;

    for (let round = 0; round < kills; round += 1) {
      // Some kills have to hit the making of the repository; the others what comes after it.
      const creating = round % 10 < 4;
      if (creating) {
        person.deleteStudy();
        base = undefined;
      }
      const enough = creating ? 1 : 2 + Math.floor(random.uniform() * 6);
      const more = random.uniform() * (creating ? 150 : 60);
      const said = (await untilKilled(enough, more)).map((line) => line.split(" "));
      for (const [what, commit] of said) if (what === "created") base ??= commit;
      const committed = new Map(
        said.filter(([what]) => what === "committed").map(([, id = "", commit = ""]) => [id, commit]),
      );

      const next = await CodeRepository.create({
        ...person,
        folder: person.folder,
        studyFolder: person.studyFolder,
        at: 1,
      });
      if (base !== undefined) expect(next.base.commit).toBe(base);
      base = next.base.commit;
      for (const [id, commit] of [...committed, ["v0", base] as const]) {
        const path = await next.checkout(id, commit);
        expect(await next.verify(id, commit)).toEqual([]);
        expect(readFileSync(join(path, "data/x.bin"), "utf8")).toBe("x");
      }
      const code = join(person.studyFolder, "code");
      expect(readdirSync(join(code, "checkouts")).filter((name) => !/^v\d+$/.test(name))).toEqual([]);
      expect(readdirSync(code).sort()).toEqual(["checkouts", "repository.git"]);
      expect(person.gitIn(join(code, "repository.git"), "fsck", "--strict", "--no-dangling")).toBe("");
      expect(person.fingerprint()).toEqual(before);
    }
  },
  30_000 + kills * 5_000,
);
