import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { Configuration, SpaceFields } from "../../src/space/index.js";
import { candidateSetTask, type RecordedRun, type Row } from "./candidate-set.js";
import { findData } from "./data-folder.js";
import type { SkippedTask, Task, TaskEntry } from "./task.js";

/*
 * TaskSet (Metz et al. 2020, arXiv 2002.11887): recurrent networks that classify texts, each trained with a thousand
 * random settings of Adam with eight parameters. The curves are those of DyHPO (Wistuba, Kadra and Grabocka 2022).
 */

interface Source {
  readonly name: string;
  /** Name of the task in TaskSet, and of the file without its ending. */
  readonly file: string;
  readonly network: string;
  /** Subwords of a text that the network reads, and texts in a step. */
  readonly length: number;
  readonly batch: number;
}

const family = "FixedTextRNNClassification_imdb";
const sources: readonly Source[] = [
  {
    name: "taskset/imdb-lstm128-bs64",
    file: `${family}_patch128_LSTM128_bs64`,
    network: "an LSTM with 128 units, of which the last state is used",
    length: 128,
    batch: 64,
  },
  {
    name: "taskset/imdb-gru128-bs128",
    file: `${family}_patch32_GRU128_bs128`,
    network: "a GRU with 128 units, of which the last state is used",
    length: 32,
    batch: 128,
  },
  {
    name: "taskset/imdb-lstm128-bs128",
    file: `${family}_patch32_LSTM128_bs128`,
    network: "an LSTM with 128 units, of which the last state is used",
    length: 32,
    batch: 128,
  },
  {
    name: "taskset/imdb-vrnn64-bs128",
    file: `${family}_patch32_VRNN64_tanh_avg_bs128`,
    network: "a plain recurrent network with 64 tanh units, of which the states are averaged",
    length: 32,
    batch: 128,
  },
];

/** Bounds of the search space "adam8p"; decays of averages are counted from 1, as they were drawn. */
const space: SpaceFields = {
  parameters: {
    learning_rate: { type: "float", low: 1e-8, high: 10, scale: "log", description: "Learning rate of Adam." },
    one_minus_beta1: {
      type: "float",
      low: 1e-4,
      high: 1,
      scale: "log",
      description: "1 minus the decay of the running average of gradients.",
      unit: "1/step",
    },
    one_minus_beta2: {
      type: "float",
      low: 1e-6,
      high: 1,
      scale: "log",
      description: "1 minus the decay of the running average of squared gradients.",
      unit: "1/step",
    },
    epsilon: {
      type: "float",
      low: 1e-10,
      high: 1e3,
      scale: "log",
      description: "Constant that is added to the denominator of the update.",
    },
    l1: { type: "float", low: 1e-8, high: 10, scale: "log", description: "Strength of the L1 penalty on weights." },
    l2: { type: "float", low: 1e-8, high: 10, scale: "log", description: "Strength of the L2 penalty on weights." },
    linear_decay: {
      type: "float",
      low: 1e-7,
      high: 1e-4,
      scale: "log",
      description: "How fast the learning rate falls linearly with the number of steps.",
      unit: "1/step",
    },
    exponential_decay: {
      type: "float",
      low: 1e-6,
      high: 1e-3,
      scale: "log",
      description: "How fast the learning rate falls exponentially with the number of steps.",
      unit: "1/step",
    },
  },
};

/** Adam as its paper has it (Kingma and Ba 2015), with next to nothing of what it does not have. */
const adam = {
  learning_rate: 1e-3,
  one_minus_beta1: 0.1,
  one_minus_beta2: 1e-3,
  epsilon: 1e-8,
  l1: 1e-8,
  l2: 1e-8,
  linear_decay: 1e-7,
  exponential_decay: 1e-6,
};

const losses = z.array(z.number().nullable());
/** Losses stand below `loss` in what DyHPO publishes, and directly in the re-encoded copy. */
const curve = z.union([losses, z.object({ loss: losses }).transform(({ loss }) => loss)]);
const fileSchema = z.array(
  z.object({
    hp: z.object({
      learning_rate: z.number(),
      beta1: z.number(),
      beta2: z.number(),
      epsilon: z.number(),
      l1: z.number(),
      l2: z.number(),
      linear_decay: z.number(),
      exponential_decay: z.number(),
    }),
    valid: curve,
  }),
);

/**
 * The rows of a file as DyHPO publishes it, with NaN where a run diverged, or of the re-encoded copy, with null. The
 * value is the validation loss at the last checkpoint.
 *
 * @throws ZodError for another content
 */
export function readTaskSet(text: string): readonly Row[] {
  // Python writes numbers into JSON that JSON does not know. No name in these files contains them.
  const parsed: unknown = JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, "null"));
  return fileSchema.parse(parsed).map(({ hp: { beta1, beta2, ...others }, valid }) => ({
    configuration: { ...others, one_minus_beta1: 1 - beta1, one_minus_beta2: 1 - beta2 },
    runs: [runOf(valid)],
  }));
}

function runOf(curve: readonly (number | null)[]): RecordedRun {
  const last = curve.at(-1) ?? null;
  return last === null
    ? { kind: "diverged", progress: curve.indexOf(null) / curve.length }
    : { kind: "value", value: last };
}

/** A task on rows of TaskSet. */
export function taskSetTask({ name, network, length, batch }: Source, rows: readonly Row[]): Task {
  const usual: Configuration = adam;
  return candidateSetTask({
    name,
    card: {
      text:
        `Reviews of films (IMDB, cut to ${length} subwords) are classified by ${network}, trained by Adam for 10,000 steps ` +
        `of ${batch} reviews, with penalties on the weights and decays of the learning rate. The value is the loss on ` +
        "validation data at the end of the one recorded run. Some configurations diverge.",
      metric: "validation loss",
      limits: {},
    },
    space,
    rows,
    usual,
  });
}

/** Where a copy of each file may lie: re-encoded, or as it is published. */
const pathsOf = ({ file }: Source) => [`taskset/${file}.json.gz`, `taskset/${file}.json`];

/** Tasks of TaskSet whose file is at hand, and the others with the reason. */
export function taskSetTasks(env: NodeJS.ProcessEnv): { tasks: readonly TaskEntry[]; skipped: readonly SkippedTask[] } {
  const tasks: TaskEntry[] = [];
  const skipped: SkippedTask[] = [];
  for (const source of sources) {
    const { name } = source;
    const [found] = pathsOf(source).flatMap((path) => findData(path, env) ?? []);
    if (found === undefined) skipped.push({ name, reason: `taskset/${source.file}.json is not at hand` });
    else tasks.push({ name, load: () => taskSetTask(source, readTaskSet(readText(found))) });
  }
  return { tasks, skipped };
}

function readText(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}
