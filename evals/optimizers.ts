/**
 * Which optimizer finds good configurations soonest? Runs them side by side on tuning problems with known answers.
 *
 *   npm run eval:optimizers [-- --full] [--optimizers cma-es,tpe,cma-es:restarts=bipop,optuna-tpe] [--tasks own/]
 *       [--seeds 20] [--trials 100] [--jobs 2] [--against cma-es] [--out FOLDER] [--cache FILE] [--any-code]
 *
 * By default the tasks that need no data, few seeds and at most 60 trials: minutes. `--full`: all tasks, 20 seeds,
 * ceil(20 + 40 sqrt(d)) trials for d parameters, and the samplers of Optuna. Data is read from AGENT_TUNE_EVAL_DATA or
 * what dist/evals/tasks/fetch.js has downloaded; Optuna from the Python that AGENT_TUNE_PYTHON names.
 *
 * All methods start from the same configuration and see the same noise. They learn from noisy values; what counts is
 * the true value of the configuration they would return, the one with the smallest value observed so far. Runs are
 * kept in the cache, and a stopped evaluation goes on where it was. Writes optimizers.json and optimizers.md, or
 * optimizers-quick.json and optimizers-quick.md without `--full`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { packageRoot } from "../src/llm/package-root.js";
import { optimizerFactories } from "../src/optimizers/index.js";
import { parseOptimizerChoice } from "../src/optimizers/optimizer-choice.js";
import { conditions } from "./bench/conditions.js";
import { codeVersion } from "./optimizers/code-version.js";
import { compare } from "./optimizers/comparison.js";
import { methodNames } from "./optimizers/method.js";
import { checkOptuna, isOptunaMethod, optunaMethods, optunaWorkerFile } from "./optimizers/optuna-method.js";
import { ownMethod } from "./optimizers/own-method.js";
import { doJobs } from "./optimizers/pool.js";
import { asMarkdown, asText, sectionsOf } from "./optimizers/report.js";
import type { Job, Run } from "./optimizers/run.js";
import { RunStore } from "./optimizers/run-store.js";
import { allTasks } from "./tasks/index.js";

const results = join(packageRoot(), "evals", "results");
const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    optimizers: { type: "string" },
    tasks: { type: "string", default: "" },
    seeds: { type: "string" },
    trials: { type: "string" },
    jobs: { type: "string", default: "1" },
    against: { type: "string" },
    out: { type: "string", default: results },
    cache: { type: "string", default: join(results, ".cache", "optimizers.jsonl") },
    "any-code": { type: "boolean", default: false },
  },
});
/** Without where things are kept: that says nothing about the result. */
const telling = process.argv
  .slice(2)
  .filter((word, k, words) => !/^--(out|cache)/.test(word) && !/^--(out|cache)$/.test(words[k - 1] ?? ""));
const command = ["npm run eval:optimizers", ...(telling.length > 0 ? ["--", ...telling] : [])].join(" ");
const measuredUnder = conditions(command);

const available = allTasks();
const patterns = options.tasks.split(",");
const chosenTasks = available.tasks
  .filter(({ name }) => patterns.some((pattern) => name.includes(pattern)))
  .filter(({ name }) => options.full || options.tasks !== "" || name.startsWith("own/"))
  .map((entry) => entry.load());
const skippedTasks = available.skipped.filter(
  ({ name }) => (options.full || options.tasks !== "") && patterns.some((pattern) => name.includes(pattern)),
);
const seeds = Number(options.seeds ?? (options.full ? 20 : 3));
const cap = options.trials === undefined ? (options.full ? 200 : 60) : Number(options.trials);

const asked = options.optimizers
  ? methodNames(options.optimizers)
  : [...optimizerFactories.map(({ name }) => name), ...(options.full ? optunaMethods : [])];
const optuna = asked.some(isOptunaMethod) ? checkOptuna(process.env) : { versions: {}, available: [], skipped: [] };
const skippedMethods = asked.flatMap((name) => {
  if (!isOptunaMethod(name)) return [];
  const { name: base } = parseOptimizerChoice(name);
  if (optuna.available.includes(base)) return [];
  const reason = optuna.skipped.find((each) => each.name === base)?.reason ?? "there is no such sampler";
  return [{ name, reason }];
});
const methods = asked.filter((name) => !skippedMethods.some((each) => each.name === name));
// Unknown names and settings are said now and not in a worker.
for (const name of methods) if (!isOptunaMethod(name)) ownMethod(name);

const dist = (path: string) => join(import.meta.dirname, "..", path);
/** Version of what a run depends on: protocol, tasks and method. What is known of the tasks is no part of it. */
function codeOf(method: string): string {
  const shared = [dist("evals/optimizers/run.js"), dist("evals/tasks/index.js")];
  const except = ["measured-values.js"];
  if (isOptunaMethod(method)) {
    const also = [...Object.entries(optuna.versions).map(String), readFileSync(optunaWorkerFile(), "utf8")];
    return codeVersion([...shared, dist("evals/optimizers/optuna-method.js")], { also, except });
  }
  const room = dist(`src/optimizers/${parseOptimizerChoice(method).name}/index.js`);
  const own = existsSync(room) ? room : dist("src/optimizers/index.js");
  return codeVersion([...shared, own], { except });
}
const codes = new Map(methods.map((method) => [method, codeOf(method)]));
const store = new RunStore(options.cache, (method) => codes.get(method) ?? "", options["any-code"]);

for (const { name, reason } of [...skippedTasks, ...skippedMethods])
  process.stderr.write(`skipped: ${name} (${reason})\n`);

const trialsOf = ({ trials }: { readonly trials: number }) => Math.min(trials, cap);
const jobs: readonly Job[] = Array.from({ length: seeds }, (_, k) => k + 1).flatMap((seed) =>
  chosenTasks.flatMap((task) => methods.map((method) => ({ task: task.name, method, seed, trials: trialsOf(task) }))),
);
const open = jobs.filter((job) => store.find(job) === undefined);
process.stderr.write(`${jobs.length} runs, ${jobs.length - open.length} of them known\n`);
let done = 0;
let said = performance.now();
const failed = await doJobs(open, Number(options.jobs), (run: Run) => {
  store.add(run);
  done += 1;
  if (performance.now() - said > 10_000) {
    said = performance.now();
    process.stderr.write(`${done} of ${open.length}\n`);
  }
});
for (const { job, error } of failed) {
  process.stderr.write(`failed: ${job.method} on ${job.task}, seed ${job.seed}: ${error}\n`);
  process.exitCode = 1;
}

// A task counts for all methods or for none.
const incomplete = new Set(failed.map(({ job }) => job.task));
const compared = chosenTasks.filter(({ name }) => !incomplete.has(name));
if (compared.length === 0 || methods.length === 0) {
  process.stderr.write("There is nothing to compare.\n");
  process.exit(1);
}
const runs = jobs.flatMap((job) => (incomplete.has(job.task) ? [] : (store.find(job) ?? [])));
const longest = Math.max(...compared.map(trialsOf));
const comparison = compare(
  runs,
  compared.map((task) => ({ task: task.name, trials: trialsOf(task), known: task.known })),
  methods,
  {
    checkpoints: [25, 50, 100].filter((trials) => trials < longest),
    chosen: options.against ?? methods[0] ?? "",
  },
);
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")));
const versions = { "agent-tune": version, ...optuna.versions };
const skipped = [...skippedTasks, ...skippedMethods];
const sections = sectionsOf(comparison);
const about = `${compared.length} tasks, ${seeds} seeds, at most ${longest} trials`;
process.stdout.write(`${about}\n\n${asText(sections)}\n`);

mkdirSync(options.out, { recursive: true });
const record = { ...measuredUnder(), versions, code: Object.fromEntries(codes), seeds, skipped, failed, ...comparison };
const file = join(options.out, options.full ? "optimizers" : "optimizers-quick");
writeFileSync(`${file}.json`, `${JSON.stringify(record, rounded, 1)}\n`);
const preface = [
  "# Optimizers side by side",
  "",
  `${about}. ${record.date.slice(0, 10)}, \`${command}\`; ${Object.entries(versions)
    .map(([name, each]) => `${name} ${each}`)
    .join(", ")}; Node ${record.node}, ${record.cores} cores.`,
  "",
  "All methods start from the same configuration, trial 0, and see the same noise. Regret is that of the configuration",
  "with the smallest observed value, by its true value.",
  ...skipped.flatMap(({ name, reason }) => ["", `Skipped: ${name} (${reason}).`]),
];
writeFileSync(`${file}.md`, `${preface.join("\n")}\n\n${asMarkdown(sections)}\n`);

/** Six digits are more than the seeds allow; what is not finite becomes null. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(6)) : value;
}
