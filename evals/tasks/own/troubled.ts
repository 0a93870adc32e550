import type { Configuration } from "../../../src/space/index.js";
import type { OwnTask } from "./own-task.js";

const numberOf = (configuration: Configuration, name: string): number => Number(configuration[name]);

/** Runs differ between seeds, the more the higher the learning rate: the luckiest run is not the best configuration. */
const noisy: OwnTask = {
  name: "noisy",
  space: {
    parameters: {
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 3e-4 },
      entropy: { type: "float", low: 1e-5, high: 1, scale: "log", default: 1e-3 },
      discount: { type: "float", low: 0.9, high: 0.9999, default: 0.99 },
      clip: { type: "float", low: 0.05, high: 0.5, default: 0.2 },
      rollout: { type: "int", low: 16, high: 4096, powers_of: 2, default: 256 },
      epochs: { type: "int", low: 1, high: 20, default: 4 },
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

/** Larger is better until the memory is full; the optimum lies at that border. Limit: 16 units. */
const memoryOf = (configuration: Configuration): number =>
  1.2 +
  6e-8 * numberOf(configuration, "depth") * numberOf(configuration, "width") ** 2 * 12 +
  4e-8 *
    numberOf(configuration, "batch_size") *
    numberOf(configuration, "context") *
    numberOf(configuration, "width") *
    numberOf(configuration, "depth");
const memoryBorder: OwnTask = {
  name: "memory-border",
  space: {
    parameters: {
      depth: { type: "int", low: 2, high: 24, default: 6 },
      width: { type: "int", low: 128, high: 2048, step: 64, default: 512 },
      batch_size: { type: "int", low: 4, high: 256, powers_of: 2, default: 32 },
      context: { type: "int", low: 128, high: 2048, powers_of: 2, default: 256 },
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
      dropout: { type: "float", low: 0, high: 0.5, default: 0.1 },
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
  peakMemory: memoryOf,
  failing: (configuration) => (memoryOf(configuration) > 16 ? { failure: "out_of_memory", progress: 0.01 } : undefined),
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
  space: {
    parameters: {
      learning_rate: { type: "float", low: 1e-4, high: 10, scale: "log", default: 3e-3 },
      momentum: { type: "float", low: 0, high: 0.99, default: 0.8 },
      batch_size: { type: "int", low: 16, high: 1024, powers_of: 2, default: 64 },
      warmup: { type: "float", low: 0, high: 0.4, default: 0.05 },
      weight_decay: { type: "float", low: 1e-6, high: 1, scale: "log", default: 1e-3 },
      clip_norm: { type: "float", low: 0.01, high: 100, scale: "log", default: 1 },
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

/** Longer is better, up to a limit of time: what a step takes depends on the model. Limit: 1 unit. */
const durationOf = (configuration: Configuration): number =>
  (numberOf(configuration, "epochs") / 40) *
  (0.2 + 0.1 * numberOf(configuration, "layers") * (numberOf(configuration, "width") / 256) ** 1.5);
const timeLimit: OwnTask = {
  name: "time-limit",
  space: {
    parameters: {
      epochs: { type: "int", low: 5, high: 200, scale: "log", default: 20 },
      layers: { type: "int", low: 1, high: 12, default: 3 },
      width: { type: "int", low: 32, high: 1024, scale: "log", default: 128 },
      learning_rate: { type: "float", low: 1e-5, high: 1e-1, scale: "log", default: 1e-3 },
      decay: { type: "float", low: 0, high: 1, default: 0.5 },
      dropout: { type: "float", low: 0, high: 0.5, default: 0.2 },
      weight_decay: { type: "float", low: 1e-6, high: 1, scale: "log", default: 1e-3 },
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
  cost: (configuration) => Math.min(1, durationOf(configuration)),
  failing: (configuration) =>
    durationOf(configuration) > 1 ? { failure: "timeout", progress: 1 / durationOf(configuration) } : undefined,
};

export const troubledTasks: readonly OwnTask[] = [noisy, memoryBorder, divergence, timeLimit];
