/**
 * Measures what is known of every task (see `KnownValues`) and writes measured-values.ts. Needed once for a new task.
 *
 *   npm run build && node dist/evals/tasks/calibrate.js [--tasks PATTERN]
 *
 * Tables are enumerated. For the others the best value is the best of random configurations and of a descent from
 * many of them, which knows the true value and spends tens of thousands of evaluations.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/llm/package-root.js";
import { deriveSeed, RandomStream } from "../../src/math/random.js";
import type { Configuration } from "../../src/space/index.js";
import { allTasks } from "./index.js";
import { measuredValues } from "./measured-values.js";
import { tableFile, tableValues } from "./tabular.js";
import type { KnownValues, Task } from "./task.js";

const { values: options } = parseArgs({
  options: { tasks: { type: "string", default: "" }, root: { type: "string", default: packageRoot() } },
});

/** A value below which the best of 25 draws lies with probability one half. */
function bestOf25(ascending: readonly number[]): number {
  const share = 1 - 0.5 ** (1 / 25);
  return ascending[Math.floor(share * ascending.length)] ?? Number.NaN;
}

/** Random steps in encoded coordinates that shrink with failure and grow with success; choices change now and then. */
function descend(task: Task, start: Configuration, steps: number, random: RandomStream): number {
  const { space } = task;
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
      at = space.encode(configuration);
      size = Math.min(0.5, size * 1.6);
    } else size *= 0.975;
    if (size < 1e-6 && step < steps / 2) size = 0.2;
  }
  return best;
}

function measure(task: Task): KnownValues {
  const file = tableFile(task.name, process.env);
  if (file !== undefined) {
    const ascending = [...tableValues(file)].sort((a, b) => a - b);
    return { best: ascending[0] ?? Number.NaN, bestOf25: bestOf25(ascending) };
  }
  const random = RandomStream.fromSeed(deriveSeed(1, "calibrate", task.name));
  const own = task.name.startsWith("own/");
  const drawn = Array.from({ length: own ? 20_000 : 5000 }, () => {
    const configuration = task.space.sample(random);
    return { configuration, value: task.trueValue(configuration) };
  }).sort((a, b) => a.value - b.value);
  const starts = drawn.filter((_, k) => k % 5 === 0).slice(0, own ? 40 : 12);
  const descents = starts.map(({ configuration }) => descend(task, configuration, own ? 6000 : 1500, random));
  return {
    best: Math.min(drawn[0]?.value ?? Number.NaN, task.trueValue(task.start), ...descents),
    bestOf25: bestOf25(drawn.map(({ value }) => value)),
  };
}

const measured: Record<string, KnownValues> = { ...measuredValues };
for (const entry of allTasks().tasks) {
  if (!entry.name.includes(options.tasks)) continue;
  const before = performance.now();
  const values = measure(entry.load());
  // A better value that an earlier run knew stays.
  measured[entry.name] = {
    ...values,
    best: Math.min(values.best, measured[entry.name]?.best ?? Number.POSITIVE_INFINITY),
  };
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  process.stderr.write(`${entry.name}: ${JSON.stringify(measured[entry.name])} in ${seconds} s\n`);
}

const path = join(options.root, "evals", "tasks", "measured-values.ts");
const head = readFileSync(path, "utf8").split("> = {")[0];
const entries = Object.entries(measured).map(
  ([name, { best, bestOf25: typical }]) => `  "${name}": { best: ${best}, bestOf25: ${typical} },\n`,
);
writeFileSync(path, `${head}> = {\n${entries.join("")}};\n`);
