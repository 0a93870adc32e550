/**
 * What does the controller cost per trial, and does it grow with the number of trials? Runs whole studies whose
 * objective returns at once, at 14 parameters, and measures stretches of trials after so many have finished.
 *
 *   npm run bench:overhead [-- --stored 0,100,1000,3000 --measured 160 --advisors none,rules --disk FOLDER --memory /dev/shm]
 *
 * Three parts: computing (choosing and learning), storing (what the store does, without the disk: the same study on
 * a file system in memory), and waiting for the disk (what storing takes longer on a real one). On a machine that
 * others use too, processor time is the figure that can be repeated. Writes evals/results/bench-overhead.json; ends
 * with 1 where computing and storing take 10 ms or more of processor time at 1,000 trials, or grow.
 */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { packageRoot } from "../../src/llm/package-root.js";
import { median } from "../../src/math/vector.js";
import { Store } from "../../src/store/index.js";
import { mean, quantile } from "../statistics/index.js";
import { conditions } from "./conditions.js";
import { plainTable } from "./plain-table.js";
import { rounded } from "./rounded.js";
import { openStandInStudy, runUntil, type StandInOptions } from "./stand-in-study.js";
import { type StoreTime, timedStore } from "./timed-store.js";
import { trainingSpace } from "./training-stand-in.js";

const { values: options } = parseArgs({
  options: {
    stored: { type: "string", default: "0,100,1000,3000" },
    // At 3,000 trials the models of failure are fitted again every 150: a stretch holds at least one of these.
    measured: { type: "string", default: "160" },
    advisors: { type: "string", default: "none,rules" },
    // Without the model that chooses among its samples: what an optimizer takes is measured by bench:optimizers.
    optimizer: { type: "string", default: "cma-es:screening=false" },
    memory: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
    disk: { type: "string", default: packageRoot() },
    output: { type: "string", default: join(packageRoot(), "evals", "results", "bench-overhead.json") },
  },
});
const stored = options.stored.split(",").map(Number);
const measured = Number(options.measured);
const advisors = z.array(z.enum(["none", "rules"])).parse(options.advisors.split(","));
/** Trials before each stretch: they warm the compiler up, as it is in a study that has run this long. */
const warmingUp = 20;

/** Processor time per trial that computing and storing may take at 1,000 stored trials, in milliseconds. */
const allowed = 10;
/** Largest ratio of the processor time at the most trials to that at 100 that still counts as flat. */
const flat = 1.5;

/** One trial's share of the controller, in milliseconds. */
interface Lap {
  readonly wall: number;
  readonly processor: number;
  /** Wall time inside the store. */
  readonly storing: number;
}

function now(time: StoreTime): Lap {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1000, storing: time.wall };
}

/** Goes on with the study in `folder` until so many of its trials have finished, and returns what each of them took. */
async function work(folder: string, advisor: StandInOptions["advisor"], until: number): Promise<readonly Lap[]> {
  const { store, time } = timedStore(Store.open(folder, { create: true }));
  const trials = Math.max(...stored) + 10 * measured;
  const study = openStandInStudy(store, { advisor, optimizer: options.optimizer, trials });
  const laps: Lap[] = [];
  let before = now(time);
  study.subscribe(({ event }) => {
    if (event.type !== "trial.finished") return;
    const after = now(time);
    laps.push({
      wall: after.wall - before.wall,
      processor: after.processor - before.processor,
      storing: after.storing - before.storing,
    });
    before = after;
  });
  await runUntil(study, until);
  study.close();
  store.close();
  return laps;
}

/** Medians and 95th percentiles; of processor time also the mean, since refits are rare but dear. */
interface Spread {
  readonly median: number;
  readonly p95: number;
}

interface Row {
  readonly advisor: string;
  readonly stored: number;
  readonly computing: Spread;
  readonly storing: Spread;
  readonly waitingForDisk: Spread;
  readonly wallOnDisk: Spread;
  readonly processor: Spread & { readonly mean: number };
}

function spread(values: readonly number[]): Spread {
  return { median: rounded(median(values)), p95: rounded(quantile(values, 0.95)) };
}

function row(advisor: string, from: number, memory: readonly Lap[], disk: readonly Lap[]): Row {
  const processor = memory.map((lap) => lap.processor);
  const storing = spread(memory.map((lap) => lap.storing));
  const onDisk = spread(disk.map((lap) => lap.storing));
  return {
    advisor,
    stored: from,
    computing: spread(memory.map((lap) => lap.wall - lap.storing)),
    storing,
    waitingForDisk: {
      median: rounded(Math.max(0, onDisk.median - storing.median)),
      p95: rounded(Math.max(0, onDisk.p95 - storing.p95)),
    },
    wallOnDisk: spread(disk.map((lap) => lap.wall)),
    processor: { ...spread(processor), mean: rounded(mean(processor)) },
  };
}

const measuredUnder = conditions("npm run bench:overhead");
const inMemory = mkdtempSync(join(options.memory, "agent-tune-overhead-"));
const onDisk = mkdtempSync(join(options.disk, ".agent-tune-overhead-"));
const rows: Row[] = [];
try {
  for (const advisor of advisors) {
    const folder = join(inMemory, advisor);
    // Otherwise the first rows would measure the compiler, and growth would look smaller than it is.
    await work(join(inMemory, `warm-${advisor}`), advisor, 400);
    for (const from of stored) {
      await work(folder, advisor, from);
      const copy = join(onDisk, `${advisor}-${from}`);
      cpSync(folder, copy, { recursive: true });
      const [memory, disk] = [
        (await work(folder, advisor, from + warmingUp + measured)).slice(-measured),
        (await work(copy, advisor, from + warmingUp + measured)).slice(-measured),
      ];
      const done = row(advisor, from, memory, disk);
      rows.push(done);
      process.stderr.write(`${advisor}, ${from} stored: ${done.processor.mean} ms of processor time\n`);
    }
  }
} finally {
  rmSync(inMemory, { recursive: true, force: true });
  rmSync(onDisk, { recursive: true, force: true });
}

const growth = advisors.map((advisor) => {
  const own = rows.filter((each) => each.advisor === advisor);
  const first = own.find((each) => each.stored >= 100);
  const last = own.at(-1);
  const factor = first === undefined || last === undefined ? 1 : last.processor.mean / first.processor.mean;
  return { advisor, from: first?.stored ?? 0, to: last?.stored ?? 0, factor: rounded(factor) };
});
const result = {
  ...measuredUnder(),
  parameters: trainingSpace.parameters.length,
  optimizer: options.optimizer,
  measured,
  unit: "milliseconds per trial",
  rows,
  growth,
};
writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`);
const cell = ({ median: middle, p95 }: Spread): string => `${middle.toFixed(2)} (${p95.toFixed(2)})`;
process.stdout.write(
  `${plainTable(
    ["advisor", "stored", "computing", "storing", "waiting for disk", "wall on disk", "CPU", "CPU mean"],
    rows.map((each) => [
      each.advisor,
      each.stored,
      cell(each.computing),
      cell(each.storing),
      cell(each.waitingForDisk),
      cell(each.wallOnDisk),
      cell(each.processor),
      each.processor.mean.toFixed(2),
    ]),
  )}\n\nms per trial: median (95th percentile)\n${growth
    .map(({ advisor, from, to, factor }) => `${advisor}: CPU at ${to} trials is ${factor} times that at ${from}`)
    .join("\n")}\n`,
);
const tooSlow = rows.some((each) => each.stored === 1000 && each.processor.mean >= allowed);
if (tooSlow || growth.some(({ factor }) => factor > flat)) process.exitCode = 1;
