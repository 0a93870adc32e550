import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type Evaluation, evaluationSchema } from "../evals/studies/document.js";
import { ExitCode } from "../src/errors.js";
import {
  agentTune,
  contentOf,
  type Ended,
  edit,
  inProcess,
  processesWith,
  projectFolder,
  start,
  until,
} from "./cli.js";

const fast = { TOY_MS: "2" };
const asked = ["eval", "--advisors", "none,rules", "--seeds", "2", "--trials", "4"];

function evaluationOf(stdout: string): Evaluation {
  return evaluationSchema.parse(JSON.parse(stdout));
}

/** Everything but how long it took, and where. */
function timeless(evaluation: Evaluation): unknown {
  const told = ["seconds", "folder"];
  return JSON.parse(JSON.stringify(evaluation, (key, value: unknown) => (told.includes(key) ? null : value)));
}

/** A project whose studies are short. */
function toyFolder(): string {
  const cwd = projectFolder("toy");
  edit(join(cwd, "agent-tune.yaml"), "noise: { final_seeds: 2 }", "noise: { final_seeds: 1 }");
  return cwd;
}

describe("an evaluation from start to end", () => {
  let cwd: string;
  let ended: Ended;
  let again: Ended;
  let evaluation: Evaluation;
  let files: Readonly<Record<string, string>>;
  let trials: Ended;

  // One evaluation for all of them, looked at before the folder goes.
  beforeAll(async () => {
    cwd = toyFolder();
    ended = await agentTune([...asked, "--json"], { cwd, env: fast });
    expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null });
    evaluation = evaluationOf(ended.stdout);
    const [study] = evaluation.studies;
    trials = await inProcess(["trials", study?.id ?? "", "-C", evaluation.folder, "--json"], { cwd });
    again = await inProcess([...asked, "--out", "elsewhere"], { cwd });
    files = contentOf(cwd);
  }, 60_000);

  it("prints the answer and nothing else on standard output, the plan and its progress on standard error", () => {
    expect(evaluation).toMatchObject({
      study: "toy",
      objective: { metric: "loss", direction: "minimize" },
      budget: { trials: 4 },
      seeds: [1, 2],
      contrasts: [{ arm: "cma-es+rules", reference: "cma-es", pairs: 2, verdict: "undecided" }],
    });
    expect(evaluation.studies).toHaveLength(4);
    expect(ended.stderr).toMatch(
      /^evaluation of toy by loss: 2 arms x 2 seeds = 4 studies of 4 trials and 2 final runs$/m,
    );
    expect(ended.stderr).toMatch(/^cost: nothing; no model is asked$/m);
    // Before anything has run: afterwards it would be an excuse.
    expect(ended.stderr).toMatch(/^note: 2 seeds cannot show a difference at 5 %[\s\S]*^the default takes \d.* left$/m);
    expect(ended.stderr).toMatch(/^cma-es\+rules, seed 2: done, best .*; 4 of 4 studies done$/m);
  });

  it("says in one sentence for each comparison what can be said", () => {
    expect(again.stdout).toMatch(
      /^No difference between cma-es\+rules and cma-es in loss could be shown \(p = .*; 2 seeds cannot show one at 5 %, 6 can\.$/m,
    );
    for (const title of ["Answers: loss on fresh seeds", "Comparisons, paired by seed", "What it took"])
      expect(again.stdout).toContain(title);
  });

  it("is kept: the answer as a document and as reports, each study to be looked at with every other command", () => {
    const folder = Object.keys(files).find((name) =>
      /^\.agent-tune\/evals\/toy-[0-9a-f]{8}\/results\.json$/.test(name),
    );
    expect(evaluationOf(files[folder ?? ""] ?? "")).toEqual(evaluation);
    expect(files[join(dirname(folder ?? ""), "report.md")]).toContain("# Evaluation of toy");
    expect(files[join(dirname(folder ?? ""), "report.html")]).toContain("<!doctype html>");
    expect(files[".agent-tune/.gitignore"]).toBe("*\n");
    const shown = z.object({ trials: z.array(z.unknown()) }).parse(JSON.parse(trials.stdout));
    const [study] = evaluation.studies;
    expect(shown.trials).toHaveLength(
      (study?.trials.search ?? 0) + (study?.trials.replicate ?? 0) + (study?.trials.final ?? 0),
    );
  });

  it("runs nothing a second time, and writes where it is told", () => {
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/^written: .*elsewhere\/report\.html$/m);
    expect(again.stderr).toMatch(/^going on: 4 studies of it finished$/m);
    expect(again.stderr).not.toContain("the default takes");
    const { "elsewhere/results.json": results = "" } = files;
    expect(evaluationOf(results)).toEqual(evaluation);
  });

  it("leaves the problem's own studies alone", async () => {
    expect(Object.keys(files).filter((name) => /^\.agent-tune\/(agent-tune\.db|studies)/.test(name))).toEqual([]);
  });
});

describe("an evaluation that is cut off", () => {
  let undisturbed: Evaluation;
  beforeAll(async () => {
    undisturbed = evaluationOf((await agentTune([...asked, "--json"], { cwd: toyFolder(), env: fast })).stdout);
  }, 60_000);

  /** With its second study at work. */
  async function atWork(mark: string): Promise<{ cwd: string; running: ReturnType<typeof start> }> {
    const cwd = toyFolder();
    // The first seed's default is quick, so that what is interrupted has something to lose.
    const running = start([...asked, "--json"], { cwd, env: { TOY_MS: "150", TOY_MARK: mark } });
    await until(() => running.errorSoFar().includes("cma-es, seed 1: done") && processesWith(mark).length >= 2);
    return { cwd, running };
  }

  it("by kill -9 goes on with the same command, and says what it would have said", async () => {
    const mark = `eval-killed-${process.pid}`;
    const { cwd, running } = await atWork(mark);
    running.process.kill("SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL", stdout: "" });
    const { code, stdout, stderr } = await agentTune([...asked, "--json"], { cwd, env: fast });
    expect(stderr).toMatch(/^going on: 1 study of it finished, 1 begun/m);
    expect(code).toBe(0);
    expect(timeless(evaluationOf(stdout))).toEqual(timeless(undisturbed));
    expect(processesWith(mark)).toEqual([]);
  });

  it("by Ctrl-C ends cleanly, without a process left, and says how it goes on", async () => {
    const mark = `eval-stopped-${process.pid}`;
    const { cwd, running } = await atWork(mark);
    running.process.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(ExitCode.interrupted);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "agent-tune/error/1", code: "interrupted" });
    expect(processesWith(mark)).toEqual([]);
    const [, words = ""] = /^ {2}do: Go on with: agent-tune (.*)$/m.exec(stderr) ?? [];
    const resumed = await agentTune(words.split(" "), { cwd, env: fast });
    expect(timeless(evaluationOf(resumed.stdout))).toEqual(timeless(undisturbed));
  });
});

describe("an evaluation that cannot begin", () => {
  it.each<[string, readonly string[], number, string, RegExp]>([
    ["no seeds", ["--seeds", "0"], ExitCode.usage, "usage", /--seeds/],
    ["no such file", ["-c", "missing.yaml"], ExitCode.configuration, "study_file_missing", /no study file/],
    ["an unknown advisor", ["--advisors", "none,oracl"], ExitCode.configuration, "model_unknown", /oracl/],
    ["a missing key", ["--advisors", "none,openai:gpt-5.1"], ExitCode.configuration, "credentials_missing", /OpenAI/],
    ["auto without a key", ["--advisors", "none,auto"], ExitCode.configuration, "credentials_missing", /auto/],
    ["an unknown optimizer", ["--optimizers", "cma-es,adam"], ExitCode.usage, "usage", /adam/],
    ["one arm", ["--advisors", "none"], ExitCode.usage, "usage", /nothing to compare/],
    ["a share beyond all", ["--share", "2"], ExitCode.usage, "usage", /--share/],
    ["a word too many", ["lists"], ExitCode.usage, "usage", /lists|argument/],
  ])("%s: one message, and nothing is left", async (_, args, exit, code, says) => {
    const cwd = projectFolder("toy");
    const before = contentOf(cwd);
    const { code: ended, stdout, stderr } = await inProcess(["eval", ...args, "--json"], { cwd });
    const error = z.object({ code: z.string(), message: z.string() }).parse(JSON.parse(stdout));
    expect([ended, error.code]).toEqual([exit, code]);
    expect(error.message).toMatch(says);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(contentOf(cwd)).toEqual(before);
  });

  it("because the command does not work: one message, exit code and remedy", async () => {
    const cwd = toyFolder();
    const small = ["eval", "--advisors", "none,rules", "--seeds", "1", "--trials", "2", "--json"];
    edit(join(cwd, "train.mjs"), "const loss =", 'throw new Error("broken"); const loss =');
    const { code, stderr, stdout } = await agentTune(small, { cwd, env: fast });
    expect(code).toBe(ExitCode.allTrialsFailed);
    expect(JSON.parse(stdout)).toMatchObject({ code: "all_trials_failed" });
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    const [, words = ""] =
      /^note: when that is mended the evaluation goes on with: agent-tune (.*)$/m.exec(stderr) ?? [];
    edit(join(cwd, "train.mjs"), 'throw new Error("broken"); ', "");
    expect(await agentTune(words.split(" "), { cwd, env: fast })).toMatchObject({ code: 0 });
  });

  it("only says what it would do with --dry-run", async () => {
    const cwd = projectFolder("toy");
    const before = contentOf(cwd);
    const { code, stdout, stderr } = await inProcess([...asked, "--dry-run"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^asks: is cma-es\+rules better than cma-es\?$/m);
    const json = await inProcess([...asked, "--dry-run", "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: "agent-tune/evaluation-plan/1", seeds: [1, 2] });
    expect(contentOf(cwd)).toEqual(before);
  });
});

describe("benchmarks", () => {
  it("eval list names what can be run here, and what cannot with its reason", async () => {
    const cwd = projectFolder();
    const { code, stdout, stderr } = await agentTune(["eval", "list"], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ {2}own\//m);
    expect(stdout).toMatch(/^suites$/m);
    const json = await inProcess(["eval", "list", "--json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: "agent-tune/evaluation-catalogue/1" });
  });
});

describe("eval fetch without a network", () => {
  it("names each file that could not be had, keeps nothing of it, and ends with an exit code", async () => {
    const cwd = projectFolder();
    const network = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("", { status: 503 }));
    try {
      const { code, stderr, stdout } = await inProcess(["eval", "fetch", "--folder", "data"], {
        cwd,
        env: { HOME: cwd },
      });
      expect({ code, stdout }).toEqual({ code: ExitCode.unexpected, stdout: "" });
      expect(stderr).toMatch(/could not be had: .*503.* Without it, .* is skipped/);
      expect(contentOf(cwd)).toEqual({});
    } finally {
      network.mockRestore();
    }
  });
});

describe("other commands", () => {
  it("load nothing of the evaluation", async () => {
    const cwd = projectFolder();
    const record = join(cwd, "modules.txt");
    const recorder = pathToFileURL(join(import.meta.dirname, "fixtures", "record-modules.mjs")).href;
    const { code } = await agentTune(["eval", "--help"], {
      cwd,
      env: { NODE_OPTIONS: `--import ${recorder}`, RECORD_MODULES: record },
    });
    expect(code).toBe(0);
    const chunks = readFileSync(record, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("file:") && existsSync(`${fileURLToPath(line)}.map`));
    const sources = chunks.flatMap((chunk) => {
      const map = `${fileURLToPath(chunk)}.map`;
      return z
        .object({ sources: z.array(z.string()) })
        .parse(JSON.parse(readFileSync(map, "utf8")))
        .sources.map((source) => resolve(dirname(map), source));
    });
    expect(sources.some((source) => source.includes("/src/cli/"))).toBe(true);
    expect(sources.filter((source) => source.includes("/evals/"))).toEqual([]);
  });
});
