/**
 * Runs a suite: methods side by side on problems with known answers, and says what the runs show.
 *
 *   npm run eval -- --suite NAME [--methods A,B] [--tasks own/,lcbench/3945] [--seeds N] [--trials N] [--workers K] ...
 *   npm run eval -- --from FILE.json
 *   npm run eval -- --list
 *
 * All methods start from the same configuration and see the same noise. They learn from noisy values; what counts is
 * the true value of the configuration they would return. Runs are kept in the cache, one line of JSON each, and a
 * stopped evaluation goes on where it was. Writes SUITE.json, SUITE.md and SUITE.html, or SUITE-part.* where not all of
 * the suite was run as it is defined; docs/evaluation.md says what they mean. Ends with 1 where runs failed, with 4
 * where the suite promises something that its runs do not keep, and otherwise as every command does.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { reportFailure } from "../src/cli/failure.js";
import { systemTerminal } from "../src/cli/terminal.js";
import { ExitCode } from "../src/errors.js";
import { packageRoot } from "../src/llm/package-root.js";
import { shellWord } from "../src/report/shell-word.js";
import { counted } from "../src/report/value-format.js";
import { analyse } from "./analysis/index.js";
import { conditions } from "./bench/conditions.js";
import { missingDataRemedy } from "./benchmarks.js";
import { checkOptuna, isOptunaMethod } from "./methods/index.js";
import { maxCostVariable, recordingsVariable, replayVariable } from "./models/index.js";
import { brokenPromises, planEvaluation } from "./protocol/evaluation.js";
import { failedRuns, failedRunsText } from "./protocol/failed-runs.js";
import { methodCode } from "./protocol/method-code.js";
import { type EvaluationOptions, readOptions } from "./protocol/options.js";
import { doJobs } from "./protocol/pool.js";
import { writeReports, writeResult } from "./protocol/result-files.js";
import type { Run } from "./protocol/run.js";
import { RunStore } from "./protocol/run-store.js";
import { TimeLeft } from "./protocol/time-left.js";
import { type RunConditions, renderText, skippedTexts } from "./report/index.js";
import { suiteNamed, suites } from "./suites/index.js";

const results = join(packageRoot(), "evals", "results");
/** Different errors that are said; the result has all of them. */
const mostErrors = 8;
const terminal = systemTerminal();

try {
  const args = process.argv.slice(2);
  const options = readOptions(args, terminal);
  process.exitCode = options.list
    ? list()
    : options.from !== undefined
      ? renderAgain(options.from, options.out)
      : await run(options, args);
} catch (error) {
  process.exitCode = reportFailure(terminal, error, false);
}

/** @returns the exit code: 0, 1 where runs failed, 4 where a promise is broken */
async function run(options: EvaluationOptions, args: readonly string[]): Promise<ExitCode> {
  // Workers are processes of their own: what concerns models reaches them through the environment.
  if (options.record !== undefined) process.env[recordingsVariable] = options.record;
  if (options.replay !== undefined) process.env[replayVariable] = options.replay;
  if (options.maxCost !== undefined) process.env[maxCostVariable] = String(options.maxCost);
  const say = (line: string): void => terminal.err(line);
  const command = commandText(args);
  const suite = suiteNamed(options.suite);
  const asked = options.methods ?? suite.methods;
  const optuna = asked.some(isOptunaMethod) ? checkOptuna(process.env) : { versions: {}, available: [], skipped: [] };
  const plan = await planEvaluation({ ...options, suite }, optuna, process.env);
  for (const text of skippedTexts(plan.skipped)) say(`skipped: ${text}`);
  const remedy = missingDataRemedy(plan.skipped, process.env);
  if (remedy !== undefined) say(`  do: ${remedy}`);

  const measuredUnder = conditions(command);
  const codes = new Map(plan.methods.map((method) => [method, methodCode(method, optuna.versions)]));
  const cache = options.cache ?? join(results, ".cache", `${suite.name}.jsonl`);
  const store = new RunStore(cache, (method) => codes.get(method) ?? "", options.anyCode);
  const open = new Set(plan.jobs.filter((job) => store.find(job) === undefined));
  say(`${counted(plan.jobs.length, "run")}, ${plan.jobs.length - open.size} of them known`);

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
  const groups = failedRuns(failed);
  for (const group of groups.slice(0, mostErrors)) say(failedRunsText(group));
  if (groups.length > mostErrors)
    say(`failed: ${counted(failed.length, "run")} in all, with ${groups.length} different errors`);

  // A task counts for all methods or for none.
  const incomplete = new Set(failed.map(({ job }) => job.task));
  const compared = plan.benchmarks.filter(({ name }) => !incomplete.has(name));
  if (compared.length === 0) {
    say("There is nothing to compare.");
    return ExitCode.unexpected;
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
    about: [
      counted(compared.length, "task"),
      counted(plan.methods.length, "method"),
      counted(plan.seeds, "seed"),
      `at most ${counted(longest, "trial")}`,
    ].join(", "),
    command,
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
    failed: groups.map(({ name, error }) => ({ name, reason: error.message.split("\n")[0] ?? error.message })),
    broken,
  };
  process.stdout.write(`${renderText(analysis, about)}\n`);
  // What the suite shows is not to be replaced by what a part of it shows.
  const departures = [
    ...plan.departures,
    ...(incomplete.size > 0 ? [`${counted(incomplete.size, "task")} failed`] : []),
  ];
  const name = departures.length === 0 ? suite.name : `${suite.name}-part`;
  const files = writeResult(options.out ?? results, name, analysis, about);
  if (departures.length > 0) say(`Not the suite as it is defined: ${departures.join("; ")}.`);
  say(`Written: ${files.join(", ")}`);
  for (const { claim, found } of broken) say(`Not kept: ${claim}; ${found}`);
  if (broken.length > 0) return ExitCode.requirementNotMet;
  return failed.length > 0 ? ExitCode.unexpected : ExitCode.ok;
}

function renderAgain(file: string, out: string | undefined): ExitCode {
  const { result, files } = writeReports(file, out);
  const { analysis, ...about } = result;
  terminal.out(renderText(analysis, about));
  terminal.err(`Written: ${files.join(", ")}`);
  return ExitCode.ok;
}

/** The command to run again, without where things are kept: that says nothing about the result. */
function commandText(args: readonly string[]): string {
  const telling = args.filter(
    (word, k) => !/^--(out|cache)(=|$)/.test(word) && !/^--(out|cache)$/.test(args[k - 1] ?? ""),
  );
  return ["npm run eval", ...(telling.length > 0 ? ["--", ...telling.map(shellWord)] : [])].join(" ");
}

function list(): ExitCode {
  for (const { name, question, tasks, methods } of suites) {
    process.stdout.write(`${name}: ${question}\n  ${counted(tasks.length, "task")}; ${methods.join(", ")}\n`);
  }
  return ExitCode.ok;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
