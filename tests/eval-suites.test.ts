import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../src/errors.js";
import { cleanEnvironment, contentOf, type Ended, processesWith, projectFolder, until } from "./cli.js";

/** What `npm run eval` runs; `npm test` builds it first. */
const program = join(import.meta.dirname, "..", "dist", "evals", "eval.js");

interface Running {
  readonly ended: Promise<Ended>;
  /** kill -9 of the program and of its workers. */
  kill(): void;
}

/** The program with its files below a folder. */
function start(args: readonly string[], folder: string, env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: cleanEnvironment({ HOME: folder, ...env }),
    stdio: ["ignore", "pipe", "pipe"],
    // Its workers belong to its process group.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ended, kill: () => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL")) };
}

function evaluate(args: readonly string[], folder: string): Promise<Ended> {
  return start([...args, "--out", "results", "--cache", "runs.jsonl", "--workers", "2"], folder).ended;
}

/** A result without what depends on the clock. */
function timeless(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"), (key, value: unknown) =>
    ["date", "overhead", "command"].includes(key) ? null : value,
  );
}

describe("the suite smoke", () => {
  it("keeps its promises, writes its report again from the result, and notices a broken optimizer", async () => {
    const folder = projectFolder();
    const whole = await evaluate(["--suite", "smoke"], folder);
    expect(whole, whole.stderr).toMatchObject({ code: ExitCode.ok });
    expect(whole.stdout).toMatch(/^smoke: Does everything still learn/);
    expect(whole.stderr).not.toMatch(/Not kept|failed|not the suite/i);
    const before = contentOf(join(folder, "results"));
    expect(Object.keys(before).sort()).toEqual(["smoke.html", "smoke.json", "smoke.md"]);

    const again = await start(["--from", "results/smoke.json", "--out", "again"], folder).ended;
    expect(again, again.stderr).toMatchObject({ code: ExitCode.ok });
    expect(contentOf(join(folder, "again"))).toEqual({
      "smoke.html": before["smoke.html"],
      "smoke.md": before["smoke.md"],
    });

    const mutated = await evaluate(["--suite", "smoke", "--methods", "random,mutant-ignores-results"], folder);
    expect(mutated, mutated.stderr).toMatchObject({ code: ExitCode.requirementNotMet });
    // Of the same code: the baseline is not run again.
    expect(mutated.stderr).toMatch(/^40 runs, 20 of them known$/m);
    expect(mutated.stderr).toMatch(/^Not kept: every method learns numbers.*mutant-ignores-results has /m);
    expect(mutated.stderr).toMatch(/^Not the suite as it is defined: other methods\.$/m);
    // What the whole suite has shown stays.
    const {
      "smoke-part.json": part,
      "smoke-part.md": _,
      "smoke-part.html": __,
      ...rest
    } = contentOf(join(folder, "results"));
    expect(part).toBeDefined();
    expect(rest).toEqual(before);
  }, 240_000);
});

describe("kill -9 of an evaluation and its workers", () => {
  it("loses no finished run, leaves no process, and the result is the one of an undisturbed evaluation", async () => {
    const args = ["--suite", "optimizers", "--methods", "cma-es,random", "--tasks", "own/rotated,own/memory-border"];
    const short = [...args, "--seeds", "3", "--trials", "30"];
    const whole = projectFolder();
    expect(await evaluate(short, whole)).toMatchObject({ code: ExitCode.ok });

    const folder = projectFolder();
    const kept = join(folder, "runs.jsonl");
    const runsKept = () => (existsSync(kept) ? readFileSync(kept, "utf8").split("\n").length - 1 : 0);
    const mark = `eval-kill-test-${process.pid}`;
    const paths = ["--out", "results", "--cache", "runs.jsonl", "--workers", "2"];
    for (const enough of [2, 5]) {
      const running = start([...short, ...paths], folder, { MARK: mark });
      await until(() => runsKept() >= enough);
      running.kill();
      expect(await running.ended).toMatchObject({ code: null, signal: "SIGKILL" });
      expect(processesWith(mark)).toEqual([]);
      expect(existsSync(join(folder, "results"))).toBe(false);
    }
    const known = runsKept();
    const resumed = await evaluate(short, folder);
    expect(resumed, resumed.stderr).toMatchObject({ code: ExitCode.ok });
    expect(resumed.stderr).toMatch(new RegExp(`^12 runs, ${known} of them known$`, "m"));
    const result = join("results", "optimizers-part.json");
    expect(timeless(join(folder, result))).toEqual(timeless(join(whole, result)));
  }, 120_000);
});

describe("what cannot be run", () => {
  const { usage, configuration } = ExitCode;
  const refused: readonly (readonly [string, number, RegExp])[] = [
    ["--methods cma-es+orcale", usage, /no advisor named orcale\.\n {2}do: Did you mean oracle\?/],
    [
      "--methods cma-es+oracle",
      usage,
      /Settings of the advisor oracle are not usable: .*\n.*at quality\n {2}do: What can/,
    ],
    [
      "--methods cma-es,cma-es+oracle:quality=1 --tasks training/digits",
      usage,
      /used on training\/digits: the optimum/,
    ],
    ["--tasks own/noisi", usage, /no task named own\/noisi\.\n {2}do: Did you mean own\/noisy\?/],
    ["--tasks own/nothing/", usage, /no family of tasks named own\/nothing\/\.\n {2}do: Families are own\//],
    ["--tasks lcbench/3945", usage, /lcbench\/3945 \(.*not at hand\)\. .*agent-tune eval fetch.*AGENT_TUNE_EVAL_DATA/],
    ["--sedes 3", usage, /unknown option '--sedes'\n\(Did you mean --seeds\?\)/],
    ["smoke", usage, /"smoke" belongs to no option\.\n {2}do: Did you mean --suite smoke\?/],
    [
      "--suite brief-ablation",
      usage,
      /None of the pairs .* cma-es\+MODEL@0\.3.* and \d+ more \(needs a model: .*--model/s,
    ],
    ["--suite model --model nonsense", configuration, /"nonsense" names no model\.\n {2}do: Write openai:NAME/],
    ["--max-cost abc", usage, /'--max-cost <usd>' argument 'abc' is invalid\. Give an amount in US dollars/],
    ["--workers 0", usage, /'--workers <n>' argument '0' is invalid\. Give a whole number from 1/],
    ["--seeds many", usage, /'--seeds <n>' argument 'many' is invalid/],
    ["--trials 2.5", usage, /'--trials <n>' argument '2\.5' is invalid/],
    ["--from nowhere.json", usage, /The result cannot be read: ENOENT.*\n {2}where: nowhere\.json/],
  ];

  it.each(refused)("%s is refused with %d and one message before anything runs", async (line, code, message) => {
    const folder = projectFolder();
    const ended = await start([...line.split(" "), "--out", "results"], folder).ended;
    expect(ended, ended.stderr).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
    expect(contentOf(folder)).toEqual({});
  });

  it("is named with the seed of the run where only the run finds it", async () => {
    const folder = projectFolder();
    const args = ["--methods", "random,cma-es+openai:m", "--tasks", "own/sphere", "--seeds", "2", "--trials", "4"];
    const ended = await evaluate([...args, "--replay", folder], folder);
    expect(ended, ended.stderr).toMatchObject({ code: ExitCode.unexpected });
    for (const seed of [1, 2]) {
      expect(ended.stderr).toContain(
        [
          `failed: cma-es+openai:m on own/sphere, seed ${seed}: ` +
            `There is no recording of cma-es+openai:m on own/sphere, seed ${seed}.`,
          `  where: ${join(folder, "own%2Fsphere", "cma-es+openai%3Am", `${seed}.jsonl`)}`,
          "  do: Replay the same tasks, methods and seeds that were recorded, or record this run first.",
        ].join("\n"),
      );
    }
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });
});
