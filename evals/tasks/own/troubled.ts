import type { Configuration } from "../../../src/space/index.js";
import { numberOf, type OwnTask } from "./own-task.js";
import {
  batchSize,
  contextLength,
  decoupledWeightDecay,
  dropout,
  momentum,
  peakLearningRate,
  residualWidth,
  transformerDepth,
  warmup,
  weightDecay,
} from "./parameters.js";

/** Runs differ between seeds, the more the higher the learning rate: the luckiest run is not the best configuration. */
const noisy: OwnTask = {
  name: "noisy",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates reinforcement learning by policy " +
      "gradients: the value is a loss made of the mean return (smaller is better), and runs of the same " +
      "configuration differ between seeds.",
    metric: "negated return",
    limits: {},
  },
  space: {
    parameters: {
      learning_rate: {
        type: "float",
        low: 1e-5,
        high: 1e-1,
        scale: "log",
        default: 3e-4,
        description: "Learning rate of policy and value network.",
      },
      entropy: {
        type: "float",
        low: 1e-5,
        high: 1,
        scale: "log",
        default: 1e-3,
        description: "Weight of the entropy bonus.",
      },
      discount: {
        type: "float",
        low: 0.9,
        high: 0.9999,
        default: 0.99,
        description: "Discount of future rewards.",
        unit: "1/step",
      },
      clip: {
        type: "float",
        low: 0.05,
        high: 0.5,
        default: 0.2,
        description: "How far the ratio of new to old policy may move before it is clipped.",
      },
      rollout: {
        type: "int",
        low: 16,
        high: 4096,
        powers_of: 2,
        default: 256,
        description: "Steps of the environment between two updates.",
        unit: "steps",
      },
      epochs: {
        type: "int",
        low: 1,
        high: 20,
        default: 4,
        description: "Passes over the collected steps in one update.",
        unit: "passes",
      },
    },
  },
  loss: (at, configuration) =>
    0.25 +
    1.2 * (at("learning_rate") - 0.52) ** 2 +
    0.4 * (at("entropy") - 0.3) ** 2 +
    0.5 * (at("discount") - 0.78) ** 2 +
    0.15 * (at("clip") - 0.55) ** 2 +
    0.006 * (Math.log2(numberOf(configuration, "rollout")) - 10) ** 2 +
    0.002 * Math.abs(numberOf(configuration, "epochs") - 9),
  noise: (at) => 0.008 + 0.06 * at("learning_rate") ** 2,
};

/** Larger is better until the memory is full; the optimum lies at that border. In gigabytes. */
const memoryOf = (configuration: Configuration): number =>
  1.2 +
  6e-8 * numberOf(configuration, "depth") * numberOf(configuration, "width") ** 2 * 12 +
  4e-8 *
    numberOf(configuration, "batch_size") *
    numberOf(configuration, "context") *
    numberOf(configuration, "width") *
    numberOf(configuration, "depth");
const gigabyte = 1e9;
const memoryLimit = 16 * gigabyte;
const memoryBorder: OwnTask = {
  name: "memory-border",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a transformer " +
      "on one device with 16 GB: activations and weights grow with its sizes, and a run that needs more fails at " +
      "once. Values are slightly noisy.",
    metric: "validation loss",
    limits: { memoryBytes: memoryLimit },
  },
  space: {
    parameters: {
      depth: transformerDepth({ low: 2, high: 24, default: 6 }),
      width: residualWidth({ low: 128, high: 2048, step: 64, default: 512 }),
      batch_size: batchSize("sequences", { low: 4, high: 256, powers_of: 2, default: 32 }),
      context: contextLength({ low: 128, high: 2048, powers_of: 2, default: 256 }),
      learning_rate: peakLearningRate(),
      dropout: dropout(),
    },
  },
  loss: (at, configuration) => {
    const size = Math.log2(numberOf(configuration, "depth") * numberOf(configuration, "width") ** 2);
    return (
      1 +
      1.4 * 2 ** (-0.25 * (size - 14)) +
      2.2 / Math.log2(numberOf(configuration, "context")) +
      0.012 * (Math.log2(numberOf(configuration, "batch_size")) - 6) ** 2 +
      0.03 * Math.log2(numberOf(configuration, "width") / numberOf(configuration, "depth") / 80) ** 2 +
      0.7 * (at("learning_rate") - 0.72 + 0.02 * (size - 18)) ** 2 +
      0.1 * (at("dropout") - 0.15) ** 2
    );
  },
  noise: () => 0.003,
  peakMemory: (configuration) => memoryOf(configuration) * gigabyte,
  failing: (configuration) =>
    memoryOf(configuration) > memoryLimit / gigabyte ? { failure: "out_of_memory", progress: 0.01 } : undefined,
};

/** The best learning rate lies close below the one at which runs diverge, where luck decides. */
const border = (configuration: Configuration): number =>
  Math.log10(numberOf(configuration, "learning_rate")) +
  1.4 +
  0.7 * numberOf(configuration, "momentum") -
  0.3 * Math.log2(numberOf(configuration, "batch_size") / 64) * 0.3 -
  1.1 * numberOf(configuration, "warmup");
const divergence: OwnTask = {
  name: "divergence",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the training loss of a network. " +
      "Updates that are too bold make training diverge, which for some configurations is a matter of luck. " +
      "Values are slightly noisy.",
    metric: "training loss",
    limits: {},
  },
  space: {
    parameters: {
      learning_rate: {
        type: "float",
        low: 1e-4,
        high: 10,
        scale: "log",
        default: 3e-3,
        description: "Peak learning rate of stochastic gradient descent.",
      },
      momentum: momentum({ default: 0.8 }),
      batch_size: batchSize("examples", { low: 16, high: 1024, powers_of: 2, default: 64 }),
      warmup: warmup(),
      weight_decay: weightDecay(),
      clip_norm: {
        type: "float",
        low: 0.01,
        high: 100,
        scale: "log",
        default: 1,
        description: "Norm to which gradients are clipped.",
      },
    },
  },
  loss: (at, configuration) =>
    0.3 +
    0.12 * (border(configuration) + 0.15) ** 2 +
    0.3 * (at("momentum") - 0.93) ** 2 +
    0.02 * (Math.log2(numberOf(configuration, "batch_size")) - 8) ** 2 +
    0.4 * (at("warmup") - 0.3) ** 2 +
    0.1 * (at("weight_decay") - 0.55) ** 2 +
    0.06 * (at("clip_norm") - 0.4) ** 2,
  noise: () => 0.004,
  failing: (configuration) => (border(configuration) > 0.3 ? { failure: "diverged", progress: 0.05 } : undefined),
  failingByChance: (configuration, luck) =>
    border(configuration) + 0.08 * luck > 0.15 ? { failure: "diverged", progress: 0.4 } : undefined,
};

/** Longer is better, up to a limit of time: what a step takes depends on the model. Simulated seconds. */
const timeLimitSeconds = 1;
const durationOf = (configuration: Configuration): number =>
  (numberOf(configuration, "epochs") / 40) *
  (0.2 + 0.1 * numberOf(configuration, "layers") * (numberOf(configuration, "width") / 256) ** 1.5);
const timeLimit: OwnTask = {
  name: "time-limit",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a network " +
      "whose training is stopped, as a failure, after a fixed time: an epoch of a larger network takes longer. " +
      "Times are simulated: the limit stands for any that a user would set. Values are slightly noisy.",
    metric: "validation loss",
    limits: { seconds: timeLimitSeconds },
  },
  space: {
    parameters: {
      epochs: {
        type: "int",
        low: 5,
        high: 200,
        scale: "log",
        default: 20,
        description: "Passes over the training data.",
        unit: "epochs",
      },
      layers: { type: "int", low: 1, high: 12, default: 3, description: "Number of hidden layers.", unit: "layers" },
      width: {
        type: "int",
        low: 32,
        high: 1024,
        scale: "log",
        default: 128,
        description: "Units of each hidden layer.",
        unit: "units",
      },
      learning_rate: peakLearningRate(),
      decay: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.5,
        description: "How far the learning rate has fallen at the end of training; 1 is to zero.",
      },
      dropout: dropout({ default: 0.2 }),
      weight_decay: decoupledWeightDecay(),
    },
  },
  loss: (at, configuration) => {
    const capacity = Math.log2(numberOf(configuration, "layers") * numberOf(configuration, "width") ** 2);
    const underfits = 0.9 * numberOf(configuration, "epochs") ** -0.4;
    const rate = at("learning_rate") - 0.7 + 0.08 * Math.log2(numberOf(configuration, "epochs") / 20) * 0.5;
    return (
      0.2 +
      underfits +
      1.2 * 2 ** (-0.3 * (capacity - 10)) +
      0.02 * (Math.log2(numberOf(configuration, "layers")) - 2) ** 2 +
      0.7 * rate ** 2 +
      0.12 * (at("decay") - 0.85) ** 2 +
      0.1 * (at("dropout") - 0.3) ** 2 +
      0.06 * (at("weight_decay") - 0.5) ** 2
    );
  },
  noise: () => 0.003,
  cost: (configuration) => Math.min(timeLimitSeconds, durationOf(configuration)),
  failing: (configuration) =>
    durationOf(configuration) > timeLimitSeconds
      ? { failure: "timeout", progress: timeLimitSeconds / durationOf(configuration) }
      : undefined,
};

export const troubledTasks: readonly OwnTask[] = [noisy, memoryBorder, divergence, timeLimit];
