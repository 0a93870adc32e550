import type { Configuration } from "../../../src/space/index.js";
import type { Failing, OwnTask } from "./own-task.js";
import { aspectRatio, headSize, transformerDepth } from "./parameters.js";

/*
 * Pretraining a small transformer for a fixed time on one accelerator, as a formula: a scaling law of model size and
 * tokens (after Kaplan et al. 2020 and Hoffmann et al. 2022), tokens that shrink with the size of the model and grow
 * with utilisation, a critical batch size (McCandlish et al. 2018), learning rates whose best values move with width
 * and batch (after Yang et al. 2022), memory, and divergence. The default is a good one, as such defaults are.
 */

const context = 2048;
const vocabulary = 8192;
/** Seconds, and floating-point operations per second at full utilisation. */
const time = 300;
const peakSpeed = 4e14;
const memoryLimit = 80e9;

interface Run {
  readonly width: number;
  readonly parameters: number;
  readonly tokens: number;
  readonly steps: number;
  readonly batch: number;
  /** Bytes. */
  readonly memory: number;
  /** Log-ratio of the matrix learning rate to the best one for this model and batch. */
  readonly rate: number;
  /** How far beyond stability, in the same unit; runs above 0 diverge. */
  readonly instability: number;
}

function runOf(configuration: Configuration): Run {
  const value = (name: string): number => Number(configuration[name]);
  const head = value("head_size");
  const depth = value("depth");
  const width = Math.ceil((depth * value("aspect_ratio")) / head) * head;
  const layers = 12 * depth * width ** 2;
  const parameters = layers + 2 * vocabulary * width;
  const operations = 6 * (layers + vocabulary * width) + 12 * depth * width * context;
  const device = value("device_batch");
  const utilisation = 0.55 * (width / (width + 250)) * (device / (device + 6)) * (head / (head + 16));
  const batch = value("batch_tokens");
  const tokens = (time * peakSpeed * utilisation) / operations;
  const steps = tokens / batch;
  const memory = 16 * parameters + device * context * (depth * width * 34 + vocabulary * 6);
  const best = 0.04 * (768 / width) ** 0.5 * Math.min(2, (batch / 2 ** 18) ** 0.35);
  const rate = Math.log(value("matrix_rate") / best);
  const instability =
    rate - 1.5 - 1.2 * Math.min(1, value("warmup") / 0.1) * 0.5 + 3 * Math.max(0, value("beta1") - 0.93) * 5;
  return { width, parameters, tokens, steps, batch, memory, rate, instability };
}

function loss(configuration: Configuration): number {
  const value = (name: string): number => Number(configuration[name]);
  const run = runOf(configuration);
  const criticalBatch = 2 ** 17.5;
  const useful = run.tokens / (1 + run.batch / criticalBatch / 4);
  const size = 0.34 * (run.parameters / 5e7) ** -0.34;
  const seen = 0.32 * (useful / 3e8) ** -0.28;
  // Too small costs less than too large; few steps make the choice of rates matter more.
  const matters = 1 + Math.min(1, 600 / run.steps);
  const matrix = (run.rate > 0 ? 0.016 : 0.009) * run.rate ** 2 * matters;
  const embedding = 0.004 * Math.log(value("embedding_rate") / 0.45) ** 2;
  const head = 0.005 * Math.log(value("head_rate") / (0.006 * (768 / run.width) ** 0.5)) ** 2;
  const scalars = 0.0015 * Math.log(value("scalar_rate") / 0.35) ** 2;
  const wantedDecay = 0.12 + 0.1 * Math.max(-1, Math.min(1, -run.rate));
  const decay = 0.25 * (value("weight_decay") - wantedDecay) ** 2;
  const warmup = 0.35 * (value("warmup") - 0.03 - 0.02 * Math.max(0, run.rate)) ** 2;
  const cooldown = 0.035 * (value("cooldown") - 0.72) ** 2;
  const wantedBeta2 = run.batch >= 2 ** 19 ? 0.93 : 0.965;
  const betas = 0.09 * (value("beta1") - 0.86) ** 2 + 0.55 * (value("beta2") - wantedBeta2) ** 2;
  const heads = 0.0012 * Math.max(0, 6.5 - Math.log2(value("head_size"))) ** 2;
  const shape = 0.0025 * Math.log(value("aspect_ratio") / 58) ** 2;
  const small = matrix + embedding + head + scalars + decay + warmup + cooldown + betas + heads + shape;
  return 0.32 + size + seen + small;
}

function failing(configuration: Configuration): Failing | undefined {
  const { memory, instability } = runOf(configuration);
  if (memory > memoryLimit) return { failure: "out_of_memory", progress: 0.01 };
  if (instability > 0) return { failure: "diverged", progress: Math.max(0.02, 0.5 - 0.4 * instability) };
  return undefined;
}

export const languageModel: OwnTask = {
  name: "language-model",
  card: {
    text:
      "This is a formula that imitates pretraining a small transformer language model for a fixed time of 300 " +
      "seconds on one accelerator; nothing is trained. A larger model sees fewer tokens in that time. A run that " +
      "needs more than 80 GB of memory fails at its beginning, one whose updates are too bold diverges. " +
      "Sequences have 2048 tokens; the vocabulary has 8192. Values are slightly noisy.",
    metric: "validation loss in bits per byte",
    limits: { memoryBytes: memoryLimit },
  },
  space: {
    parameters: {
      matrix_rate: {
        type: "float",
        low: 1e-3,
        high: 0.5,
        scale: "log",
        default: 0.04,
        description: "Learning rate of the weight matrices inside the layers, which have an optimizer of their own.",
      },
      embedding_rate: {
        type: "float",
        low: 0.01,
        high: 5,
        scale: "log",
        default: 0.6,
        description: "Learning rate of the token embeddings.",
      },
      head_rate: {
        type: "float",
        low: 1e-4,
        high: 0.1,
        scale: "log",
        default: 0.004,
        description: "Learning rate of the output layer.",
      },
      scalar_rate: {
        type: "float",
        low: 0.01,
        high: 5,
        scale: "log",
        default: 0.5,
        description: "Learning rate of scalar parameters, such as those of the residual stream.",
      },
      weight_decay: {
        type: "float",
        low: 0,
        high: 0.5,
        default: 0.2,
        description: "Strength of weight decay on the weight matrices.",
      },
      warmup: {
        type: "float",
        low: 0,
        high: 0.4,
        default: 0,
        description: "Share of the time in which learning rates rise to their peak.",
      },
      cooldown: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.5,
        description: "Share of the time, at its end, in which learning rates fall to zero.",
      },
      beta1: {
        type: "float",
        low: 0.5,
        high: 0.99,
        default: 0.8,
        description: "Decay of the optimizer's running average of gradients.",
        unit: "1/step",
      },
      beta2: {
        type: "float",
        low: 0.8,
        high: 0.999,
        default: 0.95,
        description: "Decay of the optimizer's running average of squared gradients.",
        unit: "1/step",
      },
      depth: transformerDepth({ low: 2, high: 20, default: 8 }),
      aspect_ratio: aspectRatio({ low: 24, high: 128, default: 64 }),
      head_size: headSize({ low: 32, high: 256, powers_of: 2, default: 128 }),
      batch_tokens: {
        type: "int",
        low: 32_768,
        high: 2_097_152,
        powers_of: 2,
        default: 524_288,
        description: "Tokens in one step of the optimizer.",
        unit: "tokens",
      },
      device_batch: {
        type: "int",
        low: 8,
        high: 256,
        powers_of: 2,
        default: 64,
        description: "Sequences that are processed at once; gradients of several such passes add up to one step.",
        unit: "sequences",
      },
    },
    constraints: ["batch_tokens >= 2048 * device_batch"],
    derived: { width: "ceil(depth * aspect_ratio / head_size) * head_size" },
  },
  loss: (_, configuration) => loss(configuration),
  noise: () => 0.002,
  peakMemory: (configuration) => runOf(configuration).memory,
  cost: () => time,
  failing,
};
