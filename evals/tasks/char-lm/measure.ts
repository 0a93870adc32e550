/**
 * Measures the char-lm table: runs examples/char-lm on every configuration of the grid, as a study of it would.
 *
 *   npm run build && node dist/evals/tasks/char-lm/measure.js [--jobs 2] [--out FILE] [--passes 2]
 *   node dist/evals/tasks/char-lm/measure.js --pack [--out FILE]
 *
 * Pass 1 runs every configuration once. Pass 2 runs two more seeds of the start, of the configurations with the best
 * values and of some drawn from the other successes. Pass 3, which is only run where it is asked for, runs a second
 * seed of all the others. Each run is appended to the raw file as it ends; started again, the program goes on.
 *
 * `--pack` measures nothing: it writes the raw file's runs as the table that the task reads. To be called on the
 * machine that measured, as the table's header describes it.
 */
import { appendFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { deriveSeed, RandomStream } from "../../../src/math/random.js";
import type { Configuration } from "../../../src/space/index.js";
import { exampleStudy, scriptDigest } from "./example.js";
import { gridConfigurations, gridSpace } from "./grid.js";
import { fixedValues, tableFile, tableText } from "./packed-table.js";
import { type RawRun, readRawRuns } from "./raw-run.js";
import { ScriptRunner } from "./script-run.js";

/** Configurations that get several seeds: the best of pass 1, and as many of the other successes. */
const replicated = 100;
const furtherSeeds = [2, 3];

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "2" },
    out: { type: "string", default: join(".agent-tune", "char-lm-raw.jsonl") },
    passes: { type: "string", default: "2" },
    pack: { type: "boolean", default: false },
  },
});
const study = exampleStudy();
const space = gridSpace(study);
const grid = gridConfigurations(space);

interface Job {
  readonly configuration: Configuration;
  readonly seed: number;
}

function jobKey({ configuration, seed }: Job): string {
  return `${seed} ${space.key(configuration)}`;
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = RandomStream.fromSeed(seed);
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** The start, the configurations of pass 1 with the best values, and as many of the other successes. */
function worthReplicating(runs: readonly RawRun[]): readonly Configuration[] {
  const start = space.defaults();
  const successes = runs
    .flatMap(({ seed, configuration, outcome }) =>
      seed === 1 &&
      space.read(configuration).ok &&
      outcome.kind === "complete" &&
      space.key(configuration) !== space.key(start)
        ? [{ configuration, value: outcome.value }]
        : [],
    )
    // Runs stand in the order in which they ended: equal values need one that is the same every time.
    .sort((a, b) => a.value - b.value || (space.key(a.configuration) < space.key(b.configuration) ? -1 : 1))
    .map(({ configuration }) => configuration);
  const others = shuffled(successes.slice(replicated), deriveSeed(1, "char-lm", "others"));
  return [start, ...successes.slice(0, replicated), ...others.slice(0, replicated)];
}

/** Runs what is not in the raw file yet. */
async function pass(name: string, jobs: readonly Job[], out: string, signal: AbortSignal): Promise<void> {
  const done = new Set(readRawRuns(out).map(jobKey));
  const queue = jobs.filter((job) => !done.has(jobKey(job)));
  process.stderr.write(`${name}: ${queue.length} of ${jobs.length} runs to do\n`);
  const parallel = Number(options.jobs);
  const runner = await ScriptRunner.open(study, parallel);
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined && !signal.aborted; job = queue.shift()) {
      const run = await runner.run(job.configuration, job.seed, signal);
      if (run !== undefined) appendFileSync(out, `${JSON.stringify(run)}\n`);
      if (queue.length % 100 === 0) process.stderr.write(`${name}: ${queue.length} left\n`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function measure(out: string, passes: number): Promise<void> {
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => ended.abort());
  mkdirSync(dirname(out), { recursive: true });
  const once = (seed: number) => grid.map((configuration) => ({ configuration, seed }));
  await pass("pass 1", shuffled(once(1), deriveSeed(1, "char-lm", "order")), out, ended.signal);
  if (passes >= 2 && !ended.signal.aborted) {
    const again = worthReplicating(readRawRuns(out));
    const jobs = furtherSeeds.flatMap((seed) => again.map((configuration) => ({ configuration, seed })));
    await pass("pass 2", jobs, out, ended.signal);
  }
  if (passes >= 3 && !ended.signal.aborted)
    await pass("pass 3", shuffled(once(2), deriveSeed(2, "char-lm", "order")), out, ended.signal);
  if (ended.signal.aborted) process.exitCode = 1;
}

function pack(out: string): void {
  const processors = cpus();
  // A grid that was larger when it was begun leaves runs that are not of this one.
  const runs = readRawRuns(out).filter(({ configuration }) => space.read(configuration).ok);
  const text = tableText(space, runs, {
    measured: statSync(out).mtime.toISOString().slice(0, 10),
    node: process.versions.node,
    processor: `${processors.length} x ${processors[0]?.model ?? "unknown"}`,
    script: scriptDigest(),
    limits: { seconds: study.trial.limits.time ?? null, memoryBytes: study.trial.limits.memory ?? null },
    fixed: fixedValues(study, space),
  });
  mkdirSync(dirname(tableFile()), { recursive: true });
  writeFileSync(tableFile(), text);
  process.stderr.write(`${tableFile()}: ${text.length} characters\n`);
}

if (options.pack) pack(options.out);
else await measure(options.out, Number(options.passes));
