/**
 * What does the controller cost per trial, and does it grow with the number of trials? Runs whole studies whose
 * objective returns at once, at 14 parameters, and measures stretches of trials after so many have finished.
 *
 *   npm run bench:overhead [-- --stored 0,100,1000,3000 --measured 60 --advisors none,rules --disk FOLDER --memory /dev/shm]
 *
 * Three parts: computing (choosing and learning), storing (what the store does, without the disk: the same study on
 * a file system in memory), and waiting for the disk (what storing takes longer on a real one). On a machine that
 * others use too, processor time is the figure that can be repeated. Writes evals/results/bench-overhead.json; ends
 * with 1 where computing and storing take 10 ms or more of processor time at 1,000 trials, or grow.
 */
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RulesAdvisor } from "../../src/centaur/rules-advisor.js";
import { InProcessExecutor } from "../../src/executors/index.js";
import { packageRoot } from "../../src/llm/package-root.js";
import { optimizerFactory } from "../../src/optimizers/index.js";
import { Store } from "../../src/store/index.js";
import { systemClock } from "../../src/study/clock.js";
import { newRecord } from "../../src/study/session.js";
import type { StudySettings } from "../../src/study/settings.js";
import { Study, type StudyParts } from "../../src/study/study.js";
import { conditions } from "./conditions.js";
import { plainTable } from "./plain-table.js";
import { mean, median, quantile, rounded } from "./sample.js";
import { type StoreTime, timedStore } from "./timed-store.js";
import { trainingSpace, trainingStandIn } from "./training-stand-in.js";

const { values: options } = parseArgs({
  options: {
    stored: { type: "string", default: "0,100,1000,3000" },
    measured: { type: "string", default: "60" },
    advisors: { type: "string", default: "none,rules" },
    optimizer: { type: "string", default: "cma-es" },
    memory: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
    disk: { type: "string", default: packageRoot() },
    output: { type: "string", default: join(packageRoot(), "evals", "results", "bench-overhead.json") },
  },
});
const stored = options.stored.split(",").map(Number);
const measured = Number(options.measured);

/** Processor time per trial that computing and storing may take at 1,000 stored trials, in milliseconds. */
const allowed = 10;
/** Largest ratio of the processor time at the most trials to that at 100 that still counts as flat. */
const flat = 1.5;

const settings: StudySettings = {
  name: "overhead",
  space: trainingSpace,
  objective: { metric: "loss", direction: "minimize", constraints: [] },
  limits: {},
  budget: { trials: Math.max(...stored) + 10 * measured },
  seed: 1,
  optimizer: options.optimizer,
  share: "adaptive",
  review: "trial",
  noise: { replicates: "auto", finalSeeds: 0 },
};

function parts(store: Store, advisor: string): StudyParts {
  return {
    store,
    settings,
    executor: new InProcessExecutor({ objective: trainingStandIn, settings, parallel: 1 }),
    optimizer: optimizerFactory(settings.optimizer),
    advisor: advisor === "rules" ? new RulesAdvisor() : undefined,
    clock: systemClock,
    mark: randomUUID,
    holder: { pid: process.pid, host: hostname() },
  };
}

/** One trial's share of the controller, in milliseconds. */
interface Lap {
  readonly wall: number;
  readonly processor: number;
  /** Wall time inside the store. */
  readonly storing: number;
  /** Processor time inside the store. */
  readonly storingProcessor: number;
}

function now(time: StoreTime): Lap {
  const { user, system } = process.cpuUsage();
  return {
    wall: performance.now(),
    processor: (user + system) / 1000,
    storing: time.wall,
    storingProcessor: time.processor,
  };
}

/** Works on the newest study until so many of its trials have finished, and returns what each of them took. */
async function work(folder: string, advisor: string, until: number): Promise<readonly Lap[]> {
  const { store, time } = timedStore(Store.open(folder, { create: true }));
  const given = parts(store, advisor);
  const [known] = store.studies();
  const surroundings = { store, env: {}, holder: given.holder, nonce: randomUUID };
  const study =
    known === undefined
      ? Study.create(given, newRecord(surroundings, settings, { from: "program", settings }))
      : Study.open(given, known.id);
  const laps: Lap[] = [];
  let before = now(time);
  let finished = study.evidence.trials.length;
  study.subscribe(({ event }) => {
    if (event.type !== "trial.finished") return;
    const after = now(time);
    laps.push({
      wall: after.wall - before.wall,
      processor: after.processor - before.processor,
      storing: after.storing - before.storing,
      storingProcessor: after.storingProcessor - before.storingProcessor,
    });
    before = after;
    finished++;
    if (finished >= until) study.interrupt("measured");
  });
  if (finished < until) await study.run();
  study.close();
  store.close();
  return laps;
}

/** The same trials again and again would only measure what is kept in memory: each stretch goes on where the last ended. */
async function stretch(folder: string, advisor: string, from: number): Promise<readonly Lap[]> {
  // The first trials after a start warm the compiler up, as they do not in a study that has run this long.
  const warm = 20;
  const laps = await work(folder, advisor, from + warm + measured);
  return laps.slice(-measured);
}

interface Row {
  readonly advisor: string;
  readonly stored: number;
  /** Milliseconds per trial. Medians, 95th percentiles, and for processor time the mean as well: refits are rare but dear. */
  readonly computing: { readonly median: number; readonly p95: number };
  readonly storing: { readonly median: number; readonly p95: number };
  readonly disk: { readonly median: number; readonly p95: number };
  readonly processor: { readonly median: number; readonly p95: number; readonly mean: number };
  readonly processorInStore: { readonly median: number; readonly p95: number; readonly mean: number };
  readonly wallOnDisk: { readonly median: number; readonly p95: number };
}

function spread(values: readonly number[]): { readonly median: number; readonly p95: number } {
  return { median: rounded(median(values)), p95: rounded(quantile(values, 0.95)) };
}

function row(advisor: string, from: number, memory: readonly Lap[], disk: readonly Lap[]): Row {
  const processor = memory.map((lap) => lap.processor);
  const inStore = memory.map((lap) => lap.storingProcessor);
  const storing = spread(memory.map((lap) => lap.storing));
  const onDisk = spread(disk.map((lap) => lap.storing));
  return {
    advisor,
    stored: from,
    computing: spread(memory.map((lap) => lap.wall - lap.storing)),
    storing,
    disk: {
      median: rounded(Math.max(0, onDisk.median - storing.median)),
      p95: rounded(Math.max(0, onDisk.p95 - storing.p95)),
    },
    processor: { ...spread(processor), mean: rounded(mean(processor)) },
    processorInStore: { ...spread(inStore), mean: rounded(mean(inStore)) },
    wallOnDisk: spread(disk.map((lap) => lap.wall)),
  };
}

const measuredUnder = conditions("npm run bench:overhead");
const inMemory = mkdtempSync(join(options.memory, "agent-tune-overhead-"));
const onDisk = mkdtempSync(join(options.disk, ".agent-tune-overhead-"));
const rows: Row[] = [];
try {
  for (const advisor of options.advisors.split(",")) {
    const folder = join(inMemory, advisor);
    for (const from of stored) {
      await work(folder, advisor, from);
      const copy = join(onDisk, `${advisor}-${from}`);
      if (existsSync(folder)) cpSync(folder, copy, { recursive: true });
      const memory = await stretch(folder, advisor, from);
      const disk = await stretch(copy, advisor, from);
      rmSync(copy, { recursive: true, force: true });
      rows.push(row(advisor, from, memory, disk));
      process.stderr.write(`${advisor}, ${from} stored: ${rows.at(-1)?.processor.mean} ms of processor time\n`);
    }
  }
} finally {
  rmSync(inMemory, { recursive: true, force: true });
  rmSync(onDisk, { recursive: true, force: true });
}

const growth = options.advisors.split(",").map((advisor) => {
  const own = rows.filter((each) => each.advisor === advisor);
  const first = own.find((each) => each.stored >= 100);
  const last = own.at(-1);
  const factor = first === undefined || last === undefined ? 1 : last.processor.mean / first.processor.mean;
  return { advisor, from: first?.stored ?? 0, to: last?.stored ?? 0, factor: rounded(factor) };
});
const result = {
  ...measuredUnder(),
  parameters: trainingSpace.parameters.length,
  optimizer: settings.optimizer,
  measured,
  unit: "milliseconds per trial",
  rows,
  growth,
};
writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
const cell = ({ median: middle, p95 }: { readonly median: number; readonly p95: number }): string =>
  `${middle.toFixed(2)} (${p95.toFixed(2)})`;
process.stdout.write(
  `${plainTable(
    ["advisor", "stored", "computing", "storing", "disk", "wall on disk", "CPU", "CPU mean", "of it storing"],
    rows.map((each) => [
      each.advisor,
      each.stored,
      cell(each.computing),
      cell(each.storing),
      cell(each.disk),
      cell(each.wallOnDisk),
      cell(each.processor),
      each.processor.mean.toFixed(2),
      each.processorInStore.mean.toFixed(2),
    ]),
  )}\n\nms per trial: median (95th percentile)\n${growth
    .map(({ advisor, from, to, factor }) => `${advisor}: CPU at ${to} trials is ${factor} times that at ${from}`)
    .join("\n")}\n`,
);
const tooSlow = rows.some((each) => each.stored === 1000 && each.processor.mean >= allowed);
if (tooSlow || growth.some(({ factor }) => factor > flat)) process.exitCode = 1;
