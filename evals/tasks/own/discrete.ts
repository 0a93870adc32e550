import type { Configuration } from "../../../src/space/index.js";
import type { OwnTask } from "./own-task.js";

const numberOf = (configuration: Configuration, name: string): number => Number(configuration[name]);

/** Coarse steps everywhere, and derived sizes that are rounded once more: most small changes change nothing. */
const plateaus: OwnTask = {
  name: "plateaus",
  space: {
    parameters: {
      depth: { type: "int", low: 2, high: 24, default: 8 },
      aspect_ratio: { type: "int", low: 16, high: 128, default: 48 },
      head_size: { type: "int", low: 16, high: 256, powers_of: 2, default: 64 },
      vocabulary: { type: "int", low: 1024, high: 65_536, powers_of: 2, default: 8192 },
      context: { type: "int", low: 128, high: 4096, powers_of: 2, default: 512 },
      learning_rate: { type: "float", low: 1e-4, high: 1e-1, scale: "log", default: 1e-3 },
      dropout: { type: "float", low: 0, high: 0.5, step: 0.1, default: 0.2 },
      patience: { type: "int", low: 1, high: 20, default: 5 },
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
  space: {
    parameters: {
      activation: { type: "categorical", choices: ["tanh", "relu", "silu", "gelu"], default: "relu" },
      normalisation: { type: "categorical", choices: ["none", "rms", "layer"], default: "layer" },
      position: { type: "categorical", choices: ["none", "learned", "rotary", "alibi", "sine"], default: "learned" },
      initialisation: { type: "categorical", choices: ["normal", "orthogonal", "uniform"], default: "normal" },
      schedule: { type: "categorical", choices: ["constant", "linear", "step", "cosine"], default: "constant" },
      tied: { type: "boolean", default: true },
      gated: { type: "boolean", default: false },
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
      weight_decay: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-2 },
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
  space: {
    parameters: {
      optimizer: { type: "categorical", choices: ["sgd", "adam", "lion"], default: "sgd" },
      sgd_rate: { type: "float", low: 1e-4, high: 10, scale: "log", default: 0.1, when: "optimizer == 'sgd'" },
      momentum: { type: "float", low: 0, high: 0.99, default: 0.9, when: "optimizer == 'sgd'" },
      nesterov: { type: "boolean", default: false, when: "optimizer == 'sgd'" },
      adam_rate: { type: "float", low: 1e-6, high: 1e-1, scale: "log", default: 1e-3, when: "optimizer == 'adam'" },
      beta2: { type: "float", low: 0.9, high: 0.9999, default: 0.999, when: "optimizer == 'adam'" },
      lion_rate: { type: "float", low: 1e-6, high: 1e-2, scale: "log", default: 1e-4, when: "optimizer == 'lion'" },
      weight_decay: { type: "float", low: 1e-6, high: 1, scale: "log", default: 1e-3 },
      batch_size: { type: "int", low: 16, high: 1024, powers_of: 2, default: 128 },
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
  space: {
    parameters: {
      layers: { type: "int", low: 1, high: 12, default: 4 },
      width: { type: "int", low: 32, high: 1024, powers_of: 2, default: 128 },
      heads: { type: "int", low: 1, high: 16, default: 4 },
      kernel: { type: "int", low: 1, high: 15, step: 2, default: 5 },
      batch_size: { type: "int", low: 8, high: 1024, scale: "log", default: 64 },
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
      dropout: { type: "float", low: 0, high: 0.6, default: 0.1 },
      weight_decay: { type: "float", low: 1e-6, high: 1, scale: "log", default: 1e-4 },
      activation: { type: "categorical", choices: ["relu", "gelu", "silu"], default: "relu" },
      residual: { type: "boolean", default: true },
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
  space: {
    parameters: {
      width: { type: "int", low: 64, high: 1024, step: 32, default: 256 },
      heads: { type: "int", low: 1, high: 16, default: 4 },
      groups: { type: "int", low: 1, high: 16, default: 2 },
      batch_size: { type: "int", low: 32, high: 1024, powers_of: 2, default: 256 },
      micro_batch: { type: "int", low: 8, high: 1024, powers_of: 2, default: 64 },
      warmup: { type: "float", low: 0, high: 1, default: 0.1 },
      cooldown: { type: "float", low: 0, high: 1, default: 0.3 },
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
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
