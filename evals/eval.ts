/**
 * Runs a suite: methods side by side on problems with known answers, and says what the runs show.
 *
 *   npm run eval -- --suite NAME [--methods A,B] [--tasks own/,lcbench/3945] [--seeds N] [--trials N] [--workers K]
 *       [--model provider:name] [--anonymised] [--budget trials|time] [--parallel N] [--reference METHOD]
 *       [--out FOLDER] [--cache FILE] [--any-code] [--record FOLDER] [--replay FOLDER] [--max-cost USD] [--list]
 *
 * All methods start from the same configuration and see the same noise. They learn from noisy values; what counts is
 * the true value of the configuration they would return. Runs are kept in the cache, one line of JSON each, and a
 * stopped evaluation goes on where it was. Writes SUITE.json, SUITE.md and SUITE.html; docs/evaluation.md says what
 * they mean. Ends with 4 where the suite promises something that its runs do not keep.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { AgentTuneError } from "../src/errors.js";
import { packageRoot } from "../src/llm/package-root.js";
import { analyse } from "./analysis/index.js";
import { conditions } from "./bench/conditions.js";
import { checkOptuna, isOptunaMethod, methodNames } from "./methods/index.js";
import { maxCostVariable, recordingsVariable, replayVariable } from "./models/index.js";
import { brokenPromises, planEvaluation } from "./protocol/evaluation.js";
import { methodCode } from "./protocol/method-code.js";
import { doJobs } from "./protocol/pool.js";
import type { Run } from "./protocol/run.js";
import { RunStore } from "./protocol/run-store.js";
import { TimeLeft } from "./protocol/time-left.js";
import { type RunConditions, renderHtml, renderMarkdown, renderText } from "./report/index.js";
import { suiteNamed, suites } from "./suites/index.js";

const results = join(packageRoot(), "evals", "results");

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof AgentTuneError)) throw error;
  process.stderr.write(`${error.message}\n${error.remedy === undefined ? "" : `${error.remedy}\n`}`);
  process.exitCode = 2;
}

/** @returns the exit code: 0, 1 where runs failed, 4 where a promise is broken */
async function main(): Promise<number> {
  const options = commandLine();
  if (options.list) return list();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const suite = suiteNamed(options.suite);
  const asked = options.methods ?? suite.methods;
  const optuna = asked.some(isOptunaMethod) ? checkOptuna(process.env) : { versions: {}, available: [], skipped: [] };
  const plan = await planEvaluation({ ...options, suite }, optuna, process.env);
  for (const { name, reason } of plan.skipped) say(`skipped: ${name} (${reason})`);

  const measuredUnder = conditions(options.command);
  const codes = new Map(plan.methods.map((method) => [method, methodCode(method, optuna.versions)]));
  const store = new RunStore(options.cache, (method) => codes.get(method) ?? "", options.anyCode);
  const open = new Set(plan.jobs.filter((job) => store.find(job) === undefined));
  say(`${plan.jobs.length} runs, ${plan.jobs.length - open.size} of them known`);

  const timeLeft = new TimeLeft(options.workers);
  let said = performance.now();
  let done = 0;
  const ofKey = new Map([...open].map((job) => [JSON.stringify([job.task, job.method, job.seed]), job]));
  const failed = await doJobs([...open], options.workers, (run: Run, seconds) => {
    store.add(run);
    done += 1;
    timeLeft.note(run, seconds);
    const job = ofKey.get(JSON.stringify([run.task, run.method, run.seed]));
    if (job !== undefined) open.delete(job);
    if (performance.now() - said < 10_000) return;
    said = performance.now();
    say(`${done} of ${done + open.size} runs, about ${minutes(timeLeft.estimate(open) ?? 0)} left`);
  });
  for (const { job, error } of failed) say(`failed: ${job.method} on ${job.task}, seed ${job.seed}: ${error}`);

  // A task counts for all methods or for none.
  const incomplete = new Set(failed.map(({ job }) => job.task));
  const compared = plan.benchmarks.filter(({ name }) => !incomplete.has(name));
  if (compared.length === 0) {
    say("There is nothing to compare.");
    return 1;
  }
  const runs = plan.jobs.flatMap((job) => (incomplete.has(job.task) ? [] : (store.find(job) ?? [])));
  const longest = Math.max(...compared.map(plan.trialsOf));
  const shown = (method: string): string => suite.labels?.get(method) ?? method;
  const analysis = analyse(
    runs.map((run) => ({ ...run, method: shown(run.method) })),
    {
      tasks: compared.map((task) => ({ task: task.name, trials: plan.trialsOf(task), known: task.known })),
      methods: plan.methods.map(shown),
      reference: shown(plan.reference),
      contrasts: plan.contrasts.map(([a, b]) => [shown(a), shown(b)] as const),
      checkpoints: [25, 50, 100].filter((trials) => trials < longest),
    },
  );
  const broken = brokenPromises(plan, runs, analysis);
  const { date, node, cores, processor, system } = measuredUnder();
  const about: RunConditions = {
    title: suite.name,
    question: suite.question,
    about: `${compared.length} tasks, ${plan.methods.length} methods, ${plan.seeds} seeds, at most ${longest} trials`,
    command: options.command,
    date,
    node,
    cores,
    processor,
    system,
    seeds: plan.seeds,
    versions: { "agent-tune": packageVersion(), ...optuna.versions },
    code: Object.fromEntries(codes),
    ...(suite.labels && { labels: Object.fromEntries(plan.methods.map((method) => [shown(method), method])) }),
    skipped: plan.skipped,
    failed: failed.map(({ job, error }) => ({
      name: `${job.method} on ${job.task}, seed ${job.seed}`,
      reason: error.split("\n")[0] ?? error,
    })),
    broken,
  };
  process.stdout.write(`${renderText(analysis, about)}\n`);
  mkdirSync(options.out, { recursive: true });
  const file = join(options.out, suite.name);
  writeFileSync(`${file}.json`, `${JSON.stringify({ ...about, analysis }, rounded, 1)}\n`);
  writeFileSync(`${file}.md`, renderMarkdown(analysis, about));
  writeFileSync(`${file}.html`, renderHtml(analysis, about));
  say(`Written: ${file}.json, .md and .html`);
  for (const { claim, found } of broken) say(`Not kept: ${claim}; ${found}`);
  return broken.length > 0 ? 4 : failed.length > 0 ? 1 : 0;
}

function commandLine() {
  const { values } = parseArgs({
    options: {
      suite: { type: "string", default: "smoke" },
      methods: { type: "string" },
      tasks: { type: "string" },
      seeds: { type: "string" },
      trials: { type: "string" },
      workers: { type: "string", default: "1" },
      model: { type: "string" },
      anonymised: { type: "boolean", default: false },
      budget: { type: "string" },
      parallel: { type: "string" },
      reference: { type: "string" },
      out: { type: "string", default: results },
      cache: { type: "string" },
      "any-code": { type: "boolean", default: false },
      record: { type: "string" },
      replay: { type: "string" },
      "max-cost": { type: "string" },
      list: { type: "boolean", default: false },
    },
  });
  // Workers are processes of their own: what concerns models reaches them through the environment.
  if (values.record !== undefined) process.env[recordingsVariable] = values.record;
  if (values.replay !== undefined) process.env[replayVariable] = values.replay;
  if (values["max-cost"] !== undefined) process.env[maxCostVariable] = values["max-cost"];
  const count = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new AgentTuneError("usage", {
      message: `--${name} ${text} is no count.`,
      remedy: "Give a whole number from 1.",
    });
  };
  const budget = z.enum(["trials", "time"]).optional().safeParse(values.budget);
  if (!budget.success) {
    throw new AgentTuneError("usage", {
      message: `--budget ${values.budget} is no kind of budget.`,
      remedy: "Kinds are trials and time.",
    });
  }
  // Without where things are kept: that says nothing about the result.
  const telling = process.argv
    .slice(2)
    .filter((word, k, words) => !/^--(out|cache)/.test(word) && !/^--(out|cache)$/.test(words[k - 1] ?? ""));
  return {
    suite: values.suite,
    methods: values.methods === undefined ? undefined : methodNames(values.methods),
    tasks: values.tasks?.split(",").map((name) => name.trim()),
    seeds: count("seeds", values.seeds),
    trials: count("trials", values.trials),
    workers: count("workers", values.workers) ?? 1,
    model: values.model,
    anonymised: values.anonymised,
    budget: budget.data,
    parallel: count("parallel", values.parallel),
    reference: values.reference,
    out: values.out,
    cache: values.cache ?? join(results, ".cache", `${values.suite}.jsonl`),
    anyCode: values["any-code"],
    list: values.list,
    command: ["npm run eval", ...(telling.length > 0 ? ["--", ...telling] : [])].join(" "),
  };
}

function list(): number {
  for (const { name, question, tasks, methods } of suites) {
    process.stdout.write(`${name}: ${question}\n  ${tasks.length} tasks; ${methods.join(", ")}\n`);
  }
  return 0;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Six digits are more than the seeds allow; what is not finite becomes null. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(6)) : value;
}
