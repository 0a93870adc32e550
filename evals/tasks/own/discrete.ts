import { numberOf, type OwnTask } from "./own-task.js";
import {
  aspectRatio,
  batchSize,
  contextLength,
  decoupledWeightDecay,
  dropout,
  headSize,
  momentum,
  peakLearningRate,
  residualWidth,
  transformerDepth,
  warmup,
  weightDecay,
} from "./parameters.js";

/** Coarse steps everywhere, and derived sizes that are rounded once more: most small changes change nothing. */
const plateaus: OwnTask = {
  name: "plateaus",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a small " +
      "transformer whose sizes are rounded, to multiples of the head size among others. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      depth: transformerDepth({ low: 2, high: 24, default: 8 }),
      aspect_ratio: aspectRatio({ low: 16, high: 128, default: 48 }),
      head_size: headSize({ low: 16, high: 256, powers_of: 2, default: 64 }),
      vocabulary: {
        type: "int",
        low: 1024,
        high: 65_536,
        powers_of: 2,
        default: 8192,
        description: "Size of the tokenizer's vocabulary.",
        unit: "tokens",
      },
      context: contextLength({ low: 128, high: 4096, powers_of: 2, default: 512 }),
      learning_rate: peakLearningRate({ low: 1e-4 }),
      dropout: dropout({ step: 0.1, default: 0.2 }),
      patience: {
        type: "int",
        low: 1,
        high: 20,
        default: 5,
        description: "Evaluations without improvement after which training stops.",
        unit: "evaluations",
      },
    },
    derived: { width: "ceil(depth * aspect_ratio / head_size) * head_size" },
  },
  loss: (at, configuration) => {
    const head = numberOf(configuration, "head_size");
    const width = Math.ceil((numberOf(configuration, "depth") * numberOf(configuration, "aspect_ratio")) / head) * head;
    const size = Math.log2(numberOf(configuration, "depth") * width ** 2) - 22.4;
    const rate = Math.round(12 * (at("learning_rate") - 0.55 + 0.05 * size)) / 12;
    return (
      1.6 +
      0.02 * size ** 2 +
      0.8 * rate ** 2 +
      0.02 * (Math.log2(head) - 7) ** 2 +
      0.03 * (Math.log2(numberOf(configuration, "vocabulary")) - 14) ** 2 +
      0.015 * (Math.log2(numberOf(configuration, "context")) - 10) ** 2 +
      0.3 * (numberOf(configuration, "dropout") - 0.1) ** 2 +
      0.01 * Math.abs(Math.min(numberOf(configuration, "patience"), 12) - 9)
    );
  },
};

/** Mostly choices, two of which only work together. */
const choiceCosts: Readonly<Record<string, readonly number[]>> = {
  activation: [0.06, 0.02, 0, 0.04],
  normalisation: [0.05, 0, 0.01],
  position: [0.08, 0.03, 0, 0.02, 0.05],
  initialisation: [0.02, 0, 0.03],
  schedule: [0.05, 0.02, 0.015, 0],
};
const choices: OwnTask = {
  name: "choices",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a small " +
      "transformer over choices of its architecture and of its training. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      activation: {
        type: "categorical",
        choices: ["tanh", "relu", "silu", "gelu"],
        default: "relu",
        description: "Activation function of the feed-forward layers.",
      },
      normalisation: {
        type: "categorical",
        choices: ["none", "rms", "layer"],
        default: "layer",
        description: "Normalisation of the residual stream.",
      },
      position: {
        type: "categorical",
        choices: ["none", "learned", "rotary", "alibi", "sine"],
        default: "learned",
        description: "How positions are encoded.",
      },
      initialisation: {
        type: "categorical",
        choices: ["normal", "orthogonal", "uniform"],
        default: "normal",
        description: "Distribution of the initial weights.",
      },
      schedule: {
        type: "categorical",
        choices: ["constant", "linear", "step", "cosine"],
        default: "constant",
        description: "How the learning rate changes during training.",
      },
      tied: { type: "boolean", default: true, description: "Whether input and output embeddings share their weights." },
      gated: {
        type: "boolean",
        default: false,
        description: "Whether the feed-forward layers have a multiplicative gate.",
      },
      learning_rate: peakLearningRate(),
      weight_decay: decoupledWeightDecay({ low: 1e-5, default: 1e-2 }),
    },
  },
  loss: (at, configuration) => {
    const lists = choices.space.parameters;
    let sum = 0.5;
    for (const [name, costs] of Object.entries(choiceCosts)) {
      const declared = lists[name];
      if (declared?.type === "categorical") sum += costs[declared.choices.indexOf(configuration[name] ?? "")] ?? 0;
    }
    // A gated unit pays off with a smooth activation only, and weights that are not tied only with rotary positions.
    const smooth = configuration["activation"] === "silu" || configuration["activation"] === "gelu";
    sum += configuration["gated"] === true ? (smooth ? -0.05 : 0.04) : 0;
    sum += configuration["tied"] === false ? (configuration["position"] === "rotary" ? -0.03 : 0.03) : 0;
    // Without normalisation a smaller learning rate is best.
    const rate = configuration["normalisation"] === "none" ? 0.35 : 0.6;
    return sum + 0.6 * (at("learning_rate") - rate) ** 2 + 0.1 * (at("weight_decay") - 0.7) ** 2;
  },
};

/** Which parameters there are depends on a choice, and so does how good they can be. */
const optimizerChoice: OwnTask = {
  name: "optimizer-choice",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation error of a network " +
      "for which the optimizer itself is chosen: each optimizer has settings of its own, which exist only with " +
      "it. There is no noise.",
    metric: "validation error",
    limits: {},
  },
  space: {
    parameters: {
      optimizer: {
        type: "categorical",
        choices: ["sgd", "adam", "lion"],
        default: "sgd",
        description: "Algorithm that updates the weights.",
      },
      sgd_rate: {
        type: "float",
        low: 1e-4,
        high: 10,
        scale: "log",
        default: 0.1,
        when: "optimizer == 'sgd'",
        description: "Learning rate of stochastic gradient descent.",
      },
      momentum: momentum({ when: "optimizer == 'sgd'" }),
      nesterov: {
        type: "boolean",
        default: false,
        when: "optimizer == 'sgd'",
        description: "Whether the momentum is Nesterov's.",
      },
      adam_rate: {
        type: "float",
        low: 1e-6,
        high: 1e-1,
        scale: "log",
        default: 1e-3,
        when: "optimizer == 'adam'",
        description: "Learning rate of Adam.",
      },
      beta2: {
        type: "float",
        low: 0.9,
        high: 0.9999,
        default: 0.999,
        when: "optimizer == 'adam'",
        description: "Decay of Adam's running average of squared gradients.",
        unit: "1/step",
      },
      lion_rate: {
        type: "float",
        low: 1e-6,
        high: 1e-2,
        scale: "log",
        default: 1e-4,
        when: "optimizer == 'lion'",
        description: "Learning rate of Lion.",
      },
      weight_decay: weightDecay(),
      batch_size: batchSize("examples", { low: 16, high: 1024, powers_of: 2, default: 128 }),
    },
  },
  loss: (at, configuration) => {
    const batch = Math.log2(numberOf(configuration, "batch_size")) - 8;
    const decay = at("weight_decay");
    switch (configuration["optimizer"]) {
      case "sgd":
        return (
          0.42 +
          1.1 * (at("sgd_rate") - 0.58 - 0.05 * batch + 0.2 * (at("momentum") - 0.9)) ** 2 +
          0.2 * (at("momentum") - 0.92) ** 2 +
          (configuration["nesterov"] === true ? -0.008 : 0) +
          0.1 * (decay - 0.45) ** 2 +
          0.003 * batch ** 2
        );
      case "adam":
        return (
          0.38 +
          1.4 * (at("adam_rate") - 0.62 - 0.03 * batch) ** 2 +
          0.1 * (at("beta2") - 0.8) ** 2 +
          0.15 * (decay - 0.7) ** 2 +
          0.004 * (batch - 1) ** 2
        );
      default:
        // Better than both at its best, in a narrower place.
        return (
          0.365 + 5 * (at("lion_rate") - 0.41 - 0.04 * batch) ** 2 + 0.3 * (decay - 0.88) ** 2 + 0.004 * batch ** 2
        );
    }
  },
};

/** Integers, powers, choices and rates that depend on each other. */
const mixed: OwnTask = {
  name: "mixed",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a " +
      "convolutional network with attention, over sizes, choices and rates. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      layers: { type: "int", low: 1, high: 12, default: 4, description: "Number of blocks.", unit: "blocks" },
      width: {
        type: "int",
        low: 32,
        high: 1024,
        powers_of: 2,
        default: 128,
        description: "Channels of each block.",
        unit: "channels",
      },
      heads: {
        type: "int",
        low: 1,
        high: 16,
        default: 4,
        description: "Attention heads of each block.",
        unit: "heads",
      },
      kernel: {
        type: "int",
        low: 1,
        high: 15,
        step: 2,
        default: 5,
        description: "Width of the convolutions; odd.",
        unit: "pixels",
      },
      batch_size: batchSize("examples", { low: 8, high: 1024, scale: "log", default: 64 }),
      learning_rate: peakLearningRate(),
      dropout: dropout({ high: 0.6 }),
      weight_decay: decoupledWeightDecay({ default: 1e-4 }),
      activation: {
        type: "categorical",
        choices: ["relu", "gelu", "silu"],
        default: "relu",
        description: "Activation function.",
      },
      residual: { type: "boolean", default: true, description: "Whether blocks have residual connections." },
    },
  },
  loss: (at, configuration) => {
    const layers = numberOf(configuration, "layers");
    const size = Math.log2(layers) + 2 * Math.log2(numberOf(configuration, "width"));
    const overfits = 0.15 * (at("dropout") - 0.25 - 0.08 * Math.max(0, size - 17)) ** 2;
    const deep = configuration["residual"] === true ? 0 : 0.02 * Math.max(0, layers - 3);
    const rate = at("learning_rate") - 0.75 + 0.02 * (size - 15) - 0.15 * (at("batch_size") - 0.5);
    return (
      0.8 +
      0.004 * (size - 19.5) ** 2 +
      overfits +
      deep +
      0.9 * rate ** 2 +
      0.0015 * Math.abs(numberOf(configuration, "heads") - 8) +
      0.0008 * (numberOf(configuration, "kernel") - 7) ** 2 +
      0.08 * (at("weight_decay") - 0.6) ** 2 +
      { relu: 0.012, gelu: 0, silu: 0.004 }[String(configuration["activation"])]!
    );
  },
};

/** Constraints that leave a fifth of the box: sizes that must divide each other and shares that must add up. */
const divisible: OwnTask = {
  name: "divisible",
  card: {
    text:
      "This is a formula, computed at once; nothing is trained. It imitates the validation loss of a transformer " +
      "trained on several devices, whose sizes must divide each other and whose phases of training must fit into " +
      "it. There is no noise.",
    metric: "validation loss",
    limits: {},
  },
  space: {
    parameters: {
      width: residualWidth({ low: 64, high: 1024, step: 32, default: 256 }),
      heads: { type: "int", low: 1, high: 16, default: 4, description: "Number of query heads.", unit: "heads" },
      groups: {
        type: "int",
        low: 1,
        high: 16,
        default: 2,
        description: "Number of key and value heads, each shared by the same number of query heads.",
        unit: "heads",
      },
      batch_size: batchSize("sequences", { low: 32, high: 1024, powers_of: 2, default: 256 }),
      micro_batch: {
        type: "int",
        low: 8,
        high: 1024,
        powers_of: 2,
        default: 64,
        description: "Sequences that are processed at once; smaller ones add up to the batch.",
        unit: "sequences",
      },
      warmup: warmup({ high: 1, default: 0.1 }),
      cooldown: {
        type: "float",
        low: 0,
        high: 1,
        default: 0.3,
        description: "Share of training, at its end, in which the learning rate falls to zero.",
      },
      learning_rate: peakLearningRate(),
    },
    constraints: ["width % heads == 0", "heads % groups == 0", "micro_batch <= batch_size", "warmup + cooldown <= 1"],
  },
  loss: (at, configuration) => {
    const heads = numberOf(configuration, "heads");
    const headSize = numberOf(configuration, "width") / heads;
    return (
      1.1 +
      0.05 * (Math.log2(numberOf(configuration, "width")) - 9.2) ** 2 +
      0.02 * (Math.log2(headSize) - 6) ** 2 +
      0.004 * Math.abs(heads / numberOf(configuration, "groups") - 3) +
      0.01 * (Math.log2(numberOf(configuration, "batch_size")) - 7) ** 2 +
      0.004 * (9 - Math.log2(numberOf(configuration, "micro_batch"))) +
      0.2 * (at("warmup") - 0.22) ** 2 +
      0.15 * (at("cooldown") - 0.75) ** 2 +
      1.2 * (at("learning_rate") - 0.6 + 0.03 * (Math.log2(numberOf(configuration, "width")) - 8)) ** 2
    );
  },
};

export const discreteTasks: readonly OwnTask[] = [plateaus, choices, optimizerChoice, mixed, divisible];
