import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { deriveSeed } from "../../src/math/random.js";
import {
  type Configuration,
  definitionFromFields,
  formatNumber,
  type ParameterFields,
  type ParameterValue,
  SearchSpace,
} from "../../src/space/index.js";
import { findData } from "./data-folder.js";
import { knownValues } from "./known-values.js";
import { type SkippedTask, type Task, type TaskCard, type TaskEntry, trialBudget } from "./task.js";

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
  /** What stands in a configuration, by position in the grid. */
  readonly values: readonly ParameterValue[];
}

/** What the papers say about a table. */
export interface TableDescription {
  readonly card: TaskCard;
  /** By column. */
  readonly parameters: Readonly<Record<string, { readonly description: string; readonly unit?: string }>>;
}

interface Source extends TableDescription {
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

const fcnet = (data: string): TableDescription => ({
  card: {
    text:
      `A network of two fully connected layers and a linear output is trained on a regression problem: ${data}. Adam, ` +
      "100 epochs, mean squared error; each layer is followed by dropout. The value is the mean squared error on " +
      "held-out validation data, of one of several recorded runs that differ in the seed.",
    metric: "validation mean squared error",
    limits: {},
  },
  parameters: {
    activation_fn_1: { description: "Activation function of the first layer." },
    activation_fn_2: { description: "Activation function of the second layer." },
    batch_size: { description: "Examples in one step.", unit: "examples" },
    dropout_1: { description: "Dropout after the first layer." },
    dropout_2: { description: "Dropout after the second layer." },
    init_lr: { description: "Learning rate of Adam at the start of training." },
    lr_schedule: { description: "How the learning rate changes: along a cosine, or not at all." },
    n_units_1: { description: "Units of the first layer.", unit: "units" },
    n_units_2: { description: "Units of the second layer.", unit: "units" },
  },
});

const perceptron = (data: string): TableDescription => ({
  card: {
    text:
      `A multilayer perceptron (scikit-learn, Adam, at most 243 epochs) is trained to classify the OpenML data set ${data}. ` +
      "The value is 1 minus the balanced accuracy on held-out validation data, of one of five recorded runs that " +
      "differ in the seed.",
    metric: "validation error, balanced",
    limits: {},
  },
  parameters: {
    alpha: { description: "Strength of the L2 penalty on weights." },
    batch_size: { description: "Examples in one step.", unit: "examples" },
    depth: { description: "Number of hidden layers.", unit: "layers" },
    learning_rate_init: { description: "Learning rate of Adam." },
    width: { description: "Units of each hidden layer.", unit: "units" },
  },
});

/** The cell is a graph of four nodes, each with an edge from every earlier one. */
const cell: TableDescription = {
  card: {
    text:
      "The architecture of an image classifier is chosen: a cell that is stacked 15 times, five times at each of three " +
      "resolutions, in a convolutional network that is trained on CIFAR-10 for 200 epochs by stochastic gradient descent, " +
      "with the same settings for every architecture. The cell is a graph of four nodes, 0 (its input) to 3 (its output); " +
      "each node adds up what its edges from all earlier nodes bring, and each edge is one operation. Where no path of " +
      "operations leads from input to output, the network guesses. The value is the error in percent on held-out " +
      "validation data, of one of two or three recorded runs that differ in the seed.",
    metric: "validation error in percent",
    limits: {},
  },
  parameters: Object.fromEntries(
    ["0 to node 1", "0 to node 2", "1 to node 2", "0 to node 3", "1 to node 3", "2 to node 3"].map((edge, k) => [
      `Op${k}`,
      {
        description:
          `Operation on the edge from node ${edge}: none (the edge is absent), skip_connect (identity), nor_conv_1x1 ` +
          "and nor_conv_3x3 (ReLU, convolution, batch normalisation), avg_pool_3x3 (average pooling).",
      },
    ]),
  ),
};

const parkinsons = "Parkinsons telemonitoring of the UCI repository (5,875 recordings of voices, 20 features)";
const protein = "protein structure of the UCI repository (45,730 decoys of proteins, 9 features)";
const car = "car evaluation (1,728 examples, 6 features, 4 classes)";
const bloodTransfusion = "blood transfusion service center (748 examples, 4 features, 2 classes)";
const sources: readonly Source[] = [
  {
    name: "fcnet/parkinsons",
    path: "tabular/hpolib_parkinsons_telemonitoring.json.gz",
    start: fcnetStart,
    ...fcnet(parkinsons),
  },
  { name: "fcnet/protein", path: "tabular/hpolib_protein_structure.json.gz", start: fcnetStart, ...fcnet(protein) },
  {
    name: "nasbench201/cifar10",
    path: "tabular/nasbench201_cifar10.json.gz",
    start: { Op0: 2, Op1: 2, Op2: 1, Op3: 2, Op4: 1, Op5: 2 },
    ...cell,
  },
  { name: "hpobench/car", path: "tabular/hpobench_car.json.gz", start: perceptronStart, ...perceptron(car) },
  {
    name: "hpobench/blood_transfusion",
    path: "tabular/hpobench_blood_transfusion.json.gz",
    start: perceptronStart,
    ...perceptron(bloodTransfusion),
  },
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
      values,
    };
  }
  const low = Number(first);
  const powers =
    numbers.length > 1 && Number(second) === 2 * low && numbers.every((value, k) => value === low * 2 ** k);
  if (powers && Number.isInteger(Math.log2(low))) {
    const high = numbers.at(-1) ?? low;
    return {
      field: { type: "int", low, high, powers_of: 2, default: numbers[start] ?? low },
      values: numbers,
    };
  }
  const high = values.length - 1;
  const description = `Rank of a value: 0 to ${high} stand for ${numbers.map((value) => formatNumber(value, 4)).join(", ")}.`;
  return { field: { type: "int", low: 0, high, default: start, description }, values: values.map((_, rank) => rank) };
}

/** What the column is, then what its ranks stand for. Ranks have no unit, so that it is said with them. */
function described(field: ParameterFields, said: TableDescription["parameters"][string] | undefined): ParameterFields {
  if (said === undefined) return field;
  const { description, unit } = said;
  if (field.description === undefined) return { ...field, ...said };
  const ranks = unit === undefined ? field.description : field.description.replace(/\.$/, ` ${unit}.`);
  return { ...field, description: `${description} ${ranks}` };
}

/** A task on a table. Values to maximise are turned into what is missing to the scale's end, 1 or 100. */
export function tableTask(
  name: string,
  table: Table,
  start: Readonly<Record<string, number>>,
  { card, parameters }: TableDescription,
): Task {
  const columns = Object.entries(table.space).map(([key, values]) => [key, column(values, start[key] ?? 0)] as const);
  const space = SearchSpace.from(
    definitionFromFields({
      parameters: Object.fromEntries(columns.map(([key, { field }]) => [key, described(field, parameters[key])])),
    }),
  );
  const { toMinimise, means } = readingOf(table);
  const seedsOf = (configuration: Configuration): readonly number[] => {
    let row = 0;
    for (const [key, { values }] of columns) row = row * values.length + values.indexOf(configuration[key] ?? "");
    const seeds = table.values[row];
    if (seeds === undefined || seeds.length === 0) throw new Error(`${name} has no row ${row}.`);
    return seeds;
  };
  let optimum: Configuration | undefined;
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
      return toMinimise(meanOf(seedsOf(configuration)));
    },
    get known() {
      return knownValues(name);
    },
    card,
    get optimum() {
      optimum ??= configurationOf(columns, indexOfLeast(means()));
      return optimum;
    },
  };
}

/** How values are turned into what is minimised: those to maximise into what is missing to the scale's end. */
function readingOf(table: Table) {
  const perfect = table.values.some((seeds) => seeds.some((value) => value > 1)) ? 100 : 1;
  const toMinimise = (value: number) => (table.direction === "minimize" ? value : perfect - value);
  return { toMinimise, means: () => table.values.map((seeds) => toMinimise(meanOf(seeds))) };
}

function meanOf(seeds: readonly number[]): number {
  return seeds.reduce((sum, value) => sum + value, 0) / seeds.length;
}

function indexOfLeast(values: readonly number[]): number {
  return values.reduce((least, value, k) => (value < (values[least] ?? Number.POSITIVE_INFINITY) ? k : least), 0);
}

/** The configuration of a row: its number read as digits, the last column first. */
function configurationOf(columns: readonly (readonly [string, Column])[], row: number): Configuration {
  let rest = row;
  const digits = columns.toReversed().map(([name, { values }]): [string, ParameterValue] => {
    const value = values[rest % values.length] ?? "";
    rest = Math.floor(rest / values.length);
    return [name, value];
  });
  return Object.fromEntries(digits.toReversed());
}

/** Every true value of a table, for its exact optimum and quantiles. */
export function tableValues(file: string): readonly number[] {
  return readingOf(readTable(file)).means();
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
  for (const source of sources) {
    const { name, path, start } = source;
    const file = findData(path, env);
    if (file === undefined) skipped.push({ name, reason: `${path} is not at hand` });
    else tasks.push({ name, load: () => tableTask(name, readTable(file), start, source) });
  }
  return { tasks, skipped };
}
