import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { deriveSeed } from "../../src/math/random.js";
import { type Configuration, definitionFromFields, type ParameterFields, SearchSpace } from "../../src/space/index.js";
import { findData } from "./data-folder.js";
import { knownValues } from "./known-values.js";
import { type SkippedTask, type Task, type TaskEntry, trialBudget } from "./task.js";

/*
 * Full grids that were really run, several seeds for each configuration: FCNet (Klein and Hutter 2019, arXiv
 * 1905.04970), HPOBench (Eggensperger et al. 2021, arXiv 2109.06716), NAS-Bench-201 (Dong and Yang 2020, arXiv
 * 2001.00326). A run is one of the recorded seeds; the true value is their mean.
 */

const tableSchema = z.object({
  direction: z.enum(["minimize", "maximize"]),
  space: z.record(z.string(), z.array(z.union([z.number(), z.string()]))),
  /** Row-major over the keys of the space, the last key fastest; one value for each seed. */
  values: z.array(z.array(z.number())),
});
export type Table = z.infer<typeof tableSchema>;

/** How a column of the grid is offered to the optimizer. */
interface Column {
  readonly field: ParameterFields;
  /** Position in the grid of the value that stands in a configuration. */
  index(value: unknown): number;
}

interface Source {
  readonly name: string;
  readonly path: string;
  /** Position in the grid where tuning starts, by column. */
  readonly start: Readonly<Record<string, number>>;
}

const fcnetStart = {
  activation_fn_1: 0,
  activation_fn_2: 0,
  batch_size: 2,
  dropout_1: 1,
  dropout_2: 1,
  init_lr: 2,
  lr_schedule: 1,
  n_units_1: 3,
  n_units_2: 3,
};
const perceptronStart = { alpha: 3, batch_size: 4, depth: 1, learning_rate_init: 3, width: 3 };
const sources: readonly Source[] = [
  { name: "fcnet/parkinsons", path: "tabular/hpolib_parkinsons_telemonitoring.json.gz", start: fcnetStart },
  { name: "fcnet/protein", path: "tabular/hpolib_protein_structure.json.gz", start: fcnetStart },
  {
    name: "nasbench201/cifar10",
    path: "tabular/nasbench201_cifar10.json.gz",
    start: { Op0: 2, Op1: 2, Op2: 1, Op3: 2, Op4: 1, Op5: 2 },
  },
  { name: "hpobench/car", path: "tabular/hpobench_car.json.gz", start: perceptronStart },
  { name: "hpobench/blood_transfusion", path: "tabular/hpobench_blood_transfusion.json.gz", start: perceptronStart },
];

/**
 * Texts become choices, powers of two become powers of two. Any other numbers become their rank: they stand on
 * no regular scale, and an optimizer is offered nothing that was not run.
 */
function column(values: readonly (number | string)[], start: number): Column {
  const [first, second] = values;
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length === 0) {
    return {
      field: { type: "categorical", choices: [...values], default: values[start] ?? first ?? "" },
      index: (value) => values.indexOf(String(value)),
    };
  }
  const low = Number(first);
  const powers =
    numbers.length > 1 && Number(second) === 2 * low && numbers.every((value, k) => value === low * 2 ** k);
  if (powers && Number.isInteger(Math.log2(low))) {
    const high = numbers.at(-1) ?? low;
    return {
      field: { type: "int", low, high, powers_of: 2, default: numbers[start] ?? low },
      index: (value) => numbers.indexOf(Number(value)),
    };
  }
  return { field: { type: "int", low: 0, high: values.length - 1, default: start }, index: Number };
}

/** A task on a table. Values to maximise are turned into what is missing to the scale's end, 1 or 100. */
export function tableTask(name: string, table: Table, start: Readonly<Record<string, number>>): Task {
  const columns = Object.entries(table.space).map(([key, values]) => [key, column(values, start[key] ?? 0)] as const);
  const space = SearchSpace.from(
    definitionFromFields({ parameters: Object.fromEntries(columns.map(([key, { field }]) => [key, field])) }),
  );
  const perfect = table.values.some((seeds) => seeds.some((value) => value > 1)) ? 100 : 1;
  const toMinimise = (value: number) => (table.direction === "minimize" ? value : perfect - value);
  const seedsOf = (configuration: Configuration): readonly number[] => {
    let row = 0;
    for (const [key, { index }] of columns) row = row * (table.space[key]?.length ?? 1) + index(configuration[key]);
    const seeds = table.values[row];
    if (seeds === undefined || seeds.length === 0) throw new Error(`${name} has no row ${row}.`);
    return seeds;
  };
  return {
    name,
    space,
    start: space.defaults(),
    trials: trialBudget(space.parameters.length),
    evaluate(configuration, seed) {
      const seeds = seedsOf(configuration);
      const value = seeds[deriveSeed(seed, name) % seeds.length] ?? Number.NaN;
      return { evaluation: { kind: "value", value: toMinimise(value) }, measured: {} };
    },
    trueValue(configuration) {
      const seeds = seedsOf(configuration);
      return toMinimise(seeds.reduce((sum, value) => sum + value, 0) / seeds.length);
    },
    get known() {
      return knownValues(name);
    },
  };
}

/** Every true value of a table, for its exact optimum and quantiles. */
export function tableValues(file: string): readonly number[] {
  const table = readTable(file);
  const perfect = table.values.some((seeds) => seeds.some((value) => value > 1)) ? 100 : 1;
  return table.values.map((seeds) => {
    const mean = seeds.reduce((sum, value) => sum + value, 0) / seeds.length;
    return table.direction === "minimize" ? mean : perfect - mean;
  });
}

/** The file of a table task, where it is at hand. */
export function tableFile(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const source = sources.find((each) => each.name === name);
  return source && findData(source.path, env);
}

function readTable(file: string): Table {
  const parsed: unknown = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8"));
  return tableSchema.parse(parsed);
}

/** Table tasks whose table is at hand, and the others with the reason. */
export function tabularTasks(env: NodeJS.ProcessEnv): { tasks: readonly TaskEntry[]; skipped: readonly SkippedTask[] } {
  const tasks: TaskEntry[] = [];
  const skipped: SkippedTask[] = [];
  for (const { name, path, start } of sources) {
    const file = findData(path, env);
    if (file === undefined) skipped.push({ name, reason: `${path} is not at hand` });
    else tasks.push({ name, load: () => tableTask(name, readTable(file), start) });
  }
  return { tasks, skipped };
}
