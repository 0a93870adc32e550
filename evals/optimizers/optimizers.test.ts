import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { definitionFromFields, SearchSpace } from "../../src/space/index.js";
import type { Observation, Task } from "../tasks/index.js";
import { ownTasks } from "../tasks/own/index.js";
import { codeVersion } from "./code-version.js";
import { compare } from "./comparison.js";
import { type Method, methodNames } from "./method.js";
import { checkOptuna, optunaMethod, pythonVariable } from "./optuna-method.js";
import { optunaTranslation } from "./optuna-parameter.js";
import { ownMethod } from "./own-method.js";
import { doJobs } from "./pool.js";
import { asMarkdown, asText, sectionsOf } from "./report.js";
import { type Run, runJob } from "./run.js";
import { RunStore } from "./run-store.js";

const folder = mkdtempSync(join(tmpdir(), "agent-tune-eval-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ownTask(name: string): Task {
  const entry = ownTasks.find((each) => each.name === `own/${name}`);
  if (!entry) throw new Error(`no ${name}`);
  return entry.load();
}

describe("a method's name", () => {
  it("may carry settings, which are separated as methods are", () => {
    expect(methodNames("gp, cma-es:restarts=bipop,screening=false,optuna-tpe:multivariate=true")).toEqual([
      "gp",
      "cma-es:restarts=bipop,screening=false",
      "optuna-tpe:multivariate=true",
    ]);
  });

  it("must be one of an optimizer", () => {
    expect(() => ownMethod("nothing")).toThrow(/no optimizer named/);
  });
});

describe("a run", () => {
  const task = ownTask("noisy");
  const job = { task: task.name, method: "random", seed: 4, trials: 40 };

  it("starts at the start and is the same every time, but for the time it takes", async () => {
    const runs = [await runJob(job, task, ownMethod("random")), await runJob(job, task, ownMethod("random"))];
    expect(runs[0]?.incumbents[0]).toEqual({ trial: 0, value: task.trueValue(task.start) });
    expect(runs[0]?.incumbents).toEqual(runs[1]?.incumbents);
    const other = await runJob({ ...job, seed: 5 }, task, ownMethod("random"));
    expect(other.incumbents).not.toEqual(runs[0]?.incumbents);
  });

  it("returns the configuration with the smallest observed value, which need not be the best", async () => {
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, seed) => runJob({ ...job, seed }, task, ownMethod("random"))),
    );
    const misled = runs.some(({ incumbents }) =>
      incumbents.some(({ value }, k) => value > (incumbents[k - 1]?.value ?? Number.POSITIVE_INFINITY)),
    );
    expect(misled).toBe(true);
  });

  it("shows all methods the same noise at the same trial", async () => {
    const seen: Observation[][] = [];
    const watching = (): Method => {
      const own: Observation[] = [];
      seen.push(own);
      return {
        name: "start again and again",
        close: () => {},
        open: async () => ({
          begin: async (_, observation) => void own.push(observation),
          ask: async () => task.start,
          tell: async (observation) => void own.push(observation),
          end: async () => {},
          spent: () => 0,
        }),
      };
    };
    await runJob(job, task, watching());
    await runJob({ ...job, method: "another" }, task, watching());
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0]?.map(({ evaluation }) => JSON.stringify(evaluation))).size).toBe(40);
  });

  it("counts failures, and never returns a configuration that fails", async () => {
    const border = ownTask("memory-border");
    const run = await runJob({ ...job, task: border.name }, border, ownMethod("random"));
    expect(run.failures).toBeGreaterThan(0);
    expect(run.incumbents.every(({ value }) => Number.isFinite(value))).toBe(true);
  });
});

describe("a pool of processes", () => {
  it("does all jobs and goes on after one that fails or takes its process with it", async () => {
    const worker = join(folder, "worker.mjs");
    writeFileSync(
      worker,
      `process.on("message", (job) => {
         if (job.seed === 2) process.send({ error: "the optimizer gave up" });
         else if (job.seed === 4) process.exit(3);
         else process.send({ run: { ...job, incumbents: [], failures: 0, overhead: { median: 0, p95: 0, total: 0 } } });
       });
       process.on("disconnect", () => process.exit());`,
    );
    const jobs = [1, 2, 3, 4, 5, 6].map((seed) => ({ task: "t", method: "m", seed, trials: 1 }));
    const done: number[] = [];
    const failed = await doJobs(jobs, 2, ({ seed }) => done.push(seed), worker);
    expect(done.sort()).toEqual([1, 3, 5, 6]);
    expect(failed.map(({ job, error }) => [job.seed, error]).sort()).toEqual([
      [2, "the optimizer gave up"],
      [4, "The process ended with 3."],
    ]);
  });
});

describe("kept runs", () => {
  const run: Run = {
    task: "t",
    method: "m",
    seed: 1,
    trials: 10,
    incumbents: [{ trial: 0, value: 1 }],
    failures: 0,
    overhead: { median: 1, p95: 2, total: 10 },
  };

  it("are found again by whoever asks for the same job with the same code", () => {
    const path = join(folder, "nested", "runs.jsonl");
    new RunStore(path, () => "1").add(run);
    expect(new RunStore(path, () => "1").find(run)).toMatchObject(run);
    expect(new RunStore(path, () => "2").find(run)).toBeUndefined();
    expect(new RunStore(path, () => "2", true).find(run)).toMatchObject(run);
    expect(new RunStore(path, () => "1").find({ ...run, trials: 11 })).toBeUndefined();
  });

  it("survive a line that was cut off", () => {
    const path = join(folder, "cut.jsonl");
    new RunStore(path, () => "1").add(run);
    appendFileSync(path, '{"task":"t","meth');
    expect(new RunStore(path, () => "1").find(run)).toMatchObject(run);
  });

  it("depend on the code that their method imports, and on no other", () => {
    const file = (name: string, content: string) => writeFileSync(join(folder, name), content);
    file("a.js", 'import { b } from "./b.js";\nimport "node:fs";');
    file("b.js", "export const b = 1;");
    file("c.js", "export const c = 1;");
    const version = () => codeVersion([join(folder, "a.js")]);
    const before = version();
    file("c.js", "export const c = 2;");
    expect(version()).toBe(before);
    expect(codeVersion([join(folder, "a.js")], { also: ["3.0"] })).not.toBe(before);
    file("b.js", "export const b = 2;");
    expect(version()).not.toBe(before);
    const without = () => codeVersion([join(folder, "a.js")], { except: ["b.js"] });
    const unaffected = without();
    file("b.js", "export const b = 3;");
    expect(without()).toBe(unaffected);
  });
});

describe("a comparison", () => {
  const tasks = Array.from({ length: 12 }, (_, k) => ({
    task: `t${k}`,
    trials: 60,
    known: { best: 0, bestOf25: 1 },
  }));
  const methods = ["good", "poor", "random"];
  /** Good is better by half everywhere at the end, and equal at 25 trials. */
  const runs = tasks.flatMap(({ task }, t) =>
    methods.flatMap((method, m) =>
      [1, 2].map(
        (seed): Run => ({
          task,
          method,
          seed,
          trials: 60,
          incumbents: [
            { trial: 0, value: 2 },
            { trial: 40, value: (m + 1) * 0.1 * (1 + 0.01 * t) + 0.001 * seed },
          ],
          failures: m,
          overhead: { median: m, p95: 2 * m, total: 60 * m },
        }),
      ),
    ),
  );
  const comparison = compare(runs, tasks, methods, { checkpoints: [25], chosen: "good" });

  it("ranks methods, with ties where they are equal", () => {
    const [early, end] = comparison.stands;
    expect(early?.methods.map(({ meanRank }) => meanRank)).toEqual([2, 2, 2]);
    expect(end?.methods.map(({ meanRank }) => meanRank)).toEqual([1, 2, 3]);
    expect(early?.friedman?.p).toBe(1);
    expect(end?.friedman?.p).toBeLessThan(1e-4);
    expect(end?.friedman?.indistinguishable).toEqual([]);
    expect(early?.friedman?.indistinguishable).toEqual([methods]);
  });

  it("tests the chosen method against each other, adjusted for all", () => {
    const [poor] = comparison.duels;
    expect(poor).toMatchObject({ other: "poor", wins: 12, losses: 0, ties: 0 });
    expect(poor?.p).toBeCloseTo(2 / 2 ** 12, 12);
    expect(poor?.adjusted).toBeCloseTo(4 / 2 ** 12, 12);
  });

  it("says what a trial costs and how soon random search's end is reached", () => {
    expect(comparison.efforts).toMatchObject([
      { method: "good", failures: 0, overhead: { median: 0, p95: 0 }, toRandom: 1 },
      { method: "poor", failures: 1 / 60, overhead: { median: 1, p95: 2 }, toRandom: 1 },
      { method: "random", failures: 2 / 60, overhead: { median: 2, p95: 4 }, toRandom: 1 },
    ]);
  });

  it("follows regret over shares of the budget", () => {
    const [good] = comparison.curves;
    // 60 trials: the change at the 41st is there from 14/20 of them on.
    expect(good?.regrets.slice(0, 13)).toEqual(Array.from({ length: 13 }, () => 2));
    expect(good?.regrets.slice(13).every((regret) => regret < 0.12)).toBe(true);
  });

  it("notices a best known value that was beaten", () => {
    expect(comparison.beaten).toEqual([]);
    const optimistic = tasks.map((task) => ({ ...task, known: { best: 0.15, bestOf25: 1 } }));
    const beaten = compare(runs, optimistic, methods, { checkpoints: [], chosen: "good" });
    expect(beaten.beaten).toHaveLength(12);
    expect(asText(sectionsOf(beaten))).toContain("calibrate it again");
  });

  it("reads as text and as Markdown, best first", () => {
    const sections = sectionsOf(comparison);
    const text = asText(sections);
    expect(text.indexOf("good")).toBeLessThan(text.indexOf("poor"));
    expect(text).toMatch(/at the end: Friedman chi-squared 24\.0, p 6\.1e-6/);
    const markdown = asMarkdown(sections).split("\n");
    expect(markdown.filter((line) => line.startsWith("## "))).toHaveLength(5);
    expect(markdown).toContain("| good | 2.00 | 1.00 |");
  });

  it("of a single method has nothing to test", () => {
    const single = compare(runs, tasks, ["good"], { checkpoints: [], chosen: "good" });
    expect(single.stands[0]?.friedman).toBeUndefined();
    expect(single.duels).toEqual([]);
  });
});

describe("parameters for Optuna", () => {
  const space = SearchSpace.from(
    definitionFromFields({
      parameters: {
        rate: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
        drop: { type: "float", low: 0, high: 0.55, step: 0.1, default: 0.2 },
        width: { type: "int", low: 24, high: 600, powers_of: 2, default: 64 },
        depth: { type: "int", low: 1, high: 12, step: 3, default: 4 },
        bias: { type: "boolean", default: true },
        kind: { type: "categorical", choices: ["a", 2], default: "a" },
      },
    }),
  );
  const translations = space.parameters.map(optunaTranslation);

  it("keep scale and step, and powers become exponents", () => {
    expect(translations.map(({ parameter }) => parameter)).toEqual([
      { name: "rate", kind: "float", low: 1e-5, high: 1, log: true },
      { name: "drop", kind: "float", low: 0, high: 0.5, log: false, step: 0.1 },
      { name: "width", kind: "int", low: 5, high: 9, log: false },
      { name: "depth", kind: "int", low: 1, high: 10, log: false, step: 3 },
      { name: "bias", kind: "categorical", choices: [false, true] },
      { name: "kind", kind: "categorical", choices: ["a", 2] },
    ]);
  });

  it("come back as they went", () => {
    const defaults = space.defaults();
    for (const { parameter, toOptuna, fromOptuna } of translations) {
      const value = defaults[parameter.name] ?? "";
      expect(fromOptuna(toOptuna(value))).toBe(value);
    }
    expect(translations[2]?.toOptuna(64)).toBe(6);
  });
});

describe("Optuna", () => {
  const python = process.env[pythonVariable];

  it("is skipped by name where no Python is named", () => {
    const { available, skipped } = checkOptuna({});
    expect(available).toEqual([]);
    expect(skipped).toContainEqual({
      name: "optuna-tpe",
      reason: "AGENT_TUNE_PYTHON names no Python with Optuna",
    });
  });

  it("is skipped with a reason where the Python that is named cannot run it", () => {
    const { skipped } = checkOptuna({ [pythonVariable]: join(folder, "no-python") });
    expect(skipped[0]?.reason).toMatch(/no-python cannot run it: .*ENOENT/);
  });

  it.skipIf(!python)(
    "tunes a conditional and a constrained space from the same start",
    { timeout: 60_000 },
    async () => {
      const method = optunaMethod("optuna-tpe", python ?? "");
      let improvements = 0;
      try {
        for (const name of ["optimizer-choice", "divisible", "memory-border"]) {
          const task = ownTask(name);
          const job = { task: task.name, method: method.name, seed: 1, trials: 25 };
          const run = await runJob(job, task, method);
          expect(run.incumbents[0]).toEqual({ trial: 0, value: task.trueValue(task.start) });
          improvements += run.incumbents.length - 1;
          expect((await runJob(job, task, method)).incumbents).toEqual(run.incumbents);
        }
        expect(improvements).toBeGreaterThanOrEqual(3);
      } finally {
        method.close();
      }
    },
  );
});
