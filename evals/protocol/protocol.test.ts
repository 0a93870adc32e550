import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Method, methodNames } from "../methods/method.js";
import { optimizerMethod } from "../methods/optimizer-method.js";
import type { Observation, Task } from "../tasks/index.js";
import { ownTasks } from "../tasks/own/index.js";
import { codeVersion } from "./code-version.js";
import { doJobs } from "./pool.js";
import { failuresOf, type Run, runJob } from "./run.js";
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
    expect(() => optimizerMethod("nothing")).toThrow(/no optimizer named/);
  });
});

describe("a run", () => {
  const task = ownTask("noisy");
  const job = { task: task.name, method: "random", seed: 4, trials: 40 };

  it("starts at the start and is the same every time, but for the time it takes", async () => {
    const runs = [
      await runJob(job, task, optimizerMethod("random")),
      await runJob(job, task, optimizerMethod("random")),
    ];
    expect(runs[0]?.incumbents[0]).toEqual({ trial: 0, time: 1, value: task.trueValue(task.start), origin: "default" });
    expect(runs[0]?.incumbents).toEqual(runs[1]?.incumbents);
    const other = await runJob({ ...job, seed: 5 }, task, optimizerMethod("random"));
    expect(other.incumbents).not.toEqual(runs[0]?.incumbents);
  });

  it("returns the configuration with the smallest observed value, which need not be the best", async () => {
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, seed) => runJob({ ...job, seed }, task, optimizerMethod("random"))),
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
          ask: async () => ({ configuration: task.start, origin: "start" }),
          tell: async (_, observation) => void own.push(observation),
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
    const run = await runJob({ ...job, task: border.name }, border, optimizerMethod("random"));
    expect(failuresOf(run)).toBeGreaterThan(0);
    expect(run.trace.filter(([, result]) => typeof result === "string")).toHaveLength(failuresOf(run));
    expect(run.incumbents.every(({ value }) => Number.isFinite(value))).toBe(true);
  });
});

describe("simulated time", () => {
  const task: Task = {
    ...ownTask("noisy"),
    evaluate: (configuration, seed) => {
      const { evaluation } = ownTask("noisy").evaluate(configuration, seed);
      // The first trial after the start is a long one.
      return { evaluation, measured: { cost: seeds.push(seed) === 2 ? 10 : 2 } };
    },
  };
  const seeds: number[] = [];
  const run = (job: object) => {
    seeds.length = 0;
    return runJob({ task: task.name, method: "random", seed: 4, trials: 40, ...job }, task, optimizerMethod("random"));
  };

  it("adds up the costs of trials that run one after the other, and starts none when the time is used", async () => {
    expect((await run({ time: 20 })).done).toEqual({ trials: 6, time: 20 });
    expect((await run({ time: 19 })).done).toEqual({ trials: 6, time: 20 });
    expect((await run({ trials: 4 })).done).toEqual({ trials: 4, time: 16 });
  });

  it("lets trials overlap where several run at once, and tells them in the order in which they end", async () => {
    const { done, trace } = await run({ time: 12, workers: 2 });
    // The start alone, then one of 10 beside five of 2.
    expect(done).toEqual({ trials: 7, time: 12 });
    expect(trace).toHaveLength(7);
  });
});

describe("a pool of processes", () => {
  it("does all jobs and goes on after one that fails or takes its process with it", async () => {
    const worker = join(folder, "worker.mjs");
    writeFileSync(
      worker,
      `process.on("message", (job) => {
         if (job.seed === 2) process.send({ error: { message: "the optimizer gave up" } });
         else if (job.seed === 4) process.exit(3);
         else process.send({ run: { ...job, incumbents: [], done: { trials: 1, time: 1 }, origins: {}, trace: [], overhead: { median: 0, p95: 0, total: 0 } } });
       });
       process.on("disconnect", () => process.exit());`,
    );
    const jobs = [1, 2, 3, 4, 5, 6].map((seed) => ({ task: "t", method: "m", seed, trials: 1 }));
    const done: number[] = [];
    const failed = await doJobs(jobs, 2, ({ seed }) => done.push(seed), worker);
    expect(done.sort()).toEqual([1, 3, 5, 6]);
    expect(failed.map(({ job, error }) => [job.seed, error.message]).sort()).toEqual([
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
    incumbents: [{ trial: 0, time: 1, value: 1, origin: "default" }],
    done: { trials: 10, time: 10 },
    origins: { default: { trials: 1, failures: 0, incumbents: 1 }, m: { trials: 9, failures: 0, incumbents: 0 } },
    trace: [[0, 1]],
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
    const store = new RunStore(path, () => "1");
    expect(store.find(run)).toMatchObject(run);
    store.add({ ...run, seed: 2 });
    expect(new RunStore(path, () => "1").find({ ...run, seed: 2 })).toMatchObject({ ...run, seed: 2 });
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
