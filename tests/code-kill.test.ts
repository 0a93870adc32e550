import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../src/math/random.js";
import { codeDocumentSchema } from "../src/study/code/code-document.js";
import { agentTune, contentOf, inProcess, processesWith, projectFolder, start, trialsOf, undisturbed } from "./cli.js";
import { callOf, startCoderServer, submit } from "./coder-server.js";

const kills = Number(process.env["AGENT_TUNE_KILLS"] ?? 25);
const possible = spawnSync("bwrap", ["--version"]).status === 0 && spawnSync("python3", ["--version"]).status === 0;

const quadratic = {
  summary: "add a quadratic feature with a weight of its own",
  hypothesis: "The target is curved.",
  edits: [
    { kind: "replace", path: "train.py", search: "    return [x]\n", replace: "    return [x, args.scale * x * x]\n" },
    {
      kind: "replace",
      path: "train.py",
      search: 'parser.add_argument("--out"',
      replace: 'parser.add_argument("--scale", type=float, default=1.0)\nparser.add_argument("--out"',
    },
    {
      kind: "replace",
      path: "train.py",
      search: "# Long enough",
      replace: "weights = [weights[0], weights[1] * args.scale]\n# Long enough",
    },
  ],
  declares: [{ name: "scale", type: "float", low: 0.5, high: 2, default: 1, meaning: "Factor of the feature x * x." }],
};

/** One that crashes; one that is kept, after a look around and a moment of running. */
const turns = [
  [
    submit({
      summary: "start from another bias",
      edits: [{ kind: "replace", path: "train.py", search: "bias = 0.0\n", replace: "bias = 0.0 / len([])\n" }],
    }),
  ],
  [
    callOf("read_file", { version: "v0", path: "train.py" }),
    callOf("try_out", { parent: "v0", edits: quadratic.edits, seconds: 5 }),
    submit(quadratic),
  ],
];

function git(cwd: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.org"];
  return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8" });
}

/** A repository in the middle of a person's work: staged, unstaged, untracked and ignored. */
function personsProject(): string {
  const cwd = projectFolder("code-toy");
  writeFileSync(join(cwd, ".gitignore"), "ignored.txt\n.agent-tune/\n");
  writeFileSync(join(cwd, "notes.txt"), "one\n");
  git(cwd, "init", "-q", "-b", "main");
  git(cwd, "add", ".");
  git(cwd, "commit", "-q", "-m", "start");
  writeFileSync(join(cwd, "notes.txt"), "one\ntwo\n");
  git(cwd, "add", "notes.txt");
  writeFileSync(join(cwd, "notes.txt"), "one\ntwo\nthree\n");
  writeFileSync(join(cwd, "untracked.txt"), "mine\n");
  writeFileSync(join(cwd, "ignored.txt"), "mine as well\n");
  return cwd;
}

/** Every byte of the person's folder, its repository included, but for the studies. */
function persons(cwd: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(contentOf(cwd)).filter(([path]) => !path.startsWith(".agent-tune")));
}

/** What the versions came to, without what depends on the moment. */
async function verdicts(cwd: string) {
  const { stdout } = await inProcess(["code", "tree", "--json"], { cwd });
  const { head, versions } = codeDocumentSchema.parse(JSON.parse(stdout));
  const told = versions.map(({ id, parent, tree, summary, status, reason, gain, declares }) => {
    return { id, parent, tree, summary, status, reason, gain, declares };
  });
  return { head, versions: told };
}

function codeFolder(cwd: string): string | undefined {
  const studies = join(cwd, ".agent-tune", "studies");
  const study = existsSync(studies) ? readdirSync(studies)[0] : undefined;
  return study === undefined ? undefined : join(studies, study, "code");
}

/** What is left of the code of the only study on the disk. */
function leftOnDisk(cwd: string) {
  const code = codeFolder(cwd) ?? "";
  const marks = join(code, "try-outs.txt");
  return {
    entries: readdirSync(code)
      .filter((name) => name !== "try-outs.txt")
      .sort(),
    checkouts: readdirSync(join(code, "checkouts")).sort(),
    repository: readdirSync(join(code, "repository.git")).filter((name) => /index|lock/.test(name)),
    marks: existsSync(marks) ? readFileSync(marks, "utf8") : "",
  };
}

/** What a session has to show before it is killed, in turn: a sign of life, the coder's turn, a version, a pair, a verdict. */
const signs = [/./, /asking for an edit/, / made from /, /: pair \d/, / (?:kept|failed|rejected): /, /trial \d+/];
/** Lines after which it is killed in any case. */
const mostLines = 7;

function isTakingIn(cwd: string): boolean {
  const code = codeFolder(cwd);
  return (
    code !== undefined && existsSync(code) && readdirSync(code).some((name) => name.startsWith(".new-repository-"))
  );
}

/** What the study was at when it was killed, as the disk shows it. */
async function whereKilled(cwd: string): Promise<string> {
  const code = codeFolder(cwd);
  if (code === undefined || !existsSync(join(code, "repository.git"))) return "snapshot";
  if (existsSync(join(code, "drafts"))) return "coder's trial runs";
  const open = (await trialsOf(cwd)).find(({ state }) => state !== "finished");
  return open === undefined ? "no trial under way" : `${open.proposal.purpose} trial`;
}

describe.skipIf(!possible)("kill -9 of the controller while it searches code", () => {
  it(
    `changes no verdict, loses no acknowledged trial, leaves nothing behind (${kills} kills)`,
    async () => {
      const server = await startCoderServer(turns);
      const model = { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: `${server.url}/v1` };
      const run = ["run", "--model", "openai:scripted-stand-in"];
      try {
        const whole = personsProject();
        const first = await agentTune(run, { cwd: whole, env: { ...model, TOY_MARK: `code-kill-${process.pid}` } });
        expect(first).toMatchObject({ code: 0 });
        const expected = { ...(await verdicts(whole)), trials: undisturbed(await trialsOf(whole)) };
        expect(expected).toMatchObject({ head: "v2", versions: [{}, { status: "failed" }, { status: "kept" }] });
        const clean = leftOnDisk(whole);

        const random = RandomStream.fromSeed(20261121);
        const moments = new Map<string, number>();
        let killed = 0;
        for (let round = 0; killed < kills; round++) {
          const cwd = personsProject();
          const before = persons(cwd);
          const env = { ...model, TOY_MARK: `code-kill-${process.pid}-${round}` };
          let acknowledged = 0;
          let coderTurns = 0;
          for (let session = 0; ; session++) {
            const running = start(session === 0 ? run : ["resume"], { cwd, env });
            const spared = killed >= kills;
            const sign = signs[killed % signs.length] ?? /./;
            const kill = (): boolean => running.process.kill("SIGKILL");
            let timer: NodeJS.Timeout | undefined;
            // The first ones while the person's folder is being taken in, which is over in a moment.
            const watch = session < 3 ? setInterval(() => isTakingIn(cwd) && kill(), 1) : undefined;
            running.process.stderr?.on("data", () => {
              const shown = running.errorSoFar();
              if (spared || timer !== undefined) return;
              if (coderTurns < 6 && /asking for an edit/.test(shown)) {
                coderTurns++;
                timer = setTimeout(kill, random.integer(3000));
              } else if (sign.test(shown) || shown.split("\n").length > mostLines) {
                timer = setTimeout(kill, random.integer(600));
              }
            });
            const { code, stderr } = await running.ended;
            clearTimeout(timer);
            clearInterval(watch);
            if (code === 0) break;
            expect(code, stderr).toBeNull();
            killed++;
            const moment = await whereKilled(cwd);
            moments.set(moment, (moments.get(moment) ?? 0) + 1);
            const shown = Math.max(
              acknowledged,
              ...[...stderr.matchAll(/trial (\d+) .*mse/g)].map((match) => Number(match[1]) + 1),
            );
            if (shown > 0) {
              acknowledged = (await trialsOf(cwd)).filter(({ state }) => state === "finished").length;
              expect(acknowledged).toBeGreaterThanOrEqual(shown);
            }
          }
          expect({ ...(await verdicts(cwd)), trials: undisturbed(await trialsOf(cwd)) }).toEqual(expected);
          expect(leftOnDisk(cwd)).toEqual(clean);
          expect(processesWith(env.TOY_MARK)).toEqual([]);
          expect(persons(cwd)).toEqual(before);
        }
        process.stderr.write(`killed after: ${[...moments].map(([what, n]) => `${what} ${n}`).join(", ")}\n`);
      } finally {
        await server.close();
      }
    },
    180_000 + 10_000 * kills,
  );
});
