/**
 * Measures what is known of every task (see `KnownValues`) and writes measured-values.ts. Needed once for a new task.
 *
 *   npm run build && node dist/evals/tasks/calibrate.js [--tasks PATTERN]
 *
 * Tables are enumerated. For the others the best value is the best of random configurations and of a descent from many
 * of them, which knows the true value and spends tens of thousands of evaluations; where it was reached is recorded
 * with it. Formulas cost so little that the best descents go on to ten digits. Candidate sets and numerical test
 * functions know these values themselves.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/llm/package-root.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { Configuration } from "../../src/space/index.js";
import { type MeasuredValues, measuredValues } from "./measured-values.js";
import { ownTasks } from "./own/index.js";
import { type Found, polish, precision } from "./own/polish.js";
import { tableFile, tableValues, tabularTasks } from "./tabular.js";
import { medianOfBestOf25, type Task } from "./task.js";
import { yahpoTasks } from "./yahpo.js";

/** Share of the unit of regret within which two values are the same. */
const negligible = 1e-6;

const { values: options } = parseArgs({
  options: { tasks: { type: "string", default: "" }, root: { type: "string", default: packageRoot() } },
});

/** Random steps in encoded coordinates that shrink with failure and grow with success; choices change now and then. */
function descend(task: Task, start: Configuration, steps: number, random: RandomStream): Found {
  const { space } = task;
  let found = start;
  let at = space.encode(start);
  let best = task.trueValue(start);
  let size = 0.2;
  for (let step = 0; step < steps && size > 1e-9; step++) {
    const share = [1, 0.5, 0.2, 0.1][random.integer(4)] ?? 1;
    const numeric = at.numeric.map((u, k) => {
      if (random.uniform() > share) return u;
      // At least one value further on a grid, or nothing would change.
      const count = space.numericAxes[k]?.grid?.length;
      const reach = count === undefined ? size : Math.max(size, 0.8 / count);
      return Math.min(1, Math.max(0, u + reach * random.normal()));
    });
    const categorical = at.categorical.map((choice, k) =>
      random.uniform() < 0.15 ? random.integer(space.categoricalAxes[k]?.choices.length ?? 1) : choice,
    );
    const configuration = space.repair(space.decode({ numeric, categorical }));
    if (configuration === undefined) continue;
    const value = task.trueValue(configuration);
    if (value < best) {
      best = value;
      found = configuration;
      at = space.encode(configuration);
      size = Math.min(0.5, size * 1.6);
    } else size *= 0.975;
    if (size < 1e-6 && step < steps / 2) size = 0.2;
  }
  return { configuration: found, value: best };
}

function measure(task: Task): MeasuredValues {
  const file = tableFile(task.name, process.env);
  if (file !== undefined) {
    const values = tableValues(file);
    return { best: values.reduce((a, b) => Math.min(a, b)), bestOf25: medianOfBestOf25(values) };
  }
  const random = RandomStream.fromSeed(deriveSeed(1, "calibrate", task.name));
  const own = task.name.startsWith("own/");
  const drawn = Array.from({ length: own ? 20_000 : 5000 }, () => {
    const configuration = task.space.sample(random);
    return { configuration, value: task.trueValue(configuration) };
  }).sort((a, b) => a.value - b.value);
  const starts = drawn.filter((_, k) => k % 5 === 0).slice(0, own ? 40 : 12);
  const descents = starts.map(({ configuration }) => descend(task, configuration, own ? 6000 : 1500, random));
  const start: Found = { configuration: task.start, value: task.trueValue(task.start) };
  const found = [start, ...drawn.slice(0, 1), ...descents].sort((a, b) => a.value - b.value);
  const finished = own ? found.slice(0, 10).map(({ configuration }) => polish(task, configuration, random)) : found;
  const best = finished.reduce((a, b) => (b.value < a.value ? b : a));
  return {
    best: best.value,
    at: best.configuration,
    bestOf25: medianOfBestOf25(drawn.map(({ value }) => value)),
  };
}

/** An earlier run may have known as good: then its value stays, and where it was reached as far as that is known. */
function better(found: MeasuredValues, before: MeasuredValues | undefined): MeasuredValues {
  if (before === undefined || before.best - found.best > precision * Math.abs(before.best))
    return { ...found, ...(before && { bestOf25: before.bestOf25 }) };
  const same = found.best - before.best <= negligible * (before.bestOf25 - before.best);
  return before.at === undefined && same && found.at !== undefined ? { ...before, at: found.at } : before;
}

const measured: Record<string, MeasuredValues> = { ...measuredValues };
const calibrated = [ownTasks, yahpoTasks(process.env).tasks, tabularTasks(process.env).tasks].flat();
for (const entry of calibrated) {
  if (!entry.name.includes(options.tasks)) continue;
  const before = performance.now();
  const values = better(measure(entry.load()), measured[entry.name]);
  measured[entry.name] = values;
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  process.stderr.write(`${entry.name}: ${JSON.stringify(values)} in ${seconds} s\n`);
}

const path = join(options.root, "evals", "tasks", "measured-values.ts");
const head = readFileSync(path, "utf8").split("> = {")[0];
const entries = Object.entries(measured).map(([name, { best, bestOf25: typical, at }]) => {
  const where = at === undefined ? "" : `, at: ${JSON.stringify(at)}`;
  return `  "${name}": { best: ${best}, bestOf25: ${typical}${where} },\n`;
});
writeFileSync(path, `${head}> = {\n${entries.join("")}};\n`);
